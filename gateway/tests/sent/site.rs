//! A mail server, and a gateway that may die and come again on the same spool.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use gatepost_testkit::mail::{MailServer, Running, SpecialUse, StoredMessage};
use gatepost_testkit::smtp_client::{self, Client};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::common::{Gateway, LIMIT, Sender};
use crate::memory::{MASTER, SMTP, alice_and_bob, listeners, sections};

const USERS: &str = r#"
[[user]]
name = "alice"
secret = "{PLAIN}wonderland"
addresses = ["alice@example.org"]
[[user]]
name = "bob"
secret = "{PLAIN}builder"
addresses = ["bob@example.org"]
"#;

/// What is there whatever becomes of the gateway.
pub(crate) struct Site {
    pub(crate) mail: MailServer,
    imap: Option<Running>,
    imap_address: SocketAddr,
    smtp: Running,
    pub(crate) spool: tempfile::TempDir,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let mail = alice_and_bob();
        for user in ["alice", "bob"] {
            mail.store().create(user, "Sent", Some(SpecialUse::Sent)).unwrap();
        }
        let imap = mail.bind("127.0.0.1:0").await.unwrap();
        Self {
            imap_address: imap.address(),
            imap: Some(imap),
            smtp: mail.bind_smtp("127.0.0.1:0").await.unwrap(),
            mail,
            spool: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) async fn imap_goes(&mut self) {
        self.imap.take().unwrap().stop().await;
    }

    pub(crate) async fn imap_comes_back(&mut self) {
        self.imap = Some(self.mail.bind(self.imap_address).await.unwrap());
    }

    pub(crate) fn spool(&self) -> &Path {
        self.spool.path()
    }

    /// A gateway with these keys in `[sent_copy]`, and its users in a file.
    pub(crate) async fn gateway(&self, sent: &str) -> Gateway {
        let users = "kind = \"file\"\npath = \"users.toml\"";
        self.gateway_of(users, &[("users.toml", USERS)], sent).await
    }

    /// The same with users from elsewhere.
    pub(crate) async fn gateway_of(&self, users: &str, files: &[(&str, &str)], sent: &str) -> Gateway {
        let sections = sections(self.imap_address, self.smtp.address());
        let (spool, listeners) = (self.spool(), listeners(""));
        let config = format!(
            r#"
            [limits]
            failure_grid = "0s"
            [sent_copy]
            spool = {spool:?}
            retry_first = "1s"
            retry_max = "2s"
            retry_unanswered = "1s"
            restart_wait = "0s"
            {sent}
            [directories.users]
            {users}
            {sections}
            messages_per_hour = 0
            recipients_per_hour = 0
            {listeners}
            "#
        );
        Gateway::start(&config, &[files, &[MASTER]].concat()).await
    }

    pub(crate) fn messages(&self, user: &str, mailbox: &str) -> Vec<StoredMessage> {
        self.mail.store().messages(user, mailbox).unwrap()
    }

    /// What stands in a folder of the spool.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.spool().join(folder)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    /// Waits until nothing is to be filed any more.
    pub(crate) async fn filed(&self) {
        let emptied = async {
            while !self.files("queue").is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LIMIT, emptied).await.unwrap();
    }
}

/// A client of Alice's that is logged in and may send, unless the gateway dies over it.
pub(crate) async fn try_alice(gateway: &Gateway) -> Option<Sender> {
    try_login(gateway, "alice").await
}

/// The same, who types another name of hers.
pub(crate) async fn try_login(gateway: &Gateway, name: &str) -> Option<Sender> {
    let stream = TcpStream::connect(gateway.address(SMTP)).await.ok()?;
    let server = ServerName::try_from("localhost").unwrap();
    let connector = gateway.identity().connector().unwrap();
    let stream = connector.connect(server, stream).await.ok()?;
    let (mut client, _) = Client::greeted(stream, LIMIT).await.ok()?;
    client.ehlo().await.ok()?;
    client.auth_plain("", name, "wonderland").await.ok()?;
    Some(client)
}

pub(crate) async fn alice(gateway: &Gateway) -> Sender {
    try_alice(gateway).await.unwrap()
}

pub(crate) fn message(message_id: &str) -> Vec<u8> {
    format!(
        "From: alice@example.org\r\nDate: Thu, 7 Aug 2025 10:00:00 +0200\r\nMessage-ID: {message_id}\r\n\r\n\
         .Hello!\r\n"
    )
    .into_bytes()
}

/// Sends from Alice to Bob.
pub(crate) async fn send(client: &mut Sender, message_id: &str) -> Result<(), smtp_client::Error> {
    let (from, to) = ("alice@example.org", ["bob@example.org"]);
    client.send_mail(from, &to, &message(message_id)).await.map(drop)
}

/// `gatepost sent` on a spool.
pub(crate) async fn command(spool: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.arg("sent").args(arguments).arg("--spool").arg(spool);
    command.output().await.unwrap()
}
