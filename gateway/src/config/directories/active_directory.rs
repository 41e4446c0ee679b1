//! Active Directory.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use gatepost_directory::ad::{Config, Controllers, GlobalCatalog, Netlogon, Protection, Srv};
use gatepost_directory::ldap::{ServerUrl, Service};
use gatepost_sasl::ClaimKind;

use super::ldap;
use crate::config::limits::STEP;
use crate::config::reader::{Section, Value};
use crate::config::{ConfigError, secret};

/// The port of DNS servers.
const DNS: u16 = 53;

/// Why the claims of a kind cannot be judged with what is configured.
pub(super) fn judges(domain: &Config, kind: ClaimKind) -> Result<(), &'static str> {
    match kind {
        ClaimKind::Password => Ok(()),
        ClaimKind::Ntlm if domain.netlogon.is_some() => Ok(()),
        ClaimKind::Ntlm => {
            Err("only a domain controller can; give `netlogon`, a computer account to ask it with")
        }
        _ => Err("Active Directory keeps nothing that it could be judged with"),
    }
}

pub(super) fn read(section: &Section<'_>, folder: &Path) -> Result<Config, ConfigError> {
    let dns_domain = read_name(section, "dns_domain", "\"corp.example.com\"")?;
    let netbios_domain = read_name(section, "netbios_domain", "\"CORP\"")?;
    let service = ldap::read_service(section, folder)?;
    let missing =
        "the key `bind_dn` is missing: the account that searches, such as \"gatepost@corp.example.com\"";
    let service: Service = service.ok_or_else(|| section.error(missing))?;
    let mut domain = Config::new(read_controllers(section)?, dns_domain, netbios_domain, service);
    if let Some(base) = section.text("base")? {
        base.value.clone_into(&mut domain.base);
    }
    domain.ca_file = section.text("ca_file")?.map(|file| folder.join(file.value));
    domain.required_group = ldap::read_group(section)?;
    if let Some(login) = section.text("login_attribute")? {
        login.value.clone_into(&mut domain.login_attribute);
    }
    let attributes = section.texts("attributes")?;
    domain.attributes = attributes.iter().map(|name| name.value.to_owned()).collect();
    domain.global_catalog = read_catalog(section)?;
    domain.netlogon = read_netlogon(section.section("netlogon")?, folder)?;
    domain.connect_time = section.duration_within("connect_time", STEP, domain.connect_time)?;
    domain.operation_time = section.duration_within("operation_time", STEP, domain.operation_time)?;
    let connections = |key, default: usize| {
        let default = u32::try_from(default).unwrap_or(1);
        Ok(section.number(key, 1..257, default)? as usize)
    };
    domain.search_connections = connections("search_connections", domain.search_connections)?;
    domain.bind_connections = connections("bind_connections", domain.bind_connections)?;
    Ok(domain)
}

fn read_name(section: &Section<'_>, key: &'static str, such_as: &str) -> Result<String, ConfigError> {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
    section.required_text(key)?.convert(|name| {
        let is_name = !name.is_empty() && name.bytes().all(plain);
        is_name
            .then(|| (*name).to_owned())
            .ok_or_else(|| format!("expected a domain such as {such_as}"))
    })
}

/// A list, or without one what DNS says.
fn read_controllers(section: &Section<'_>) -> Result<Controllers, ConfigError> {
    let site = section.text("site")?;
    let servers = section.texts("dns_servers")?;
    let urls = section.optional_texts("urls")?;
    if urls.is_some() {
        if let Some(unused) = site.iter().chain(&servers).next() {
            return Err(unused.error("is for domain controllers that DNS names, and `urls` names them"));
        }
        return Ok(Controllers::Urls(ldap::read_urls(section)?));
    }
    let choices = [("implicit", Protection::Tls), ("starttls", Protection::StartTls)];
    let protection = section.choice("tls", &choices)?;
    Ok(Controllers::Srv(Srv {
        protection: protection.map_or(Protection::Tls, |protection| protection.value),
        site: site.map(|site| site.value.to_owned()),
        dns_servers: servers.iter().map(read_dns_server).collect::<Result<_, _>>()?,
    }))
}

fn read_dns_server(server: &Value<'_, &str>) -> Result<SocketAddr, ConfigError> {
    let wrong = "expected an address such as \"10.0.0.1\" or \"10.0.0.1:53\"";
    server.convert(|server| {
        let address = server.parse::<IpAddr>().map(|address| (address, DNS).into());
        address.or_else(|_| server.parse()).map_err(|_| wrong.to_owned())
    })
}

fn read_catalog(section: &Section<'_>) -> Result<Option<GlobalCatalog>, ConfigError> {
    let base = section.text("global_catalog_base")?;
    let urls = section.texts("global_catalog")?;
    let parse = |url: &Value<'_, &str>| url.convert(|url| ServerUrl::parse(url));
    let urls: Vec<ServerUrl> = urls.iter().map(parse).collect::<Result<_, _>>()?;
    if urls.is_empty() {
        return match base {
            Some(base) => {
                Err(base
                    .error("needs `global_catalog`, a list such as [\"ldaps://dc1.corp.example.com:3269\"]"))
            }
            None => Ok(None),
        };
    }
    Ok(Some(GlobalCatalog {
        urls,
        base: base.map_or_else(String::new, |base| base.value.to_owned()),
    }))
}

/// The computer account. Each gateway has one of its own.
fn read_netlogon(section: Section<'_>, folder: &Path) -> Result<Option<Netlogon>, ConfigError> {
    if !section.is_there() {
        return Ok(None);
    }
    let computer = section.required_text("computer")?;
    let name = computer.convert(|name| {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
        let is_name = !name.is_empty() && name.len() <= 15 && name.bytes().all(plain);
        let wrong = "expected the computer's NetBIOS name without `$`, such as \"GW1\"";
        is_name
            .then(|| (*name).to_owned())
            .ok_or_else(|| wrong.to_owned())
    })?;
    let missing = "its password is missing: give password_file, password_env or password_credential";
    let password = secret::read(&section, &secret::PASSWORD, folder)?;
    let password = password.ok_or_else(|| computer.error(missing))?;
    let port = match section.number("port", 0..65536, 0)? {
        0 => None,
        port => u16::try_from(port).ok(),
    };
    let connections = section.number("connections", 1..65, 2)? as usize;
    section.finish()?;
    Ok(Some(Netlogon {
        computer: name,
        password,
        port,
        connections,
    }))
}
