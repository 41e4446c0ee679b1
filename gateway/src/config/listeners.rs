//! What is listened on, and the checks that tie a listener to its directory and to the upstreams.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use gatepost_sasl::{ClaimKind, Mechanism};
use ipnet::IpNet;

use super::offers::{self, Behind};
use super::reader::Section;
use super::{CertificateConfig, ConfigError, DirectoryConfig, referred};

/// A protocol on one or more addresses.
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    /// The protocol.
    pub protocol: Protocol,
    /// The addresses; port 0 takes a free port.
    pub addresses: Vec<SocketAddr>,
    /// How TLS begins.
    pub tls: ListenerTls,
    /// Names of the certificates; the first is for clients that name no host.
    pub certificates: Vec<String>,
    /// The directory that judges.
    pub directory: String,
    /// The SASL mechanisms on offer.
    pub mechanisms: Vec<Mechanism>,
    /// What becomes of the certificate that an NTLM client says it sees.
    pub channel_binding: ChannelBinding,
    /// Networks whose connections begin with a PROXY protocol header.
    pub proxy_protocol_from: Vec<IpNet>,
    /// Connections of this listener; `None`: as many as there may be in all.
    pub connections: Option<u32>,
}

/// A protocol that the gateway speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// IMAP4rev1.
    Imap,
    /// SMTP submission (RFC 6409).
    Smtp,
}

impl Protocol {
    /// Its name in the configuration, in logs and in ALPN.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Smtp => "smtp",
        }
    }
}

/// What becomes of the certificate that an NTLM client says it sees (RFC 5929 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Nobody looks.
    Ignored,
    /// A client that says it has to see ours.
    IfSent,
    /// A client has to say it, and to see ours.
    Required,
}

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerTls {
    /// From the first octet (993, 465).
    Implicit,
    /// After STARTTLS (143, 587, 25); nobody logs in before.
    StartTls,
}

/// What a listener refers to.
pub(super) struct Named<'a> {
    pub(super) certificates: &'a BTreeMap<String, CertificateConfig>,
    pub(super) directories: &'a BTreeMap<String, DirectoryConfig>,
    pub(super) behind: Behind<'a>,
}

pub(super) fn read(root: &Section<'_>, named: &Named<'_>) -> Result<Vec<ListenerConfig>, ConfigError> {
    let sections = root.list("listeners")?;
    if sections.is_empty() {
        return Err(root.error("no [[listeners]]: nothing would be listened on"));
    }
    let read = |section| ListenerConfig::read(section, named);
    sections.into_iter().map(read).collect()
}

impl ListenerConfig {
    fn read(section: Section<'_>, named: &Named<'_>) -> Result<Self, ConfigError> {
        let protocol = read_protocol(&section, named)?;
        let addresses = read_addresses(&section)?;
        let choices = [
            ("implicit", ListenerTls::Implicit),
            ("starttls", ListenerTls::StartTls),
        ];
        let tls = section.choice("tls", &choices)?;
        let tls = section.required("tls", tls)?.value;
        let names = section.texts("certificates")?;
        if names.is_empty() {
            return Err(
                section.error("the key `certificates` is missing: a list of [certificates.NAME] names")
            );
        }
        let names = names
            .iter()
            .map(|name| referred(name, "certificate", named.certificates));
        let certificates = names
            .map(|name| name.map(|(name, _)| name.to_owned()))
            .collect::<Result<_, _>>()?;
        let directory_name = section.required_text("directory")?;
        let directory = referred(&directory_name, "directory", named.directories)?;
        let mechanisms = read_mechanisms(&section, |mechanism| {
            offers::refusal(mechanism, protocol, directory, &named.behind)
        })?;
        let channel_binding = read_channel_binding(&section)?;
        let networks = section.texts("proxy_protocol_from")?;
        let proxy_protocol_from = networks.iter().map(|network| {
            let wrong = "expected a network such as \"10.0.0.0/8\" or \"2001:db8::/32\"";
            network.convert(|network| network.parse::<IpNet>().map_err(|_| wrong.to_owned()))
        });
        let proxy_protocol_from = proxy_protocol_from.collect::<Result<_, _>>()?;
        let connections = match section.number("connections", 1..10_000_001, u32::MAX)? {
            u32::MAX => None,
            connections => Some(connections),
        };
        let directory = directory.0.to_owned();
        section.finish()?;
        Ok(Self {
            protocol,
            addresses,
            tls,
            certificates,
            directory,
            mechanisms,
            channel_binding,
            proxy_protocol_from,
            connections,
        })
    }
}

