//! What tests that send have in common: a gateway in front of a Postfix that delivers to Dovecots.
#![allow(dead_code, reason = "shared by test programs that use parts of it")]

use std::fmt::Write as _;
use std::net::SocketAddr;

use gatepost_testkit::servers::{Dovecot, DovecotBuilder, Postfix, PostfixBuilder, reserve};

use crate::common::{Gateway, Sender};

/// The account by which the gateway logs in for others, and its password.
pub(crate) const MASTER: &str = "gateway";
pub(crate) const MASTER_PASSWORD: &str = "master-secret";

/// An account of Postfix's that is nobody's in particular, and its password.
pub(crate) const SERVICE: &str = "relay";
pub(crate) const SERVICE_PASSWORD: &str = "service-secret";

/// Refusals come at once, and nobody waits for early talkers longer than needed.
const LIMITS: &str = "[limits]\nfailure_grid = \"0s\"\nsessions_per_user = 0\n";

/// The gateway's listeners, in the order of [`Site::IMPLICIT`], [`Site::STARTTLS`], [`Site::IMAP`].
const LISTENERS: &str = r#"
[[listeners]]
protocol = "smtp"
addresses = ["127.0.0.1:0"]
tls = "implicit"
certificates = ["main"]
directory = "users"
[[listeners]]
protocol = "smtp"
addresses = ["127.0.0.1:0"]
tls = "starttls"
certificates = ["main"]
directory = "users"
[[listeners]]
protocol = "imap"
addresses = ["127.0.0.1:0"]
tls = "implicit"
certificates = ["main"]
directory = "users"
"#;

/// The people. Their passwords are the directory's alone, but for Carol's.
pub(crate) const USERS: &str = r#"
[[user]]
name = "alice"
secret = "{PLAIN}wonderland"
addresses = ["alice@example.org", "alice.liddell@example.org"]
mail_host = "one"
[[user]]
name = "bob"
secret = "{PLAIN}builder"
addresses = ["bob@example.org"]
mail_host = "two"
[[user]]
name = "carol"
secret = "{PLAIN}same-everywhere"
addresses = ["carol@example.org"]
mail_host = "one"
"#;

pub(crate) type TlsClient = Sender;

/// How the gateway logs in to the MTA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MtaLogin {
    Master,
    SameCredentials,
    Stored,
    /// The same, where the MTA offers AUTH LOGIN alone.
    StoredByLogin,
    Xclient,
    Trusted,
}

impl MtaLogin {
    pub(crate) const ALL: [Self; 6] = [
        Self::Master,
        Self::SameCredentials,
        Self::Stored,
        Self::StoredByLogin,
        Self::Xclient,
        Self::Trusted,
    ];

    fn config(self, postfix: &Postfix) -> String {
        let (address, tls, login) = match self {
            Self::Master => (
                postfix.submission(),
                "starttls",
                "method = \"master\", user = \"gateway\", password_file = \"master\"",
            ),
            Self::SameCredentials => (postfix.smtps(), "implicit", "method = \"same-credentials\""),
            Self::Stored => (
                postfix.submission(),
                "starttls",
                "method = \"stored\", user = \"relay\", password_file = \"service\"",
            ),
            Self::StoredByLogin => (
                postfix.login_only(),
                "starttls",
                "method = \"stored\", user = \"relay\", password_file = \"service\"",
            ),
            Self::Xclient => (postfix.xclient(), "starttls", "method = \"xclient\""),
            Self::Trusted => (postfix.trusted(), "starttls", "method = \"trusted\""),
        };
        format!("addresses = [\"{address}\"]\ntls = \"{tls}\"\nlogin = {{ {login} }}\n")
    }
}

/// Two Dovecots and a Postfix that delivers to them.
pub(crate) struct Servers {
    /// Alice's and Carol's.
    pub(crate) one: Dovecot,
    /// Bob's, whose Sent has another name.
    pub(crate) two: Dovecot,
    pub(crate) postfix: Postfix,
}

impl Servers {
    pub(crate) fn start() -> Self {
        Self::with(|postfix| postfix)
    }

