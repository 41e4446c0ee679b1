//! Reads a TOML document key by key, so that every error names its line, its key and what is allowed.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::FileError;

pub(super) type Read<T> = Result<T, FileError>;

/// One table of the document.
pub(super) struct Table<'a> {
    text: &'a str,
    path: String,
    table: &'a DeTable<'a>,
    offset: usize,
}

/// Where a value stands.
#[derive(Clone)]
pub(super) struct Place<'a> {
    text: &'a str,
    key: String,
    pub(super) offset: usize,
}

/// A string with its place.
pub(super) struct Text<'a> {
    pub(super) place: Place<'a>,
    pub(super) value: &'a str,
}

/// Parses a document. The error has the parser's words but not the line itself, which may hold a secret.
pub(super) fn parse(text: &str) -> Read<Spanned<DeTable<'_>>> {
    DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        FileError::at(text, offset, "", error.message())
    })
}

impl Place<'_> {
    /// An error at this place.
    pub(super) fn error(&self, what: impl Into<String>) -> FileError {
        FileError::at(self.text, self.offset, &self.key, what)
    }
}

impl<'a> Table<'a> {
    /// The root of a document.
    pub(super) fn root(text: &'a str, document: &'a Spanned<DeTable<'a>>) -> Self {
        Self {
            text,
            path: String::new(),
            table: document.get_ref(),
            offset: 0,
        }
    }

    /// An error at the table itself.
    pub(super) fn error(&self, what: impl Into<String>) -> FileError {
        FileError::at(self.text, self.offset, &self.path, what)
    }

    /// Refuses every key that is not among `allowed`.
    pub(super) fn only(&self, allowed: &[&str]) -> Read<()> {
        match self
            .table
            .keys()
            .find(|key| !allowed.contains(&key.get_ref().as_ref()))
        {
            None => Ok(()),
            Some(key) => {
                let what = format!("unknown key; allowed here: {}", allowed.join(", "));
                Err(self.place(key.span().start, key.get_ref()).error(what))
            }
        }
    }

    fn place(&self, offset: usize, key: &str) -> Place<'a> {
        let key = key.escape_debug();
        let key = if self.path.is_empty() {
            key.to_string()
        } else {
            format!("{}.{key}", self.path)
        };
        Place {
            text: self.text,
            key,
            offset,
        }
    }

    /// The value of a key, if `take` takes it.
    fn read<T>(
        &self,
        name: &str,
        expected: &str,
        take: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Read<Option<(Place<'a>, T)>> {
        let Some((key, value)) = self.table.iter().find(|(key, _)| key.get_ref() == name) else {
            return Ok(None);
        };
        let place = self.place(key.span().start, name);
        match take(value.get_ref()) {
            Some(value) => Ok(Some((place, value))),
            None => Err(place.error(format!("expected {expected}"))),
        }
    }

    /// A string.
    pub(super) fn text(&self, name: &str) -> Read<Option<Text<'a>>> {
        let read = self.read(name, "a string", DeValue::as_str)?;
        Ok(read.map(|(place, value)| Text { place, value }))
    }

    /// A string that has to be there.
    pub(super) fn required_text(&self, name: &str) -> Read<Text<'a>> {
        self.text(name)?
            .ok_or_else(|| self.error(format!("the key `{name}` is missing")))
    }

    /// A list of strings; empty if the key is absent.
    pub(super) fn texts(&self, name: &str) -> Read<Vec<Text<'a>>> {
        let expected = "a list of strings";
        match self.read(name, expected, DeValue::as_array)? {
            None => Ok(Vec::new()),
            Some((place, items)) => items.iter().map(|item| text_of(&place, item, expected)).collect(),
        }
    }

    /// `true` or `false`; false if the key is absent.
    pub(super) fn switch(&self, name: &str) -> Read<bool> {
        Ok(self
            .read(name, "true or false", DeValue::as_bool)?
            .is_some_and(|(_, on)| on))
    }

    /// The tables of `[[name]]`; none if the key is absent.
    pub(super) fn tables(&self, name: &str) -> Read<Vec<Self>> {
        let expected = format!("[[{name}]] tables");
        let Some((place, items)) = self.read(name, &expected, DeValue::as_array)? else {
            return Ok(Vec::new());
        };
        let tables = items.iter().enumerate().map(|(index, item)| {
            let table = item.get_ref().as_table();
            let table = table.ok_or_else(|| place.error(format!("expected {expected}")))?;
            let path = format!("{}[{index}]", place.key);
            Ok(Table {
                text: self.text,
                path,
                table,
                offset: item.span().start,
            })
        });
        tables.collect()
    }

    /// A table whose values are strings or lists of strings; empty if the key is absent.
    pub(super) fn lists(&self, name: &str) -> Read<Vec<(&'a str, Place<'a>, Vec<Text<'a>>)>> {
        let Some((place, table)) = self.read(name, "a table", DeValue::as_table)? else {
            return Ok(Vec::new());
        };
        let table = Table {
            text: self.text,
            path: place.key,
            table,
            offset: place.offset,
        };
        let lists = table.table.iter().map(|(key, value)| {
            let name: &'a str = key.get_ref();
            let place = table.place(key.span().start, name);
            let texts = text_or_texts(&place, value)?;
            Ok((name, place, texts))
        });
        lists.collect()
    }
}

fn text_or_texts<'a>(place: &Place<'a>, value: &'a Spanned<DeValue<'a>>) -> Read<Vec<Text<'a>>> {
    let expected = "a string or a list of strings";
    match value.get_ref().as_array() {
        Some(items) => items.iter().map(|item| text_of(place, item, expected)).collect(),
        None => Ok(vec![text_of(place, value, expected)?]),
    }
}

/// A string at its own line under the key of `place`.
fn text_of<'a>(place: &Place<'a>, item: &'a Spanned<DeValue<'a>>, expected: &str) -> Read<Text<'a>> {
    let place = Place {
        offset: item.span().start,
        ..place.clone()
    };
    match item.get_ref().as_str() {
        Some(value) => Ok(Text { place, value }),
        None => Err(place.error(format!("expected {expected}"))),
    }
}
