//! Reads the file, with an error that names line and key of what is wrong.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::secret::Stored;
use super::{FileError, User};
use crate::{Attributes, MAX_NAME_OCTETS};

/// The keys of `[[user]]`.
const KEYS: &str = "name, aliases, secret, mail_host, login, disabled, attributes";

/// A user, and where the names stand that have to be unique.
pub(super) struct Read {
    pub(super) user: User,
    pub(super) names: Vec<(String, usize)>,
}

/// Where something is wrong, and what.
struct Wrong {
    offset: usize,
    key: String,
    what: String,
}

pub(super) fn read(text: &str) -> Result<Vec<Read>, FileError> {
    let document = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        FileError::new(line(text, offset), "", error.message())
    })?;
    users(document.get_ref())
        .map_err(|wrong| FileError::new(line(text, wrong.offset), wrong.key, wrong.what))
        .map(|users| with_lines(users, text))
}

/// Counted from 1.
fn line(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    1 + before.iter().filter(|octet| **octet == b'\n').count()
}

fn with_lines(mut users: Vec<Read>, text: &str) -> Vec<Read> {
    for (_, place) in users.iter_mut().flat_map(|read| &mut read.names) {
        *place = line(text, *place);
    }
    users
}

fn users(document: &DeTable<'_>) -> Result<Vec<Read>, Wrong> {
    let mut users = Vec::new();
    for (key, value) in document {
        let list = value.get_ref().as_array().filter(|_| key.get_ref() == "user");
        let list = list.ok_or_else(|| wrong(key.span().start, key.get_ref(), "expected [[user]]"))?;
        for item in list {
            let table = item.get_ref().as_table();
            let table = table.ok_or_else(|| wrong(item.span().start, "user", "expected a table"))?;
            users.push(user(table, item.span().start)?);
        }
    }
    Ok(users)
}

fn user(table: &DeTable<'_>, start: usize) -> Result<Read, Wrong> {
    let mut fields = Fields::default();
    for (key, value) in table {
        fields.take(key, value)?;
    }
    let missing = |key: &str| wrong(start, key, "is missing");
    let (name, at) = fields.name.ok_or_else(|| missing("user.name"))?;
    let secret = fields.secret.ok_or_else(|| missing("user.secret"))?;
    let mut names = fields.aliases;
    names.insert(0, (name.clone(), at));
    let mut attributes = fields.attributes;
    if let Some(host) = fields.mail_host {
        attributes.insert("mail_host".to_owned(), vec![host]);
    }
    let user = User {
        login: fields.login.unwrap_or_else(|| name.clone()),
        name,
        secret,
        disabled: fields.disabled,
        attributes,
    };
    Ok(Read { user, names })
}

/// What was read of a user so far.
#[derive(Default)]
struct Fields {
    name: Option<(String, usize)>,
    aliases: Vec<(String, usize)>,
    secret: Option<Stored>,
    mail_host: Option<String>,
    login: Option<String>,
    disabled: bool,
    attributes: Attributes,
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;

impl Fields {
    fn take(&mut self, key: &Key<'_>, value: &Spanned<DeValue<'_>>) -> Result<(), Wrong> {
        let at = key.span().start;
        let path = format!("user.{}", key.get_ref());
        let error = |what: &str| wrong(at, &path, what);
        let text = || value.get_ref().as_str().ok_or_else(|| error("expected a string"));
        match key.get_ref().as_ref() {
            "name" => self.name = Some((name(text()?).map_err(error)?, at)),
            "aliases" => self.aliases = aliases(value, at).map_err(error)?,
            "secret" => self.secret = Some(Stored::parse(text()?).map_err(|what| error(&what))?),
            "mail_host" => self.mail_host = Some(text()?.to_owned()),
            "login" => self.login = Some(name(text()?).map_err(error)?),
            "disabled" => self.disabled = value.get_ref().as_bool().ok_or_else(|| error("expected true or false"))?,
            "attributes" => self.attributes = attributes(value.get_ref()).map_err(error)?,
            _ => return Err(error(&format!("unknown key; allowed here: {KEYS}"))),
        }
        Ok(())
    }
}

fn wrong(offset: usize, key: &str, what: &str) -> Wrong {
    Wrong {
        offset,
        key: key.to_owned(),
        what: what.to_owned(),
    }
}

/// A name that somebody can log in with.
fn name(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.len() > MAX_NAME_OCTETS || text.contains(char::is_control) {
        return Err("expected a name of 1 to 320 octets without control characters");
    }
    Ok(text.to_owned())
}

fn aliases(value: &Spanned<DeValue<'_>>, at: usize) -> Result<Vec<(String, usize)>, &'static str> {
    let list = value.get_ref().as_array().ok_or("expected a list of names")?;
    let alias = |item: &Spanned<DeValue<'_>>| {
        let text = item.get_ref().as_str().ok_or("expected a list of names")?;
        Ok((name(text)?, item.span().start.max(at)))
    };
    list.iter().map(alias).collect()
}

/// Each a string or a list of strings; names in lower case.
fn attributes(value: &DeValue<'_>) -> Result<Attributes, &'static str> {
    let wrong = "expected a table of strings and lists of strings";
    let table = value.as_table().ok_or(wrong)?;
    let mut attributes = BTreeMap::new();
    for (key, value) in table {
        let value = value.get_ref();
        let values = match (value.as_str(), value.as_array()) {
            (Some(text), _) => vec![text.to_owned()],
            (None, Some(list)) => {
                let texts = list.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
                texts.collect::<Option<Vec<String>>>().ok_or(wrong)?
            }
            (None, None) => return Err(wrong),
        };
        attributes.insert(key.get_ref().to_lowercase(), values);
    }
    Ok(attributes)
}
