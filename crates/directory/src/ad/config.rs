//! What an administrator decides about an Active Directory domain.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use gatepost_sasl::ntlm::Target;
use gatepost_wire::Secret;

use crate::ldap::{self, ConfigError, ServerUrl, Service};

/// An Active Directory domain, or a forest seen from one of its domains.
#[derive(Debug, Clone)]
pub struct Config {
    /// The domain controllers.
    pub controllers: Controllers,
    /// The domain's DNS name, `corp.example.com`.
    pub dns_domain: String,
    /// The domain's NetBIOS name, `CORP`: what stands before the backslash in `CORP\alice`.
    pub netbios_domain: String,
    /// Where users are searched, the whole subtree: the domain, if it is not narrowed to an organizational unit.
    pub base: String,
    /// Certificate authorities to trust instead of the system's, as a PEM file.
    pub ca_file: Option<PathBuf>,
    /// The account that searches, by its distinguished name or its user principal name: an ordinary user.
    pub service: Service,
    /// The group, by its distinguished name, whose members may use mail; everybody if `None`. Members of groups in it are
    /// members. The primary group of a user (usually Domain Users) does not count as one: nested membership does not
    /// show it.
    pub required_group: Option<String>,
    /// The attribute with the name to log in upstream with.
    pub login_attribute: String,
    /// More attributes to read, for routing.
    pub attributes: Vec<String>,
    /// Where users of all domains of the forest are found; `None`: this domain's users alone.
    pub global_catalog: Option<GlobalCatalog>,
    /// What NTLM is judged with; `None`: it is not.
    pub netlogon: Option<Netlogon>,
    /// Limit for looking up domain controllers, and for connecting to one: TCP, TLS and the service account's bind.
    pub connect_time: Duration,
    /// Limit for one search or bind, and for waiting for a connection.
    pub operation_time: Duration,
    /// Connections of the service account.
    pub search_connections: usize,
    /// Connections for users' binds.
    pub bind_connections: usize,
}

/// How the domain controllers are found.
#[derive(Debug, Clone)]
pub enum Controllers {
    /// By a list, in the order in which they are tried.
    Urls(Vec<ServerUrl>),
    /// By the domain's SRV records.
    Srv(Srv),
}

/// The SRV records `_ldap._tcp.dc._msdcs.DOMAIN` (MS-ADTS section 6.3.2.3), which every domain controller writes. Those
/// whose names are not below the domain's are not used: DNS is not authentic, and a certificate proves a name alone.
#[derive(Debug, Clone)]
pub struct Srv {
    /// How connections are protected: the records name port 389, for StartTLS; `ldaps` is always at 636.
    pub protection: Protection,
    /// The site whose domain controllers alone are used, such as the one that a DMZ can reach; `None`: all of the domain's.
    pub site: Option<String>,
    /// The DNS servers to ask, such as domain controllers; the system's if there are none.
    pub dns_servers: Vec<SocketAddr>,
}

/// How connections to servers of SRV records are protected. There is none without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first octet, at port 636.
    Tls,
    /// StartTLS, at the record's port.
    StartTls,
}

/// The index of the users of a whole forest (MS-ADTS section 3.1.1.1.8). It finds users; those of the own domain are
/// then read and bound at its domain controllers, all others at the global catalog.
#[derive(Debug, Clone)]
pub struct GlobalCatalog {
    /// Its servers, `ldaps://HOST:3269` or `ldap://HOST:3268`.
    pub urls: Vec<ServerUrl>,
    /// Where users are searched; empty: the forest.
    pub base: String,
}

/// NTLM by the Netlogon service of the domain controllers.
#[derive(Debug, Clone)]
pub struct Netlogon {
    /// The gateway's computer account, without `$`; each gateway has one of its own.
    pub computer: String,
    /// Its password.
    pub password: Secret,
    /// The TCP port of Netlogon where administrators have fixed it; `None`: the endpoint mapper at port 135 is asked.
    pub port: Option<u16>,
    /// Connections to one domain controller.
    pub connections: usize,
}

impl Config {
    /// A domain with the defaults: everybody in it, `sAMAccountName` upstream, no global catalog, no NTLM.
    pub fn new(
        controllers: Controllers,
        dns_domain: impl Into<String>,
        netbios_domain: impl Into<String>,
        service: Service,
    ) -> Self {
        let dns_domain = dns_domain.into();
        Self {
            controllers,
            base: distinguished_name(&dns_domain),
            dns_domain,
            netbios_domain: netbios_domain.into(),
            ca_file: None,
            service,
            required_group: None,
            login_attribute: "sAMAccountName".to_owned(),
            attributes: Vec::new(),
            global_catalog: None,
            netlogon: None,
            connect_time: Duration::from_secs(5),
            operation_time: Duration::from_secs(10),
            search_connections: 4,
            bind_connections: 8,
        }
    }

