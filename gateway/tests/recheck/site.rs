//! A gateway that looks at its sessions every second, in front of a mail server in memory that takes messages too.

use gatepost_testkit::mail::{MailServer, Running};
use gatepost_testkit::smtp_client::Client;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::common::{Gateway, LIMIT, TlsClient};

pub(crate) const NOT_ALLOWED: &str = "this account is no longer allowed";
pub(crate) const CHANGED: &str = "the password has changed, log in again";

/// The places of the listeners.
const SMTP: usize = 1;

const LISTENERS: &str = r#"
[[listeners]]
protocol = "imap"
addresses = ["127.0.0.1:0"]
tls = "implicit"
certificates = ["main"]
directory = "users"
[[listeners]]
protocol = "smtp"
addresses = ["127.0.0.1:0"]
tls = "implicit"
certificates = ["main"]
directory = "users"
"#;

pub(crate) type Sender = Client<TlsStream<TcpStream>>;

/// What a user in the file may be.
pub(crate) fn user(name: &str, secret: &str, more: &str) -> String {
    format!(
        "[[user]]\nname = \"{name}\"\nsecret = \"{{PLAIN}}{secret}\"\naddresses = [\"{name}@example.org\"]\n{more}\n"
    )
}

pub(crate) struct Site {
    pub(crate) mail: MailServer,
    _imap: Running,
    _smtp: Running,
    pub(crate) gateway: Gateway,
}

impl Site {
    /// With Alice and Bob in a file.
    pub(crate) async fn of_file() -> Self {
        Self::with_limits("recheck = \"1s\"").await
    }

    pub(crate) async fn with_limits(limits: &str) -> Self {
        let users = user("alice", "wonderland", "") + &user("bob", "builder", "");
        let directory = "kind = \"file\"\npath = \"users.toml\"";
        Self::start(limits, directory, &[("users.toml", &users)]).await
    }

    /// With users from elsewhere.
    pub(crate) async fn of(directory: &str, files: &[(&str, &str)]) -> Self {
        Self::start("recheck = \"1s\"", directory, files).await
    }

    async fn start(limits: &str, directory: &str, files: &[(&str, &str)]) -> Self {
        let builder = MailServer::builder().master("gateway", "master-secret");
        let mail = builder.user("alice", "x").user("bob", "y").build();
        let imap = mail.bind("127.0.0.1:0").await.unwrap();
        let smtp = mail.bind_smtp("127.0.0.1:0").await.unwrap();
        let (reads, sends) = (imap.address(), smtp.address());
        let login = "login = { method = \"master\", user = \"gateway\", password_file = \"master\" }";
        let config = format!(
            r#"
[limits]
failure_grid = "0s"
{limits}
[sent_copy]
mode = "off"
[directories.users]
{directory}
[mtas.main]
addresses = ["{sends}"]
tls = "none"
{login}
[submission]
mta = "main"
[upstreams.main]
address = "{reads}"
tls = "none"
{login}
[routing]
default = "main"
{LISTENERS}
"#
        );
        let files = [files, &[("master", "master-secret")]].concat();
        Self {
            gateway: Gateway::start(&config, &files).await,
            mail,
            _imap: imap,
            _smtp: smtp,
        }
    }

    /// Somebody who waits for news.
    pub(crate) async fn idle(&self, user: &str, password: &str) -> TlsClient {
        let mut client = self.gateway.login(user, password).await;
        client.command("SELECT INBOX").await.unwrap();
        client.idle().await.unwrap();
        client
    }

    /// Somebody who may send.
    pub(crate) async fn sender(&self, user: &str, password: &str) -> Sender {
        let stream = TcpStream::connect(self.gateway.address(SMTP)).await.unwrap();
        let stream = self.gateway.tls(stream).await;
        let mut client = Client::greeted(stream, LIMIT).await.unwrap().0;
        client.ehlo().await.unwrap();
        client.auth_plain("", user, password).await.unwrap();
        client
    }

    /// Other users stand in the file.
    pub(crate) fn edit(&self, users: &str) {
        // At once, as editors do.
        let (file, new) = (
            self.gateway.folder().join("users.toml"),
            self.gateway.folder().join("new"),
        );
        std::fs::write(&new, users).unwrap();
        std::fs::rename(new, file).unwrap();
    }
}

/// A client that hears BYE with these words, and nothing else.
pub(crate) async fn is_sent_away(client: &mut TlsClient, words: &str) {
    let heard = client.response().await.unwrap();
    assert_eq!(heard.text().trim_end(), format!("* BYE {words}"));
    client.closed().await.unwrap();
}

/// The same of one that sends.
pub(crate) async fn is_told_421(client: &mut Sender, words: &str) {
    let heard = client.reply().await.unwrap();
    assert_eq!((heard.code, heard.text()), (421, format!("4.7.0 {words}")));
    client.closed().await.unwrap();
}

/// A client that idles, and still can do something else.
pub(crate) async fn goes_on(client: &mut TlsClient) {
    client.done().await.unwrap();
    client.command("NOOP").await.unwrap();
    client.idle().await.unwrap();
}
