//! What STATUS tells of a mailbox.

use std::fmt;
use std::num::NonZeroU32;

use super::{Atom, ObjectId, Value};
use crate::parse::octets::DIGIT;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::write::{Write, Writer};

/// Something that a client may ask of a mailbox with STATUS, or with LIST .. RETURN (STATUS ..).
///
/// ```abnf
/// status-att = "MESSAGES" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" / "DELETED" / "SIZE"      ; RFC 9051 section 9
/// status-att =/ "RECENT"                                                               ; RFC 3501 section 9
/// status-att =/ "HIGHESTMODSEQ" / "APPENDLIMIT" / "MAILBOXID" / "DELETED-STORAGE"
///                                                      ; RFC 7162, RFC 7889, RFC 8474, RFC 9208
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusItem {
    /// How many messages there are.
    Messages,
    /// How many of them have `\Recent` (RFC 3501).
    Recent,
    /// The UID that the next message will have at least.
    UidNext,
    /// What makes UIDs of another life of the mailbox invalid.
    UidValidity,
    /// How many messages do not have `\Seen`.
    Unseen,
    /// How many messages have `\Deleted`.
    Deleted,
    /// How many octets all messages have together.
    Size,
    /// The highest mod-sequence (RFC 7162).
    HighestModSeq,
    /// The largest message that can be appended (RFC 7889).
    AppendLimit,
    /// The identifier of the mailbox (RFC 8474).
    MailboxId,
    /// How much of the quota an EXPUNGE would free (RFC 9208).
    DeletedStorage,
    /// Any other.
    Other(OtherStatusItem),
}

/// The name of a [`StatusItem::Other`]: none of those that are items of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherStatusItem(Atom);

impl OtherStatusItem {
    /// The name.
    pub const fn name(&self) -> &Atom {
        &self.0
    }
}

const ITEMS: [(&str, StatusItem); 11] = [
    ("MESSAGES", StatusItem::Messages),
    ("UNSEEN", StatusItem::Unseen),
    ("UIDNEXT", StatusItem::UidNext),
    ("UIDVALIDITY", StatusItem::UidValidity),
    ("RECENT", StatusItem::Recent),
    ("HIGHESTMODSEQ", StatusItem::HighestModSeq),
    ("SIZE", StatusItem::Size),
    ("DELETED", StatusItem::Deleted),
    ("MAILBOXID", StatusItem::MailboxId),
    ("APPENDLIMIT", StatusItem::AppendLimit),
    ("DELETED-STORAGE", StatusItem::DeletedStorage),
];

impl StatusItem {
    /// The item that is called `name`, in upper or lower case.
    pub fn new(name: Atom) -> Self {
        Self::known(name.as_bytes()).unwrap_or(Self::Other(OtherStatusItem(name)))
    }

    fn known(name: &[u8]) -> Option<Self> {
        let found = ITEMS
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        found.map(|(_, item)| item.clone())
    }

    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Recent => "RECENT",
            Self::UidNext => "UIDNEXT",
            Self::UidValidity => "UIDVALIDITY",
            Self::Unseen => "UNSEEN",
            Self::Deleted => "DELETED",
            Self::Size => "SIZE",
            Self::HighestModSeq => "HIGHESTMODSEQ",
            Self::AppendLimit => "APPENDLIMIT",
            Self::MailboxId => "MAILBOXID",
            Self::DeletedStorage => "DELETED-STORAGE",
            Self::Other(other) => other.0.as_str(),
        }
    }
}

impl fmt::Display for StatusItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Cursor<'_> {
    /// `status-att`
    pub(crate) fn status_item(&mut self) -> Parsing<StatusItem> {
        let name = self.word("a status item")?;
        Ok(match StatusItem::known(name) {
            Some(item) => item,
            None => StatusItem::Other(OtherStatusItem(Atom::from_valid(self.bytes(name)))),
        })
    }
}

impl Write for StatusItem {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.name().as_bytes());
    }
}

/// What a server says of a [`StatusItem`].
///
/// ```abnf
/// status-att-val =  ("MESSAGES" SP number) / ("UIDNEXT" SP nz-number) / ("UIDVALIDITY" SP nz-number) /
///                   ("UNSEEN" SP number) / ("DELETED" SP number) / ("SIZE" SP number64)     ; RFC 9051 section 9
/// status-att-val =/ ("RECENT" SP number)                                              ; RFC 3501 section 9
/// status-att-val =/ "HIGHESTMODSEQ" SP mod-sequence-valzer                            ; RFC 7162 section 7
/// status-att-val =/ "APPENDLIMIT" SP (number / nil)                                   ; RFC 7889 section 5
/// status-att-val =/ "MAILBOXID" SP "(" objectid ")"                                   ; RFC 8474 section 7
/// status-att-val =/ "DELETED-STORAGE" SP number64                                     ; RFC 9208 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusValue {
    /// How many messages there are.
    Messages(u32),
    /// How many of them have `\Recent`.
    Recent(u32),
    /// The UID that the next message will have at least.
    UidNext(NonZeroU32),
    /// What makes UIDs of another life of the mailbox invalid.
    UidValidity(NonZeroU32),
    /// How many messages do not have `\Seen`.
    Unseen(u32),
    /// How many messages have `\Deleted`.
    Deleted(u32),
    /// How many octets all messages have together.
    Size(u64),
    /// The highest mod-sequence; 0 if the mailbox has none.
    HighestModSeq(u64),
    /// The largest message that can be appended; `None` if there is no limit.
    AppendLimit(Option<u32>),
    /// The identifier of the mailbox.
    MailboxId(ObjectId),
    /// How much of the quota an EXPUNGE would free, in octets.
    DeletedStorage(u64),
    /// Any other.
    Other(OtherStatusItem, Value),
}

