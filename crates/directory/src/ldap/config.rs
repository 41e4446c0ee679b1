//! What an administrator decides about an LDAP directory.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use gatepost_wire::Secret;

/// Where a name that was typed goes in a filter.
pub const PLACEHOLDER: &str = "{name}";

/// The attributes that hold mail addresses by the schemas of OpenLDAP, 389 Directory Server and Active Directory.
const ADDRESS_ATTRIBUTES: [&str; 4] = [
    "mail",
    "mailAlternateAddress",
    "mailLocalAddress",
    "proxyAddresses",
];

/// An LDAP directory.
#[derive(Debug, Clone)]
pub struct Config {
    /// The servers, in the order in which they are tried.
    pub urls: Vec<ServerUrl>,
    /// Certificate authorities to trust instead of the system's, as a PEM file.
    pub ca_file: Option<PathBuf>,
    /// The account that searches; `None`: anonymous.
    pub service: Option<Service>,
    /// Where users are searched, the whole subtree.
    pub base: String,
    /// Who is meant; every `{name}` in it is what was typed, escaped (RFC 4515 section 3).
    pub filter: String,
    /// Who may use mail; everybody if `None`.
    pub required_filter: Option<String>,
    /// The group, by its distinguished name, whose members may use mail; everybody if `None`. It lists them in `member`,
    /// `uniqueMember` (by distinguished name) or `memberUid` (by canonical name).
    pub required_group: Option<String>,
    /// Whose account is disabled; nobody's if `None`.
    pub disabled_filter: Option<String>,
    /// The attribute with the stable id, such as `entryUUID`. Entries without it are known by their distinguished name.
    pub id_attribute: String,
    /// The attribute with the canonical name, such as `uid`.
    pub name_attribute: String,
    /// The attribute with the name to log in upstream with.
    pub login_attribute: String,
    /// The attribute that changes when the password does, such as `pwdChangedTime`.
    pub version_attribute: String,
    /// The attributes with the mail addresses that are the account's own, such as `mail` or `proxyAddresses`.
    pub address_attributes: Vec<String>,
    /// More attributes to read, for routing.
    pub attributes: Vec<String>,
    /// The attribute with NT hashes, in 32 hexadecimal digits, such as `sambaNTPassword`: judges NTLM.
    pub nt_hash_attribute: Option<String>,
    /// The attribute with CRAM-MD5 states, in 64 hexadecimal digits, with or without `{CRAM-MD5}`: judges CRAM-MD5.
    pub cram_md5_attribute: Option<String>,
    /// The attribute with passwords in the clear, with or without `{PLAIN}` or `{CLEARTEXT}`: judges NTLM and CRAM-MD5,
    /// for entries that have nothing in the other two.
    pub plaintext_attribute: Option<String>,
    /// Limit for connecting to one server: TCP, TLS and the service account's bind.
    pub connect_time: Duration,
    /// Limit for one search or bind, and for waiting for a connection.
    pub operation_time: Duration,
    /// Connections of the service account.
    pub search_connections: usize,
    /// Connections for users' binds.
    pub bind_connections: usize,
}

/// The account that searches.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its distinguished name.
    pub dn: String,
    /// Its password.
    pub password: Secret,
}

/// How a connection to a server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `ldaps://`: TLS from the first octet.
    Tls,
    /// `ldap://` and the StartTLS operation (RFC 4511 section 4.14), required.
    StartTls,
    /// `ldap://` without TLS, to a loopback address.
    Plain,
}

/// A server. Plaintext goes to loopback addresses alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    host: String,
    port: u16,
    transport: Transport,
    /// Where that host is, if somebody other than the system's resolver knows.
    at: Option<IpAddr>,
}

impl ServerUrl {
    /// Reads `ldaps://HOST[:PORT]` or `ldap://HOST[:PORT]`; the latter means StartTLS.
    ///
    /// # Errors
    /// What is allowed, if it is something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "expected ldaps://HOST:PORT, or ldap://HOST:PORT for StartTLS".to_owned();
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (transport, default_port) = match scheme {
            "ldaps" => (Transport::Tls, 636),
            "ldap" => (Transport::StartTls, 389),
            _ => return Err(wrong()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') || rest.starts_with('[') => (
                host,
                port.parse().ok().filter(|&port| port != 0).ok_or_else(wrong)?,
            ),
            _ => (rest, default_port),
        };
        let plausible = |octet: u8| octet.is_ascii_alphanumeric() || b".-_".contains(&octet);
        if host.is_empty() || !host.bytes().all(plausible) {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            transport,
            at: None,
        })
    }

    /// The same server without TLS.
    ///
    /// # Errors
    /// If the host is not a loopback address, or the URL says `ldaps`.
    pub fn without_tls(self) -> Result<Self, String> {
        let loopback = self
            .host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
        match (self.transport, loopback) {
            (Transport::Tls, _) => Err("ldaps:// is TLS; use ldap:// for a server without".to_owned()),
            (_, false) => Err("plaintext is allowed for the loopback addresses 127.0.0.0/8 only".to_owned()),
            (_, true) => Ok(Self {
                transport: Transport::Plain,
                ..self
            }),
        }
    }

    /// How the connection is protected.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// The same server, whose host has that address. Its certificate still has to hold the host's name.
    #[must_use]
    pub fn at(self, address: IpAddr) -> Self {
        Self {
            at: Some(address),
            ..self
        }
    }

    /// The host as in the URL.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where to connect to, if the system's resolver is not to be asked.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.at.map(|address| SocketAddr::new(address, self.port))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.transport == Transport::Tls {
            "ldaps"
        } else {
            "ldap"
        };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// Why a configuration cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub(crate) String);

