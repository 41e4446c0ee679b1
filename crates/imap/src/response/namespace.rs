//! NAMESPACE (RFC 2342).

use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::{Delimiter, NonEmpty, Text};
use crate::write::{Write, Writer};

/// Whose mailboxes are where.
///
/// ```abnf
/// namespace-response = "NAMESPACE" SP namespace SP namespace SP namespace        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespaces {
    /// The user's own.
    pub personal: Vec<Namespace>,
    /// Those of other users.
    pub other_users: Vec<Namespace>,
    /// Those that are nobody's.
    pub shared: Vec<Namespace>,
}

/// Where mailboxes are.
///
/// ```abnf
/// namespace       = nil / "(" 1*namespace-descr ")"                              ; RFC 9051 section 9
/// namespace-descr = "(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil) [namespace-response-extensions] ")"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// What the names of all of them begin with, as it stands on the wire.
    pub prefix: Text,
    /// What separates the levels of names.
    pub delimiter: Option<Delimiter>,
    /// What else the server tells: names, and their values.
    pub extensions: Vec<(Text, NonEmpty<Text>)>,
}

impl Cursor<'_> {
    /// `SP namespace SP namespace SP namespace`
    pub(super) fn namespaces(&mut self) -> Parsing<Namespaces> {
        self.space()?;
        let personal = self.namespace_list()?;
        self.space()?;
        let other_users = self.namespace_list()?;
        self.space()?;
        let shared = self.namespace_list()?;
        Ok(Namespaces {
            personal,
            other_users,
            shared,
        })
    }

    /// `namespace`. Servers put spaces between several (ruby/net-imap#112 took them for the grammar).
    fn namespace_list(&mut self) -> Parsing<Vec<Namespace>> {
        let mut list = Vec::new();
        if self.nil() {
            return Ok(list);
        }
        self.octet(b'(', "NIL or an opening parenthesis")?;
        if self.peek() == Some(b')') && !self.forgives(Allowance::Nil) {
            return self.expected("an opening parenthesis");
        }
        while !self.eat(b')') {
            if self.peek() == Some(b' ') && self.forgives(Allowance::Spaces) {
                self.space()?;
                continue;
            }
            self.element()?;
            list.push(self.namespace()?);
        }
        Ok(list)
    }

    /// `namespace-descr`
    fn namespace(&mut self) -> Parsing<Namespace> {
        self.octet(b'(', "an opening parenthesis")?;
        let prefix = self.string("a prefix")?;
        self.space()?;
        let delimiter = self.delimiter()?;
        let mut extensions = Vec::new();
        while !self.eat(b')') {
            self.element()?;
            extensions.push(self.namespace_extension()?);
        }
        Ok(Namespace {
            prefix,
            delimiter,
            extensions,
        })
    }

    /// `namespace-response-extension = SP string SP "(" string *(SP string) ")"`
    fn namespace_extension(&mut self) -> Parsing<(Text, NonEmpty<Text>)> {
        self.space()?;
        let name = self.string("the name of an extension")?;
        self.space()?;
        let values = self.list("values in parentheses", |cursor| cursor.string("a value"))?;
        Ok((name, values))
    }
}

impl Write for Namespaces {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"NAMESPACE");
        for list in [&self.personal, &self.other_users, &self.shared] {
            out.put(b" ");
            if list.is_empty() {
                out.put(b"NIL");
                continue;
            }
            out.put(b"(");
            list.iter().for_each(|namespace| namespace.write(out));
            out.put(b")");
        }
    }
}

impl Write for Namespace {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"(");
        out.string(&self.prefix);
        out.put(b" ");
        self.delimiter.write(out);
        for (name, values) in &self.extensions {
            out.put(b" ");
            out.string(name);
            for (index, value) in values.iter().enumerate() {
                out.put(if index == 0 { b" (" } else { b" " });
                out.string(value);
            }
            out.put(b")");
        }
        out.put(b")");
    }
}
