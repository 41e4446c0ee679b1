//! A server as a child process.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, kill_process_group, test_kill_process_group, waitpid,
};

use super::Error;

/// How often something is looked at that tells nobody when it happens.
pub(super) const PAUSE: Duration = Duration::from_millis(10);
/// So many looks before giving up: 30 s, for machines that are busy.
pub(super) const LOOKS: u32 = 3000;
/// So much of a log is shown.
const TAIL_LINES: usize = 15;

/// Where servers are that are not in a plain user's path.
const SYSTEM_PATHS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/usr/lib/postfix/sbin"];

/// How a server is started.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) program: &'static str,
    pub(super) arguments: Vec<String>,
    /// Takes what the server writes to its standard error; the server may also log to it by itself.
    pub(super) log: PathBuf,
    /// It is up when it listens here.
    pub(super) listens: Vec<SocketAddr>,
    pub(super) family: Family,
}

/// Which processes a server consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// It, and its children.
    Children,
    /// All of the process group that it leads. It ends when its standard input does, so it outlives nobody.
    Group,
}

/// A server that runs, or has been stopped. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    plan: Plan,
    child: Option<Child>,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Up,
    Ended,
}

impl Process {
    /// Starts it, and waits until it listens.
    pub(super) fn start(plan: Plan) -> Result<Self, Error> {
        let mut process = Self { plan, child: None };
        process.launch()?;
        Ok(process)
    }

    /// Ends it, if it runs, and starts it anew.
    pub(super) fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        self.launch()
    }

    /// The id of its first process, while it runs.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    fn launch(&mut self) -> Result<(), Error> {
        let log = File::options().create(true).append(true).open(&self.plan.log);
        let log = log.map_err(Error::file(&self.plan.log))?;
        let mut command = command(self.plan.program);
        command
            .args(&self.plan.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if self.plan.family == Family::Group {
            let output = log.try_clone().map_err(Error::file(&self.plan.log))?;
            command.process_group(0).stdin(Stdio::piped()).stdout(output);
        }
        command.stderr(log);
        self.child = Some(command.spawn().map_err(not_run(self.plan.program))?);
        for address in self.plan.listens.clone() {
            if look_until(|| self.state(address)) != Some(State::Up) {
                self.stop();
                return Err(self.not_up());
            }
        }
        Ok(())
    }

    /// Says that it is of no use.
    pub(super) fn not_up(&self) -> Error {
        Error::NotUp {
            program: self.plan.program,
            log: tail(&self.log()),
        }
    }

    /// Whether it listens there already, or will not.
    fn state(&mut self, address: SocketAddr) -> Option<State> {
        if !matches!(self.child.as_mut()?.try_wait(), Ok(None)) {
            return Some(State::Ended);
        }
        let listens = TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
        listens.then_some(State::Up)
    }

    /// Ends it, if it runs, as a power cut does: at once, with all its connections. What it had stored stays.
    ///
    /// A polite signal would not do: Dovecot then serves on for ten seconds those who have logged in.
    pub(super) fn stop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let process = Pid::from_child(&child);
        // All of them may have ended by themselves.
        match self.plan.family {
            Family::Children => kill_with_children(process),
            Family::Group => drop(kill_process_group(process, Signal::KILL)),
        }
        let _ = child.wait();
        // Its children hold its listeners too, and nobody tells when they are gone.
        look_until(|| {
            self.plan
                .listens
                .iter()
                .all(|address| TcpStream::connect(address).is_err())
                .then_some(())
        });
    }

    /// Asks it to end, if it runs, and waits until all of its process group have. Who has not after some seconds is made
    /// to.
    pub(super) fn terminate(&mut self) {
        let Some(child) = self.child.as_mut() else {
            return;
        };
        let process = Pid::from_child(child);
        let _ = kill_process(process, Signal::TERM);
        let ended = look_until(|| {
            // One that has ended, but was not waited for, counts as one of the group.
            let _ = child.try_wait();
            test_kill_process_group(process).is_err().then_some(())
        });
        match ended {
            Some(()) => self.child = None,
            None => self.stop(),
        }
    }

    /// Asks it to end, if it runs, and does not wait for it.
    pub(super) fn ask_to_end(&self) {
        if let Some(child) = &self.child {
            let _ = kill_process(Pid::from_child(child), Signal::TERM);
        }
    }

    /// Ends those of its children at once that have a name, and returns how many they were.
    pub(super) fn kill_children(&self, name: &str) -> usize {
        let Some(child) = &self.child else { return 0 };
        let named = |process: &Pid| {
            let file = format!("/proc/{}/comm", process.as_raw_nonzero());
            std::fs::read_to_string(file).is_ok_and(|own| own.trim_end() == name)
        };
        let killed = children(Pid::from_child(child)).into_iter().filter(named);
        killed
            .filter(|process| kill_process(*process, Signal::KILL).is_ok())
            .count()
    }

    /// Halts all of its process group: connections stay, new ones are accepted by the kernel, and nobody answers.
    pub(super) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub(super) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let (Some(child), Family::Group) = (&self.child, self.plan.family) {
            let _ = kill_process_group(Pid::from_child(child), signal);
        }
    }

    /// All that it has logged.
    pub(super) fn log(&self) -> String {
        let octets = std::fs::read(&self.plan.log).unwrap_or_default();
        String::from_utf8_lossy(&octets).into_owned()
    }

    /// Waits for a line that holds `wanted`.
    pub(super) fn logged(&self, wanted: &str) -> Result<String, Error> {
        self.logged_times(wanted, 1)
    }

    /// Waits for the n-th line that holds `wanted`.
    pub(super) fn logged_times(&self, wanted: &str, times: usize) -> Result<String, Error> {
        let line = || {
            let log = self.log();
            let mut lines = log.lines().filter(|line| line.contains(wanted));
            lines.nth(times.saturating_sub(1)).map(str::to_owned)
        };
        let missing = || Error::NotLogged {
            wanted: wanted.to_owned(),
            log: tail(&self.log()),
        };
        look_until(line).ok_or_else(missing)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

fn kill_with_children(process: Pid) {
    // Halted first, so that it has no child that is not in the list.
    let _ = kill_process(process, Signal::STOP);
    let _ = waitpid(Some(process), WaitOptions::UNTRACED);
    for process in children(process).into_iter().chain([process]) {
        let _ = kill_process(process, Signal::KILL);
    }
}

/// The children of a process, which can be none but Dovecot's and Postfix's: slapd has threads. They have none.
fn children(process: Pid) -> Vec<Pid> {
    let process = process.as_raw_nonzero();
    let list =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    list.split_whitespace()
        .filter_map(|pid| Pid::from_raw(pid.parse().ok()?))
        .collect()
}

/// Looks until there is something to see, or it takes too long.
pub(super) fn look_until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    (0..LOOKS).find_map(|_| {
        let seen = look();
        if seen.is_none() {
            thread::sleep(PAUSE);
        }
        seen
    })
}

