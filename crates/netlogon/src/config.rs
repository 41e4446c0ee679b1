//! What a client needs to know.

use std::fmt;
use std::time::Duration;

use gatepost_wire::Secret;

/// NetBIOS names are at most so long (MS-NRPC 2.2.1.3.1).
const NETBIOS_OCTETS: usize = 15;

/// A domain, its controllers, and the account with which they are asked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The domain controllers, the preferred ones first. At least one.
    pub controllers: Vec<Controller>,
    /// The NetBIOS name of the domain, such as `CORP`.
    pub domain: String,
    /// The computer account, for this instance alone: whoever else uses it takes the secure channel away.
    pub account: Account,
    /// How many logons are asked at the same time, each on a secure channel of its own; at least one, two are plenty.
    pub connections: usize,
    /// The limit for opening a secure channel to one controller: finding its port, connecting, authenticating.
    pub connect_time: Duration,
    /// The limit for a logon's answer, and for waiting until a connection is free.
    pub call_time: Duration,
}

/// A domain controller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Controller {
    /// A name or an address.
    pub host: String,
    /// Where its Netlogon listens; `None` asks its endpoint mapper at port 135.
    pub port: Option<u16>,
}

/// `dc1.corp.example`, or `dc1.corp.example port 49152`.
impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{} port {port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// A computer account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name without the `$`, at most 15 octets of ASCII, such as `GATE1`.
    pub computer: String,
    /// Its password.
    pub password: Secret,
}

/// A configuration that cannot work, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError(what.to_owned()));
        if self.controllers.is_empty() {
            return wrong("there is no domain controller");
        }
        if self
            .controllers
            .iter()
            .any(|controller| controller.host.is_empty())
        {
            return wrong("a domain controller has no name");
        }
        if self.connect_time.is_zero() || self.call_time.is_zero() {
            return wrong("a time limit is zero");
        }
        if self.account.password.is_empty() || self.account.password.expose_str().is_err() {
            return wrong("the computer account's password is empty, or not UTF-8");
        }
        netbios("the domain", &self.domain)?;
        netbios("the computer account", &self.account.computer)
    }
}

/// What the secure channel's first message can carry (MS-NRPC 2.2.1.3.1: OEM characters, ended by NUL).
fn netbios(what: &str, name: &str) -> Result<(), ConfigError> {
    let fits = |octet: u8| octet.is_ascii_graphic() && !br#"$\/:*?"<>|@,"#.contains(&octet);
    if name.is_empty() || name.len() > NETBIOS_OCTETS || !name.bytes().all(fits) {
        return Err(ConfigError(format!(
            "{what}: {name:?} is not a NetBIOS name (1 to {NETBIOS_OCTETS} letters, digits and hyphens, without the $)"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            controllers: vec![Controller {
                host: "dc1".to_owned(),
                port: None,
            }],
            domain: "CORP".to_owned(),
            account: Account {
                computer: "GATE1".to_owned(),
                password: Secret::from("Mach1ne.Secret"),
            },
            connections: 2,
            connect_time: Duration::from_secs(5),
            call_time: Duration::from_secs(10),
        }
    }

    fn refused(change: impl FnOnce(&mut Config)) -> String {
        let mut config = config();
        change(&mut config);
        config.check().unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_work_is_said_in_words() {
        assert_eq!(config().check(), Ok(()));
        assert_eq!(
            refused(|config| config.controllers.clear()),
            "there is no domain controller"
        );
        assert_eq!(
            refused(|config| config.call_time = Duration::ZERO),
            "a time limit is zero"
        );
        assert_eq!(
            refused(|config| config.account.computer = "GATE1$".to_owned()),
            "the computer account: \"GATE1$\" is not a NetBIOS name (1 to 15 letters, digits and hyphens, without the $)"
        );
        let dns = refused(|config| config.domain = "corp.example.test".to_owned());
        assert!(
            dns.starts_with("the domain: \"corp.example.test\" is not"),
            "{dns}"
        );
        for password in [&b""[..], b"\xff"] {
            let why = refused(|config| config.account.password = Secret::from(password));
            assert_eq!(why, "the computer account's password is empty, or not UTF-8");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        assert!(!format!("{:?}", config()).contains("Mach1ne"));
    }
}