impl StatusValue {
    /// The item that this is the value of.
    pub fn item(&self) -> StatusItem {
        match self {
            Self::Messages(_) => StatusItem::Messages,
            Self::Recent(_) => StatusItem::Recent,
            Self::UidNext(_) => StatusItem::UidNext,
            Self::UidValidity(_) => StatusItem::UidValidity,
            Self::Unseen(_) => StatusItem::Unseen,
            Self::Deleted(_) => StatusItem::Deleted,
            Self::Size(_) => StatusItem::Size,
            Self::HighestModSeq(_) => StatusItem::HighestModSeq,
            Self::AppendLimit(_) => StatusItem::AppendLimit,
            Self::MailboxId(_) => StatusItem::MailboxId,
            Self::DeletedStorage(_) => StatusItem::DeletedStorage,
            Self::Other(item, _) => StatusItem::Other(item.clone()),
        }
    }
}

impl Cursor<'_> {
    /// `status-att-val`; `None` if the number in it has to be forgiven and is left out.
    pub(crate) fn status_value(&mut self) -> Parsing<Option<StatusValue>> {
        let item = self.status_item()?;
        self.space()?;
        Ok(Some(match item {
            StatusItem::Messages => StatusValue::Messages(self.number()?),
            StatusItem::Recent => StatusValue::Recent(self.number()?),
            StatusItem::Unseen => StatusValue::Unseen(self.number()?),
            StatusItem::Deleted => StatusValue::Deleted(self.number()?),
            StatusItem::Size => StatusValue::Size(self.number64()?),
            StatusItem::HighestModSeq => StatusValue::HighestModSeq(self.number64()?),
            StatusItem::DeletedStorage => StatusValue::DeletedStorage(self.number64()?),
            StatusItem::UidNext => return self.number_above_0(StatusValue::UidNext),
            StatusItem::UidValidity => return self.number_above_0(StatusValue::UidValidity),
            StatusItem::AppendLimit if self.nil() => StatusValue::AppendLimit(None),
            StatusItem::AppendLimit => StatusValue::AppendLimit(Some(self.number()?)),
            StatusItem::MailboxId => StatusValue::MailboxId(self.object_id_in_parentheses()?),
            StatusItem::Other(item) => StatusValue::Other(item, self.value()?),
        }))
    }

    /// Servers send a UIDVALIDITY or UIDNEXT of 0 (SmarterMail: MailKit#150, MailKit#1010) or one that is too large
    /// (GreenMail#247, neomutt#3830). Neither says anything; the largest number would say something wrong.
    fn number_above_0(&mut self, value: fn(NonZeroU32) -> StatusValue) -> Parsing<Option<StatusValue>> {
        match self.valid_number()? {
            Some(number) => Ok(Some(value(number))),
            None if self.forgives(Allowance::Number) => {
                self.span(DIGIT);
                Ok(None)
            }
            None => self.expected("a number from 1 to 4294967295"),
        }
    }

    /// `nz-number`; `None` before one that is out of its range, whatever is allowed.
    pub(crate) fn valid_number(&mut self) -> Parsing<Option<NonZeroU32>> {
        let mark = self.mark();
        let number = u32::try_from(self.number64()?).ok().and_then(NonZeroU32::new);
        if number.is_none() {
            self.reset(mark);
        }
        Ok(number)
    }
}

impl Write for StatusValue {
    fn write(&self, out: &mut Writer<'_>) {
        self.item().write(out);
        out.put(b" ");
        match self {
            Self::Messages(number) | Self::Recent(number) | Self::Unseen(number) | Self::Deleted(number) => {
                out.number(*number);
            }
            Self::UidNext(number) | Self::UidValidity(number) => out.number(number.get()),
            Self::Size(number) | Self::HighestModSeq(number) | Self::DeletedStorage(number) => {
                out.number(*number);
            }
            Self::AppendLimit(None) => out.put(b"NIL"),
            Self::AppendLimit(Some(limit)) => out.number(*limit),
            Self::MailboxId(id) => {
                out.put(b"(");
                id.write(out);
                out.put(b")");
            }
            Self::Other(_, value) => value.write(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_known_in_any_case() {
        for (name, item) in ITEMS {
            let lower = Atom::new(name.to_lowercase()).unwrap();
            assert_eq!(StatusItem::new(lower), item);
            assert_eq!(item.to_string(), name);
        }
        let other = StatusItem::new(Atom::new("X-GUID").unwrap());
        assert!(matches!(&other, StatusItem::Other(other) if other.name().is("x-guid")));
    }
}
