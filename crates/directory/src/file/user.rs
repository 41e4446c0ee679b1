//! One `[[user]]` of the file.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use super::index::{Named, fold};
use super::reader::{Place, Read, Table, Text};
use super::secrets::Secrets;
use crate::address::{distinct, is_address};
use crate::{Account, Attributes, Entry, EntryId, MAX_NAME_OCTETS};

const KEYS: [&str; 9] = [
    "name",
    "aliases",
    "addresses",
    "secret",
    "secrets",
    "mail_host",
    "login",
    "disabled",
    "attributes",
];

/// The attribute that `mail_host` is a short way to write, in lower case.
const MAIL_HOST: &str = "mailhost";

/// Versions of secrets are keyed hashes, and the key lives as long as the process: they say nothing of the secret.
static VERSIONS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A user of the file.
pub(super) struct User {
    pub(super) entry: Entry,
    pub(super) secrets: Secrets,
    pub(super) state: State,
}

/// Whether a user may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Enabled,
    Disabled,
}

impl User {
    /// Reads a user and all names that mean it.
    pub(super) fn read<'a>(table: &Table<'a>) -> Read<(Self, Vec<Named<'a>>)> {
        table.only(&KEYS)?;
        let name = table.required_text("name")?;
        let aliases = table.texts("aliases")?;
        let names = std::iter::once(&name).chain(&aliases);
        let names = names.map(read_name).collect::<Read<_>>()?;
        let (secrets, version) = read_secrets(table)?;
        let id = EntryId(fold(name.value));
        let account = read_account(table, &name, &aliases, id.clone())?;
        let entry = Entry {
            id,
            secret_version: Some(version),
            handle: name.value.to_owned(),
            account,
        };
        let state = if table.switch("disabled")? {
            State::Disabled
        } else {
            State::Enabled
        };
        let user = Self {
            entry,
            secrets,
            state,
        };
        Ok((user, names))
    }
}

/// A name is capped as it is written and as it is compared, so that an id can always be resolved again.
fn read_name<'a>(name: &Text<'a>) -> Read<Named<'a>> {
    let folded = fold(printable(name)?);
    if name.value.len().max(folded.len()) > MAX_NAME_OCTETS {
        return Err(name
            .place
            .error(format!("a name may have {MAX_NAME_OCTETS} octets at most")));
    }
    Ok(Named {
        folded,
        place: name.place.clone(),
    })
}

/// The secrets and their version.
fn read_secrets(table: &Table<'_>) -> Read<(Secrets, String)> {
    let (one, mut texts) = (table.text("secret")?, table.texts("secrets")?);
    if let (Some(one), false) = (&one, texts.is_empty()) {
        return Err(one.place.error("give `secret` or `secrets`, not both"));
    }
    texts.extend(one);
    let mut secrets = Secrets::default();
    for text in &texts {
        secrets.add(text.value).map_err(|what| text.place.error(what))?;
    }
    if secrets.is_empty() {
        return Err(table.error("the key `secret` is missing"));
    }
    let values: Vec<&str> = texts.iter().map(|text| text.value).collect();
    Ok((secrets, format!("{:016x}", VERSIONS.hash_one(values))))
}

fn read_account(table: &Table<'_>, name: &Text<'_>, aliases: &[Text<'_>], id: EntryId) -> Read<Account> {
    let login = table.text("login")?;
    let login = login.as_ref().unwrap_or(name);
    let names = std::iter::once(name).chain(aliases).map(|name| name.value);
    Ok(Account {
        id,
        name: name.value.to_owned(),
        upstream_login: printable(login)?.to_owned(),
        addresses: read_addresses(table, names)?,
        attributes: read_attributes(table)?,
    })
}

/// The addresses that are given, then the names that can be addresses too.
fn read_addresses<'a>(table: &Table<'a>, names: impl Iterator<Item = &'a str>) -> Read<Vec<String>> {
    let given = table.texts("addresses")?;
    if let Some(wrong) = given.iter().find(|text| !is_address(text.value)) {
        let what = "expected a mail address such as \"alice@example.com\"";
        return Err(wrong.place.error(what));
    }
    let given = given.iter().map(|text| text.value);
    Ok(distinct(given.chain(names.filter(|name| is_address(name)))))
}

fn read_attributes(table: &Table<'_>) -> Read<Attributes> {
    let mut attributes = Attributes::new();
    if let Some(host) = table.text("mail_host")? {
        attributes.insert(MAIL_HOST.to_owned(), vec![printable(&host)?.to_owned()]);
    }
    for (name, place, values) in table.lists("attributes")? {
        attribute_name(name, &place)?;
        let values = values
            .iter()
            .map(|value| printable(value).map(str::to_owned))
            .collect::<Read<_>>()?;
        if attributes.insert(name.to_ascii_lowercase(), values).is_some() {
            return Err(
                place.error("given twice; case does not matter, and mail_host is the attribute mailHost")
            );
        }
    }
    Ok(attributes)
}

/// The characters of LDAP's attribute descriptions (RFC 4512 section 2.5), and `_`.
fn attribute_name(name: &str, place: &Place<'_>) -> Read<()> {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.;".contains(&octet);
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(place.error("an attribute's name has ASCII letters, digits, -, _, . and ; alone"));
    }
    Ok(())
}

/// Refuses what no name, host or attribute has, and what would be unsafe on the wire or in a log.
fn printable<'a>(text: &Text<'a>) -> Read<&'a str> {
    if text.value.is_empty() || text.value.chars().any(char::is_control) {
        return Err(text
            .place
            .error("expected one character or more, and no control characters"));
    }
    Ok(text.value)
}
