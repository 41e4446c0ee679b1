//! What real clients and servers send and the grammar does not know.

use std::fmt;

/// One thing that can be forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Allowance {
    /// White space at the end of the line (RFC 5321 section 4.1.1 asks servers to tolerate it).
    TrailingSpaces,
    /// One space between `FROM:` or `TO:` and the path.
    PathSpace,
    /// More than one space where there must be one.
    Spaces,
    /// A name in EHLO, HELO or LHLO that is neither a domain nor an address literal.
    Name,
    /// Underscores in a domain.
    Underscores,
    /// Dots at the start or the end of a local part, or several together: `a..b.@example.com`.
    Dots,
    /// A path without angle brackets.
    Brackets,
    /// No path at all, or `< >`, for the null reverse path.
    NullPath,
    /// A reverse path that is not ASCII, without the parameter SMTPUTF8; text of a reply in UTF-8, which RFC 6531 section
    /// 3.7.4.2 knows behind SMTPUTF8 alone.
    Utf8,
    /// `=` in the value of a parameter, or unencoded in xtext.
    EqualsSign,
    /// Lower case digits in xtext.
    HexDigits,
    /// A mechanism in lower case, or of more than 20 letters.
    Mechanism,
    /// Base64 with a wrong length or wrong padding, which is left to who decodes it.
    Base64,
    /// Text behind NOOP, HELP, VRFY or EXPN that is neither an atom nor a quoted string.
    Text,
    /// A reply with a space and no text behind it. Behind 334 that is the grammar (RFC 4954 section 4).
    EmptyText,
    /// No space between the code and the text of a reply, such as `220****`. A digit is never taken for text.
    NoSpace,
    /// A tab for the space behind the code of a reply.
    Tab,
    /// Text of a reply with octets above ASCII that are not UTF-8.
    EightBit,
    /// Control characters in the text of a reply. CR and NUL are never taken.
    Controls,
    /// Lines of a reply that end in LF alone. Whoever reads frames has to tell [`crate::frame::Replies`] too.
    BareLf,
    /// Lines of a reply with different codes, of which the last counts (RFC 5321 section 4.2.1).
    MixedCodes,
    /// Further lines of a reply without the enhanced code of the first, or with another one, which stays in the text (RFC
    /// 2034 section 4).
    MixedEnhanced,
    /// An enhanced code whose class is not that of the code, or one behind 3xx (RFC 2034 section 4).
    EnhancedClass,
    /// The code of a reply whose second digit is above 5.
    SecondDigit,
}

impl Allowance {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::TrailingSpaces,
        Self::PathSpace,
        Self::Spaces,
        Self::Name,
        Self::Underscores,
        Self::Dots,
        Self::Brackets,
        Self::NullPath,
        Self::Utf8,
        Self::EqualsSign,
        Self::HexDigits,
        Self::Mechanism,
        Self::Base64,
        Self::Text,
        Self::EmptyText,
        Self::NoSpace,
        Self::Tab,
        Self::EightBit,
        Self::Controls,
        Self::BareLf,
        Self::MixedCodes,
        Self::MixedEnhanced,
        Self::EnhancedClass,
        Self::SecondDigit,
    ];

    const fn bit(self) -> u32 {
        1 << (self as u8)
    }
}

/// A set of allowances.
///
/// ```
/// use gatepost_smtp::parse::{Allowance, Leniency};
///
/// let leniency = Leniency::STRICT.with(Allowance::Dots);
/// assert!(leniency.allows(Allowance::Dots) && !leniency.allows(Allowance::Spaces));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Leniency(u32);

impl Leniency {
    /// Nothing: what is read follows the grammar of the RFCs.
    pub const STRICT: Self = Self(0);
    /// What mail programs send, as far as it has one meaning only.
    pub const CLIENTS: Self = Self::STRICT
        .with(Allowance::TrailingSpaces)
        .with(Allowance::PathSpace)
        .with(Allowance::Name)
        .with(Allowance::Underscores)
        .with(Allowance::Utf8)
        .with(Allowance::EqualsSign)
        .with(Allowance::HexDigits)
        .with(Allowance::Mechanism)
        .with(Allowance::Base64)
        .with(Allowance::Text);
    /// What the sessions of this crate take from servers. There is one way only to read all that, so nobody behind them
    /// can see other replies than they do.
    pub const SERVERS: Self = Self::STRICT
        .with(Allowance::EmptyText)
        .with(Allowance::Utf8)
        .with(Allowance::EightBit)
        .with(Allowance::Controls)
        .with(Allowance::MixedEnhanced)
        .with(Allowance::EnhancedClass)
        .with(Allowance::SecondDigit);
    /// Everything that can be forgiven.
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
    /// Nothing.
    pub(crate) const NONE: Self = Self(Vec::new());

    /// Whether nothing had to be forgiven: the octets follow the grammar.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `allowance` was needed.
    pub fn contains(&self, allowance: Allowance) -> bool {
        self.0.iter().any(|&(known, _)| known == allowance)
    }

    /// The allowances that were needed, and the octet where each was needed first.
    pub fn iter(&self) -> impl Iterator<Item = (Allowance, usize)> {
        self.0.iter().copied()
    }

    #[cold]
    pub(crate) fn note(&mut self, allowance: Allowance, offset: usize) {
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
        let one = Leniency::STRICT.with(Allowance::Dots);
        assert_eq!(format!("{one:?}"), "{Dots}");
    }

    #[test]
    fn each_is_noted_once() {
        let mut forgiven = Forgiven::NONE;
        forgiven.note(Allowance::Dots, 5);
        forgiven.note(Allowance::Dots, 9);
        forgiven.note(Allowance::Spaces, 7);
        let noted: Vec<_> = forgiven.iter().collect();
        assert_eq!(noted, [(Allowance::Dots, 5), (Allowance::Spaces, 7)]);
    }
}
