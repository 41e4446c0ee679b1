//! STORE.

use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::types::{Atom, Flag, NonEmpty, Parameter, SequenceSet, Text};
use crate::write::{Write, Writer};

/// Which messages, and what becomes of their flags.
///
/// ```abnf
/// store           = "STORE" SP sequence-set [store-modifiers] SP store-att-flags     ; RFC 9051 section 9, RFC 4466
/// store-modifiers = SP "(" store-modifier *(SP store-modifier) ")"
/// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The messages.
    pub set: SequenceSet,
    /// Under which conditions.
    pub modifiers: Vec<StoreModifier>,
    /// What is done with the flags.
    pub change: Change,
    /// Whether the server need not tell the flags afterwards: `.SILENT`.
    pub silent: bool,
    /// The flags.
    pub stored: Stored,
}

/// What STORE does with flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// `FLAGS`: these, and no others.
    Replace,
    /// `+FLAGS`: these too.
    Add,
    /// `-FLAGS`: these no longer.
    Remove,
}

/// What STORE changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stored {
    /// `FLAGS`. [`Flag::Any`] and [`Flag::Recent`] are none that can be stored.
    Flags(Vec<Flag>),
    /// `X-GM-LABELS`: Gmail's labels, in modified UTF-7; those of the system begin with a backslash.
    GmailLabels(Vec<Text>),
}

/// A condition of STORE.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreModifier {
    /// `UNCHANGEDSINCE`: only messages whose mod-sequence is not greater (RFC 7162 section 3.1.3).
    UnchangedSince(u64),
    /// Any other.
    Other(Parameter),
}

impl Cursor<'_> {
    /// The arguments of STORE with the space before them.
    pub(super) fn store_command(&mut self) -> Parsing<Store> {
        const EXPECTED: &str = "FLAGS, +FLAGS or -FLAGS";
        self.space()?;
        let set = self.sequence_set()?;
        self.space()?;
        let mut modifiers = Vec::new();
        if self.eat(b'(') {
            modifiers = self.rest_of_list(Self::store_modifier)?.into_vec();
            self.space()?;
        }
        let mark = self.mark();
        let change = match self.peek() {
            Some(b'+') => Change::Add,
            Some(b'-') => Change::Remove,
            _ => Change::Replace,
        };
        self.advance(usize::from(change != Change::Replace));
        let name = Upper::of(self.word(EXPECTED)?);
        let (silent, labels) = match name.as_slice() {
            b"FLAGS" => (false, false),
            b"FLAGS.SILENT" => (true, false),
            b"X-GM-LABELS" => (false, true),
            b"X-GM-LABELS.SILENT" => (true, true),
            _ => return self.expected_at(mark, EXPECTED),
        };
        self.space()?;
        let stored = match labels {
            false => Stored::Flags(self.in_parentheses_or_not(Self::settable_flag)?),
            true => Stored::GmailLabels(self.in_parentheses_or_not(Self::gmail_label)?),
        };
        Ok(Store {
            set,
            modifiers,
            change,
            silent,
            stored,
        })
    }

    fn in_parentheses_or_not<T>(&mut self, one: impl FnMut(&mut Self) -> Parsing<T>) -> Parsing<Vec<T>> {
        match self.peek() {
            Some(b'(') => self.list_or_none("a list", one),
            _ => self.spaced(one).map(NonEmpty::into_vec),
        }
    }

    fn store_modifier(&mut self) -> Parsing<StoreModifier> {
        const EXPECTED: &str = "a modifier of STORE";
        let name = self.word(EXPECTED)?;
        match Upper::of(name).as_slice() {
            b"UNCHANGEDSINCE" => {
                self.space()?;
                self.number64().map(StoreModifier::UnchangedSince)
            }
            _ => self.parameter(name, EXPECTED).map(StoreModifier::Other),
        }
    }

    /// An astring, or `\` and a word.
    pub(super) fn gmail_label(&mut self) -> Parsing<Text> {
        const EXPECTED: &str = "a label";
        if self.peek() != Some(b'\\') {
            return self.astring(EXPECTED);
        }
        let mark = self.mark();
        self.advance(1);
        self.word(EXPECTED)?;
        Ok(Text::from_valid(self.bytes(self.since(mark))))
    }
}

