//! `gatepost demo`: the embedded default. One process with a gateway, a file directory, a certificate authority made
//! on the spot, and the in-memory mail server of `gatepost-testkit` as upstream.
#![allow(clippy::print_stdout, reason = "the demo speaks to its user")]

mod authority;
mod tour;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use gatepost_directory::file::secret::{self, Kind};
use gatepost_testkit::mail::{self, MailServer};
use gatepost_wire::Secret;

use crate::config::Config;
use crate::{gateway, log, process};
use authority::Authority;

/// The users of the demo and their passwords at the gateway. The mail server knows neither.
const USERS: [(&str, &str); 2] = [("alice", "wonderland"), ("bob", "builder-1")];

/// The domain of their mail addresses.
const DOMAIN: &str = "example.org";

/// The gateway's account on the mail server.
const MASTER: &str = "gateway";

/// Protocol and TLS of the listeners, in the order of [`Place`].
const LISTENERS: [(&str, &str); 4] = [
    ("imap", "implicit"),
    ("imap", "starttls"),
    ("smtp", "implicit"),
    ("smtp", "starttls"),
];

/// What `gatepost demo` is told.
#[derive(Args)]
pub struct Options {
    /// Make the tour, print each step with its time, and exit 0 or 1.
    #[arg(long)]
    check: bool,
    /// The IMAPS port; 0 takes free ones. The port for STARTTLS is the next one, and those for sending (TLS, STARTTLS)
    /// are the two behind that.
    #[arg(long, default_value_t = 9930)]
    port: u16,
    /// Stop the mail server before the tour, which must then fail.
    #[arg(long, hide = true)]
    stop_upstream: bool,
}

/// A running demo.
pub struct Demo {
    folder: tempfile::TempDir,
    mail: Option<Servers>,
    gateway: gateway::Running,
}

/// The mail server on its two ports.
struct Servers {
    imap: mail::Running,
    smtp: mail::Running,
}

impl Servers {
    async fn stop(self) {
        self.smtp.stop().await;
        self.imap.stop().await;
    }
}

/// The gateway's listeners, in the order of the configuration.
#[derive(Clone, Copy)]
enum Place {
    Imaps,
    Imap,
    Smtps,
    Submission,
}

/// Starts the demo; serves until SIGINT or SIGTERM, or makes the tour.
///
/// # Errors
/// If something cannot be started, or if a step of the tour fails.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    process::keep_secrets();
    // The tour's free ports let it run beside a demo that serves.
    let port = if options.check { 0 } else { options.port };
    let mut demo = Demo::start(port).await?;
    if options.stop_upstream {
        demo.stop_upstream().await;
    }
    if options.check {
        let toured = demo.tour().await;
        demo.stop().await;
        return toured;
    }
    let mut signals = process::StopSignals::listen()?;
    demo.print_commands();
    signals.told().await;
    demo.stop().await;
    Ok(())
}

