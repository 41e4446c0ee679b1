//! A gateway for many users of a file, in front of a mail server in memory.

use std::fmt::Write as _;
use std::time::Duration;

use gatepost_testkit::client::Client;
use gatepost_testkit::mail::{Control, MailServer, Running};
use gatepost_testkit::smtp_client;
use tokio::net::TcpStream;

use crate::common::{Gateway, Sender, TlsClient};
use crate::memory::{MASTER, SMTP, listeners, sections};

/// What a client may have to wait.
pub(crate) const LONG: Duration = Duration::from_secs(120);

pub(crate) struct Site {
    pub(crate) gateway: Gateway,
    pub(crate) mail: Running,
    pub(crate) smtp: Running,
}

impl Site {
    /// With users `u0`, `u1` and so on, whose password is `secret`; `limits` are keys of `[limits]`.
    pub(crate) async fn start(users: usize, limits: &str) -> Self {
        let mut file = String::new();
        let mut mail = MailServer::builder().master("gateway", MASTER.1);
        for user in 0..users {
            write!(
                file,
                "[[user]]\nname = \"u{user}\"\nsecret = \"{{PLAIN}}secret\"\n"
            )
            .unwrap();
            mail = mail.user(&format!("u{user}"), "x");
        }
        let directory = "[directories.users]\nkind = \"file\"\npath = \"users.toml\"\n";
        Self::with(mail.build(), directory, limits, &[("users.toml", &file)]).await
    }

    pub(crate) async fn with(
        mail: MailServer,
        directory: &str,
        limits: &str,
        files: &[(&str, &str)],
    ) -> Self {
        let (imap, smtp) = (
            mail.bind("127.0.0.1:0").await.unwrap(),
            mail.bind_smtp("127.0.0.1:0").await.unwrap(),
        );
        let config = format!(
            "[limits]\nfailure_grid = \"0s\"\nconnections_per_address = 20000\n\
             connections_before_login = 20000\nbefore_login_per_address = 20000\nsessions_per_user = 0\n{limits}\n\
             [sent_copy]\nmode = \"off\"\n{directory}\n\
             {}{}",
            sections(imap.address(), smtp.address()),
            listeners("")
        );
        let files = [files, &[MASTER]].concat();
        Self {
            gateway: Gateway::start(&config, &files).await,
            mail: imap,
            smtp,
        }
    }

    pub(crate) fn control(&self) -> &Control {
        self.mail.control()
    }

    /// A client that has connected, and may have to wait.
    pub(crate) async fn connect(&self) -> TlsClient {
        let stream = TcpStream::connect(self.gateway.address(0)).await.unwrap();
        let stream = self.gateway.tls(stream).await;
        Client::greeted(stream, LONG).await.unwrap().0
    }

    /// A client that may log in to send.
    pub(crate) async fn sender(&self) -> Sender {
        let stream = TcpStream::connect(self.gateway.address(SMTP)).await.unwrap();
        let stream = self.gateway.tls(stream).await;
        let mut client = smtp_client::Client::greeted(stream, LONG).await.unwrap().0;
        client.ehlo().await.unwrap();
        client
    }

    /// So many clients.
    pub(crate) async fn connect_all(&self, count: usize) -> Vec<TlsClient> {
        let mut clients = Vec::new();
        while clients.len() < count {
            clients.push(self.connect().await);
        }
        clients
    }
}

/// Sends the login of user `u<number>`, and does not wait for the answer.
pub(crate) async fn send_login(client: &mut TlsClient, number: usize) {
    let command = format!("a LOGIN u{number} secret\r\n");
    client.send(command.as_bytes()).await.unwrap();
}

/// The tagged answer to it, without the tag.
pub(crate) async fn answer(client: &mut TlsClient) -> String {
    loop {
        let response = client.response().await.unwrap();
        if let Some(answer) = response.text().strip_prefix("a ") {
            return answer.to_owned();
        }
    }
}
