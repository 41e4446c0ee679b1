//! One value of an extension.

use std::fmt;

use bytes::Bytes;

use super::{Invalid, Raw, Tokens};
use crate::parse::octets::{self, UNQUOTED};
use crate::parse::{Cursor, ErrorKind, Parsing};
use crate::write::{Write, Writer};
use crate::{Escaped, Limit};

/// A value whose meaning is not known, as it stands on the wire: a word, a string, or a list in parentheses of any
/// depth.
///
/// ```abnf
/// tagged-ext-val    = tagged-ext-simple / "(" [tagged-ext-comp] ")"        ; RFC 9051 section 9
/// tagged-ext-simple = sequence-set / number / number64
/// tagged-ext-comp   = astring / tagged-ext-comp *(SP tagged-ext-comp) / "(" tagged-ext-comp ")"
/// ```
/// In a list only the parentheses have to match. However deep it is, it takes no more memory than its spelling.
///
/// ```
/// use gatepost_imap::types::Value;
///
/// let value = Value::new(&b"(\"SUBSCRIBED\" (1 2))"[..]).unwrap();
/// assert_eq!(value.tokens().count(), 7);
/// assert!(Value::new(&b"1 2"[..]).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Value(Raw);

impl Value {
    /// Takes `octets` as one value.
    ///
    /// # Errors
    /// If they are none, or more than one.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        match value_length(&octets) {
            Some(length) if length == octets.len() => Ok(Self(Raw::from_valid(octets))),
            _ => Err(Invalid { what: "value" }),
        }
    }

    /// The parts in order.
    pub fn tokens(&self) -> Tokens {
        self.0.tokens()
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        self.0.as_bytes()
    }
}

/// How long the value at the start of `octets` is.
fn value_length(octets: &[u8]) -> Option<usize> {
    let mut rest = octets;
    let mut depth = 0_usize;
    loop {
        match rest.first()? {
            b'(' => {
                depth += 1;
                rest = rest.get(1..)?;
            }
            b')' => {
                depth = depth.checked_sub(1)?;
                rest = rest.get(1..)?;
            }
            b' ' if depth > 0 => rest = rest.get(1..)?,
            b'"' => rest = rest.get(quoted_length(rest)?..)?,
            b'{' => rest = rest.get(literal_length(rest)?..)?,
            b'~' if rest.get(1) == Some(&b'{') => rest = rest.get(literal_length(rest)?..)?,
            _ => {
                let word = octets::span(rest, UNQUOTED);
                rest = rest.get(word..).filter(|_| word > 0)?;
            }
        }
        if depth == 0 {
            return Some(octets.len() - rest.len());
        }
    }
}

/// Up to the closing quote. What is in the quotes is printable, or 8-bit.
fn quoted_length(octets: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (at, &octet) in octets.iter().enumerate().skip(1) {
        match octet {
            b'"' if !escaped => return Some(at + 1),
            0 | b'\r' | b'\n' => return None,
            _ => escaped = octet == b'\\' && !escaped,
        }
    }
    None
}

fn literal_length(octets: &[u8]) -> Option<usize> {
    let (start, count) = super::raw::literal_at(octets)?;
    start.checked_add(count)
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", Escaped(self.as_bytes()))
    }
}

impl Cursor<'_> {
    /// `tagged-ext-val`, and a string alone.
    pub(crate) fn value(&mut self) -> Parsing<Value> {
        let rest = self.rest();
        let Some(value) = value_length(rest).and_then(|length| rest.get(..length)) else {
            return self.expected("a value");
        };
        if self.has_gap_within(value.len()) {
            return self.fail(ErrorKind::Limit(Limit::Literal), "a literal that is not streamed");
        }
        self.advance(value.len());
        Ok(Value(Raw::from_valid(self.bytes(value))))
    }
}

impl Write for Value {
    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_and_whole() {
        for fine in [
            "1:2,5",
            "x]",
            "\"a \\\" b\"",
            "()",
            "(a (b \"c)\") {3}\r\n))( d)",
            "{2}\r\n\r\n",
            "~{1}\r\n\0",
            "~",
        ] {
            assert!(Value::new(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            " ",
            "a b",
            "a(",
            "(",
            ")",
            "())",
            "(a\r\n)",
            "\"a",
            "\"a\r\n\"",
            "{5}\r\nabc",
            "{000000000000000000003}\r\nabc",
            "{5}",
            "a{5}",
            "(\0)",
            "()()",
        ] {
            assert!(Value::new(wrong).is_err(), "{wrong}");
        }
        let deep = "(".repeat(100_000);
        assert!(Value::new(deep.clone()).is_err());
        assert!(Value::new(format!("{deep}{}", ")".repeat(100_000))).is_ok());
    }
}
