//! A proxy as a child process.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::usage::Tree;

/// How long a proxy may take until it listens.
const START: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);
/// So much of a log is shown.
const TAIL_LINES: usize = 15;

/// A proxy that runs in the foreground. It ends with the value, and so do its children.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it, its output going to `log`, and waits until it listens.
    pub(crate) fn start(mut command: Command, log: PathBuf, listens: &[SocketAddr]) -> anyhow::Result<Self> {
        let output = File::options().create(true).append(true).open(&log)?;
        command
            // Backtraces that a developer's shell asks for would be the proxy's work.
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let program = command.get_program().to_owned();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut process = Self { child, log };
        for address in listens {
            process.await_listener(*address)?;
        }
        Ok(process)
    }

    pub(crate) fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }

    fn await_listener(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if self.child.try_wait()?.is_some() || begun.elapsed() > START {
                bail!("a proxy did not come up; its log ends with\n{}", tail(&self.log));
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// The end of what it has logged.
    pub(crate) fn log(&self) -> String {
        tail(&self.log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The root first, lest it start new children.
        for process in self.tree().processes() {
            let process = i32::try_from(process).ok().and_then(Pid::from_raw);
            if let Some(process) = process {
                let _ = kill_process(process, Signal::KILL);
            }
        }
        let _ = self.child.wait();
    }
}

fn tail(log: &Path) -> String {
    let octets = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&octets);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}

/// Where a program of a Debian package is.
pub(crate) fn program(name: &str) -> Command {
    let places = ["/usr/sbin", "/usr/local/sbin"].map(|place| Path::new(place).join(name));
    let found = places.into_iter().find(|path| path.exists());
    Command::new(found.unwrap_or_else(|| name.into()))
}

/// The first line that a program says.
pub(crate) fn first_line(name: &Path, argument: &str) -> anyhow::Result<String> {
    let mut command = name.to_str().map_or_else(|| Command::new(name), program);
    let output = command
        .arg(argument)
        .output()
        .with_context(|| format!("cannot run {}", name.display()))?;
    // nginx says it on standard error.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Ok(said.lines().next().unwrap_or_default().trim().to_owned())
}
