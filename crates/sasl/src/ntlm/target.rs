//! The names that a server gives itself.

use std::time::Duration;

use super::charset::encode_utf16;
use super::upcase::upcase;
use super::{AvId, AvPair, MessageError};

/// The longest name that is sent, in UTF-16 units; DNS has none longer.
const MAX_NAME_UNITS: usize = 255;

/// The longest NetBIOS name, in letters.
const MAX_NETBIOS_NAME: usize = 15;

/// Seconds from 1601, where FILETIME begins, to 1970.
const FILETIME_EPOCH: u64 = 11_644_473_600;

/// The names of a server and its domain, as a CHALLENGE_MESSAGE has them. Of each at most 255 UTF-16 units are sent.
///
/// Clients take the domain's NetBIOS name for the domain of a user who typed none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The NetBIOS name of the domain whose users log in here: `CORP`.
    pub netbios_domain: String,
    /// The NetBIOS name of the server: `MAIL`.
    pub netbios_computer: String,
    /// The DNS name of the domain: `corp.example.test`.
    pub dns_domain: String,
    /// The DNS name of the server: `mail.example.test`.
    pub dns_computer: String,
}

impl Target {
    /// The names of a domain, and of the server with the DNS name `host`. Its NetBIOS name is the first label in upper
    /// case, or what of it fits.
    pub fn new(netbios_domain: &str, dns_domain: &str, host: &str) -> Self {
        Self {
            netbios_domain: netbios_domain.to_owned(),
            netbios_computer: netbios_name(host),
            dns_domain: dns_domain.to_owned(),
            dns_computer: host.to_owned(),
        }
    }

    /// The names of a server whose users are in no Windows domain: what follows its own label is the domain.
    pub fn of_host(host: &str) -> Self {
        let domain = host.split_once('.').map_or(host, |(_, domain)| domain);
        Self::new(&netbios_name(domain), domain, host)
    }

    /// Whether `domain` is one of the domain's two names, in whatever case.
    pub(crate) fn is_domain(&self, domain: &str) -> bool {
        let domain = upcase(domain);
        let names = [&self.netbios_domain, &self.dns_domain];
        !domain.is_empty() && names.into_iter().any(|name| upcase(name) == domain)
    }

    /// TargetInfo, in the order in which Windows has it.
    pub(crate) fn info(&self, since_epoch: Duration) -> Result<Vec<u8>, MessageError> {
        let names = [
            (AvId::NB_DOMAIN_NAME, &self.netbios_domain),
            (AvId::NB_COMPUTER_NAME, &self.netbios_computer),
            (AvId::DNS_DOMAIN_NAME, &self.dns_domain),
            (AvId::DNS_COMPUTER_NAME, &self.dns_computer),
        ];
        let names = names.map(|(id, name)| (id, encode_utf16(cut(name))));
        let time = file_time(since_epoch);
        let names = names.iter().map(|(id, value)| AvPair { id: *id, value });
        let time = AvPair {
            id: AvId::TIMESTAMP,
            value: &time,
        };
        AvPair::encode_list(&names.chain([time]).collect::<Vec<_>>())
    }

    /// The name of the target.
    pub(crate) fn name(&self) -> &str {
        cut(&self.netbios_domain)
    }
}

fn netbios_name(host: &str) -> String {
    let label = host.split('.').next().unwrap_or(host);
    let label: String = label.chars().take(MAX_NETBIOS_NAME).collect();
    upcase(&label)
}

/// As much of a name as may be sent.
fn cut(name: &str) -> &str {
    let mut units = 0;
    let end = name.char_indices().find(|(_, letter)| {
        units += letter.len_utf16();
        units > MAX_NAME_UNITS
    });
    end.and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

/// FILETIME: units of 100 nanoseconds since 1601.
pub(crate) fn file_time(since_epoch: Duration) -> [u8; 8] {
    let seconds = since_epoch.as_secs().saturating_add(FILETIME_EPOCH);
    let units = u64::from(since_epoch.subsec_nanos() / 100);
    seconds
        .saturating_mul(10_000_000)
        .saturating_add(units)
        .to_le_bytes()
}
