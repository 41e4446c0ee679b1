//! `gatepost run` and what it asks of the operating system.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::gatepost;

const LIMIT: Duration = Duration::from_secs(30);

/// A gateway that nobody uses, with the certificate and the users of the example.
fn configuration(folder: &Path) -> PathBuf {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/example");
    let (chain, key, users) = (
        example.join("chain.pem"),
        example.join("key.pem"),
        example.join("users.toml"),
    );
    let config = format!(
        "[server]\nworkers = 2\n[certificates.main]\nchain = {chain:?}\nkey = {key:?}\n\
         [directories.users]\nkind = \"file\"\npath = {users:?}\n\
         [upstreams.main]\naddress = \"127.0.0.1:143\"\ntls = \"none\"\nlogin = {{ method = \"same-credentials\" }}\n\
         [routing]\ndefault = \"main\"\n\
         [[listeners]]\nprotocol = \"imap\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"implicit\"\n\
         certificates = [\"main\"]\ndirectory = \"users\"\n"
    );
    let file = folder.join("gatepost.toml");
    std::fs::write(&file, config).unwrap();
    file
}

/// A running gateway, killed when this is dropped.
struct Run(Child);

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn connected(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Starts it, and returns what it logged until it was ready. Nobody reads its log any more then.
fn start(mut command: Command) -> (Run, Vec<String>) {
    let mut run = Run(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut log = Vec::new();
    for line in BufReader::new(run.0.stderr.take().unwrap()).lines() {
        log.push(line.unwrap());
        if log.last().is_some_and(|line| line.contains("event=ready")) {
            return (run, log);
        }
    }
    panic!("it ended: {log:?}");
}

/// The soft and the hard limit of open files of a process.
fn open_files(process: &Child) -> (String, String) {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let mut numbers = line.unwrap().split_whitespace().map(str::to_owned);
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn the_limit_of_open_files_is_raised_and_logged() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let limited = |limits: &str| {
        let mut command = Command::new("sh");
        let script = format!("{limits}; exec \"$0\" run --config \"$1\"");
        command
            .args(["-c", &script, env!("CARGO_BIN_EXE_gatepost")])
            .arg(&file);
        let (run, log) = start(command);
        let line = log.iter().find(|line| line.contains("event=open-files")).cloned();
        (open_files(&run.0), line.unwrap())
    };
    let ((soft, hard), line) = limited("ulimit -S -n 100; ulimit -H -n 1000");
    assert_eq!((soft.as_str(), hard.as_str()), ("1000", "1000"));
    // Fewer than the configuration has room for.
    assert!(
        line.contains("level=warn") && line.ends_with(" files=1000 connections=460 connections_wanted=20000"),
        "{line}"
    );
    let ((soft, hard), line) = limited("ulimit -S -n 100");
    assert_eq!(soft, hard);
    assert!(line.contains(&format!(" files={hard} connections=")), "{line}");
}

#[test]
fn systemd_is_told_of_the_start_and_of_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let told = || {
        let mut octets = [0; 256];
        let length = socket.recv(&mut octets).unwrap();
        String::from_utf8_lossy(&octets[..length]).trim().to_owned()
    };
    let mut command = gatepost(&["run", "--config", file.to_str().unwrap()]);
    command.env("NOTIFY_SOCKET", folder.path().join("notify"));
    let (mut run, _) = start(command);
    assert_eq!(told(), "READY=1");
    let process = Pid::from_child(&run.0);
    kill_process(process, Signal::TERM).unwrap();
    assert_eq!(told(), "STOPPING=1");
    // That nobody reads the log is no reason to fail.
    assert!(run.0.wait().unwrap().success());
}

/// Of the unit that is shipped, whatever the program and the manual rely on.
#[test]
fn the_unit_is_for_this_program() {
    let unit = include_str!("../../../dist/gatepost.service");
    let commands = unit.lines().filter_map(|line| {
        line.split_once("=/usr/bin/gatepost ")
            .map(|(_, arguments)| arguments)
    });
    let mut count = 0;
    for arguments in commands {
        let arguments: Vec<&str> = arguments.split(' ').chain(["--help"]).collect();
        assert!(
            gatepost(&arguments).output().unwrap().status.success(),
            "{arguments:?}"
        );
        count += 1;
    }
    assert_eq!(count, 2, "it is checked, and run");
    for line in [
        "Type=notify",
        "User=gatepost",
        "AmbientCapabilities=CAP_NET_BIND_SERVICE",
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "LoadCredential=master:/etc/gatepost/secrets/master",
        "RuntimeDirectory=gatepost",
    ] {
        assert!(unit.lines().any(|own| own == line), "{line}");
    }
}

/// Who is logged in needs a descriptor for the mail server: so many connections are not taken.
#[test]
fn no_more_connections_are_taken_than_there_are_files_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 70; exec \"$0\" run --config \"$1\""])
        .arg(env!("CARGO_BIN_EXE_gatepost"))
        .arg(configuration(folder.path()));
    let (_run, log) = start(command);
    let address = log.iter().find_map(|line| line.split_once("address="));
    let address = address.unwrap().1;
    let taken = [(); 3].map(|()| connected(address));
    // TLS begins with the client's word.
    assert_eq!(connected(address).read(&mut [0]).unwrap(), 0, "it is not closed");
    drop(taken);
}

#[test]
fn a_check_warns_of_too_few_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "ulimit -n 1000; exec \"$0\" check --connect --config \"$1\"",
        ])
        .arg(env!("CARGO_BIN_EXE_gatepost"))
        .arg(configuration(folder.path()));
    let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let warning = "warning: open files: limits.connections is 20000, but 1000 files are enough for 460; ";
    assert!(said.lines().any(|line| line.starts_with(warning)), "{said}");
}