    /// The same with a Postfix that differs.
    pub(crate) fn with(change: impl FnOnce(PostfixBuilder) -> PostfixBuilder) -> Self {
        Self::of(dovecot, change)
    }

    /// The same with Dovecots that take passwords without TLS.
    pub(crate) fn trusting() -> Self {
        Self::of(|| dovecot().trusting(), |postfix| postfix)
    }

    fn of(
        dovecot: impl Fn() -> DovecotBuilder,
        change: impl FnOnce(PostfixBuilder) -> PostfixBuilder,
    ) -> Self {
        let one = dovecot().start().unwrap();
        let two = dovecot()
            .namespace("INBOX.", '.', "Gesendete Entw\u{fc}rfe")
            .start()
            .unwrap();
        let postfix = Postfix::builder()
            .sasl(&one)
            .deliver("alice@example.org", &one)
            .deliver("alice.liddell@example.org", &one)
            .deliver("carol@example.org", &one)
            .deliver("bob@example.org", &two);
        let postfix = change(postfix).start().unwrap();
        Self { one, two, postfix }
    }

    /// A gateway in front of them, without Sent copies.
    pub(crate) fn site(&self) -> Site<'_> {
        Site::new(self).with("[sent_copy]\nmode = \"off\"\n")
    }
}

/// A Dovecot that knows everybody, with other passwords than the directory, but for Carol's.
fn dovecot() -> DovecotBuilder {
    Dovecot::builder()
        .user("alice", "only-here-1")
        .user("bob", "only-here-2")
        .user("carol", "same-everywhere")
        .user(SERVICE, SERVICE_PASSWORD)
        .master(MASTER, MASTER_PASSWORD)
}

/// A gateway's configuration.
pub(crate) struct Site<'a> {
    servers: &'a Servers,
    listeners: String,
    login: MtaLogin,
    master: String,
    mta: String,
    upstreams: Vec<(&'static str, &'static str)>,
    /// Upstreams without TLS, and where they are.
    lines: Vec<(&'static str, SocketAddr)>,
    submission: String,
    more: String,
}

impl<'a> Site<'a> {
    /// The place of the listener with TLS from the first octet.
    pub(crate) const IMPLICIT: usize = 0;
    /// The place of the one with STARTTLS.
    pub(crate) const STARTTLS: usize = 1;
    /// The place of the IMAP listener.
    pub(crate) const IMAP: usize = 2;

    pub(crate) fn new(servers: &'a Servers) -> Self {
        Self {
            servers,
            listeners: LISTENERS.to_owned(),
            login: MtaLogin::Master,
            master: MASTER_PASSWORD.to_owned(),
            mta: String::new(),
            upstreams: Vec::new(),
            lines: Vec::new(),
            submission: String::new(),
            more: String::new(),
        }
    }

    /// Lets a gateway that is started again listen where it did before. Only one of them can run.
    pub(crate) fn on_fixed_ports(mut self) -> Self {
        while self.listeners.contains("127.0.0.1:0") {
            let address = reserve().unwrap().to_string();
            self.listeners = self.listeners.replacen("127.0.0.1:0", &address, 1);
        }
        self
    }

    /// Other mechanisms than those for passwords.
    pub(crate) fn offering(mut self, mechanisms: &[&str]) -> Self {
        let listener = "directory = \"users\"\n";
        self.listeners = self
            .listeners
            .replace(listener, &format!("{listener}mechanisms = {mechanisms:?}\n"));
        self
    }

    pub(crate) fn login(mut self, login: MtaLogin) -> Self {
        self.login = login;
        self
    }

    /// The keys of the MTA, instead of those of the login.
    pub(crate) fn mta(mut self, keys: &str) -> Self {
        keys.clone_into(&mut self.mta);
        self
    }

    /// More keys of an upstream, `one` or `two`.
    pub(crate) fn upstream(mut self, name: &'static str, keys: &'static str) -> Self {
        self.upstreams.push((name, keys));
        self
    }

    /// An upstream by way of somebody who passes on to its port without TLS.
    pub(crate) fn through(mut self, name: &'static str, address: SocketAddr) -> Self {
        self.lines.push((name, address));
        self
    }

