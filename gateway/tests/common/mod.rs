//! A gateway as an administrator runs it: the program itself, with a configuration in a folder of its own.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "shared by test programs that use parts of it"
)]

mod log;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use gatepost_testkit::client::{Client, Reply};
use gatepost_testkit::servers::{Authority, Identity};
use gatepost_testkit::smtp_client;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use log::Log;

/// What a step may take before a test fails.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The configuration's name in the gateway's folder.
const CONFIG: &str = "gatepost.toml";

/// The first address has TLS from the first octet, the second STARTTLS.
pub const LISTENERS: &str = r#"
[[listeners]]
protocol = "imap"
addresses = ["127.0.0.1:0"]
tls = "implicit"
certificates = ["main"]
directory = "users"
[[listeners]]
protocol = "imap"
addresses = ["127.0.0.1:0"]
tls = "starttls"
certificates = ["main"]
directory = "users"
"#;

/// A listener on a port that is free; more of its keys may follow.
pub fn listener(protocol: &str, tls: &str) -> String {
    format!(
        "[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"{tls}\"\n\
         certificates = [\"main\"]\ndirectory = \"users\"\n"
    )
}

pub type TlsClient = Client<TlsStream<TcpStream>>;

/// One that sends.
pub type Sender = smtp_client::Client<TlsStream<TcpStream>>;

/// A running gateway. It is killed when this is dropped.
pub struct Gateway {
    child: Child,
    environment: Vec<(&'static str, String)>,
    folder: tempfile::TempDir,
    identity: Identity,
    log: Log,
    addresses: Vec<SocketAddr>,
}

impl Gateway {
    /// Starts `gatepost run` and waits until it is ready.
    ///
    /// `config` is the configuration but for `[certificates.main]`, which is for `localhost` and 127.0.0.1. Listen on
    /// port 0: [`Gateway::address`] tells the port. `files` are written beside it.
    pub async fn start(config: &str, files: &[(&str, &str)]) -> Self {
        Self::start_in(config, files, &[]).await
    }

