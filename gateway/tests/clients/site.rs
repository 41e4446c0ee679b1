//! A gateway in front of a Dovecot, and programs that are run against it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Output, Stdio};

use gatepost_testkit::servers::Dovecot;
use tokio::process::Command;
use tokio::time::timeout;

use crate::common::{Gateway, LIMIT, LISTENERS};

const USERS: &str = "[[user]]\nname = \"alice\"\nsecret = \"{PLAIN}wonderland\"\n";

pub(crate) struct Site {
    pub(crate) dovecot: Dovecot,
    pub(crate) gateway: Gateway,
}

impl Site {
    /// Alice's mailbox, empty. Her password at the Dovecot is another one.
    pub(crate) async fn start() -> Self {
        let dovecot = Dovecot::builder()
            .user("alice", "only-here")
            .master("gateway", "m")
            .start()
            .unwrap();
        let (address, ca_file) = (dovecot.imaps(), dovecot.ca_file());
        let config = format!(
            r#"
[directories.users]
kind = "file"
path = "users.toml"
[upstreams.dovecot]
address = "{address}"
ca_file = {ca_file:?}
login = {{ method = "master", user = "gateway", password_file = "master" }}
[routing]
default = "dovecot"
{LISTENERS}"#
        );
        let gateway = Gateway::start(&config, &[("users.toml", USERS), ("master", "m\n")]).await;
        Self { dovecot, gateway }
    }

    /// The same with some messages in the inbox, which are returned too.
    pub(crate) async fn with_mail() -> (Self, Vec<String>) {
        let site = Self::start().await;
        let messages: Vec<String> = (1..=3).map(message).collect();
        for message in &messages {
            site.deliver(message);
        }
        (site, messages)
    }

    pub(crate) fn deliver(&self, message: &str) {
        self.dovecot
            .deliver("alice", "INBOX", message.as_bytes())
            .unwrap();
    }

    /// The port with TLS from the first octet.
    pub(crate) fn port(&self) -> u16 {
        self.gateway.address(0).port()
    }

    /// The port with STARTTLS.
    pub(crate) fn starttls_port(&self) -> u16 {
        self.gateway.address(1).port()
    }

    /// The authority to trust, as the path of a PEM file.
    pub(crate) fn ca_file(&self) -> String {
        self.gateway.ca_file().to_str().unwrap().to_owned()
    }
}

/// A message with what mail is made of: text beyond ASCII, a line that begins with a dot, a long line.
pub(crate) fn message(number: u32) -> String {
    let long = "x".repeat(900);
    format!(
        "From: Bob <bob@example.org>\r\nTo: alice@example.org\r\nSubject: message {number}\r\n\
         Date: Tue, 24 Nov 2026 10:0{number}:00 +0000\r\nMessage-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         Grüße aus Zürich ☃\r\n.a dot {{5}}\r\n{long}\r\n"
    )
}

/// Runs a program to its end, which has to come in time.
pub(crate) async fn run(program: &str, arguments: &[impl AsRef<OsStr>], home: &Path) -> Output {
    run_with_input(program, arguments, home, Stdio::null()).await
}

/// The same with something to read.
pub(crate) async fn run_with_input(
    program: &str,
    arguments: &[impl AsRef<OsStr>],
    home: &Path,
    input: impl Into<Stdio>,
) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("HOME", home)
        .env("TERM", "xterm")
        .env("LC_ALL", "C.UTF-8");
    command.current_dir(home).stdin(input).kill_on_drop(true);
    let output = timeout(LIMIT, command.output())
        .await
        .unwrap_or_else(|_| panic!("{program} does not end"));
    output.unwrap_or_else(|error| panic!("{program}: {error}: run scripts/install-test-deps"))
}

/// What a program printed, if it succeeded.
pub(crate) fn printed(output: &Output) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{}: {out}{err}", output.status);
    out.into_owned()
}

/// The messages of a Maildir folder, in the order of their subjects, without what mbsync adds.
pub(crate) fn maildir(folder: &Path) -> Vec<String> {
    let mut messages = Vec::new();
    for part in ["cur", "new"] {
        for file in std::fs::read_dir(folder.join(part)).unwrap() {
            let message = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let lines = message
                .split_inclusive('\n')
                .filter(|line| !line.starts_with("X-TUID:"));
            messages.push(lines.collect::<String>());
        }
    }
    let subject = |message: &String| {
        message
            .lines()
            .find(|line| line.starts_with("Subject:"))
            .map(str::to_owned)
    };
    messages.sort_by_key(subject);
    messages
}
