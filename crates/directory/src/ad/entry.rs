//! A user as the directory has it, and as the gateway knows it.

use std::collections::BTreeSet;

use ldap3::SearchEntry;

use super::config::Config;
use super::sid;
use crate::ldap::addresses::addresses;
use crate::ldap::search::attributes;
use crate::{Account, Entry, EntryId, Resolution};

const SID: &str = "objectSid";
const NAME: &str = "sAMAccountName";
const VERSION: &str = "pwdLastSet";

/// The attributes with mail addresses, the primary one wherever it is.
const ADDRESSES: [&str; 2] = ["mail", "proxyAddresses"];

/// Every attribute that is read of a user.
pub(super) fn attribute_names(config: &Config) -> Vec<&str> {
    let own = [SID, NAME, VERSION, "userPrincipalName"];
    let own = own
        .into_iter()
        .chain(ADDRESSES)
        .chain([config.login_attribute.as_str()]);
    let all: BTreeSet<&str> = own.chain(config.attributes.iter().map(String::as_str)).collect();
    all.into_iter().collect()
}

/// The entry as the directory's users know it. Its id is the `objectSid` as text, its canonical name the
/// `sAMAccountName`, its handle the distinguished name.
pub(super) fn entry(found: SearchEntry, config: &Config) -> Resolution {
    let Some(id) = sid_of(&found) else {
        return unknown("the entry has no objectSid that can be read");
    };
    let mut attributes = attributes(&found);
    attributes.insert(SID.to_ascii_lowercase(), vec![id.clone()]);
    let first = |name: &str| attributes.get(&name.to_ascii_lowercase())?.first().cloned();
    let (Some(name), Some(upstream_login)) = (first(NAME), first(&config.login_attribute)) else {
        return unknown("the entry has no value in sAMAccountName or in the login attribute");
    };
    let id = EntryId(id);
    Resolution::Found(Entry {
        id: id.clone(),
        secret_version: first(VERSION),
        account: Account {
            id,
            name,
            upstream_login,
            addresses: addresses(&found, &ADDRESSES.map(str::to_owned)),
            attributes,
        },
        handle: found.dn,
    })
}

pub(super) fn unknown(why: &'static str) -> Resolution {
    Resolution::Unknown { why }
}

/// The entry's security identifier. Octets that happen to be UTF-8 are handed over by ldap3 as text.
pub(super) fn sid_of(found: &SearchEntry) -> Option<String> {
    let is_sid = |name: &String| name.eq_ignore_ascii_case(SID);
    let octets = found.bin_attrs.iter().find(|(name, _)| is_sid(name));
    let octets = octets.and_then(|(_, values)| values.first());
    let text = found.attrs.iter().find(|(name, _)| is_sid(name));
    let text = text.and_then(|(_, values)| values.first());
    sid::text(octets.map(Vec::as_slice).or_else(|| text.map(String::as_bytes))?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use gatepost_wire::Secret;

    use super::*;
    use crate::ad::config::Controllers;
    use crate::ldap::Service;

    fn config() -> Config {
        let service = Service {
            dn: "gateway".to_owned(),
            password: Secret::from("secret"),
        };
        Config::new(Controllers::Urls(Vec::new()), "corp.example.com", "CORP", service)
    }

    fn alice(sid: &[u8]) -> SearchEntry {
        let mut attrs = HashMap::new();
        let mut bin_attrs = HashMap::new();
        match std::str::from_utf8(sid) {
            Ok(text) => drop(attrs.insert("objectSid".to_owned(), vec![text.to_owned()])),
            Err(_) => drop(bin_attrs.insert("objectSid".to_owned(), vec![sid.to_vec()])),
        }
        for (name, values) in [
            ("sAMAccountName", &["alice"][..]),
            ("mail", &["alice@example.com"]),
            (
                "proxyAddresses",
                &["smtp:a@example.com", "SMTP:first@example.com", "sip:x@y"],
            ),
            ("pwdLastSet", &["133"]),
        ] {
            attrs.insert(
                name.to_owned(),
                values.iter().map(|value| (*value).to_owned()).collect(),
            );
        }
        SearchEntry {
            dn: "CN=Alice,DC=corp,DC=example,DC=com".to_owned(),
            attrs,
            bin_attrs,
        }
    }

    #[test]
    fn octets_that_are_text_are_the_same_identifier() {
        for (part, text) in [(0x0000_044f, "S-1-5-21-1103"), (0x0000_ff4f, "S-1-5-21-65359")] {
            let part = u32::to_le_bytes(part);
            let sid = [&[1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0][..], &part].concat();
            let Resolution::Found(entry) = entry(alice(&sid), &config()) else {
                panic!("{text}");
            };
            assert_eq!(entry.id.0, text);
            assert_eq!(entry.account.id, entry.id);
            assert_eq!(entry.account.attribute("objectSid"), Some(text));
        }
    }

    #[test]
    fn an_entry_is_what_its_attributes_say() {
        let sid = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
        let Resolution::Found(entry) = entry(alice(&sid), &config()) else {
            panic!("unknown");
        };
        assert_eq!(entry.handle, "CN=Alice,DC=corp,DC=example,DC=com");
        assert_eq!(entry.secret_version.as_deref(), Some("133"));
        assert_eq!(
            (entry.account.name.as_str(), entry.account.upstream_login.as_str()),
            ("alice", "alice")
        );
        assert_eq!(
            entry.account.addresses,
            ["first@example.com", "alice@example.com", "a@example.com"]
        );
    }

    #[test]
    fn what_is_missing_makes_nobody() {
        let sid = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
        assert!(matches!(
            entry(alice(&sid[1..]), &config()),
            Resolution::Unknown { .. }
        ));
        let other_login = Config {
            login_attribute: "uid".to_owned(),
            ..config()
        };
        assert!(matches!(
            entry(alice(&sid), &other_login),
            Resolution::Unknown { .. }
        ));
    }
}