    /// The names that a challenge of NTLM must hold, so that the domain controllers judge the response to it; `None` if
    /// NTLM is not configured.
    ///
    /// They compare the NetBIOS names that the client was challenged with to the domain and to the computer account that
    /// asks (Samba does; Windows since MS15-027), and find every response wrong if these are others.
    pub fn ntlm_target(&self) -> Option<Target> {
        let computer = &self.netlogon.as_ref()?.computer;
        Some(Target {
            netbios_domain: self.netbios_domain.clone(),
            netbios_computer: computer.clone(),
            dns_domain: self.dns_domain.clone(),
            dns_computer: format!("{}.{}", computer.to_lowercase(), self.dns_domain),
        })
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let is_label = |label: &str| {
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
            !label.is_empty() && label.bytes().all(plain)
        };
        let problem = match &self.controllers {
            _ if !self.dns_domain.split('.').all(is_label) => "the DNS domain is not like corp.example.com",
            _ if self.netbios_domain.is_empty() || self.netbios_domain.contains(['\\', '@']) => {
                "the NetBIOS domain is not like CORP"
            }
            Controllers::Srv(srv) if srv.site.as_deref().is_some_and(|site| !is_label(site)) => {
                "the site is not one label of a DNS name"
            }
            _ if self.service.dn.is_empty() || self.service.password.is_empty() => {
                "the service account's name or password is empty: that bind is anonymous"
            }
            _ if self.required_group.as_deref() == Some("") => "the required group's name is empty",
            _ if self.base.is_empty() => "the base is empty",
            Controllers::Urls(urls) if urls.is_empty() => "there is no domain controller",
            _ if self
                .global_catalog
                .as_ref()
                .is_some_and(|catalog| catalog.urls.is_empty()) =>
            {
                "the global catalog has no server"
            }
            _ => return Ok(()),
        };
        Err(ConfigError(problem.to_owned()))
    }

    /// How servers with these addresses are reached.
    pub(super) fn to_ldap(&self, urls: Vec<ServerUrl>) -> ldap::Config {
        ldap::Config {
            ca_file: self.ca_file.clone(),
            service: Some(self.service.clone()),
            connect_time: self.connect_time,
            operation_time: self.operation_time,
            search_connections: self.search_connections,
            bind_connections: self.bind_connections,
            ..ldap::Config::new(urls, self.base.clone())
        }
    }
}

/// The distinguished name of a domain (RFC 2247): `DC=corp,DC=example,DC=com`.
pub(super) fn distinguished_name(dns_domain: &str) -> String {
    let labels: Vec<String> = dns_domain.split('.').map(|label| format!("DC={label}")).collect();
    labels.join(",")
}

/// The DNS name of the domain that a distinguished name is in, in lower case.
pub(super) fn domain_of(dn: &str) -> String {
    // Escaped commas (RFC 4514 section 2.4) separate nothing.
    let lower = dn.to_lowercase().replace("\\\\", "").replace("\\,", "");
    let parts = lower
        .rsplit(',')
        .map_while(|part| part.trim().strip_prefix("dc="));
    let mut labels: Vec<&str> = parts.collect();
    labels.reverse();
    labels.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Config {
        let urls = vec![ServerUrl::parse("ldaps://dc1.corp.example.com").unwrap()];
        let service = Service {
            dn: "gateway@corp.example.com".to_owned(),
            password: Secret::from("secret"),
        };
        Config::new(Controllers::Urls(urls), "corp.example.com", "CORP", service)
    }

    #[test]
    fn no_password_is_printed() {
        let mut config = good();
        config.service.password = Secret::from("hunter2");
        config.netlogon = Some(Netlogon {
            computer: "GW1".to_owned(),
            password: Secret::from("hunter2"),
            port: None,
            connections: 2,
        });
        let printed = format!("{config:?}");
        assert!(
            printed.contains("GW1") && !printed.contains("hunter2"),
            "{printed}"
        );
    }

    #[test]
    fn the_base_follows_from_the_domain() {
        assert_eq!(good().base, "DC=corp,DC=example,DC=com");
        assert_eq!(good().validate(), Ok(()));
    }

    #[test]
    fn an_entry_tells_its_domain() {
        for (dn, domain) in [
            ("CN=Alice,OU=People,DC=corp,DC=example,DC=com", "corp.example.com"),
            (
                "CN=a\\,DC=x,dc=Child, DC=corp,DC=example,DC=com",
                "child.corp.example.com",
            ),
            ("CN=b\\\\,DC=corp,DC=example,DC=com", "corp.example.com"),
            ("CN=Alice", ""),
            ("", ""),
        ] {
            assert_eq!(domain_of(dn), domain, "{dn}");
        }
    }

    #[test]
    fn configurations_that_cannot_work_are_refused() {
        let srv = |site: &str| {
            Controllers::Srv(Srv {
                protection: Protection::Tls,
                site: Some(site.to_owned()),
                dns_servers: Vec::new(),
            })
        };
        let spoilt: [fn(&mut Config); 9] = [
            |config| config.controllers = Controllers::Urls(Vec::new()),
            |config| config.dns_domain = "corp..example".to_owned(),
            |config| config.dns_domain = String::new(),
            |config| config.netbios_domain = "CORP\\".to_owned(),
            |config| config.netbios_domain = String::new(),
            |config| config.service.password = Secret::from(""),
            |config| config.required_group = Some(String::new()),
            |config| config.base = String::new(),
            |config| {
                config.global_catalog = Some(GlobalCatalog {
                    urls: Vec::new(),
                    base: String::new(),
                });
            },
        ];
        for spoil in spoilt {
            let mut config = good();
            spoil(&mut config);
            assert!(config.validate().is_err(), "{config:?}");
        }
        for (site, is_good) in [("Default-First-Site-Name", true), ("a.b", false), ("", false)] {
            let config = Config {
                controllers: srv(site),
                ..good()
            };
            assert_eq!(config.validate().is_ok(), is_good, "{site}");
        }
    }
}
