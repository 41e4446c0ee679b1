//! Mail servers, and which of them an account belongs to.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use gatepost_wire::Secret;

use super::reader::{Section, Value};
use super::sent::{self, SentMode};
use super::{ConfigError, MtaConfig, referred, secret};

/// A mail server and how to log in to it.
#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// Its name in the configuration.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: UpstreamTls,
    /// Certificate authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The name that the certificate must hold.
    pub server_name: String,
    /// How to log in.
    pub login: UpstreamLogin,
    /// Whether the client's address is forwarded by IMAP ID (`x-originating-ip`).
    pub forward_client: bool,
    /// Capabilities to hide besides those that are always hidden: names, or `PREFIX*`.
    pub hide_capabilities: Vec<String>,
    /// Capabilities to hide for accounts, by canonical name.
    pub hide_for: BTreeMap<String, Vec<String>>,
    /// Whether `{0}` in FETCH responses is repaired for iPhones.
    pub repair_empty_literals: bool,
    /// How octets are relayed.
    pub gear: Gear,
    /// The MTA for the accounts here, if it is not the usual one.
    pub mta: Option<String>,
    /// Whether sent messages are copied, if it is not as usual.
    pub sent_copy: Option<SentMode>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamTls {
    /// TLS from the first octet.
    Implicit,
    /// STARTTLS, required.
    StartTls,
    /// None; loopback addresses only.
    None,
}

/// How the relay treats what it relays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gear {
    /// Lines are looked at where a rule asks.
    Inspecting,
    /// Octets are copied.
    Transparent,
}

/// How the gateway logs in on a user's behalf.
#[derive(Debug, Clone)]
pub enum UpstreamLogin {
    /// A master account; PLAIN with the user as authorization identity (RFC 4616).
    MasterAuthzid {
        /// The master's name.
        user: String,
        /// The master's password.
        password: Secret,
    },
    /// A master account; `LOGIN user<separator>master`.
    MasterSeparator {
        /// The master's name.
        user: String,
        /// The master's password.
        password: Secret,
        /// What stands between the user and the master.
        separator: String,
    },
    /// The password that the client gave.
    SameCredentials,
}

/// Which upstream an account belongs to.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    /// For accounts that nothing else decides; `None`: they are refused.
    pub default: Option<String>,
    /// The directory attribute that selects.
    pub attribute: Option<String>,
    /// Values of the attribute and the upstream that each means.
    pub table: BTreeMap<String, String>,
    /// Host names that the attribute may hold, with the upstream whose settings apply.
    pub allowed_hosts: Vec<HostPattern>,
    /// The upstream that is the model for allowed hosts.
    pub host_model: Option<String>,
}

/// A host name, or `*.domain` for every host below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern(String);

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If it is neither a host name nor `*.` and a domain.
    pub fn parse(text: &str) -> Result<Self, String> {
        let domain = text.strip_prefix("*.").unwrap_or(text);
        if is_host(domain) && domain.contains('.') {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err("expected a host name such as \"imap.example.com\" or \"*.example.com\"".to_owned())
        }
    }

    /// Whether a host name is meant by this pattern. `*` stands for one label.
    pub fn matches(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match self.0.strip_prefix('*') {
            None => host == self.0,
            Some(suffix) => host
                .strip_suffix(suffix)
                .is_some_and(|label| is_host(label) && !label.contains('.')),
        }
    }
}

/// Letters, digits, hyphens and dots: RFC 952 and 1123.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() < 64
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() < 254 && text.split('.').all(label)
}

pub(super) fn read(
    root: &Section<'_>,
    folder: &Path,
    mtas: &BTreeMap<String, MtaConfig>,
) -> Result<BTreeMap<String, UpstreamConfig>, ConfigError> {
    let mut upstreams = BTreeMap::new();
    for (name, section) in root.named("upstreams")? {
        let upstream = UpstreamConfig::read(name.clone(), section, folder, mtas)?;
        upstreams.insert(name, upstream);
    }
    Ok(upstreams)
}

