//! A gateway in front of a mail server in memory and, where a test wants it, of one that misbehaves.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use gatepost_testkit::mail::{MailServer, Running, demo};

use tokio::sync::{Mutex, MutexGuard};

use crate::common::{Gateway, listener};
use crate::crowd::Crowd;
use crate::honest::Honest;
use crate::meter::Meter;

/// The honest users.
pub(crate) const ALICE: (&str, &str) = ("alice", "wonderland");
pub(crate) const BOB: (&str, &str) = ("bob", "builder");
/// One who means no good, with a mailbox beside theirs.
pub(crate) const MALLORY: (&str, &str) = ("mallory", "malice");
/// What she says to send herself a message, before the message.
pub(crate) const TO_MALLORY: [&str; 3] = [
    "MAIL FROM:<mallory@example.org>",
    "RCPT TO:<mallory@example.org>",
    "DATA",
];
/// One whose mail is at the misbehaving server.
pub(crate) const TRUDY: (&str, &str) = ("trudy", "intruder");

/// The listeners, by their place in the configuration.
pub(crate) const IMAPS: usize = 0;
pub(crate) const IMAP: usize = 1;
pub(crate) const SMTPS: usize = 2;
pub(crate) const SMTP: usize = 3;

/// What a connection that is not logged in may take, in KiB, but for what it has sent that cannot be judged yet.
pub(crate) const BEFORE_LOGIN_KIB: u64 = 40;

/// What a session takes, in KiB, but for what is on its way.
pub(crate) const RELAYED_KIB: u64 = 64;

/// What would keep a crowd away before it does any harm.
const SEATS: &str = "connections_per_address = 10000\nconnections_per_network = 10000\n\
    connections_before_login = 10000\nbefore_login_per_address = 10000\nsessions_per_user = 0";

const USERS: &str = r#"
[[user]]
name = "alice"
secret = "{PLAIN}wonderland"
addresses = ["alice@example.org"]
mail_host = "good"
[[user]]
name = "bob"
secret = "{PLAIN}builder"
addresses = ["bob@example.org"]
mail_host = "good"
[[user]]
name = "mallory"
secret = "{PLAIN}malice"
addresses = ["mallory@example.org"]
mail_host = "good"
[[user]]
name = "trudy"
secret = "{PLAIN}intruder"
addresses = ["trudy@example.org"]
mail_host = "bad"
"#;

