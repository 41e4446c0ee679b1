//! The gateway as an administrator runs it: the program, which may be killed and comes again.

mod log;
mod vitals;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

pub(crate) use log::{Ending, LogFault, LogReport, forms, inspect};
pub(crate) use vitals::{Peers, Vitals};

/// How often something is looked at that tells nobody when it happens.
const PAUSE: Duration = Duration::from_millis(20);
/// What a start may take.
const START_TIME: Duration = Duration::from_secs(30);

/// The program with its folder, which holds the configuration, the spool, and a log for each of its lives.
pub(crate) struct Gateway {
    program: PathBuf,
    folder: PathBuf,
    lives: Vec<Life>,
    child: Child,
}

/// From a start to an end.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) log: PathBuf,
    pub(crate) ending: Ending,
}

impl Gateway {
    /// Starts `gatepost run` and waits until it is ready.
    pub(crate) async fn start(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let log = folder.join("gatepost-1.log");
        let child = launch(program, folder, &log)?;
        let life = Life {
            log,
            ending: Ending::None,
        };
        let mut gateway = Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            lives: vec![life],
            child,
        };
        gateway.ready().await?;
        Ok(gateway)
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIME;
        while !self.log()?.contains("event=ready") {
            if let Some(status) = self.ended()? {
                bail!("the gateway ended at its start, {status}: {}", self.log()?);
            }
            ensure!(
                Instant::now() < deadline,
                "the gateway is not ready: {}",
                self.log()?
            );
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.child.try_wait().context("the gateway")
    }

    /// What it has logged since its last start.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        let life = self.lives.last().context("never started")?;
        let octets = std::fs::read(&life.log).with_context(|| life.log.display().to_string())?;
        Ok(String::from_utf8_lossy(&octets).into_owned())
    }

    pub(crate) fn lives(&self) -> &[Life] {
        &self.lives
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL. When this has returned, nothing of it is left but its files.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().context("cannot kill the gateway")?;
        self.child.wait().context("the gateway")?;
        self.end(Ending::Killed);
        Ok(())
    }

    /// SIGTERM, and waits for the end, which has to be a good one.
    pub(crate) async fn terminate(&mut self, patience: Duration) -> anyhow::Result<()> {
        let process = Pid::from_child(&self.child);
        kill_process(process, Signal::TERM).context("cannot end the gateway")?;
        let deadline = Instant::now() + patience;
        let status = loop {
            if let Some(status) = self.ended()? {
                break status;
            }
            ensure!(
                Instant::now() < deadline,
                "the gateway does not end within {patience:?}"
            );
            sleep(PAUSE).await;
        };
        self.end(Ending::Told);
        ensure!(status.success(), "the gateway ended with {status}");
        Ok(())
    }

    fn end(&mut self, ending: Ending) {
        if let Some(life) = self.lives.last_mut() {
            life.ending = ending;
        }
    }

    /// Starts it anew in its folder, where the same configuration is.
    pub(crate) async fn again(&mut self) -> anyhow::Result<()> {
        let log = self.folder.join(format!("gatepost-{}.log", self.lives.len() + 1));
        self.child = launch(&self.program, &self.folder, &log)?;
        self.lives.push(Life {
            log,
            ending: Ending::None,
        });
        self.ready().await
    }

    /// The names of the files in a folder of the spool.
    pub(crate) fn spooled(&self, folder: &str) -> anyhow::Result<BTreeSet<String>> {
        let folder = self.folder.join("spool").join(folder);
        let files = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let names = files.map(|file| Ok(file?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    /// What `gatepost status` says: keys and values.
    pub(crate) fn status(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let text = self.said(&["status", "--config"], &self.folder.join("gatepost.toml"))?;
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        Ok(lines
            .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
            .collect())
    }

    /// What `gatepost sent list` says of a folder of the spool: the last word of each line, a Message-ID.
    pub(crate) fn listed(&self, folder: &str) -> anyhow::Result<Vec<String>> {
        let text = self.said(&["sent", "list", "--spool"], &self.folder.join("spool"))?;
        let lines = text.lines().filter(|line| line.starts_with(folder));
        Ok(lines
            .filter_map(|line| line.rsplit(' ').next())
            .map(str::to_owned)
            .collect())
    }

    /// What the program prints when it is run for another purpose.
    fn said(&self, arguments: &[&str], path: &Path) -> anyhow::Result<String> {
        let output = Command::new(&self.program).args(arguments).arg(path).output();
        let output = output.with_context(|| self.program.display().to_string())?;
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        ensure!(
            output.status.success(),
            "gatepost {arguments:?}: {}",
            text(&output.stderr)
        );
        Ok(text(&output.stdout))
    }
}

/// Killed, if it still runs: nothing of a soak is to outlive it.
impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(program: &Path, folder: &Path, log: &Path) -> anyhow::Result<Child> {
    let output = File::create(log).with_context(|| log.display().to_string())?;
    let mut command = Command::new(program);
    command
        .args(["run", "--config"])
        .arg(folder.join("gatepost.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output);
    command.spawn().with_context(|| program.display().to_string())
}