/// As it is if it is a label of the system, else as an astring.
pub(super) fn write_gmail_label(label: &Text, out: &mut Writer<'_>) {
    match label.strip_prefix(b"\\") {
        Some(name) if Atom::new(name.to_vec()).is_ok() => out.put(label),
        _ => out.astring(label),
    }
}

impl Write for Store {
    fn write(&self, out: &mut Writer<'_>) {
        self.set.write(out);
        out.put(b" ");
        if !self.modifiers.is_empty() {
            out.list(&self.modifiers);
            out.put(b" ");
        }
        out.put(match self.change {
            Change::Replace => b"",
            Change::Add => b"+",
            Change::Remove => b"-",
        });
        let silent: &[u8] = if self.silent { b".SILENT " } else { b" " };
        match &self.stored {
            Stored::Flags(flags) => {
                out.put(b"FLAGS");
                out.put(silent);
                out.list(flags);
            }
            Stored::GmailLabels(labels) => {
                out.put(b"X-GM-LABELS");
                out.put(silent);
                out.put(b"(");
                for (index, label) in labels.iter().enumerate() {
                    out.put(if index == 0 { b"" } else { b" " });
                    write_gmail_label(label, out);
                }
                out.put(b")");
            }
        }
    }
}

impl Write for StoreModifier {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::UnchangedSince(mod_sequence) => {
                out.put(b"UNCHANGEDSINCE ");
                out.number(*mod_sequence);
            }
            Self::Other(parameter) => parameter.write(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{becomes, body, refused, same};
    use crate::command::{Body, By};

    /// RFC 9051 section 6.4.6, RFC 7162 section 3.1.3, and what Gmail documents.
    #[test]
    fn stores_of_the_rfcs() {
        same(&[
            "STORE 2:4 +FLAGS (\\Deleted)",
            "STORE 1 FLAGS ()",
            "UID STORE 6,4,8 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\\Deleted)",
            "STORE 7 (UNCHANGEDSINCE 0 X-A (b)) -FLAGS (\\Deleted $MDNSent \\X)",
            "STORE 1 +X-GM-LABELS (foo \\Inbox \"a b\")",
            "UID STORE 1 X-GM-LABELS.SILENT ()",
        ]);
        becomes("STORE 1 +FLAGS \\Deleted", "STORE 1 +FLAGS (\\Deleted)");
        becomes("store 1 -flags.silent a b", "STORE 1 -FLAGS.SILENT (a b)");
        becomes(
            "STORE 1 X-GM-LABELS (\"\\\\Sent\" \"x y\")",
            "STORE 1 X-GM-LABELS (\\Sent \"x y\")",
        );
        let store = Store {
            set: SequenceSet::new("1").unwrap(),
            modifiers: vec![],
            change: Change::Remove,
            silent: false,
            stored: Stored::Flags(vec![Flag::Seen]),
        };
        assert_eq!(body("STORE 1 -FLAGS \\seen"), Body::Store(By::Sequence, store));
    }

    #[test]
    fn what_is_no_change() {
        refused(&[
            ("STORE 1", 7, "a space"),
            ("STORE 1 SEEN", 8, "FLAGS, +FLAGS or -FLAGS"),
            ("STORE 1 +-FLAGS x", 8, "FLAGS, +FLAGS or -FLAGS"),
            ("STORE 1 FLAGS", 13, "a space"),
            ("STORE 1 FLAGS ", 14, "a flag"),
            ("STORE 1 FLAGS (\\Recent)", 15, "a flag that can be set"),
            ("STORE 1 FLAGS \\*", 14, "a flag that can be set"),
            ("STORE 1 (UNCHANGEDSINCE) FLAGS ()", 23, "a space"),
            ("STORE 1 () FLAGS ()", 9, "a modifier of STORE"),
            ("STORE 1 FLAGS (a) b", 17, "the end of the line"),
        ]);
    }
}
