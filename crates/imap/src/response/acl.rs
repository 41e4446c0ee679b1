//! ACL, LISTRIGHTS and MYRIGHTS (RFC 4314).

use crate::parse::{Cursor, Parsing};
use crate::types::{Mailbox, Rights, Text};
use crate::write::{Write, Writer};

/// Who may do what with a mailbox.
///
/// ```abnf
/// acl-data = "ACL" SP mailbox *(SP identifier SP rights)        ; RFC 4314 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Identifiers and their rights. Rights of one that begins with `-` are taken away.
    pub entries: Vec<(Text, Rights)>,
}

/// Which rights can be given to somebody.
///
/// ```abnf
/// listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)        ; RFC 4314 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRights {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Who it is about.
    pub identifier: Text,
    /// Those that it always has.
    pub required: Rights,
    /// Those that it can have: those of one set go together.
    pub optional: Vec<Rights>,
}

/// What the user may do with a mailbox.
///
/// ```abnf
/// myrights-data = "MYRIGHTS" SP mailbox SP rights        ; RFC 4314 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyRights {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The user's rights.
    pub rights: Rights,
}

impl Cursor<'_> {
    /// `SP mailbox *(SP identifier SP rights)`
    pub(super) fn acl(&mut self) -> Parsing<Acl> {
        self.space()?;
        let mailbox = self.mailbox()?;
        let mut entries = Vec::new();
        while self.is_before_more() {
            self.space()?;
            self.element()?;
            let identifier = self.astring("an identifier")?;
            self.space()?;
            entries.push((identifier, self.rights()?));
        }
        Ok(Acl { mailbox, entries })
    }

    /// `SP mailbox SP identifier SP rights *(SP rights)`
    pub(super) fn list_rights(&mut self) -> Parsing<ListRights> {
        self.space()?;
        let mailbox = self.mailbox()?;
        self.space()?;
        let identifier = self.astring("an identifier")?;
        self.space()?;
        let required = self.rights()?;
        let mut optional = Vec::new();
        while self.is_before_more() {
            self.space()?;
            self.element()?;
            optional.push(self.rights()?);
        }
        Ok(ListRights {
            mailbox,
            identifier,
            required,
            optional,
        })
    }

    /// `SP mailbox SP rights`
    pub(super) fn my_rights(&mut self) -> Parsing<MyRights> {
        self.space()?;
        let mailbox = self.mailbox()?;
        self.space()?;
        let rights = self.rights()?;
        Ok(MyRights { mailbox, rights })
    }
}

impl Write for Acl {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"ACL ");
        self.mailbox.write(out);
        for (identifier, rights) in &self.entries {
            out.put(b" ");
            out.astring(identifier);
            out.put(b" ");
            rights.write(out);
        }
    }
}

impl Write for ListRights {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"LISTRIGHTS ");
        self.mailbox.write(out);
        out.put(b" ");
        out.astring(&self.identifier);
        out.put(b" ");
        self.required.write(out);
        for rights in &self.optional {
            out.put(b" ");
            rights.write(out);
        }
    }
}

impl Write for MyRights {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"MYRIGHTS ");
        self.mailbox.write(out);
        out.put(b" ");
        self.rights.write(out);
    }
}
