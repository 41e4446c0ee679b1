//! The domain that clients are told of in NTLM.

use gatepost_directory::ad;

use crate::config::ConfigError;
use crate::config::reader::Section;

/// The longest NetBIOS name, in characters.
const NETBIOS: usize = 15;

/// A domain's two names. A client that sends one of them back, or none, means a user of the directory; `OTHER\user` is
/// looked up as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NtlmDomain {
    /// The NetBIOS name, such as `CORP`.
    pub(super) netbios: String,
    /// The DNS name, such as `corp.example.com`.
    pub(super) dns: String,
}

impl NtlmDomain {
    /// The key `ntlm_domain`: a DNS name or a NetBIOS name. Without it, the domain of the gateway's own name.
    pub(super) fn read(section: &Section<'_>, host: &str) -> Result<Self, ConfigError> {
        let own = domain_of(host);
        match section.text("ntlm_domain")? {
            None => Ok(Self::named(own)),
            Some(name) => name.convert(|name| {
                if !is_name(name) {
                    return Err("expected a domain such as \"corp.example.com\" or \"CORP\"".to_owned());
                }
                let domain = Self::named(name);
                match name.contains('.') {
                    true => Ok(domain),
                    false => Ok(Self {
                        dns: own.to_ascii_lowercase(),
                        ..domain
                    }),
                }
            }),
        }
    }

    /// An Active Directory's own.
    pub(super) fn of(domain: &ad::Config) -> Self {
        Self {
            netbios: domain.netbios_domain.clone(),
            dns: domain.dns_domain.clone(),
        }
    }

    fn named(name: &str) -> Self {
        let label = name.split('.').next().unwrap_or_default();
        Self {
            netbios: label
                .chars()
                .take(NETBIOS)
                .collect::<String>()
                .to_ascii_uppercase(),
            dns: name.to_ascii_lowercase(),
        }
    }
}

/// `example.com` of `mail.example.com`; a name without a domain, or an address, stands for itself.
fn domain_of(host: &str) -> &str {
    match host.split_once('.') {
        Some((_, domain)) if host.parse::<std::net::IpAddr>().is_err() && !domain.is_empty() => domain,
        _ => host,
    }
}

fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        let octet = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        !label.is_empty() && label.len() < 64 && label.bytes().all(octet)
    };
    let short = name.contains('.') || name.len() <= NETBIOS;
    short && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::de::DeTable;

    use super::*;
    use crate::config::reader::Source;

    fn read(text: &str, host: &str) -> Result<(String, String), String> {
        let source = Source {
            file: Path::new("g.toml"),
            text,
        };
        let document = DeTable::parse(text).unwrap();
        match NtlmDomain::read(&Section::root(&source, &document), host) {
            Ok(domain) => Ok((domain.netbios, domain.dns)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn both_names_come_of_one() {
        for (text, host, netbios, dns) in [
            ("", "mail.example.com", "EXAMPLE", "example.com"),
            ("", "localhost", "LOCALHOST", "localhost"),
            ("", "192.0.2.1", "192", "192.0.2.1"),
            (
                "ntlm_domain = \"Corp.Example.com\"",
                "mail.example.com",
                "CORP",
                "corp.example.com",
            ),
            (
                "ntlm_domain = \"CORP\"",
                "mail.example.com",
                "CORP",
                "example.com",
            ),
            (
                "ntlm_domain = \"a-very-long-first-label.example\"",
                "localhost",
                "A-VERY-LONG-FIR",
                "a-very-long-first-label.example",
            ),
        ] {
            assert_eq!(
                read(text, host),
                Ok((netbios.to_owned(), dns.to_owned())),
                "{text} {host}"
            );
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for wrong in [
            "",
            "a b",
            "CORP\\\\alice",
            "a..b",
            ".",
            "sixteen-octets-x",
            "stra\u{df}e",
        ] {
            let error = read(&format!("ntlm_domain = \"{wrong}\""), "localhost").unwrap_err();
            assert!(
                error.starts_with("g.toml:1: ntlm_domain: expected a domain"),
                "{wrong}: {error}"
            );
        }
    }
}