impl UpstreamConfig {
    fn read(
        name: String,
        section: Section<'_>,
        folder: &Path,
        mtas: &BTreeMap<String, MtaConfig>,
    ) -> Result<Self, ConfigError> {
        let address = section.required_text("address")?;
        let (host, port) = address.convert(|address| split_address(address))?;
        let tls = read_tls(&section, [host.as_str()])?;
        let server_name = section
            .text("server_name")?
            .map_or_else(|| host.clone(), |name| name.value.to_owned());
        let ca_file = section.text("ca_file")?.map(|file| folder.join(file.value));
        let client_id = [("none", false), ("forward", true)];
        let forward_client = section
            .choice("client_id", &client_id)?
            .is_some_and(|choice| choice.value);
        let hide_capabilities = capabilities(section.texts("hide_capabilities")?)?;
        let hide_for = read_hide_for(&section)?;
        let gears = [
            ("inspecting", Gear::Inspecting),
            ("transparent", Gear::Transparent),
        ];
        let gear = section
            .choice("relay", &gears)?
            .map_or(Gear::Inspecting, |gear| gear.value);
        let repair_empty_literals = section.switch("repair_empty_literals", true)?;
        let mta = section.text("mta")?;
        let mta = mta.map(|name| referred(&name, "MTA", mtas).map(|(name, _)| name.to_owned()));
        let mta = mta.transpose()?;
        let sent_copy = sent::read_mode(&section, "sent_copy")?.map(|mode| mode.value);
        let login = UpstreamLogin::read(section.section("login")?, folder)?;
        section.finish()?;
        Ok(Self {
            name,
            host,
            port,
            tls,
            ca_file,
            server_name,
            login,
            forward_client,
            hide_capabilities,
            hide_for,
            repair_empty_literals,
            gear,
            mta,
            sent_copy,
        })
    }
}

pub(super) fn read_tls<'h>(
    section: &Section<'_>,
    hosts: impl IntoIterator<Item = &'h str>,
) -> Result<UpstreamTls, ConfigError> {
    let choices = [
        ("implicit", UpstreamTls::Implicit),
        ("starttls", UpstreamTls::StartTls),
        ("none", UpstreamTls::None),
    ];
    let Some(tls) = section.choice("tls", &choices)? else {
        return Ok(UpstreamTls::Implicit);
    };
    if tls.value == UpstreamTls::None && !hosts.into_iter().all(is_loopback) {
        return Err(tls.error("\"none\" is allowed for the loopback addresses 127.0.0.0/8 and ::1 only"));
    }
    Ok(tls.value)
}

/// An address, not a name: what a name resolves to is not ours to decide.
fn is_loopback(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `host:port`, `1.2.3.4:port` or `[::1]:port`.
pub(crate) fn split_address(text: &str) -> Result<(String, u16), String> {
    let wrong = || "expected HOST:PORT, such as \"imap.example.com:993\" or \"[2001:db8::1]:993\"".to_owned();
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().ok().filter(|&port| port != 0).ok_or_else(wrong)?;
    if let Some(host) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let host: std::net::Ipv6Addr = host.parse().map_err(|_| wrong())?;
        return Ok((host.to_string(), port));
    }
    if is_host(host) {
        Ok((host.to_owned(), port))
    } else {
        Err(wrong())
    }
}

fn capabilities(names: Vec<Value<'_, &str>>) -> Result<Vec<String>, ConfigError> {
    let names = names.into_iter().map(|name| {
        name.convert(|name| {
            let atom = name
                .bytes()
                .all(|octet| octet.is_ascii_graphic() && !b"(){%\"\\]".contains(&octet));
            let wrong = "expected a capability such as \"CONDSTORE\", or a prefix such as \"X-*\"";
            if atom && !name.is_empty() {
                Ok(name.to_ascii_uppercase())
            } else {
                Err(wrong.to_owned())
            }
        })
    });
    names.collect()
}

fn read_hide_for(section: &Section<'_>) -> Result<BTreeMap<String, Vec<String>>, ConfigError> {
    let mut hidden = BTreeMap::new();
    for rule in section.list("hide_for")? {
        let names = capabilities(rule.texts("capabilities")?)?;
        for account in rule.texts("accounts")? {
            hidden
                .entry(account.value.to_owned())
                .or_insert_with(Vec::new)
                .extend(names.iter().cloned());
        }
        rule.finish()?;
    }
    Ok(hidden)
}

#[derive(Clone, Copy)]
enum Method {
    Master,
    SameCredentials,
}

#[derive(Clone, Copy)]
enum Style {
    Authzid,
    Separator,
}