/// Whether a text, with a name in place of [`PLACEHOLDER`], is a search filter (RFC 4515 section 3).
pub fn is_filter(text: &str) -> bool {
    ldap3::parse_filter(text.replace(PLACEHOLDER, "x")).is_ok()
}

impl Config {
    /// A directory with the defaults of OpenLDAP: `uid` and `mail`, no service account, no further filters.
    pub fn new(urls: Vec<ServerUrl>, base: impl Into<String>) -> Self {
        Self {
            urls,
            ca_file: None,
            service: None,
            base: base.into(),
            filter: "(|(uid={name})(mail={name}))".to_owned(),
            required_filter: None,
            required_group: None,
            disabled_filter: None,
            id_attribute: "entryUUID".to_owned(),
            name_attribute: "uid".to_owned(),
            login_attribute: "uid".to_owned(),
            version_attribute: "pwdChangedTime".to_owned(),
            address_attributes: ADDRESS_ATTRIBUTES.map(str::to_owned).to_vec(),
            attributes: Vec::new(),
            nt_hash_attribute: None,
            cram_md5_attribute: None,
            plaintext_attribute: None,
            connect_time: Duration::from_secs(5),
            operation_time: Duration::from_secs(10),
            search_connections: 4,
            bind_connections: 8,
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.urls.is_empty() {
            return Err(ConfigError("there is no server".to_owned()));
        }
        if !self.filter.contains(PLACEHOLDER) {
            return Err(ConfigError(format!(
                "the filter holds no {PLACEHOLDER}: it would match the same for everybody"
            )));
        }
        let filters = [
            Some(&self.filter),
            self.required_filter.as_ref(),
            self.disabled_filter.as_ref(),
        ];
        for filter in filters.into_iter().flatten() {
            if !is_filter(filter) {
                return Err(ConfigError(format!("not a search filter (RFC 4515): {filter}")));
            }
        }
        self.check_secret_attributes()?;
        match &self.service {
            _ if self.required_group.as_deref() == Some("") => {
                Err(ConfigError("the required group's name is empty".to_owned()))
            }
            Some(service) if service.dn.is_empty() || service.password.is_empty() => Err(ConfigError(
                "the service account's name or password is empty: that bind is anonymous".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// The filter for a name, which cannot change the filter's shape.
    pub(super) fn filter_for(&self, name: &str) -> String {
        self.filter.replace(PLACEHOLDER, &ldap3::ldap_escape(name))
    }

    /// The filter for a stable id: the attribute's value as text, or as octets in hexadecimal digits.
    pub(super) fn filter_for_id(&self, id: &str) -> String {
        let (attribute, text) = (&self.id_attribute, ldap3::ldap_escape(id));
        match octets_filter(id) {
            Some(octets) => format!("(|({attribute}={text})({attribute}={octets}))"),
            None => format!("({attribute}={text})"),
        }
    }

    /// The filter that a group matches of which that entry is a member.
    pub(super) fn membership_of(&self, dn: &str, name: &str) -> String {
        let (dn, name) = (ldap3::ldap_escape(dn), ldap3::ldap_escape(name));
        format!("(|(member={dn})(uniqueMember={dn})(memberUid={name}))")
    }

    /// Every attribute that is read.
    pub(super) fn attribute_names(&self) -> impl Iterator<Item = &str> {
        let own = [
            &self.id_attribute,
            &self.name_attribute,
            &self.login_attribute,
            &self.version_attribute,
        ];
        let others = self.address_attributes.iter().chain(&self.attributes);
        own.into_iter().chain(others).map(String::as_str)
    }
}

/// Octets in pairs of hexadecimal digits as a filter has them (RFC 4515 section 3); `None` if they are no such pairs.
fn octets_filter(digits: &str) -> Option<String> {
    let is_digit = |octet: &u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
    let pairs = digits.as_bytes().chunks(2);
    let are_pairs = !digits.is_empty() && digits.len().is_multiple_of(2);
    (are_pairs && digits.as_bytes().iter().all(is_digit)).then(|| {
        pairs
            .map(|pair| format!("\\{}", String::from_utf8_lossy(pair)))
            .collect()
    })
}

#[cfg(test)]
mod tests;
