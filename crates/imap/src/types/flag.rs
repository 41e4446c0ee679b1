//! Flags of messages.

use std::fmt;

use bytes::Bytes;

use super::{Atom, Invalid};
use crate::parse::{Allowance, Cursor, Parsing};
use crate::write::{Write, Writer};

/// A flag of a message.
///
/// ```abnf
/// flag         = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword / flag-extension
/// flag-keyword = "$MDNSent" / "$Forwarded" / "$Junk" / "$NotJunk" / "$Phishing" / atom     ; RFC 9051 section 9
/// flag-fetch   = flag / "\Recent"
/// flag-perm    = flag / "\*"
/// ```
/// A flag of the system that is none of these is [`Flag::Extension`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flag {
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Seen`
    Seen,
    /// `\Draft`
    Draft,
    /// `\Recent`, which only a server sets (RFC 3501 section 2.3.2).
    Recent,
    /// `\*`: a client may make keywords of its own (in PERMANENTFLAGS alone).
    Any,
    /// Any other word with a backslash, which is not part of it.
    Extension(Extension),
    /// A word without a backslash.
    Keyword(Atom),
}

/// The name of a [`Flag::Extension`]: none of those that are flags of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension(Atom);

impl Extension {
    /// The name without its backslash.
    pub const fn name(&self) -> &Atom {
        &self.0
    }
}

const SYSTEM: [(&str, Flag); 6] = [
    ("Seen", Flag::Seen),
    ("Answered", Flag::Answered),
    ("Flagged", Flag::Flagged),
    ("Deleted", Flag::Deleted),
    ("Draft", Flag::Draft),
    ("Recent", Flag::Recent),
];

impl Flag {
    /// Takes `octets`, such as `\Seen` or `$Junk`, as a flag.
    ///
    /// # Errors
    /// If they are none.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        let invalid = Invalid { what: "flag" };
        match octets.strip_prefix(b"\\") {
            Some(b"*") => Ok(Self::Any),
            Some(name) => Atom::new(octets.slice_ref(name))
                .map(Self::system)
                .map_err(|_| invalid),
            None => Atom::new(octets).map(Self::Keyword).map_err(|_| invalid),
        }
    }

    /// The flag of the word behind a backslash.
    pub(crate) fn system(name: Atom) -> Self {
        Self::known(name.as_bytes()).unwrap_or(Self::Extension(Extension(name)))
    }

    /// The flag of a word behind a backslash, if it is one of RFC 3501.
    pub(crate) fn known(name: &[u8]) -> Option<Self> {
        let found = SYSTEM
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        found.map(|(_, flag)| flag.clone())
    }

    /// The flag without its backslash.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Seen => "Seen",
            Self::Answered => "Answered",
            Self::Flagged => "Flagged",
            Self::Deleted => "Deleted",
            Self::Draft => "Draft",
            Self::Recent => "Recent",
            Self::Any => "*",
            Self::Extension(extension) => extension.0.as_str(),
            Self::Keyword(keyword) => keyword.as_str(),
        }
    }

    /// The same flag in memory of its own, for whoever keeps it longer than the message.
    #[must_use]
    pub fn copied(&self) -> Self {
        match self {
            Self::Keyword(keyword) => Self::Keyword(keyword.copied()),
            Self::Extension(extension) => Self::Extension(Extension(extension.0.copied())),
            known => known.clone(),
        }
    }

    /// Whether a server's word it is rather than one of a user: whether it begins with a backslash.
    pub const fn is_system(&self) -> bool {
        !matches!(self, Self::Keyword(_))
    }
}

/// The flag as it stands on the wire.
impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backslash = if self.is_system() { "\\" } else { "" };
        write!(f, "{backslash}{}", self.name())
    }
}

impl Cursor<'_> {
    /// `flag-perm`: a flag of any kind.
    pub(crate) fn flag(&mut self) -> Parsing<Flag> {
        if !self.eat(b'\\') {
            return self.atom("a flag").map(Flag::Keyword);
        }
        if self.eat(b'*') {
            return Ok(Flag::Any);
        }
        let name = self.word("a flag")?;
        Ok(match Flag::known(name) {
            Some(flag) => flag,
            None => Flag::Extension(Extension(Atom::from_valid(self.bytes(name)))),
        })
    }
}

/// Lists of them.
impl Cursor<'_> {
    /// ```abnf
    /// flag-list = "(" [flag *(SP flag)] ")"        ; RFC 9051 section 9
    /// ```
    /// Any flag is taken anywhere: servers list `\Recent` and `\*` where they must not (Zoho: modern-email/defects#44).
    /// Gmail makes keywords of labels, such as `OIB-Seen-[Gmail]/All Mail` (ruby/net-imap#241), and InterMail has
    /// quoted ones (MailKit#771). What cannot be a flag is left out.
    pub(crate) fn flags(&mut self) -> Parsing<Vec<Flag>> {
        self.octet(b'(', "flags in parentheses")?;
        let mut flags = Vec::new();
        if self.eat(b')') {
            return Ok(flags);
        }
        loop {
            if matches!(self.peek(), Some(b' ' | b')')) && self.forgives(Allowance::Spaces) {
                let rest = self.rest();
                self.advance(rest.iter().take_while(|&&octet| octet == b' ').count());
                if self.eat(b')') {
                    return Ok(flags);
                }
            }
            self.element()?;
            flags.extend(self.flag_or_none()?);
            if self.eat(b')') {
                return Ok(flags);
            }
            self.space()?;
        }
    }

    fn flag_or_none(&mut self) -> Parsing<Option<Flag>> {
        let mark = self.mark();
        let flag = self.flag();
        if flag.is_ok() && matches!(self.peek(), Some(b' ' | b')')) {
            return flag.map(Some);
        }
        self.reset(mark);
        if matches!(self.peek(), None | Some(b' ' | b')')) || !self.forgives(Allowance::Atom) {
            return self.expected("a flag");
        }
        if self.peek() == Some(b'"') {
            let text = self.string("a flag")?;
            return Ok(Flag::new(text.into_bytes()).ok());
        }
        let rest = self.rest();
        let end = rest.iter().position(|octet| matches!(octet, b' ' | b')'));
        self.advance(end.unwrap_or(rest.len()));
        Ok(None)
    }
}

impl Write for Flag {
    fn write(&self, out: &mut Writer<'_>) {
        if self.is_system() {
            out.put(b"\\");
        }
        out.put(self.name().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_known_in_any_case() {
        assert_eq!(Flag::new("\\SEEN"), Ok(Flag::Seen));
        assert_eq!(Flag::new("\\*"), Ok(Flag::Any));
        assert_eq!(Flag::new("$junk"), Flag::new("$Junk"));
        assert_ne!(Flag::new("Seen"), Flag::new("\\Seen"));
        for flag in ["\\Answered", "\\Recent", "\\*", "\\XYZ", "$MDNSent", "Seen"] {
            assert_eq!(Flag::new(flag).unwrap().to_string(), flag);
        }
        for wrong in ["", "\\", "\\a b", "a)", "\\\\Seen", "*"] {
            assert!(Flag::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn copies_share_no_memory() {
        for flag in ["\\Seen", "\\XYZ", "$Junk"] {
            let octets = Bytes::from(flag.to_owned());
            let copy = Flag::new(octets.clone()).unwrap().copied();
            assert_eq!(copy.to_string(), flag);
            // Nobody else holds them.
            assert!(octets.try_into_mut().is_ok());
        }
    }
}
