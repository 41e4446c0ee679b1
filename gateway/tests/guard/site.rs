//! A gateway in front of slapd, or of a file, and of a mail server in memory that takes messages too.

use gatepost_testkit::servers::{Person, Slapd};
use gatepost_wire::base64;

use crate::common::{Gateway, Sender, TlsClient, answer};
use crate::memory::{Memory, SMTP};

pub(crate) const WRONG: &str = "NO [AUTHENTICATIONFAILED]";
pub(crate) const SPENT: &str = "NO [UNAVAILABLE] too many failed logins, try again later";

/// All by which Alice is known.
pub(crate) const NAMES: [&str; 4] = ["alice", "ALICE", "alice@example.org", "A.Smith@example.org"];

/// What is special about a site.
pub(crate) struct Keys {
    /// Keys of `[limits]`.
    pub(crate) limits: &'static str,
    /// Keys of `[guard]`.
    pub(crate) guard: &'static str,
    /// More keys of the directory.
    pub(crate) directory: &'static str,
    /// More keys of the IMAP listener.
    pub(crate) imap: &'static str,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            limits: "failures_per_connection = 100",
            guard: "",
            directory: "",
            imap: "",
        }
    }
}

impl Keys {
    pub(crate) fn guard(guard: &'static str) -> Self {
        Self {
            guard,
            ..Self::default()
        }
    }

    pub(crate) fn directory(directory: &'static str) -> Self {
        Self {
            directory,
            ..Self::default()
        }
    }
}

pub(crate) struct Site {
    _memory: Memory,
    pub(crate) gateway: Gateway,
}

/// Alice, whose password is `wonderland`, and Bob with `builder`.
pub(crate) fn slapd() -> Slapd {
    let alice = Person::new("alice").password("wonderland");
    let alice = alice.mail("alice@example.org").alias("a.smith@example.org");
    let bob = Person::new("bob").password("builder").mail("bob@example.org");
    let slapd = Slapd::builder().person(alice).person(bob).start().unwrap();
    // Long before now: its unit is a second.
    slapd.set("alice", "pwdChangedTime", "20250101000000Z").unwrap();
    slapd
}

/// Gives Alice another password, at a time in digits: the server's unit is too long for a test.
pub(crate) fn set_password(slapd: &Slapd, password: &str, time: &str) {
    slapd.set_password("alice", password).unwrap();
    slapd.set("alice", "pwdReset", "FALSE").unwrap();
    slapd
        .set("alice", "pwdChangedTime", &format!("{time}000000Z"))
        .unwrap();
}

/// How often a password of Alice's was asked about.
pub(crate) fn binds(slapd: &Slapd) -> usize {
    let log = slapd.log();
    let asked = log.lines().filter(|line| line.contains("BIND dn=\"uid=alice,"));
    asked.filter(|line| line.contains("method=128")).count()
}

impl Site {
    pub(crate) async fn of_slapd(slapd: &Slapd) -> Self {
        Self::of_slapd_with(slapd, &Keys::default()).await
    }

    pub(crate) async fn of_slapd_with(slapd: &Slapd, keys: &Keys) -> Self {
        let (url, ca_file) = (slapd.ldaps_url(), slapd.ca_file());
        let (bind_dn, base, more) = (slapd.service_dn(), slapd.base(), keys.directory);
        let directory = format!(
            "kind = \"ldap\"\nurls = [{url:?}]\nca_file = {ca_file:?}\nbind_dn = {bind_dn:?}\n\
             bind_password_file = \"bind\"\nbase = {base:?}\n\
             filter = \"(|(uid={{name}})(mail={{name}})(mailLocalAddress={{name}}))\"\n\
             connect_time = \"5s\"\noperation_time = \"5s\"\n{more}\n"
        );
        Self::start(&directory, keys, &[("bind", slapd.service_password())]).await
    }

    pub(crate) async fn of_file(users: &str) -> Self {
        Self::of_file_with(users, &Keys::default()).await
    }

    pub(crate) async fn of_file_with(users: &str, keys: &Keys) -> Self {
        let directory = "kind = \"file\"\npath = \"users.toml\"\n";
        Self::start(directory, keys, &[("users.toml", users)]).await
    }

    async fn start(directory: &str, keys: &Keys, files: &[(&str, &str)]) -> Self {
        let Keys {
            limits, guard, imap, ..
        } = keys;
        let config = format!(
            "[limits]\nfailure_grid = \"0s\"\n{limits}\n[guard]\n{guard}\n[directories.users]\n{directory}\n"
        );
        let memory = Memory::start().await;
        Self {
            gateway: memory.gateway(&config, imap, files).await,
            _memory: memory,
        }
    }

    /// A client that may log in to send.
    pub(crate) async fn sender(&self) -> Sender {
        self.gateway.sender(SMTP).await
    }

    /// Different wrong passwords for Alice, so many and none of them twice.
    pub(crate) async fn guess(&self, first: usize, times: usize) {
        let mut client = self.gateway.connect().await;
        for time in first..first + times {
            let heard = refused(&mut client, "alice", &format!("guess {time}")).await;
            assert!(heard.starts_with(WRONG), "{heard}");
        }
    }

    /// Asserts that so many logins failed with this result. What is answered may be logged a moment later.
    pub(crate) async fn failed(&self, result: &str, times: usize) {
        let result = format!(" result={result} ");
        self.gateway.logged_times(&result, times).await;
        assert_eq!(self.gateway.lines(&result).len(), times, "{result}");
    }
}

/// What somebody hears who does not get in.
pub(crate) async fn refused(client: &mut TlsClient, user: &str, password: &str) -> String {
    crate::common::refusal(client, user, password).await
}

/// Whether somebody gets in.
pub(crate) async fn gets_in(site: &Site, user: &str, password: &str) -> bool {
    answer(&mut site.gateway.connect().await, user, password)
        .await
        .is_ok()
}

/// The code of the answer to AUTH PLAIN.
pub(crate) async fn auth_plain(client: &mut Sender, user: &str, password: &str) -> u16 {
    let mut command = b"AUTH PLAIN ".to_vec();
    base64::encode(format!("\0{user}\0{password}").as_bytes(), &mut command);
    let command = String::from_utf8(command).unwrap();
    client.ask(&command).await.unwrap().code
}

/// The code of the answer to AUTH LOGIN.
pub(crate) async fn auth_login(client: &mut Sender, user: &str, password: &str) -> u16 {
    match client.auth_login(user, password).await {
        Ok(reply) => reply.code,
        Err(error) => error.heard().last().unwrap().code,
    }
}
