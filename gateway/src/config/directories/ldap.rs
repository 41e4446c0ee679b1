//! LDAP servers.

use std::path::Path;

use gatepost_directory::ldap::{self, ServerUrl, Service};
use gatepost_sasl::ClaimKind;

use crate::config::limits::STEP;
use crate::config::reader::{Section, Value};
use crate::config::{ConfigError, secret};

/// Why the claims of a kind cannot be judged with what is configured.
pub(super) fn judges(ldap: &ldap::Config, kind: ClaimKind) -> Result<(), &'static str> {
    if ldap.accepts().contains(kind) {
        return Ok(());
    }
    Err(match kind {
        ClaimKind::CramMd5 => "a bind needs the password; give cram_md5_attribute or plaintext_attribute",
        ClaimKind::Ntlm => "a bind needs the password; give nt_hash_attribute or plaintext_attribute",
        _ => "a bind needs the password",
    })
}

pub(super) fn read(section: &Section<'_>, folder: &Path) -> Result<ldap::Config, ConfigError> {
    let base = section.required_text("base")?.value;
    let mut ldap = ldap::Config::new(read_urls(section)?, base);
    ldap.ca_file = section.text("ca_file")?.map(|file| folder.join(file.value));
    ldap.service = read_service(section, folder)?;
    ldap.filter = read_filter(section, "filter")?.unwrap_or(ldap.filter);
    ldap.required_filter = read_filter(section, "required_filter")?;
    ldap.required_group = read_group(section)?;
    ldap.disabled_filter = read_filter(section, "disabled_filter")?;
    let attribute = |key, default| Ok(section.text(key)?.map_or(default, |name| name.value.to_owned()));
    ldap.id_attribute = attribute("id_attribute", ldap.id_attribute)?;
    ldap.name_attribute = attribute("name_attribute", ldap.name_attribute)?;
    ldap.login_attribute = attribute("login_attribute", ldap.name_attribute.clone())?;
    ldap.version_attribute = attribute("version_attribute", ldap.version_attribute)?;
    if let Some(names) = section.optional_texts("address_attributes")? {
        ldap.address_attributes = names.iter().map(|name| name.value.to_owned()).collect();
    }
    ldap.attributes = section
        .texts("attributes")?
        .iter()
        .map(|name| name.value.to_owned())
        .collect();
    read_secret_attributes(section, &mut ldap)?;
    ldap.connect_time = section.duration_within("connect_time", STEP, ldap.connect_time)?;
    ldap.operation_time = section.duration_within("operation_time", STEP, ldap.operation_time)?;
    let connections = |key, default| Ok(section.number(key, 1..257, default)? as usize);
    ldap.search_connections = connections("search_connections", 4)?;
    ldap.bind_connections = connections("bind_connections", 8)?;
    Ok(ldap)
}

/// The attributes with secrets, when all others are known, which they must not be among.
fn read_secret_attributes(section: &Section<'_>, ldap: &mut ldap::Config) -> Result<(), ConfigError> {
    type Place = fn(&mut ldap::Config) -> &mut Option<String>;
    let places: [(&'static str, Place); 3] = [
        ("nt_hash_attribute", |ldap| &mut ldap.nt_hash_attribute),
        ("cram_md5_attribute", |ldap| &mut ldap.cram_md5_attribute),
        ("plaintext_attribute", |ldap| &mut ldap.plaintext_attribute),
    ];
    for (key, place) in places {
        if let Some(name) = section.text(key)? {
            *place(ldap) = Some(name.value.to_owned());
            let checked = ldap.check_secret_attributes();
            checked.map_err(|why| name.error(why.to_string()))?;
        }
    }
    Ok(())
}

/// The servers. `tls = "none"` is for all of them.
pub(super) fn read_urls(section: &Section<'_>) -> Result<Vec<ServerUrl>, ConfigError> {
    let urls = section.texts("urls")?;
    if urls.is_empty() {
        return Err(
            section.error("the key `urls` is missing: a list such as [\"ldaps://ldap.example.com:636\"]")
        );
    }
    let plain = section.choice("tls", &[("none", ())])?.is_some();
    let parse = |text: &&str| {
        let url = ServerUrl::parse(text)?;
        if plain { url.without_tls() } else { Ok(url) }
    };
    urls.iter().map(|url| url.convert(parse)).collect()
}

pub(super) fn read_service(section: &Section<'_>, folder: &Path) -> Result<Option<Service>, ConfigError> {
    let dn = section.text("bind_dn")?;
    let password = secret::read(section, &secret::BIND_PASSWORD, folder)?;
    match (dn, password) {
        (None, None) => Ok(None),
        (Some(dn), _) if dn.value.is_empty() => Err(dn.error("an empty name makes the bind anonymous")),
        (Some(dn), Some(password)) => Ok(Some(Service {
            dn: dn.value.to_owned(),
            password,
        })),
        (Some(dn), None) => Err(dn.error(
            "its password is missing: give bind_password_file, bind_password_env or bind_password_credential",
        )),
        (None, Some(_)) => Err(section.error("a bind password needs a `bind_dn`")),
    }
}

pub(super) fn read_group(section: &Section<'_>) -> Result<Option<String>, ConfigError> {
    let group = section.text("required_group")?;
    let check = |group: &Value<'_, &str>| {
        let wrong = "expected a distinguished name such as \"cn=mail,ou=groups,dc=example,dc=com\"";
        group.convert(|dn| {
            dn.contains('=')
                .then(|| (*dn).to_owned())
                .ok_or_else(|| wrong.to_owned())
        })
    };
    group.as_ref().map(check).transpose()
}

fn read_filter(section: &Section<'_>, key: &'static str) -> Result<Option<String>, ConfigError> {
    let Some(filter) = section.text(key)? else {
        return Ok(None);
    };
    if key == "filter" && !filter.value.contains(ldap::PLACEHOLDER) {
        return Err(filter.error(format!(
            "{} is missing in it: it would match the same for everybody",
            ldap::PLACEHOLDER
        )));
    }
    if !ldap::is_filter(filter.value) {
        return Err(filter.error("expected a search filter (RFC 4515) such as \"(uid={name})\""));
    }
    Ok(Some(filter.value.to_owned()))
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;
    use crate::config::reader::Source;

    /// The address attributes of an LDAP directory with these keys.
    fn address_attributes(keys: &str) -> Result<Vec<String>, String> {
        let text = format!("urls = [\"ldaps://a\"]\nbase = \"dc=x\"\n{keys}\n");
        let source = Source {
            file: Path::new("g.toml"),
            text: &text,
        };
        let document = DeTable::parse(&text).unwrap();
        let read = read(&Section::root(&source, &document), Path::new(""));
        read.map(|ldap| ldap.address_attributes)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn address_attributes_have_a_default_and_may_be_none() {
        let usual = [
            "mail",
            "mailAlternateAddress",
            "mailLocalAddress",
            "proxyAddresses",
        ];
        assert_eq!(address_attributes("").unwrap(), usual);
        assert_eq!(address_attributes("address_attributes = []").unwrap(), [""; 0]);
        assert_eq!(address_attributes("address_attributes = [\"x\"]").unwrap(), ["x"]);
        assert_eq!(
            address_attributes("address_attributes = \"mail\"").unwrap_err(),
            "g.toml:3: address_attributes: expected a list of strings"
        );
    }
}
