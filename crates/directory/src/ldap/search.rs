//! Searches of the service account.

use std::time::Duration;

use ldap3::{Ldap, LdapError, SearchEntry, SearchOptions, SearchResult};

pub(crate) use ldap3::Scope;

use super::Config;
use super::addresses::addresses;
use super::guard::guarded;
use super::server::{Connection, code, in_words};
use crate::{Account, Attributes, Entry, EntryId, Resolution, Unavailable};

/// Result codes (RFC 4511 section 4.1.9).
const SUCCESS: u32 = 0;
const SIZE_LIMIT_EXCEEDED: u32 = 4;
const REFERRAL: u32 = 10;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_DN_SYNTAX: u32 = 34;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;

/// Enough to know whether there is exactly one: more are as bad as many.
pub(crate) const TWO: i32 = 2;

/// What is searched.
pub(crate) struct Search<'a> {
    pub(crate) base: &'a str,
    pub(crate) filter: &'a str,
    pub(crate) attributes: Vec<&'a str>,
    pub(crate) scope: Scope,
}

/// What a search found.
pub(crate) enum Found {
    Entries(Vec<SearchEntry>),
    /// The base does not exist.
    NoSuchObject,
    /// The server answered something that is no answer to the question.
    Failed(Unavailable),
    /// The server cannot answer now; another one may.
    Unwell(Unavailable),
}

/// Whether a result code says that a server can do nothing for anybody now.
pub(crate) fn is_unwell(code: u32) -> bool {
    matches!(code, BUSY | UNAVAILABLE)
}

/// Searches below the base, or reads the base itself. Of more entries than `limit` as many are found.
pub(crate) async fn run(ldap: &mut Ldap, search: &Search<'_>, limit: i32) -> Result<Found, LdapError> {
    run_with(ldap, search, SearchOptions::new().sizelimit(limit)).await
}

/// Finds two entries at most, and of their attributes the names alone.
pub(super) async fn types(ldap: &mut Ldap, search: &Search<'_>) -> Result<Found, LdapError> {
    run_with(ldap, search, SearchOptions::new().sizelimit(TWO).typesonly(true)).await
}

async fn run_with(ldap: &mut Ldap, search: &Search<'_>, options: SearchOptions) -> Result<Found, LdapError> {
    ldap.with_search_options(options);
    let SearchResult(entries, result) = ldap
        .search(
            search.base,
            search.scope,
            search.filter,
            search.attributes.as_slice(),
        )
        .await?;
    let entries = entries
        .into_iter()
        .filter(|entry| !entry.is_ref() && !entry.is_intermediate());
    let entries: Vec<SearchEntry> = entries.map(SearchEntry::construct).collect();
    Ok(match result.rc {
        SUCCESS => Found::Entries(entries),
        SIZE_LIMIT_EXCEEDED if entries.len() > 1 => Found::Entries(entries),
        NO_SUCH_OBJECT => Found::NoSuchObject,
        // What looks like a name and is none, names nobody.
        INVALID_DN_SYNTAX if search.scope == Scope::Base => Found::NoSuchObject,
        REFERRAL => Found::Failed(Unavailable(
            "the server refers to another one, which is not followed".to_owned(),
        )),
        other => {
            let why = Unavailable(format!("the search failed: {}", code(&result)));
            match is_unwell(other) {
                true => Found::Unwell(why),
                false => Found::Failed(why),
            }
        }
    })
}

/// Whether the base itself can be read.
pub(crate) async fn read_one(
    connection: &mut Connection,
    search: &Search<'_>,
    limit: Duration,
) -> Result<bool, Unavailable> {
    match guarded(limit, run(&mut connection.ldap, search, TWO)).await {
        Ok(Found::Entries(entries)) => Ok(!entries.is_empty()),
        Ok(Found::NoSuchObject) => Ok(false),
        Ok(Found::Failed(why) | Found::Unwell(why)) => Err(why),
        Err(error) => Err(Unavailable(in_words(&error))),
    }
}

/// The entry as the directory's users know it.
pub(crate) fn entry(found: SearchEntry, config: &Config) -> Resolution {
    let attributes = attributes(&found);
    let first = |name: &str| attributes.get(&name.to_ascii_lowercase())?.first().cloned();
    let Some(upstream_login) = first(&config.login_attribute) else {
        return Resolution::Unknown {
            why: "the entry has no value in the login attribute",
        };
    };
    let id = EntryId(first(&config.id_attribute).unwrap_or_else(|| found.dn.to_lowercase()));
    let name = first(&config.name_attribute).unwrap_or_else(|| found.dn.clone());
    let secret_version = first(&config.version_attribute);
    let account = Account {
        id: id.clone(),
        name,
        upstream_login,
        addresses: addresses(&found, &config.address_attributes),
        attributes,
    };
    Resolution::Found(Entry {
        id,
        secret_version,
        handle: found.dn,
        account,
    })
}

/// Attribute names in lower case; octets that are no text as hexadecimal.
pub(crate) fn attributes(found: &SearchEntry) -> Attributes {
    let text = found
        .attrs
        .iter()
        .map(|(name, values)| (name.to_ascii_lowercase(), values.clone()));
    let octets = found.bin_attrs.iter().map(|(name, values)| {
        let values = values
            .iter()
            .map(|value| value.iter().map(|octet| format!("{octet:02x}")).collect());
        (name.to_ascii_lowercase(), values.collect())
    });
    text.chain(octets).collect()
}