/// Runs a helper program to its end, with `input`, and returns what it wrote.
pub(super) fn run(program: &'static str, arguments: &[&str], input: &[u8]) -> Result<String, Error> {
    let mut command = command(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(not_run(program))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends without reading it all says why in its own words.
        let _ = stdin.write_all(input);
    }
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().map_err(not_run(program))?;
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    match status.success() {
        true => Ok(text(&stdout)),
        false => Err(Error::Failed {
            program,
            output: format!("{status}: {}", tail(&text(&stderr))),
        }),
    }
}

fn command(program: &'static str) -> Command {
    let places = SYSTEM_PATHS.iter().map(|place| Path::new(place).join(program));
    let path = places.into_iter().find(|path| path.exists());
    Command::new(path.unwrap_or_else(|| program.into()))
}

fn not_run(program: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| match source.kind() {
        io::ErrorKind::NotFound => Error::Missing { program },
        _ => Error::File {
            path: program.into(),
            source,
        },
    }
}

/// Whether this is root.
pub(super) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::address::reserve;

    fn plan(program: &'static str, script: &str, log: PathBuf) -> Plan {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        Plan {
            program,
            arguments,
            log,
            listens: vec![reserve().unwrap()],
            family: Family::Children,
        }
    }

    #[test]
    fn a_server_that_ends_shows_its_log() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let error = Process::start(plan("sh", "echo no such option >&2; exit 3", log)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "sh did not come up; its log ends with\nno such option"
        );
    }

    /// A server that listens by a child, which does not end by itself.
    fn group(directory: &Path) -> Plan {
        let log = directory.join("log");
        let listens = reserve().unwrap();
        let script = format!(
            "/usr/bin/python3 -c 'import socket\nserver = socket.create_server((\"{}\", {}))\n\
             while True: server.accept()' & echo is up; read line; echo is left; kill 0",
            listens.ip(),
            listens.port()
        );
        Plan {
            listens: vec![listens],
            family: Family::Group,
            ..plan("sh", &script, log)
        }
    }

    fn is_up(address: SocketAddr) -> bool {
        TcpStream::connect(address).is_ok()
    }

    #[test]
    fn a_group_ends_as_a_whole() {
        let directory = tempfile::tempdir().unwrap();
        let plan = group(directory.path());
        let address = plan.listens[0];
        let mut process = Process::start(plan).unwrap();
        assert!(is_up(address) && process.logged("is up").is_ok());
        process.stop();
        assert!(!is_up(address));
        process.restart().unwrap();
        assert!(is_up(address));
        drop(process);
        assert!(!is_up(address));
    }

    #[test]
    fn a_group_ends_with_its_standard_input() {
        let directory = tempfile::tempdir().unwrap();
        let plan = group(directory.path());
        let address = plan.listens[0];
        let mut process = Process::start(plan).unwrap();
        drop(process.child.as_mut().unwrap().stdin.take());
        process.logged("is left").unwrap();
        assert!(look_until(|| (!is_up(address)).then_some(())).is_some());
    }

    #[test]
    fn a_missing_program_says_how_to_get_it() {
        let directory = tempfile::tempdir().unwrap();
        let error = Process::start(plan("no-such-server", "", directory.path().join("log"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no-such-server is not installed: run scripts/install-test-deps"
        );
        let error = run("no-such-tool", &[], b"").unwrap_err();
        assert!(error.to_string().contains("scripts/install-test-deps"), "{error}");
    }

    #[test]
    fn a_helper_that_fails_says_why() {
        let error = run("sh", &["-c", "echo why >&2; exit 1"], b"").unwrap_err();
        assert_eq!(error.to_string(), "sh failed: exit status: 1: why");
    }
}
