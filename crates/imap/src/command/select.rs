//! SELECT and EXAMINE.

use std::num::{NonZeroU32, NonZeroU64};

use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::types::{Mailbox, Parameter, SequenceSet};
use crate::write::{Write, Writer};

/// The mailbox that is opened, and how.
///
/// ```abnf
/// select        = "SELECT" SP mailbox [select-params]                  ; RFC 4466 section 3
/// select-params = SP "(" select-param *(SP select-param) ")"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// How it is opened.
    pub parameters: Vec<SelectParameter>,
}

/// How a mailbox is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectParameter {
    /// `CONDSTORE`: mod-sequences are told from here on (RFC 7162 section 3.1.8).
    CondStore,
    /// `QRESYNC (..)`: with what changed since the client was here (RFC 7162 section 3.2.5).
    QuickResync(QuickResync),
    /// Any other.
    Other(Parameter),
}

/// What a client knows of a mailbox from its last visit.
///
/// ```abnf
/// "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"  ; RFC 7162 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickResync {
    /// The mailbox's UIDVALIDITY then.
    pub uid_validity: NonZeroU32,
    /// The last mod-sequence that the client was told.
    pub mod_sequence: NonZeroU64,
    /// The UIDs that the client knows; all of them if it does not say.
    pub known_uids: Option<Known>,
    /// Some sequence numbers and the UIDs that they had.
    pub matches: Option<(Known, Known)>,
}

/// A set that holds numbers alone, not `*`.
///
/// ```abnf
/// known-uids = sequence-set        ; "*" is not allowed; RFC 7162 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Known(SequenceSet);

impl Known {
    /// `None` if the set has `*` in it, or is `$`.
    pub fn new(set: SequenceSet) -> Option<Self> {
        (!set.has_star() && !set.is_saved_result()).then_some(Self(set))
    }

    /// The set.
    pub const fn set(&self) -> &SequenceSet {
        &self.0
    }
}

impl Cursor<'_> {
    /// `mailbox [select-params]`
    pub(super) fn select_command(&mut self) -> Parsing<Select> {
        let mailbox = self.mailbox()?;
        let parameters = match self.is_before_more() {
            true => {
                self.space()?;
                let parameters = self.list("a list of parameters", Self::select_parameter)?;
                parameters.into_vec()
            }
            false => Vec::new(),
        };
        Ok(Select { mailbox, parameters })
    }

    fn select_parameter(&mut self) -> Parsing<SelectParameter> {
        const EXPECTED: &str = "a parameter of SELECT";
        let name = self.word(EXPECTED)?;
        match Upper::of(name).as_slice() {
            b"CONDSTORE" => Ok(SelectParameter::CondStore),
            b"QRESYNC" => {
                self.space()?;
                self.quick_resync_value().map(SelectParameter::QuickResync)
            }
            _ => self.parameter(name, EXPECTED).map(SelectParameter::Other),
        }
    }

    fn quick_resync_value(&mut self) -> Parsing<QuickResync> {
        self.octet(b'(', "an opening parenthesis")?;
        let uid_validity = self.nz_number()?;
        self.space()?;
        let mod_sequence = self.mod_sequence_value()?;
        let mut known_uids = None;
        if matches!(self.rest(), [b' ', b'0'..=b'9' | b'*' | b'$', ..]) {
            self.space()?;
            known_uids = Some(self.known_set()?);
        }
        let mut matches = None;
        if self.peek() == Some(b' ') {
            self.space()?;
            self.octet(b'(', "sequence numbers and UIDs in parentheses")?;
            let numbers = self.known_set()?;
            self.space()?;
            matches = Some((numbers, self.known_set()?));
            self.octet(b')', "a closing parenthesis")?;
        }
        self.octet(b')', "a closing parenthesis")?;
        Ok(QuickResync {
            uid_validity,
            mod_sequence,
            known_uids,
            matches,
        })
    }

    fn known_set(&mut self) -> Parsing<Known> {
        let mark = self.mark();
        let set = self.sequence_set()?;
        match Known::new(set) {
            Some(known) => Ok(known),
            None => self.expected_at(mark, "a set of numbers"),
        }
    }
}

impl Write for Select {
    fn write(&self, out: &mut Writer<'_>) {
        self.mailbox.write(out);
        if !self.parameters.is_empty() {
            out.put(b" ");
            out.list(&self.parameters);
        }
    }
}

impl Write for SelectParameter {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::CondStore => out.put(b"CONDSTORE"),
            Self::QuickResync(resync) => {
                out.put(b"QRESYNC ");
                resync.write(out);
            }
            Self::Other(parameter) => parameter.write(out),
        }
    }
}

impl Write for QuickResync {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"(");
        out.number(self.uid_validity.get());
        out.put(b" ");
        out.number(self.mod_sequence.get());
        if let Some(known) = &self.known_uids {
            out.put(b" ");
            known.0.write(out);
        }
        if let Some((numbers, uids)) = &self.matches {
            out.put(b" (");
            numbers.0.write(out);
            out.put(b" ");
            uids.0.write(out);
            out.put(b")");
        }
        out.put(b")");
    }
}

/// Without parameters.
impl From<Mailbox> for Select {
    fn from(mailbox: Mailbox) -> Self {
        Self {
            mailbox,
            parameters: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Body;
    use crate::command::tests::{becomes, body, refused, same};

    /// RFC 9051 section 6.3.2, RFC 7162 sections 3.1.8 and 3.2.5.
    #[test]
    fn selects_of_the_rfcs() {
        same(&[
            "SELECT INBOX",
            "EXAMINE blurdybloop",
            "SELECT INBOX (CONDSTORE)",
            "SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))",
            "SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541))",
            "SELECT INBOX (QRESYNC (67890007 90060115205545359 (5,9,15 5,9,15)))",
            "SELECT INBOX (QRESYNC (1 2 3:4 (5 6)) CONDSTORE X-NEW (a (b)) ANNOTATE)",
        ]);
        becomes("select {5}\r\nINBOX", "SELECT INBOX");
        let Body::Select(select) = body("SELECT inbox (QRESYNC (7 9 1:5 (2 4)))") else {
            panic!()
        };
        let known = |set| Known::new(SequenceSet::new(set).unwrap()).unwrap();
        let resync = QuickResync {
            uid_validity: NonZeroU32::new(7).unwrap(),
            mod_sequence: NonZeroU64::new(9).unwrap(),
            known_uids: Some(known("1:5")),
            matches: Some((known("2"), known("4"))),
        };
        assert_eq!(select.mailbox, Mailbox::INBOX);
        assert_eq!(select.parameters, [SelectParameter::QuickResync(resync)]);
    }

    #[test]
    fn what_is_no_parameter() {
        refused(&[
            ("SELECT", 6, "a space"),
            ("SELECT a b", 9, "a list of parameters"),
            ("SELECT a ()", 10, "a parameter of SELECT"),
            ("SELECT a (CONDSTORE", 19, "a space or a closing parenthesis"),
            ("SELECT a (QRESYNC)", 17, "a space"),
            ("SELECT a (QRESYNC (1))", 20, "a space"),
            ("SELECT a (QRESYNC (0 1))", 19, "a number above 0"),
            ("SELECT a (QRESYNC (1 2 3:*))", 23, "a set of numbers"),
            ("SELECT a (QRESYNC (1 2 $))", 23, "a set of numbers"),
            ("SELECT a (UNCHANGEDSINCE 5)", 24, "a parameter of SELECT"),
        ]);
    }
}
