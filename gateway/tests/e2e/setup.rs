//! What the tests have in common: the configuration of a gateway in front of slapd and Dovecots, and the people.

use std::path::Path;
use std::process::Output;

use gatepost_testkit::servers::{Authority, Dovecot, DovecotBuilder, Person, Slapd};
use tokio::process::Command;

use crate::common::{Gateway, LISTENERS};

/// The account by which the gateway logs in for others, and its password.
pub(crate) const MASTER: &str = "gateway";
pub(crate) const MASTER_PASSWORD: &str = "master-secret";

/// Logs in by SASL PLAIN with an authorization identity.
pub(crate) const BY_AUTHZID: &str =
    "login = { method = \"master\", user = \"gateway\", password_file = \"master\" }";
/// Logs in as `user*master`.
pub(crate) const BY_SEPARATOR: &str =
    "login = { method = \"master\", user = \"gateway\", password_file = \"master\", style = \"separator\" }";
/// Logs in with what the client gave.
pub(crate) const BY_SAME_CREDENTIALS: &str = "login = { method = \"same-credentials\" }";

/// Everybody's mail is on the upstream `one`.
pub(crate) const ALL_ON_ONE: &str = "[routing]\ndefault = \"one\"";

/// Refusals come at once.
const LIMITS: &str = "[limits]\nfailure_grid = \"0s\"\nsessions_per_user = 0\n";

/// The place of the listener with STARTTLS.
pub(crate) const STARTTLS: usize = 1;

/// A gateway's configuration and the files beside it.
#[derive(Clone)]
pub(crate) struct Setup {
    config: String,
    master: String,
    bind: String,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self {
            config: [LIMITS, LISTENERS].concat(),
            master: MASTER_PASSWORD.to_owned(),
            bind: "service-secret".to_owned(),
        }
    }

    /// A gateway for everybody in `slapd`, with all mail on `dovecot` and a master account there.
    pub(crate) fn simple(slapd: &Slapd, dovecot: &Dovecot) -> Self {
        let setup = Self::new().ldap(slapd, "");
        setup.upstream("one", dovecot, BY_AUTHZID).with(ALL_ON_ONE)
    }

    /// Other mechanisms than those for passwords.
    pub(crate) fn offering(mut self, mechanisms: &[&str]) -> Self {
        let listener = "directory = \"users\"\n";
        self.config = self
            .config
            .replace(listener, &format!("{listener}mechanisms = {mechanisms:?}\n"));
        self
    }

    /// More keys of `[limits]`.
    pub(crate) fn limits(mut self, keys: &str) -> Self {
        self.config = self.config.replacen(LIMITS, &format!("{LIMITS}{keys}\n"), 1);
        self
    }

    /// Adds sections.
    pub(crate) fn with(mut self, text: &str) -> Self {
        self.config.push_str(text);
        self.config.push('\n');
        self
    }

    /// The directory, with TLS from the first octet; `more` keys of its section.
    pub(crate) fn ldap(self, slapd: &Slapd, more: &str) -> Self {
        self.ldap_at(&[slapd.ldaps_url()], &slapd.ca_file(), more)
    }

    /// The directory of several servers.
    pub(crate) fn ldap_at(self, urls: &[String], ca_file: &Path, more: &str) -> Self {
        self.with(&format!(
            "[directories.users]\nkind = \"ldap\"\nurls = {urls:?}\nca_file = {ca_file:?}\n\
             bind_dn = \"cn=gateway,ou=services,dc=example,dc=org\"\nbind_password_file = \"bind\"\n\
             base = \"ou=people,dc=example,dc=org\"\n{more}\n"
        ))
    }

    /// A mail server with TLS from the first octet; `more` keys of its section, the login among them.
    pub(crate) fn upstream(self, name: &str, dovecot: &Dovecot, more: &str) -> Self {
        self.upstream_trusting(name, dovecot, &dovecot.ca_file(), more)
    }

    /// The same, trusting the given authority.
    pub(crate) fn upstream_trusting(self, name: &str, dovecot: &Dovecot, ca_file: &Path, more: &str) -> Self {
        let address = dovecot.imaps();
        self.with(&format!(
            "[upstreams.{name}]\naddress = \"{address}\"\nca_file = {ca_file:?}\n{more}\n"
        ))
    }

    /// Another password for the master account than the right one.
    pub(crate) fn master_password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.master);
        self
    }

    /// Another password for the service account than the right one.
    pub(crate) fn bind_password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.bind);
        self
    }

    pub(crate) async fn start(&self) -> Gateway {
        let files = [("master", self.master.as_str()), ("bind", self.bind.as_str())];
        Gateway::start(&self.config, &files).await
    }

    /// Runs `gatepost check --connect`.
    pub(crate) async fn check(&self) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let identity = Authority::new().unwrap().issue(["localhost"]).unwrap();
        let (chain, key) = (identity.chain_file(), identity.key_file());
        let config = format!(
            "{}\n[certificates.main]\nchain = {chain:?}\nkey = {key:?}\n",
            self.config
        );
        let file = folder.path().join("gatepost.toml");
        for (name, content) in [
            ("gatepost.toml", &config),
            ("master", &self.master),
            ("bind", &self.bind),
        ] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command.args(["check", "--connect", "--config"]).arg(&file);
        command.output().await.unwrap()
    }
}

/// Alice and Bob, who may use mail.
pub(crate) fn slapd() -> Slapd {
    let builder = Slapd::builder().person(alice()).person(bob());
    builder.start().unwrap()
}

/// Alice. Her password is the directory's alone.
pub(crate) fn alice() -> Person {
    Person::new("alice")
        .password("wonderland")
        .mail("alice@example.org")
}

pub(crate) fn bob() -> Person {
    Person::new("bob").password("builder").mail("bob@example.org")
}

/// A mail server where passwords are others than the directory's: one that was passed on would be refused.
pub(crate) fn backend() -> DovecotBuilder {
    Dovecot::builder()
        .user("alice", "only-here-1")
        .user("bob", "only-here-2")
        .master(MASTER, MASTER_PASSWORD)
}

/// A message with a subject.
pub(crate) fn message(subject: &str) -> Vec<u8> {
    format!("From: bob@example.org\r\nSubject: {subject}\r\n\r\nhello\r\n").into_bytes()
}