    /// The same with more variables in its environment.
    pub async fn start_in(
        config: &str,
        files: &[(&str, &str)],
        environment: &[(&'static str, String)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Authority::new()
            .unwrap()
            .issue(["localhost", "127.0.0.1", "::1"])
            .unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let (chain, key) = (identity.chain_file(), identity.key_file());
        let config = format!("{config}\n[certificates.main]\nchain = {chain:?}\nkey = {key:?}\n");
        let file = folder.path().join(CONFIG);
        std::fs::write(&file, config).unwrap();
        let log = Log::default();
        let mut gateway = Self {
            child: launch(&file, &log, environment),
            environment: environment.to_vec(),
            folder,
            identity,
            log,
            addresses: Vec::new(),
        };
        gateway.logged("event=ready").await;
        gateway.addresses = gateway.listening();
        gateway
    }

    /// SIGKILL, if it still runs, and at once the same again, in the same folder. The log goes on.
    ///
    /// It listens where it did before if the configuration names the ports.
    pub async fn restart(&mut self) {
        self.kill().await;
        let (starts, before) = (self.lines("event=ready").len(), self.listening().len());
        self.launch_again().await;
        self.logged_times("event=ready", starts + 1).await;
        self.addresses = self.listening().split_off(before);
    }

    /// The same, but it may not be ready yet, and be killed before that. It listens where it did before.
    pub async fn launch_again(&mut self) {
        self.kill().await;
        self.child = launch(&self.folder.path().join(CONFIG), &self.log, &self.environment);
    }

    /// SIGKILL, if it still runs. When this has returned, nothing of it is left but its files.
    pub async fn kill(&mut self) {
        // One that has ended cannot be killed any more.
        let _ = self.child.kill().await;
    }

    /// The addresses of all runs so far.
    fn listening(&self) -> Vec<SocketAddr> {
        let lines = self.lines("event=listening");
        lines.iter().map(|line| address_in(line)).collect()
    }

    /// The n-th address of the configuration.
    pub fn address(&self, index: usize) -> SocketAddr {
        self.addresses[index]
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The authority that clients have to trust.
    pub fn ca_file(&self) -> PathBuf {
        self.identity.ca_file()
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    pub fn process_id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// The most memory that the process ever had, in octets.
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// The memory that the process has, in octets.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    fn status(&self, key: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes * 1024
    }

    /// The log so far: all that the program has written until now.
    pub fn log(&self) -> String {
        self.log.lines().join("\n")
    }

    /// The lines of the log so far that hold `wanted`.
    pub fn lines(&self, wanted: &str) -> Vec<String> {
        let mut lines = self.log.lines();
        lines.retain(|line| line.contains(wanted));
        lines
    }

    /// Waits for a line of the log that holds `wanted`.
    pub async fn logged(&self, wanted: &str) -> String {
        self.logged_times(wanted, 1).await
    }

    /// Waits for the n-th line of the log that holds `wanted`.
    pub async fn logged_times(&self, wanted: &str, times: usize) -> String {
        let nth = |lines: &[String]| {
            let mut found = lines.iter().filter(|line| line.contains(wanted));
            found.nth(times - 1).cloned()
        };
        let found = timeout(LIMIT, self.log.wait_for(nth)).await;
        found.unwrap_or_else(|_| panic!("no line with {wanted:?} in the log:\n{}", self.log()))
    }

    /// Waits until every accepted connection is closed.
    pub async fn settled(&self) {
        let settled = |lines: &[String]| {
            let count = |event: &str| lines.iter().filter(|line| line.contains(event)).count();
            (count(" event=accepted ") == count(" event=closed ")).then_some(())
        };
        let found = timeout(LIMIT, self.log.wait_for(settled)).await;
        assert!(found.is_ok(), "connections that do not end:\n{}", self.log());
    }

    /// Waits until the process waits for something, in all its threads: what was sent to it is read.
    pub async fn rests(&self) {
        let resting = async {
            let mut looks = 0;
            while looks < 3 {
                looks = if self.is_at_rest() { looks + 1 } else { 0 };
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LIMIT, resting).await.expect("it never rests");
    }

    fn is_at_rest(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process_id())).unwrap();
        threads.flatten().all(|thread| {
            // One that has ended meanwhile does nothing.
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            let state = stat.rsplit_once(") ").map_or("S", |(_, state)| state);
            state.starts_with('S')
        })
    }

    /// A client that has connected with TLS and read the greeting.
    pub async fn connect(&self) -> TlsClient {
        self.connect_to(0).await
    }

    /// The same, to the n-th address.
    pub async fn connect_to(&self, index: usize) -> TlsClient {
        let stream = TcpStream::connect(self.address(index)).await.unwrap();
        Client::greeted(self.tls(stream).await, LIMIT).await.unwrap().0
    }

    /// A client that has connected with TLS to the n-th address, read SMTP's greeting and said EHLO.
    pub async fn sender(&self, index: usize) -> Sender {
        let stream = TcpStream::connect(self.address(index)).await.unwrap();
        let greeted = smtp_client::Client::greeted(self.tls(stream).await, LIMIT).await;
        let mut client = greeted.unwrap().0;
        client.ehlo().await.unwrap();
        client
    }

    /// TLS over a connection to the gateway.
    pub async fn tls(&self, stream: TcpStream) -> TlsStream<TcpStream> {
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        timeout(LIMIT, self.identity.connector().unwrap().connect(name, stream))
            .await
            .unwrap()
            .unwrap()
    }

    /// A client that is logged in by AUTHENTICATE PLAIN.
    pub async fn login(&self, user: &str, password: &str) -> TlsClient {
        let mut client = self.connect().await;
        client.authenticate_plain("", user, password).await.unwrap();
        client
    }

    /// What a client hears that fails to log in.
    pub async fn refused(&self, user: &str, password: &str) -> String {
        refusal(&mut self.connect().await, user, password).await
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        kill_process(self.process().unwrap(), Signal::TERM).unwrap();
    }

    /// Lets the process open no descriptors but those whose numbers are lower, or as many as this process may.
    pub fn limit_descriptors(&self, current: Option<u64>) {
        let maximum = getrlimit(Resource::Nofile).maximum;
        let limit = Rlimit {
            current: current.or(maximum),
            maximum,
        };
        prlimit(self.process(), Resource::Nofile, limit).unwrap();
    }

    fn process(&self) -> Option<Pid> {
        Pid::from_raw(self.process_id().cast_signed())
    }

    /// Waits for the end of the process.
    pub async fn ended(&mut self) -> ExitStatus {
        timeout(LIMIT, self.child.wait()).await.unwrap().unwrap()
    }
}

/// A test that fails shows what the gateway had to say.
impl Drop for Gateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the gateway's log:\n{}", self.log());
        }
    }
}

/// The tagged answer to an AUTHENTICATE PLAIN, without its tag.
pub async fn answer(client: &mut TlsClient, user: &str, password: &str) -> Reply {
    let message = format!("\0{user}\0{password}");
    let mut command = b"AUTHENTICATE PLAIN ".to_vec();
    gatepost_wire::base64::encode(message.as_bytes(), &mut command);
    client.ask_parts(&[&command]).await.unwrap()
}

/// What is behind the tag of the answer to a login that has to fail.
pub async fn refusal(client: &mut TlsClient, user: &str, password: &str) -> String {
    let reply = answer(client, user, password).await;
    assert!(!reply.is_ok(), "{user} is logged in");
    reply.tagged.text().split_once(' ').unwrap().1.to_owned()
}

/// Runs the program, and adds what it logs.
fn launch(config: &Path, log: &Log, environment: &[(&'static str, String)]) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatepost"))
        .args(["run", "--config"])
        .arg(config)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    log.follow(child.stderr.take().unwrap());
    child
}

fn address_in(line: &str) -> SocketAddr {
    let address = line
        .split_whitespace()
        .find_map(|field| field.strip_prefix("address="));
    address.unwrap().parse().unwrap()
}
