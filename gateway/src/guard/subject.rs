//! Who is asked about, from where, and with what.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use gatepost_directory::{Claim, Entry, EntryId};

use super::seal::{Print, Seal};

/// Whose failures are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Subject {
    /// An account, under whatever name.
    Account {
        /// The directory's name in the configuration.
        directory: String,
        /// The entry's stable id.
        id: EntryId,
    },
    /// A name that is nobody's. It is answered like an account's, so that the answers do not tell who exists.
    Nobody(Print),
}

/// Whose neighbours a client shares its fate with: an IPv4 /24 or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Network(IpAddr);

/// What a client proves itself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A password, by its print.
    Password(Print),
    /// The answer to a challenge: no two are alike, even of the same password.
    Challenge,
}

/// Everything that a permission depends on.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(super) subject: Subject,
    /// The subject in short.
    pub(super) mark: u64,
    /// The account's name, to be shown.
    pub(super) name: String,
    /// What changes whenever the account's secret does, if the directory knows.
    pub(super) version: Option<String>,
    pub(super) network: Network,
    pub(super) proof: Proof,
    /// How long the proof counts as right once it was; zero: it is asked about every time.
    pub(super) right_for: Duration,
}

impl Network {
    /// The network of an address.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Ipv4Addr::from([a, b, c, 0]).into()
            }
            IpAddr::V6(address) => {
                let bits = u128::from(address) & !u128::from(u64::MAX);
                Ipv6Addr::from(bits).into()
            }
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.0.is_ipv4() { 24 } else { 64 };
        write!(f, "{}/{bits}", self.0)
    }
}

impl Attempt {
    /// The same, of a directory whose answer to a right password may be remembered for so long.
    pub(crate) fn right_for(self, right_for: Duration) -> Self {
        Self { right_for, ..self }
    }

    /// Of the password, and of whose and of which secret it would be; `None` if the proof is of another kind.
    pub(crate) fn print(&self) -> Option<Print> {
        match self.proof {
            Proof::Password(print) => Some(print),
            Proof::Challenge => None,
        }
    }

    /// A claim to be an entry of a directory.
    pub(super) fn at_account(
        seal: &Seal,
        directory: &str,
        entry: &Entry,
        network: Network,
        claim: &Claim,
    ) -> Self {
        let (id, version) = (&entry.id, entry.secret_version.as_deref());
        let proof = match claim {
            Claim::Password(claim) => {
                Proof::Password(seal.password(directory, id, version, claim.password()))
            }
            _ => Proof::Challenge,
        };
        Self {
            subject: Subject::Account {
                directory: directory.to_owned(),
                id: id.clone(),
            },
            mark: seal.account(directory, id).short(),
            name: entry.account.name.clone(),
            version: entry.secret_version.clone(),
            network,
            proof,
            right_for: Duration::ZERO,
        }
    }

    /// A claim to be somebody whom the directory does not know.
    /// `domains` are the directory's own.
    pub(super) fn at_nobody(
        seal: &Seal,
        directory: &str,
        domains: &[String],
        network: Network,
        claim: &Claim,
    ) -> Self {
        let name = seal.name(directory, &plain(claim.name(), domains));
        let proof = match claim {
            Claim::Password(claim) => Proof::Password(seal.nobodys_password(name, claim.password())),
            _ => Proof::Challenge,
        };
        Self {
            subject: Subject::Nobody(name),
            mark: name.short(),
            name: String::new(),
            version: None,
            network,
            proof,
            right_for: Duration::ZERO,
        }
    }
}

/// What the spellings of one user's name have in common: `alice` of `ALICE`, `alice@example.com` and `CORP\alice`, if these
/// are the directory's own domains. In a foreign one nobody is known, whoever exists: if `alice` was counted together
/// with `alice@nowhere`, failures of the one would tell by the other that there is no `alice`.
fn plain(name: &str, domains: &[String]) -> String {
    let is_own = |domain: &str| domains.iter().any(|own| own.eq_ignore_ascii_case(domain));
    let user = match (name.split_once('\\'), name.rsplit_once('@')) {
        (Some((domain, user)), _) | (None, Some((user, domain))) if is_own(domain) => user,
        _ => name,
    };
    user.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_what_neighbours_share() {
        let network = |text: &str| Network::of(text.parse().unwrap()).to_string();
        assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    }

    #[test]
    fn spellings_of_a_name_that_is_nobodys_are_one() {
        let seal = Seal::new([1; 64]);
        let network = Network::of([192, 0, 2, 1].into());
        let domains = ["CORP", "example.com"].map(str::to_owned);
        let nobody = |directory, name: &str| {
            let claim = Claim::password(name.as_bytes(), b"x").unwrap();
            Attempt::at_nobody(&seal, directory, &domains, network, &claim)
        };
        let usual = nobody("users", "eve");
        for name in ["EVE", "eve@example.com", "Eve@corp", "CORP\\Eve"] {
            let other = nobody("users", name);
            assert_eq!((other.subject, other.proof), (usual.subject.clone(), usual.proof));
        }
        for name in [
            "adam",
            "eve@nowhere.test",
            "NOWHERE\\eve",
            "eve@nowhere@example.com",
        ] {
            assert_ne!(nobody("users", name).subject, usual.subject, "{name}");
        }
        assert_ne!(nobody("others", "eve").subject, usual.subject);
    }
}
