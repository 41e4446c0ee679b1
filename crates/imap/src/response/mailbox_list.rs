//! LIST, LSUB and XLIST.

use std::fmt;

use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::{Atom, Delimiter, Invalid, Mailbox, NonEmpty, Text, Value};
use crate::write::{Write, Writer};

/// One mailbox.
///
/// ```abnf
/// mailbox-data =/ "LIST" SP mailbox-list / "LSUB" SP mailbox-list                  ; RFC 3501 section 9
/// mailbox-list =  "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// What was asked.
    pub kind: ListKind,
    /// What the mailbox is.
    pub attributes: Vec<Attribute>,
    /// What separates the levels of names.
    pub delimiter: Option<Delimiter>,
    /// The mailbox.
    pub mailbox: Mailbox,
    /// What extensions tell (RFC 5258).
    pub extended: Vec<ListItem>,
}

impl List {
    /// Whether `attribute` is one of the mailbox's.
    pub fn has(&self, attribute: &Attribute) -> bool {
        self.attributes.contains(attribute)
    }
}

/// Which response it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// LIST.
    List,
    /// LSUB: the mailbox is subscribed to.
    Lsub,
    /// XLIST, in which Gmail told special uses before RFC 6154.
    Xlist,
}

impl ListKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::List => "LIST",
            Self::Lsub => "LSUB",
            Self::Xlist => "XLIST",
        }
    }
}

/// What a mailbox is.
///
/// ```abnf
/// mbx-list-oflag = "\Noinferiors" / child-mbox-flag / "\Subscribed" / "\Remote" / flag-extension
/// mbx-list-sflag = "\NonExistent" / "\Noselect" / "\Marked" / "\Unmarked"                    ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribute {
    /// `\Noinferiors`: there can be none below it.
    Noinferiors,
    /// `\Noselect`: it cannot be selected.
    Noselect,
    /// `\NonExistent`: there is no such mailbox (RFC 5258).
    NonExistent,
    /// `\Marked`: there may be new messages in it.
    Marked,
    /// `\Unmarked`: there are no new messages in it.
    Unmarked,
    /// `\HasChildren`: there are some below it (RFC 3348).
    HasChildren,
    /// `\HasNoChildren`: there are none below it (RFC 3348).
    HasNoChildren,
    /// `\Subscribed` (RFC 5258).
    Subscribed,
    /// `\Remote`: another server has it (RFC 5258).
    Remote,
    /// `\All`: all messages (RFC 6154).
    All,
    /// `\Archive` (RFC 6154).
    Archive,
    /// `\Drafts` (RFC 6154).
    Drafts,
    /// `\Flagged`: all flagged messages (RFC 6154).
    Flagged,
    /// `\Junk` (RFC 6154).
    Junk,
    /// `\Sent` (RFC 6154).
    Sent,
    /// `\Trash` (RFC 6154).
    Trash,
    /// `\Important` (RFC 8457).
    Important,
    /// Any other word behind a backslash, such as `\Inbox` of XLIST.
    Extension(OtherAttribute),
}

/// The name of an [`Attribute::Extension`]: none of those that are attributes of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherAttribute(Atom);

impl OtherAttribute {
    /// The name without its backslash.
    pub const fn name(&self) -> &Atom {
        &self.0
    }
}

static ATTRIBUTES: [(&str, Attribute); 17] = [
    ("HasNoChildren", Attribute::HasNoChildren),
    ("HasChildren", Attribute::HasChildren),
    ("Subscribed", Attribute::Subscribed),
    ("Marked", Attribute::Marked),
    ("Unmarked", Attribute::Unmarked),
    ("Noselect", Attribute::Noselect),
    ("Noinferiors", Attribute::Noinferiors),
    ("NonExistent", Attribute::NonExistent),
    ("Remote", Attribute::Remote),
    ("Sent", Attribute::Sent),
    ("Drafts", Attribute::Drafts),
    ("Trash", Attribute::Trash),
    ("Junk", Attribute::Junk),
    ("Archive", Attribute::Archive),
    ("All", Attribute::All),
    ("Flagged", Attribute::Flagged),
    ("Important", Attribute::Important),
];

impl Attribute {
    /// The attribute that is called `name`, without its backslash and in upper or lower case.
    pub fn new(name: Atom) -> Self {
        Self::known(name.as_bytes()).unwrap_or(Self::Extension(OtherAttribute(name)))
    }

    fn known(name: &[u8]) -> Option<Self> {
        let mut known = ATTRIBUTES.iter();
        let found = known.find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))?;
        Some(found.1.clone())
    }

    /// The name without its backslash.
    pub fn name(&self) -> &str {
        if let Self::Extension(other) = self {
            return other.0.as_str();
        }
        let known = ATTRIBUTES.iter().find(|(_, known)| known == self);
        known.map_or("", |(name, _)| name)
    }
}

/// The attribute as it stands on the wire.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\\{}", self.name())
    }
}

/// What an extension tells of a mailbox.
///
/// ```abnf
/// mbox-list-extended-item = mbox-list-extended-item-tag SP tagged-ext-val                   ; RFC 9051 section 9
/// childinfo-extended-item = "CHILDINFO" SP "(" list-select-base-opt-quoted *(SP list-select-base-opt-quoted) ")"
/// oldname-extended-item   = "OLDNAME" SP "(" mailbox ")"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListItem {
    /// Why a mailbox is in the list that has others below it: what those are (RFC 5258 section 3.5).
    ChildInfo(NonEmpty<Text>),
    /// The name that was asked for, or that the mailbox had before (RFC 9051 section 6.3.9.7).
    OldName(Mailbox),
    /// Any other.
    Other(OtherListItem),
}