impl UpstreamLogin {
    fn read(section: Section<'_>, folder: &Path) -> Result<Self, ConfigError> {
        let methods = [
            ("master", Method::Master),
            ("same-credentials", Method::SameCredentials),
        ];
        let method = section.choice("method", &methods)?;
        let method = section.required("method", method)?;
        let login = match method.value {
            Method::SameCredentials => Self::SameCredentials,
            Method::Master => Self::read_master(&section, folder)?,
        };
        section.finish()?;
        Ok(login)
    }

    fn read_master(section: &Section<'_>, folder: &Path) -> Result<Self, ConfigError> {
        let (user, password) = secret::account(section, folder)?;
        let styles = [("authzid", Style::Authzid), ("separator", Style::Separator)];
        let style = section
            .choice("style", &styles)?
            .map_or(Style::Authzid, |style| style.value);
        Ok(match style {
            Style::Authzid => Self::MasterAuthzid { user, password },
            Style::Separator => {
                let separator = section
                    .text("separator")?
                    .map_or("*", |separator| separator.value);
                if separator.is_empty() {
                    return Err(section.error("the separator is empty; expected text such as \"*\""));
                }
                Self::MasterSeparator {
                    user,
                    password,
                    separator: separator.to_owned(),
                }
            }
        })
    }

    /// Whether this login needs the user's own password.
    pub fn needs_password(&self) -> bool {
        matches!(self, Self::SameCredentials)
    }
}

impl Routing {
    pub(super) fn read(
        section: Section<'_>,
        upstreams: &BTreeMap<String, UpstreamConfig>,
    ) -> Result<Self, ConfigError> {
        let upstream =
            |name: &Value<'_, &str>| referred(name, "upstream", upstreams).map(|(name, _)| name.to_owned());
        let default = section.text("default")?.map(|name| upstream(&name)).transpose()?;
        let attribute = section.text("attribute")?.map(|name| name.value.to_owned());
        let mut table = BTreeMap::new();
        for (value, name) in section.text_table("table")? {
            table.insert(value.to_ascii_lowercase(), upstream(&name)?);
        }
        let hosts = section.texts("allowed_hosts")?;
        let allowed_hosts = hosts
            .iter()
            .map(|host| host.convert(|host| HostPattern::parse(host)))
            .collect::<Result<_, _>>()?;
        let host_model = section
            .text("host_model")?
            .map(|name| upstream(&name))
            .transpose()?;
        if host_model.is_none() && !hosts.is_empty() {
            return Err(
                section.error("allowed_hosts needs host_model, the upstream whose settings apply to them")
            );
        }
        if attribute.is_none() && !(table.is_empty() && hosts.is_empty()) {
            return Err(
                section.error("table and allowed_hosts need attribute, the directory attribute to look at")
            );
        }
        if attribute.is_none() && default.is_none() && !upstreams.is_empty() {
            return Err(section.error("no account would have an upstream: give default or attribute"));
        }
        section.finish()?;
        Ok(Self {
            default,
            attribute,
            table,
            allowed_hosts,
            host_model,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_pattern_stands_for_one_label() {
        let pattern = HostPattern::parse("*.mail.example").unwrap();
        assert!(pattern.matches("a.mail.example") && pattern.matches("A.MAIL.example"));
        for host in [
            "mail.example",
            "a.b.mail.example",
            "evil.example",
            ".mail.example",
            "amail.example",
            "a/.mail.example",
        ] {
            assert!(!pattern.matches(host), "{host}");
        }
        assert!(HostPattern::parse("*").is_err());
        assert!(HostPattern::parse("*.").is_err());
        assert!(HostPattern::parse("*.com").is_err());
        assert!(HostPattern::parse("a b.example").is_err());
    }

    #[test]
    fn addresses_are_host_and_port() {
        assert_eq!(
            split_address("imap.example.com:993"),
            Ok(("imap.example.com".into(), 993))
        );
        assert_eq!(split_address("[::1]:143"), Ok(("::1".into(), 143)));
        for wrong in [
            "imap.example.com",
            "host:0",
            "host:70000",
            "::1:143",
            ":993",
            "a b:1",
            "host:",
        ] {
            assert!(split_address(wrong).is_err(), "{wrong}");
        }
    }
}
