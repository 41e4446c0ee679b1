//! What real clients and servers send and the grammar does not know.

use std::fmt;

/// One thing that can be forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Allowance {
    /// More than one space where there must be one, or one where there must be none, or none where there must be one.
    /// QQ has one before a closing parenthesis (jakartaee/mail-api #209), Dovecot once had some between bodies.
    Spaces,
    /// Spaces at the end of a line.
    TrailingSpaces,
    /// A status without the space and the text that must follow it, and `+` alone.
    MissingText,
    /// Octets in a quoted string or in a text that are not UTF-8.
    EightBit,
    /// CR, LF or NUL in a quoted string or in a text. In a text, and in what is not known, they become
    /// another control, DEL.
    Controls,
    /// `NIL` where there must be a string, a number or a list, which is then empty, and the other way round; `()` or `""`
    /// for `NIL`; a string where there must be a list, and the other way round; parentheses where there must be none. So
    /// do mail.ru, maddy, iCloud and Exchange (swift-nio-imap #821, modern-email/defects #50, foxcpp/maddy #756, MailKit
    /// #919).
    Nil,
    /// A backslash in a quoted string before an octet that needs none.
    Escape,
    /// `%`, `*` or `\` in a string that is not quoted: Python's imaplib sends `CORP\alice` like that. In LIST any name
    /// without quotes: Lotus Domino sends spaces in it (Indy#329), Exchange tabs (MailKit#945).
    Unquoted,
    /// A number where there must be none, such as a UID of 0, one with zeros before it, or one that is too large, which
    /// is then the largest.
    /// SmarterMail tells negative sizes, mail.ru such as `1.8e+06` (MailKit #385, #1838).
    Number,
    /// A list that lacks elements at its end: QQ leaves out the last fields of an envelope, mail.ru all that is told of a
    /// message within a message (MailKit #669, go-imap #557).
    Short,
    /// A multipart of which no parts are told, or NIL or `()` for them: Gmail tells it like that if the boundary never
    /// comes (MailKit #205, #944, #1393, #1841).
    NoParts,
    /// A keyword, a flag or a capability with octets that it must not have, such as `]` or 8 bits. It is left out.
    Atom,
    /// A date that is none, such as one without its zone.
    Date,
    /// A response of a known kind that breaks its grammar. It is read as an unknown one; if it is but an item of a FETCH,
    /// that item alone is (see [`crate::response::fetch::UnreadableItem`]).
    Unreadable,
}

impl Allowance {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Spaces,
        Self::TrailingSpaces,
        Self::MissingText,
        Self::EightBit,
        Self::Controls,
        Self::Nil,
        Self::Escape,
        Self::Unquoted,
        Self::Number,
        Self::Short,
        Self::NoParts,
        Self::Atom,
        Self::Date,
        Self::Unreadable,
    ];

    const fn bit(self) -> u32 {
        1 << (self as u8)
    }
}

/// A set of allowances.
///
/// ```
/// use gatepost_imap::parse::{Allowance, Leniency};
///
/// let leniency = Leniency::STRICT.with(Allowance::Spaces);
/// assert!(leniency.allows(Allowance::Spaces) && !leniency.allows(Allowance::EightBit));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Leniency(u32);

impl Leniency {
    /// Nothing: what is read follows the grammar of the RFCs.
    pub const STRICT: Self = Self(0);
    /// What real clients send: mutt a space behind `AUTHENTICATE CRAM-MD5`, Python's imaplib `CORP\alice` without quotes,
    /// and many of them passwords in quotes as they were typed, in Latin-1.
    pub const CLIENTS: Self = Self::STRICT
        .with(Allowance::TrailingSpaces)
        .with(Allowance::Unquoted)
        .with(Allowance::EightBit);
    /// Everything that is known of real servers.
    pub const SERVERS: Self = {
        let mut all = Self::STRICT;
        let mut rest: &[Allowance] = &Allowance::ALL;
        while let [first, others @ ..] = rest {
            all = all.with(*first);
            rest = others;
        }
        all
    };

    /// The set with `allowance`.
    #[must_use]
    pub const fn with(self, allowance: Allowance) -> Self {
        Self(self.0 | allowance.bit())
    }

    /// The set without `allowance`.
    #[must_use]
    pub const fn without(self, allowance: Allowance) -> Self {
        Self(self.0 & !allowance.bit())
    }

    /// Whether `allowance` is in the set.
    pub const fn allows(self, allowance: Allowance) -> bool {
        self.0 & allowance.bit() != 0
    }
}

impl fmt::Debug for Leniency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = Allowance::ALL.into_iter().filter(|&one| self.allows(one));
        f.debug_set().entries(allowed).finish()
    }
}

/// What was forgiven, in the order of the message; each allowance once, where it was needed first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgiven(Vec<(Allowance, usize)>);

impl Forgiven {
    /// Nothing.
    pub(crate) const NONE: Self = Self(Vec::new());

    /// Whether nothing had to be forgiven: the message follows the grammar.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `allowance` was needed.
    pub fn contains(&self, allowance: Allowance) -> bool {
        self.0.iter().any(|&(known, _)| known == allowance)
    }

    /// The allowances that were needed, and the octet from the start of the message where each was needed first.
    pub fn iter(&self) -> impl Iterator<Item = (Allowance, usize)> {
        self.0.iter().copied()
    }

    pub(crate) fn note(&mut self, allowance: Allowance, offset: usize) {
        if !self.contains(allowance) {
            self.0.push((allowance, offset));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        for allowance in Allowance::ALL {
            assert!(!Leniency::STRICT.allows(allowance));
            assert!(Leniency::SERVERS.allows(allowance));
            assert!(!Leniency::SERVERS.without(allowance).allows(allowance));
        }
        let one = Leniency::STRICT.with(Allowance::Nil);
        assert_eq!(format!("{one:?}"), "{Nil}");
    }

    #[test]
    fn each_is_noted_once() {
        let mut forgiven = Forgiven::default();
        forgiven.note(Allowance::Nil, 5);
        forgiven.note(Allowance::Nil, 9);
        forgiven.note(Allowance::Spaces, 7);
        let noted: Vec<_> = forgiven.iter().collect();
        assert_eq!(noted, [(Allowance::Nil, 5), (Allowance::Spaces, 7)]);
    }
}
