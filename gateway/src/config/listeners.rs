//! What is listened on, and the checks that tie a listener to its directory and to the upstreams.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use gatepost_sasl::Mechanism;
use ipnet::IpNet;

use super::reader::{Section, Value};
use super::{CertificateConfig, ConfigError, DirectoryConfig, UpstreamConfig, referred};

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
    /// Networks whose connections begin with a PROXY protocol header.
    pub proxy_protocol_from: Vec<IpNet>,
}

/// A protocol that the gateway speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// IMAP4rev1.
    Imap,
}

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerTls {
    /// From the first octet (993).
    Implicit,
    /// After STARTTLS (143); nobody logs in before.
    StartTls,
}

pub(super) fn read(
    root: &Section<'_>,
    certificates: &BTreeMap<String, CertificateConfig>,
    directories: &BTreeMap<String, DirectoryConfig>,
    upstreams: &BTreeMap<String, UpstreamConfig>,
) -> Result<Vec<ListenerConfig>, ConfigError> {
    let sections = root.list("listeners")?;
    if sections.is_empty() {
        return Err(root.error("no [[listeners]]: nothing would be listened on"));
    }
    if upstreams.is_empty() {
        return Err(root.error("no [upstreams.NAME]: there is no mail server to relay to"));
    }
    let read = |section| ListenerConfig::read(section, certificates, directories, upstreams);
    sections.into_iter().map(read).collect()
}

impl ListenerConfig {
    fn read(
        section: Section<'_>,
        certificates: &BTreeMap<String, CertificateConfig>,
        directories: &BTreeMap<String, DirectoryConfig>,
        upstreams: &BTreeMap<String, UpstreamConfig>,
    ) -> Result<Self, ConfigError> {
        let protocol = section.choice("protocol", &[("imap", Protocol::Imap)])?;
        let protocol = section.required("protocol", protocol)?.value;
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
            .map(|name| referred(name, "certificate", certificates));
        let certificates = names
            .map(|name| name.map(|(name, _)| name.to_owned()))
            .collect::<Result<_, _>>()?;
        let directory_name = section.required_text("directory")?;
        let (directory, judge) = referred(&directory_name, "directory", directories)?;
        let mechanisms = read_mechanisms(&section, directory, judge, upstreams)?;
        let networks = section.texts("proxy_protocol_from")?;
        let proxy_protocol_from = networks.iter().map(|network| {
            let wrong = "expected a network such as \"10.0.0.0/8\" or \"2001:db8::/32\"";
            network.convert(|network| network.parse::<IpNet>().map_err(|_| wrong.to_owned()))
        });
        let proxy_protocol_from = proxy_protocol_from.collect::<Result<_, _>>()?;
        let directory = directory.to_owned();
        section.finish()?;
        Ok(Self {
            protocol,
            addresses,
            tls,
            certificates,
            directory,
            mechanisms,
            proxy_protocol_from,
        })
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

/// Start-up refuses a listener that offers what its directory cannot judge, or that an upstream login could not
/// continue from.
fn read_mechanisms(
    section: &Section<'_>,
    directory: &str,
    judge: &DirectoryConfig,
    upstreams: &BTreeMap<String, UpstreamConfig>,
) -> Result<Vec<Mechanism>, ConfigError> {
    let names = section.texts("mechanisms")?;
    let mut mechanisms = Vec::new();
    for name in &names {
        let mechanism = name.convert(|name| parse_mechanism(name))?;
        check_mechanism(name, mechanism, (directory, judge), upstreams)?;
        mechanisms.push(mechanism);
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

fn check_mechanism(
    name: &Value<'_, &str>,
    mechanism: Mechanism,
    (directory, judge): (&str, &DirectoryConfig),
    upstreams: &BTreeMap<String, UpstreamConfig>,
) -> Result<(), ConfigError> {
    let kind = mechanism.claim_kind();
    if !judge.can_judge().contains(kind) {
        return Err(name.error(format!("the directory `{directory}` cannot judge {mechanism}")));
    }
    let needs_password = upstreams
        .values()
        .find(|upstream| upstream.login.needs_password());
    match needs_password {
        Some(upstream) if kind != gatepost_sasl::ClaimKind::Password => Err(name.error(format!(
            "{mechanism} gives no password, and the login of upstream `{}` needs one",
            upstream.name
        ))),
        _ => Ok(()),
    }
}
