//! What separates the levels of mailbox names.

use std::fmt;

use super::Invalid;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::write::{Write, Writer};

/// The character between the levels of mailbox names, such as `/`. A mailbox without one has nothing below it.
///
/// ```abnf
/// (DQUOTE QUOTED-CHAR DQUOTE / nil)        ; of mailbox-list and Namespace-Descr, RFC 9051 section 9
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Delimiter(u8);

impl Delimiter {
    /// Takes `character` as the delimiter.
    ///
    /// # Errors
    /// If it is not ASCII, or CR, LF or NUL.
    pub const fn new(character: char) -> Result<Self, Invalid> {
        match character {
            '\0' | '\r' | '\n' => Err(Invalid { what: "delimiter" }),
            _ if character.is_ascii() => Ok(Self(character as u8)),
            _ => Err(Invalid { what: "delimiter" }),
        }
    }

    /// The character.
    pub const fn as_char(self) -> char {
        self.0 as char
    }
}

impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delimiter({:?})", self.as_char())
    }
}

impl Cursor<'_> {
    /// `DQUOTE QUOTED-CHAR DQUOTE / nil`; what is a string, but not of one character, separates nothing.
    pub(crate) fn delimiter(&mut self) -> Parsing<Option<Delimiter>> {
        const EXPECTED: &str = "a quoted character or NIL";
        if self.nil() {
            return Ok(None);
        }
        let mark = self.mark();
        let text = self.string(EXPECTED)?;
        match *text {
            [octet] => match Delimiter::new(char::from(octet)) {
                Ok(delimiter) => Ok(Some(delimiter)),
                Err(_) => self.expected_at(mark, EXPECTED),
            },
            _ if self.forgives(Allowance::Nil) => Ok(None),
            _ => self.expected_at(mark, EXPECTED),
        }
    }
}

/// As a quoted character or, if there is none, as NIL.
impl Write for Option<Delimiter> {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Some(delimiter) => out.quoted(&[delimiter.0]),
            None => out.put(b"NIL"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_ascii_but_line_ends() {
        for character in ['/', '.', '\\', '"', '\u{7f}'] {
            assert_eq!(Delimiter::new(character).unwrap().as_char(), character);
        }
        for wrong in ['\r', '\n', '\0', '\u{e9}'] {
            assert!(Delimiter::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