impl Demo {
    /// Starts mail server and gateway on loopback addresses.
    ///
    /// # Errors
    /// If a port is in use, or the temporary folder cannot be written.
    pub async fn start(port: u16) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("gatepost-demo-").tempdir()?;
        let master = random_password()?;
        let mut mail = MailServer::builder().master(MASTER, &master);
        for user in mail::demo::USERS {
            mail = mail.user(user, &random_password()?);
        }
        let mail = mail.build();
        let no_server = "the in-memory mail server";
        let mail = Servers {
            imap: mail.bind("127.0.0.1:0").await.context(no_server)?,
            smtp: mail.bind_smtp("127.0.0.1:0").await.context(no_server)?,
        };
        mail::demo::fill(mail.imap.store())?;
        let config = write_files(folder.path(), &mail, &master, port)?;
        let config = Config::load(&config)?;
        log::start(&config.log);
        let gateway = gateway::start(&config).await;
        let gateway = gateway.context("the gateway (--port chooses other ports)")?;
        Ok(Self {
            folder,
            mail: Some(mail),
            gateway,
        })
    }

    /// The IMAPS address.
    pub fn imaps(&self) -> SocketAddr {
        self.address(Place::Imaps)
    }

    fn address(&self, place: Place) -> SocketAddr {
        let address = self.gateway.addresses.get(place as usize).copied();
        address.unwrap_or_else(|| ([127, 0, 0, 1], 0).into())
    }

    /// The certificate authority, as a PEM file.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The mail server behind the gateway, to deliver messages to.
    pub fn mail(&self) -> Option<&mail::Running> {
        self.mail.as_ref().map(|mail| &mail.imap)
    }

    /// Stops the mail server under the gateway.
    pub async fn stop_upstream(&mut self) {
        if let Some(mail) = self.mail.take() {
            mail.stop().await;
        }
    }

    /// Reads and sends mail, and is refused with a wrong password, as a client would; prints each step.
    ///
    /// # Errors
    /// The first step that does not do what it should.
    pub async fn tour(&self) -> anyhow::Result<()> {
        tour::run(self).await
    }

    /// Stops everything and removes the files.
    pub async fn stop(mut self) {
        self.gateway.stop().await;
        if let Some(mail) = self.mail.take() {
            mail.stop().await;
        }
    }

    fn print_commands(&self) {
        let [port, starttls, smtps, submission] =
            [Place::Imaps, Place::Imap, Place::Smtps, Place::Submission]
                .map(|place| self.address(place).port());
        let (user, password) = USERS[0];
        let (other, other_password) = USERS[1];
        let ca = self.ca_file();
        let ca = ca.display();
        println!(
            "
Gatepost serves IMAP over TLS on localhost:{port}, and with STARTTLS on localhost:{starttls}.
It takes mail to send over TLS on localhost:{smtps}, and with STARTTLS on localhost:{submission}.
Users: {user} (password {password}) and {other} (password {other_password}), at {DOMAIN}.
The mail server behind it knows other passwords: Gatepost logs in there with a master account.

List mailboxes, list the inbox, read a message:
  curl --cacert {ca} --user {user}:{password} 'imaps://localhost:{port}/'
  curl --cacert {ca} --user {user}:{password} 'imaps://localhost:{port}/INBOX' -X 'UID FETCH 1:* (FLAGS ENVELOPE)'
  curl --cacert {ca} --user {user}:{password} 'imaps://localhost:{port}/INBOX;UID=1'

Send a message to {other}, who gets it; {user} finds a copy in the mailbox of sent mail a moment later:
  printf 'From: {user}@{DOMAIN}\\nSubject: Hello\\n\\nSent through Gatepost.\\n' | curl --cacert {ca} --crlf --user {user}:{password} --mail-from {user}@{DOMAIN} --mail-rcpt {other}@{DOMAIN} --upload-file - 'smtps://localhost:{smtps}/client.example'
  curl --cacert {ca} --user {user}:{password} 'imaps://localhost:{port}/Sent%20Messages' -X 'FETCH 1:* (FLAGS ENVELOPE)'

With STARTTLS, and with a wrong password:
  curl --cacert {ca} --ssl-reqd --user {user}:{password} 'imap://localhost:{starttls}/INBOX;UID=1'
  curl --cacert {ca} --user {user}:wrong 'imaps://localhost:{port}/'

By hand (then: a LOGIN {user} {password}):
  openssl s_client -quiet -crlf -CAfile {ca} -connect localhost:{port}

A mail client: IMAP server localhost, port {port}, SSL/TLS; SMTP server localhost, port {smtps}, SSL/TLS; and trust the
CA file above.
Stop with Ctrl-C."
        );
    }
}

/// Everything that the configuration names, and the configuration itself.
fn write_files(folder: &Path, mail: &Servers, master: &str, port: u16) -> anyhow::Result<PathBuf> {
    let authority = Authority::new()?;
    authority.write(folder)?;
    std::fs::write(folder.join("master"), master)?;
    std::fs::write(folder.join("users.toml"), users_file()?)?;
    let mut listeners = String::new();
    for (index, (protocol, tls)) in (0..).zip(LISTENERS) {
        let port = match port {
            0 => 0,
            port => port.checked_add(index).context("there is no port behind 65535")?,
        };
        listeners.push_str(&format!(
            "
[[listeners]]
protocol = \"{protocol}\"
addresses = [\"127.0.0.1:{port}\"]
tls = \"{tls}\"
certificates = [\"demo\"]
directory = \"users\"
"
        ));
    }
    let (imap, smtp) = (mail.imap.address(), mail.smtp.address());
    let config = format!(
        r#"# Written by `gatepost demo`.
[server]
name = "localhost"
shutdown_grace = "0s"

[log]
level = "warn"

[certificates.demo]
chain = "chain.pem"
key = "key.pem"

[directories.users]
kind = "file"
path = "users.toml"

[upstreams.memory]
address = "{imap}"
tls = "none"
login = {{ method = "master", user = "{MASTER}", password_file = "master" }}

[mtas.memory]
addresses = ["{smtp}"]
tls = "none"
login = {{ method = "master", user = "{MASTER}", password_file = "master" }}

[routing]
default = "memory"

[submission]
mta = "memory"

# Half a second is too short for a real client's own copy.
[sent_copy]
wait = "500ms"
spool = "spool"
{listeners}"#
    );
    let file = folder.join("gatepost.toml");
    std::fs::write(&file, config)?;
    Ok(file)
}

fn users_file() -> anyhow::Result<String> {
    let mut file = String::new();
    for (name, password) in USERS {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
        let secret = secret::make(Kind::Argon2id, &Secret::from(password), &salt)?;
        file.push_str(&format!(
            "[[user]]\nname = \"{name}\"\nsecret = \"{secret}\"\naddresses = [\"{name}@{DOMAIN}\"]\n\n"
        ));
    }
    Ok(file)
}

fn random_password() -> anyhow::Result<String> {
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}