impl ListenerConfig {
    /// Whether some mechanism gives a password: then IMAP's LOGIN command is served too.
    pub fn takes_passwords(&self) -> bool {
        let mut kinds = self.mechanisms.iter().map(|mechanism| mechanism.claim_kind());
        kinds.any(|kind| kind == ClaimKind::Password)
    }
}

/// How an administrator tells it from the others: `imap listener 0.0.0.0:993`.
impl fmt::Display for ListenerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} listener", self.protocol.name())?;
        for (index, address) in self.addresses.iter().enumerate() {
            write!(f, "{} {address}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

fn read_protocol(section: &Section<'_>, named: &Named<'_>) -> Result<Protocol, ConfigError> {
    let protocols = [Protocol::Imap, Protocol::Smtp].map(|protocol| (protocol.name(), protocol));
    let protocol = section.choice("protocol", &protocols)?;
    let protocol = section.required("protocol", protocol)?;
    match protocol.value {
        Protocol::Imap if named.behind.upstreams.is_empty() => {
            Err(protocol.error("no [upstreams.NAME]: there is no mail server to relay to"))
        }
        Protocol::Smtp if named.behind.mta.is_none() => {
            Err(protocol.error("no mta in [submission]: there is no MTA to send to"))
        }
        protocol => Ok(protocol),
    }
}

fn read_addresses(section: &Section<'_>) -> Result<Vec<SocketAddr>, ConfigError> {
    let addresses = section.texts("addresses")?;
    if addresses.is_empty() {
        return Err(
            section.error("the key `addresses` is missing: a list such as [\"0.0.0.0:993\", \"[::]:993\"]")
        );
    }
    let wrong = "expected ADDRESS:PORT, such as \"0.0.0.0:993\" or \"[::]:993\"";
    let parsed = addresses.iter().map(|address| {
        address.convert(|address| address.parse::<SocketAddr>().map_err(|_| wrong.to_owned()))
    });
    parsed.collect()
}

/// Start-up refuses a listener that offers what would never lead anywhere.
fn read_mechanisms(
    section: &Section<'_>,
    refusal: impl Fn(Mechanism) -> Option<String>,
) -> Result<Vec<Mechanism>, ConfigError> {
    let names = section.texts("mechanisms")?;
    let mut mechanisms = Vec::new();
    for name in &names {
        let mechanism = name.convert(|name| parse_mechanism(name))?;
        if let Some(why) = refusal(mechanism) {
            return Err(name.error(format!("offers {mechanism}, but {why}")));
        }
        if !mechanisms.contains(&mechanism) {
            mechanisms.push(mechanism);
        }
    }
    Ok(if names.is_empty() {
        vec![Mechanism::Plain, Mechanism::Login]
    } else {
        mechanisms
    })
}

fn parse_mechanism(name: &str) -> Result<Mechanism, String> {
    let known: Vec<&str> = Mechanism::ALL.iter().map(|mechanism| mechanism.name()).collect();
    name.parse()
        .map_err(|_| format!("unknown mechanism; allowed: {}", known.join(", ")))
}

fn read_channel_binding(section: &Section<'_>) -> Result<ChannelBinding, ConfigError> {
    let choices = [
        ("ignored", ChannelBinding::Ignored),
        ("if-sent", ChannelBinding::IfSent),
        ("required", ChannelBinding::Required),
    ];
    let chosen = section.choice("channel_binding", &choices)?;
    Ok(chosen.map_or(ChannelBinding::IfSent, |chosen| chosen.value))
}