/// What is special about a site; the rest is usual.
#[derive(Default)]
pub(crate) struct Setup {
    /// Keys of `[limits]`.
    pub(crate) limits: &'static str,
    /// Whether a crowd from one address is too much, as it usually is. Else it is not hindered by that.
    pub(crate) few_seats: bool,
    /// Keys of `[submission]`.
    pub(crate) submission: &'static str,
    /// Keys of `[sent_copy]`; without any there are no copies.
    pub(crate) sent_copy: String,
    /// More keys of `[upstreams.bad]`, such as its `tls`.
    pub(crate) upstream: String,
    /// Where the misbehaving servers are, IMAP and SMTP.
    pub(crate) bad: Option<(SocketAddr, SocketAddr)>,
    /// Of the program's environment.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// One flood at a time: what they do to each other says nothing of the gateway.
static TURN: Mutex<()> = Mutex::const_new(());

pub(crate) struct Site {
    pub(crate) mail: Running,
    pub(crate) mta: Running,
    pub(crate) gateway: Arc<Gateway>,
    _turn: MutexGuard<'static, ()>,
}

impl Setup {
    pub(crate) fn limits(limits: &'static str) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// With Trudy's mail at these addresses, of IMAP and of SMTP.
    pub(crate) fn bad(addresses: (SocketAddr, SocketAddr)) -> Self {
        Self {
            bad: Some(addresses),
            ..Self::default()
        }
    }

    pub(crate) async fn start(self) -> Site {
        let turn = TURN.lock().await;
        let builder = MailServer::builder().master("gateway", "m");
        let builder = [ALICE, BOB, MALLORY].iter().fold(builder, |builder, (user, _)| {
            builder.user(user, "nobody logs in with it")
        });
        let server = builder.build();
        demo::fill(server.store()).unwrap();
        let mail = server.bind("127.0.0.1:0").await.unwrap();
        let mta = server.bind_smtp("127.0.0.1:0").await.unwrap();
        let config = self.config(mail.address(), mta.address());
        let files = [("users.toml", USERS), ("master", "m\n")];
        let gateway = Gateway::start_in(&config, &files, &self.environment).await;
        // It has asked its MTA once; it does not again within a test.
        gateway.logged("event=mta-offers mta=good").await;
        Site {
            mail,
            mta,
            gateway: Arc::new(gateway),
            _turn: turn,
        }
    }

    fn config(&self, mail: SocketAddr, mta: SocketAddr) -> String {
        let Self {
            limits, submission, ..
        } = self;
        let seats = if self.few_seats { "" } else { SEATS };
        let quotas = "messages_per_hour = 0\nrecipients_per_hour = 0";
        let submission = if submission.contains("per_hour") {
            (*submission).to_owned()
        } else {
            format!("{quotas}\n{submission}")
        };
        let sent_copy = if self.sent_copy.is_empty() {
            "mode = \"off\""
        } else {
            &self.sent_copy
        };
        let login = "login = { method = \"master\", user = \"gateway\", password_file = \"master\" }";
        let mut config = format!(
            r#"
[server]
name = "mail.example.org"
shutdown_grace = "1s"
[limits]
failure_grid = "0s"
{seats}
{limits}
[directories.users]
kind = "file"
path = "users.toml"
[upstreams.good]
address = "{mail}"
tls = "none"
{login}
[mtas.good]
addresses = ["{mta}"]
tls = "none"
{login}
[routing]
attribute = "mailHost"
[submission]
mta = "good"
{submission}
[sent_copy]
{sent_copy}
"#
        );
        if let Some((imap, smtp)) = self.bad {
            let upstream = if self.upstream.is_empty() {
                "tls = \"none\""
            } else {
                &self.upstream
            };
            let _ = write!(
                config,
                "[upstreams.bad]\naddress = \"{imap}\"\nmta = \"bad\"\n{upstream}\n{login}\n\
                 [mtas.bad]\naddresses = [\"{smtp}\"]\ntls = \"none\"\n{login}\n"
            );
        }
        for (protocol, tls) in [
            ("imap", "implicit"),
            ("imap", "starttls"),
            ("smtp", "implicit"),
            ("smtp", "starttls"),
        ] {
            config += &listener(protocol, tls);
        }
        config + "[control]\nsocket = \"control.sock\"\n"
    }
}

impl Site {
    /// How often something was refused for this reason.
    pub(crate) fn refused(&self, reason: &str) -> u64 {
        let config = self.gateway.folder().join("gatepost.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        let output = command.args(["status", "--config"]).arg(config).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let key = format!("refused.{reason} ");
        let line = text.lines().find(|line| line.starts_with(&key));
        line.unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Hostile clients, whose addresses are not the honest ones'.
    pub(crate) fn crowd(&self) -> Crowd {
        Crowd::new(Arc::clone(&self.gateway))
    }

    /// A flood begins: from now on the gateway is measured, and honest clients come and go.
    pub(crate) async fn flood(&self) -> Flood {
        // What a first connection allocates for good is not the flood's.
        Honest::once(&self.gateway).await;
        self.gateway.settled().await;
        Flood {
            meter: Meter::start(&self.gateway),
            honest: Honest::start(Arc::clone(&self.gateway)),
            gateway: Arc::clone(&self.gateway),
        }
    }
}

/// A flood that is going on.
pub(crate) struct Flood {
    pub(crate) meter: Meter,
    honest: Honest,
    gateway: Arc<Gateway>,
}

/// What a flood may cost.
pub(crate) struct Bounds {
    /// How many hostile connections there were at once.
    pub(crate) connections: usize,
    /// What each of them may take, in KiB.
    pub(crate) kib_each: u64,
    /// How many honest clients must have been served meanwhile, at least.
    pub(crate) honest: usize,
}

impl Bounds {
    /// So many connections of so many KiB each, and an honest client at least.
    pub(crate) fn of(connections: usize, kib_each: u64) -> Self {
        Self {
            connections,
            kib_each,
            honest: 1,
        }
    }
}

impl Flood {
    /// The flood has ebbed away: it has cost no more than it may, nothing is left of it, and every honest client was
    /// served.
    pub(crate) async fn over(self, bounds: Bounds) {
        let served = self.honest.stop().await;
        let peak = self.meter.peak();
        assert!(
            served >= bounds.honest,
            "only {served} honest clients were served, not {}",
            bounds.honest
        );
        let allowed = Meter::SLACK_KIB + bounds.kib_each * bounds.connections as u64;
        let grown = peak.memory_kib.saturating_sub(self.meter.before.memory_kib);
        println!(
            "{} connections: {grown} KiB of {allowed} ({:.1} each), {served} honest, {} threads, {:?} CPU",
            bounds.connections,
            grown as f64 / bounds.connections.max(1) as f64,
            peak.threads,
            peak.cpu - self.meter.before.cpu,
        );
        assert!(
            grown <= allowed,
            "{grown} KiB are more than the {allowed} that the flood may take"
        );
        self.gateway.settled().await;
        self.meter.is_as_before().await;
        assert_discreet(&self.gateway);
    }
}

/// Every session was closed with one line, and nobody's secret stands in any.
fn assert_discreet(gateway: &Gateway) {
    let log = gateway.log();
    for (_, secret) in [ALICE, BOB, MALLORY, TRUDY] {
        assert!(!log.contains(secret), "a secret in the log: {secret}");
    }
    let mut seen = HashSet::new();
    for line in gateway.lines(" event=closed ") {
        let session = line.split(' ').find(|field| field.starts_with("session="));
        assert!(seen.insert(session.unwrap().to_owned()), "closed twice: {line}");
    }
    assert!(!log.contains("panicked"), "{log}");
}
