//! A gateway with two users in a file, in front of a mail server in memory.

use gatepost_testkit::mail::{self, MailServer, Running};

use crate::common::Gateway;

pub(crate) const ALICE: (&str, &str) = ("alice", "wonderland");
pub(crate) const BOB: (&str, &str) = ("bob", "builder");

/// Alice and Bob, whose hashes cost nothing.
pub(crate) const USERS: &str = "[[user]]\nname = \"alice\"\nsecret = \"{PLAIN}wonderland\"\n\
    addresses = [\"alice@example.org\"]\n[[user]]\nname = \"bob\"\nsecret = \"{PLAIN}builder\"\n";

/// What is special about a site; the rest is usual.
pub(crate) struct Setup {
    /// Keys of `[limits]`.
    pub(crate) limits: &'static str,
    /// Keys of `[upstreams.memory]`.
    pub(crate) upstream: &'static str,
    /// Keys of the listener.
    pub(crate) listener: &'static str,
    /// More sections.
    pub(crate) more: String,
    /// Addresses to listen on.
    pub(crate) addresses: &'static str,
    /// How long sessions may go on after SIGTERM.
    pub(crate) grace: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limits: "failure_grid = \"0s\"",
            upstream: "",
            listener: "",
            more: String::new(),
            addresses: "\"127.0.0.1:0\"",
            grace: "1s",
        }
    }
}

pub(crate) struct Site {
    pub(crate) mail: Running,
    pub(crate) gateway: Gateway,
}

impl Setup {
    pub(crate) async fn start(self) -> Site {
        self.start_with(MailServer::builder()).await
    }

    /// The mail server as `builder` describes it; it gets its users here.
    pub(crate) async fn start_with(self, builder: mail::Builder) -> Site {
        let builder = builder.user("alice", "a").user("bob", "b").master("gateway", "m");
        let mail = builder.bind("127.0.0.1:0").await.unwrap();
        mail::demo::fill(mail.store()).unwrap();
        let Self {
            limits,
            upstream,
            listener,
            more,
            addresses,
            grace,
        } = self;
        let address = mail.address();
        let certificates = if listener.contains("certificates") {
            ""
        } else {
            "certificates = [\"main\"]"
        };
        let config = format!(
            r#"
[server]
name = "mail.example.org"
shutdown_grace = "{grace}"
[limits]
{limits}
[directories.users]
kind = "file"
path = "users.toml"
[upstreams.memory]
address = "{address}"
tls = "none"
login = {{ method = "master", user = "gateway", password_file = "master" }}
{upstream}
[routing]
default = "memory"
[[listeners]]
protocol = "imap"
addresses = [{addresses}]
tls = "implicit"
directory = "users"
{certificates}
{listener}
{more}
"#
        );
        let gateway = Gateway::start(&config, &[("users.toml", USERS), ("master", "m\n")]).await;
        Site { mail, gateway }
    }
}
