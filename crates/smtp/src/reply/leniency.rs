//! What real servers send and the grammar does not know.

use std::fmt;

use crate::Rule;

/// One thing that can be forgiven in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Allowance {
    /// A space and no text behind it. Behind 334 that is the grammar (RFC 4954 section 4).
    EmptyText,
    /// No space between the code and the text, such as `220****`. Text that begins with a digit is never taken.
    NoSpace,
    /// A tab for the space behind the code.
    Tab,
    /// Text in UTF-8 (RFC 6531 section 3.7.4.2 knows it behind SMTPUTF8).
    Utf8,
    /// Text with octets above ASCII that are not UTF-8.
    EightBit,
    /// Control characters in the text. CR and NUL are never taken.
    Controls,
    /// Lines that end in LF alone. Whoever reads frames has to tell [`crate::frame::Replies`] too.
    BareLf,
    /// Lines with different codes, of which the last counts (RFC 5321 section 4.2.1).
    MixedCodes,
    /// Further lines without the enhanced code of the first, or with another one, which stays in the text (RFC 2034
    /// section 4).
    MixedEnhanced,
    /// An enhanced code whose class is not that of the code, or one behind 3xx (RFC 2034 section 4).
    EnhancedClass,
    /// A code whose second digit is above 5.
    SecondDigit,
}

impl Allowance {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::EmptyText,
        Self::NoSpace,
        Self::Tab,
        Self::Utf8,
        Self::EightBit,
        Self::Controls,
        Self::BareLf,
        Self::MixedCodes,
        Self::MixedEnhanced,
        Self::EnhancedClass,
        Self::SecondDigit,
    ];

    const fn bit(self) -> u16 {
        1 << (self as u8)
    }

    /// The rule that is broken where it is not allowed.
    pub(crate) const fn rule(self) -> Rule {
        match self {
            Self::EmptyText => Rule::Expected("text behind the space"),
            Self::NoSpace | Self::Tab => Rule::Expected("a space or a hyphen"),
            Self::Utf8 | Self::EightBit | Self::Controls => Rule::Expected("printable ASCII"),
            Self::BareLf => Rule::BareLf,
            Self::MixedCodes => Rule::MixedCodes,
            Self::MixedEnhanced => Rule::MixedEnhancedCodes,
            Self::EnhancedClass => Rule::Expected("an enhanced code of the same class"),
            Self::SecondDigit => Rule::Expected("a reply code"),
        }
    }
}

/// A set of allowances.
///
/// ```
/// use gatepost_smtp::reply::{Allowance, Leniency};
///
/// let leniency = Leniency::STRICT.with(Allowance::EightBit);
/// assert!(leniency.allows(Allowance::EightBit) && !leniency.allows(Allowance::BareLf));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Leniency(u16);

impl Leniency {
    /// Nothing: what is read follows the grammar of the RFCs.
    pub const STRICT: Self = Self(0);
    /// What the sessions of this crate take from a server. There is one way only to read all that, so nobody behind
    /// them can see other replies than they do.
    pub const SESSIONS: Self = Self::STRICT
        .with(Allowance::EmptyText)
        .with(Allowance::Utf8)
        .with(Allowance::EightBit)
        .with(Allowance::Controls)
        .with(Allowance::MixedEnhanced)
        .with(Allowance::EnhancedClass)
        .with(Allowance::SecondDigit);
    /// Everything that is known of real servers.
    pub const ALL: Self = {
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

/// What was forgiven; each allowance once, where it was needed first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgiven(Vec<(Allowance, usize)>);

impl Forgiven {
    /// Whether nothing had to be forgiven: the reply follows the grammar.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `allowance` was needed.
    pub fn contains(&self, allowance: Allowance) -> bool {
        self.0.iter().any(|&(known, _)| known == allowance)
    }

    /// The allowances that were needed, and the octet from the start of the reply where each was needed first.
    pub fn iter(&self) -> impl Iterator<Item = (Allowance, usize)> {
        self.0.iter().copied()
    }

    pub(super) fn note(&mut self, allowance: Allowance, offset: usize) {
        if !self.contains(allowance) {
            self.0.push((allowance, offset));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        for allowance in Allowance::ALL {
            assert!(!Leniency::STRICT.allows(allowance));
            assert!(Leniency::ALL.allows(allowance));
            assert!(!Leniency::ALL.without(allowance).allows(allowance));
        }
        let one = Leniency::STRICT.with(Allowance::Tab);
        assert_eq!(format!("{one:?}"), "{Tab}");
    }

    #[test]
    fn each_is_noted_once() {
        let mut forgiven = Forgiven::default();
        forgiven.note(Allowance::Tab, 5);
        forgiven.note(Allowance::Tab, 9);
        forgiven.note(Allowance::Utf8, 7);
        let noted: Vec<_> = forgiven.iter().collect();
        assert_eq!(noted, [(Allowance::Tab, 5), (Allowance::Utf8, 7)]);
    }
}