/// What is not known of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherListItem {
    name: Text,
    value: Value,
}

impl OtherListItem {
    /// What the extension `name` tells.
    ///
    /// # Errors
    /// If it is a [`ListItem`] of its own.
    pub fn new(name: Text, value: Value) -> Result<Self, Invalid> {
        match is_known_item(&name) {
            false => Ok(Self { name, value }),
            true => Err(Invalid { what: "unknown item" }),
        }
    }

    /// Which extension tells it.
    pub const fn name(&self) -> &Text {
        &self.name
    }

    /// What it tells.
    pub const fn value(&self) -> &Value {
        &self.value
    }
}

fn is_known_item(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"CHILDINFO") || name.eq_ignore_ascii_case(b"OLDNAME")
}

impl<'a> Cursor<'a> {
    /// `SP mailbox-list`
    pub(super) fn mailbox_list(&mut self, kind: ListKind) -> Parsing<List> {
        self.space()?;
        let attributes = self.list_or_none("attributes in parentheses", Self::attribute)?;
        self.space()?;
        let delimiter = self.delimiter()?;
        self.space()?;
        let (mailbox, extended) = self.mailbox_and_items()?;
        Ok(List {
            kind,
            attributes,
            delimiter,
            mailbox,
            extended,
        })
    }

    fn attribute(&mut self) -> Parsing<Attribute> {
        self.octet(b'\\', "an attribute")?;
        let name = self.word("an attribute")?;
        Ok(match Attribute::known(name) {
            Some(attribute) => attribute,
            None => Attribute::Extension(OtherAttribute(Atom::from_valid(self.bytes(name)))),
        })
    }

    /// `mailbox [SP mbox-list-extended]`
    ///
    /// Lotus Domino and Exchange have names with spaces and tabs outside of quotes (Indy#329, MailKit#945): then the
    /// name is all that is left.
    fn mailbox_and_items(&mut self) -> Parsing<(Mailbox, Vec<ListItem>)> {
        let mark = self.mark();
        let unquoted = !self.is_at_string();
        let read = self.mailbox().and_then(|mailbox| {
            let items = self.list_items()?;
            let whole = self.rest().iter().all(|&octet| octet == b' ');
            if unquoted && !whole {
                return self.expected("the end of the line");
            }
            Ok((mailbox, items))
        });
        if read.is_ok() || !unquoted {
            return read;
        }
        self.unquoted_line(mark)
    }

    #[cold]
    fn unquoted_line(&mut self, mark: crate::parse::Mark<'a>) -> Parsing<(Mailbox, Vec<ListItem>)> {
        let name = mark.rest().trim_ascii_end();
        let odd = name.is_empty()
            || name
                .iter()
                .any(|&octet| octet == b'"' || (octet.is_ascii_control() && octet != b'\t'));
        if odd || !self.forgives_failure(mark, Allowance::Unquoted) {
            return Err(crate::parse::Failed);
        }
        let name = self.bytes(name);
        self.advance(self.rest().len());
        Ok((Mailbox::from(Text::from_valid(name)), Vec::new()))
    }

    /// `[SP mbox-list-extended]`
    fn list_items(&mut self) -> Parsing<Vec<ListItem>> {
        if !self.is_before_more() {
            return Ok(Vec::new());
        }
        self.space()?;
        self.list_or_none("extended data in parentheses", Self::list_item)
    }

    fn list_item(&mut self) -> Parsing<ListItem> {
        let name = self.astring("the name of an extension")?;
        self.space()?;
        if name.eq_ignore_ascii_case(b"CHILDINFO") {
            let option = |cursor: &mut Self| cursor.string("an option in quotes");
            return Ok(ListItem::ChildInfo(self.list("options in parentheses", option)?));
        }
        if name.eq_ignore_ascii_case(b"OLDNAME") {
            self.octet(b'(', "an opening parenthesis")?;
            let mailbox = self.mailbox()?;
            self.octet(b')', "a closing parenthesis")?;
            return Ok(ListItem::OldName(mailbox));
        }
        let value = self.value()?;
        Ok(ListItem::Other(OtherListItem { name, value }))
    }
}

impl Write for List {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.kind.name().as_bytes());
        out.put(b" ");
        out.list(&self.attributes);
        out.put(b" ");
        self.delimiter.write(out);
        out.put(b" ");
        self.mailbox.write(out);
        if !self.extended.is_empty() {
            out.put(b" ");
            out.list(&self.extended);
        }
    }
}

impl Write for Attribute {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"\\");
        out.put(self.name().as_bytes());
    }
}

impl Write for ListItem {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::ChildInfo(options) => {
                out.put(b"CHILDINFO (");
                for (index, option) in options.iter().enumerate() {
                    if index > 0 {
                        out.put(b" ");
                    }
                    out.string(option);
                }
                out.put(b")");
            }
            Self::OldName(mailbox) => {
                out.put(b"OLDNAME (");
                mailbox.write(out);
                out.put(b")");
            }
            Self::Other(other) => {
                out.astring(&other.name);
                out.put(b" ");
                other.value.write(out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_known_in_any_case() {
        for (name, attribute) in &ATTRIBUTES {
            let upper = Atom::new(name.to_uppercase()).unwrap();
            assert_eq!(Attribute::new(upper), *attribute);
            assert_eq!(attribute.to_string(), format!("\\{name}"));
        }
        let starred = Attribute::new(Atom::new("Starred").unwrap());
        assert!(matches!(&starred, Attribute::Extension(other) if other.name().is("STARRED")));
        assert_eq!(starred.to_string(), "\\Starred");
    }
}