    /// Another password for the master account than the right one.
    pub(crate) fn master_password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.master);
        self
    }

    /// More keys of `[submission]`.
    pub(crate) fn submission(mut self, keys: &str) -> Self {
        let _ = writeln!(self.submission, "{keys}");
        self
    }

    /// More sections.
    pub(crate) fn with(mut self, sections: &str) -> Self {
        let _ = writeln!(self.more, "{sections}");
        self
    }

    fn config(&self) -> String {
        let Servers { one, two, postfix } = self.servers;
        let mut config = [
            LIMITS,
            &self.listeners,
            "[directories.users]\nkind = \"file\"\npath = \"users.toml\"\n",
        ]
        .concat();
        for (name, dovecot) in [("one", one), ("two", two)] {
            let line = self.lines.iter().find(|(through, _)| *through == name);
            let way = match line {
                Some((_, address)) => format!("address = \"{address}\"\ntls = \"none\""),
                None => format!(
                    "address = \"{}\"\nca_file = {:?}",
                    dovecot.imaps(),
                    dovecot.ca_file()
                ),
            };
            let _ = write!(
                config,
                "[upstreams.{name}]\n{way}\n\
                 login = {{ method = \"master\", user = \"{MASTER}\", password_file = \"master\" }}\n"
            );
            for (_, keys) in self.upstreams.iter().filter(|(of, _)| *of == name) {
                let _ = writeln!(config, "{keys}");
            }
        }
        let mta = if self.mta.is_empty() {
            format!(
                "ca_file = {:?}\n{}",
                postfix.ca_file(),
                self.login.config(postfix)
            )
        } else {
            self.mta.clone()
        };
        let _ = write!(
            config,
            "[routing]\nattribute = \"mailHost\"\n[mtas.main]\n{mta}[submission]\nmta = \"main\"\n{}{}",
            self.submission, self.more
        );
        config
    }

    pub(crate) async fn start(&self) -> Gateway {
        self.start_with(USERS).await
    }

    /// With other people.
    pub(crate) async fn start_with(&self, users: &str) -> Gateway {
        let gateway = self.launch(users).await;
        // What EHLO lists is not all before that.
        gateway.logged("event=mta-offers").await;
        gateway
    }

    /// Without an MTA that answers.
    pub(crate) async fn start_unready(&self) -> Gateway {
        self.launch(USERS).await
    }

    async fn launch(&self, users: &str) -> Gateway {
        let files = [
            ("users.toml", users),
            ("master", &self.master),
            ("service", SERVICE_PASSWORD),
        ];
        Gateway::start(&self.config(), &files).await
    }
}

/// A client that has connected with TLS, read the greeting and said EHLO.
pub(crate) async fn connect(gateway: &Gateway) -> TlsClient {
    gateway.sender(Site::IMPLICIT).await
}

/// A client that is logged in.
pub(crate) async fn login(gateway: &Gateway, user: &str, password: &str) -> TlsClient {
    let mut client = connect(gateway).await;
    client.auth_plain("", user, password).await.unwrap();
    client
}

/// Alice, logged in.
pub(crate) async fn alice(gateway: &Gateway) -> TlsClient {
    login(gateway, "alice", "wonderland").await
}

/// A message with a subject.
pub(crate) fn message(subject: &str) -> Vec<u8> {
    format!("From: alice@example.org\r\nTo: bob@example.org\r\nSubject: {subject}\r\n\r\nhello\r\n")
        .into_bytes()
}

/// What is in a user's INBOX once Postfix has delivered all that it has.
pub(crate) async fn received(postfix: &Postfix, dovecot: &Dovecot, user: &str) -> Vec<String> {
    postfix.drained().unwrap();
    let messages = dovecot.messages(user, "INBOX").await.unwrap();
    messages
        .iter()
        .map(|message| String::from_utf8_lossy(&message.raw).into_owned())
        .collect()
}

/// All of them at once, in this task.
pub(crate) async fn at_once(work: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut work: Vec<_> = work.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        work.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        if work.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
