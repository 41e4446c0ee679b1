//! Clients that send, each to two people whose mail is on two Dovecots.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::process::Output;

use gatepost_wire::base64;

use crate::common::Gateway;
use crate::setup::{Servers, Site, received};
use crate::site::{printed, run, run_with_input};

mod curl;
mod iphone;
mod msmtp;
mod mutt;
mod python;
mod s_nail;
mod swaks;
mod thunderbird;

const ALICE: &str = "alice@example.org";
const BOB: &str = "bob@example.org";
const CAROL: &str = "carol@example.org";

/// What people write: text beyond ASCII, and lines that begin with dots, one of them the last.
const SUBJECT: &str = "Grüße aus Zürich ☃";
const TEXT: &str = "Schöne Grüße ☃\n.\n..\n.a dot\n...\nand no more\n.\n";

/// What they attach: all octets.
fn attachment() -> Vec<u8> {
    (0..4096_u32).map(|number| (number * 7 / 3) as u8).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// A message of them, as it goes over the wire but for the dots that are doubled there.
fn letter(number: u32) -> String {
    let text = TEXT.replace('\n', "\r\n");
    let mut encoded = Vec::new();
    base64::encode(&attachment(), &mut encoded);
    let lines: Vec<_> = encoded.chunks(76).map(String::from_utf8_lossy).collect();
    format!(
        "From: Alice <{ALICE}>\r\nTo: {BOB}, {CAROL}\r\nSubject: {SUBJECT}\r\n\
         Date: Tue, 24 Nov 2026 10:0{number}:00 +0000\r\nMessage-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n\
         --=_b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n\
         --=_b\r\nContent-Type: application/octet-stream; name=photo.bin\r\n\
         Content-Disposition: attachment; filename=photo.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {}\r\n--=_b--\r\n",
        lines.join("\r\n")
    )
}

/// A gateway in front of a Postfix and two Dovecots, and a folder for the client.
struct Office {
    servers: Servers,
    gateway: Gateway,
    home: tempfile::TempDir,
}

impl Office {
    async fn open() -> Self {
        let servers = Servers::start();
        let gateway = servers.site().start().await;
        let home = tempfile::tempdir().unwrap();
        Self {
            servers,
            gateway,
            home,
        }
    }

    /// The port with TLS from the first octet.
    fn tls_port(&self) -> u16 {
        self.gateway.address(Site::IMPLICIT).port()
    }

    /// The port with STARTTLS.
    fn starttls_port(&self) -> u16 {
        self.gateway.address(Site::STARTTLS).port()
    }

    /// The authority to trust, as the path of a PEM file.
    fn ca_file(&self) -> String {
        self.gateway.ca_file().to_str().unwrap().to_owned()
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file for the client, which is the only one to read it.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.home().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The files of which a client makes a message by itself: the text, and what is attached.
    fn parts(&self) -> (String, String) {
        (self.file("text", TEXT), self.file("photo.bin", attachment()))
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Output {
        run(program, arguments, self.home()).await
    }

    async fn run_reading(&self, program: &str, arguments: &[&str], file: &str) -> Output {
        run_with_input(program, arguments, self.home(), File::open(file).unwrap()).await
    }

    /// All messages of Bob's and Carol's, each of which has come to both.
    async fn arrived(&self, wanted: usize) -> Vec<String> {
        let Servers { one, two, postfix } = &self.servers;
        let mut all = Vec::new();
        for (dovecot, user) in [(two, "bob"), (one, "carol")] {
            let messages: Vec<String> = received(postfix, dovecot, user).await;
            assert_eq!(messages.len(), wanted, "{user}: {messages:#?}");
            all.extend(messages);
        }
        all
    }

    /// Asserts that so many messages came to both, and are `letter` octet by octet, behind what servers add above.
    async fn arrived_whole(&self, wanted: usize, letter: &str) {
        for message in self.arrived(wanted).await {
            let above = message.strip_suffix(letter);
            let above = above.unwrap_or_else(|| panic!("not the letter: {message}"));
            assert!(above.contains("by localhost with ESMTPSA id "), "{above}");
            let own = |line: &&str| !line.starts_with([' ', '\t']);
            for field in above.lines().filter(own) {
                let name = field.split(':').next().unwrap();
                assert!(
                    ["Return-Path", "Delivered-To", "Received"].contains(&name),
                    "{field}"
                );
            }
        }
    }

    /// Asserts that so many messages came to both, made by the client of what it was given.
    async fn arrived_as_meant(&self, wanted: usize) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/scripts/unpack.py");
        for message in self.arrived(wanted).await {
            // It was not encoded, so its dots were doubled on the way.
            assert!(message.contains(&TEXT.replace('\n', "\r\n")), "{message}");
            let file = self.file("arrived", &message);
            let parts = printed(&self.run("python3", &[script, &file]).await);
            let found: Vec<&str> = parts.lines().collect();
            assert_eq!(
                found,
                [SUBJECT, &hex(TEXT.as_bytes()), "photo.bin", &hex(&attachment())],
                "{message}"
            );
        }
    }

    /// Asserts that the client was refused for its password alone, so many times, and sent nothing. The directory
    /// heard of it once.
    async fn assert_wrong_password(&self, times: usize) {
        self.gateway.logged_times("event=login-failed", times).await;
        let failed = self.gateway.lines("event=login-failed");
        assert_eq!(failed.len(), times, "{failed:#?}");
        assert!(failed[0].contains("result=bad-credentials"), "{failed:#?}");
        for line in &failed[1..] {
            assert!(line.contains("result=known-wrong"), "{line}");
        }
        assert!(self.gateway.lines("event=login ").is_empty());
        self.assert_nothing_sent();
    }

    /// Asserts that the client logged in so many times, and sent nothing.
    async fn assert_let_in(&self, times: usize) {
        self.gateway.logged_times("event=login ", times).await;
        assert_eq!(self.gateway.lines("event=login ").len(), times);
        self.assert_nothing_sent();
    }

    fn assert_nothing_sent(&self) {
        assert!(self.servers.postfix.accepted().is_empty());
    }
}
