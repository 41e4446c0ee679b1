//! Parameters, options and modifiers that are not known.

use super::set::is_set;
use super::{Atom, Invalid, Value};
use crate::parse::octets::{self, DIGIT};
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// The names that have a meaning of their own, wherever they stand.
const KNOWN: [&str; 23] = [
    "ALL",
    "CATENATE",
    "CHANGEDSINCE",
    "CHILDREN",
    "CONDSTORE",
    "COUNT",
    "MAX",
    "METADATA",
    "MIN",
    "MYRIGHTS",
    "PARTIAL",
    "QRESYNC",
    "RECURSIVEMATCH",
    "RELEVANCY",
    "REMOTE",
    "SAVE",
    "SPECIAL-USE",
    "STATUS",
    "SUBSCRIBED",
    "UNCHANGEDSINCE",
    "USE",
    "UTF8",
    "VANISHED",
];

/// A parameter of a command, an option or a modifier that is not known: a name and perhaps a value.
///
/// ```abnf
/// tagged-ext-label = tagged-label-fchar *tagged-label-char        ; RFC 9051 section 9, RFC 4466
/// tagged-label-fchar = ALPHA / "-" / "_" / "."
/// tagged-label-char  = tagged-label-fchar / DIGIT / ":"
/// select-param     = select-param-name [SP select-param-value]    ; and others like it
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    name: Atom,
    value: Option<Value>,
}

impl Parameter {
    /// A parameter of this name.
    ///
    /// # Errors
    /// If the name is none, or one that has a meaning of its own; if the value is no number, set or list.
    pub fn new(name: Atom, value: Option<Value>) -> Result<Self, Invalid> {
        let valid = value.as_ref().is_none_or(|value| is_value(value.as_bytes()));
        match valid && is_unknown(name.as_bytes()) {
            true => Ok(Self { name, value }),
            false => Err(Invalid { what: "parameter" }),
        }
    }

    /// What it is called.
    pub const fn name(&self) -> &Atom {
        &self.name
    }

    /// What it is set to.
    pub const fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }
}

fn is_unknown(name: &[u8]) -> bool {
    let is_label = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b':');
    let first = name
        .first()
        .is_some_and(|octet| !octet.is_ascii_digit() && *octet != b':');
    let known = |known: &&str| name.eq_ignore_ascii_case(known.as_bytes());
    first && name.iter().all(is_label) && !KNOWN.iter().any(known)
}

/// Whether a parameter can have `value`: a number, a set or a list, and no word that would be the next parameter.
///
/// ```abnf
/// tagged-ext-val    = tagged-ext-simple / "(" [tagged-ext-comp] ")"        ; RFC 9051 section 9
/// tagged-ext-simple = sequence-set / number / number64
/// ```
fn is_value(value: &[u8]) -> bool {
    let is_number = || {
        octets::all(value, DIGIT) && std::str::from_utf8(value).is_ok_and(|text| text.parse::<u64>().is_ok())
    };
    value.starts_with(b"(") || is_set(value) || is_number()
}

impl<'a> Cursor<'a> {
    /// The rest of a parameter whose name, just read, is not known; `expected` says what is.
    #[cold]
    pub(crate) fn parameter(&mut self, name: &'a [u8], expected: &'static str) -> Parsing<Parameter> {
        if !is_unknown(name) {
            return self.expected(expected);
        }
        let name = Atom::from_valid(self.bytes(name));
        let value = match self.rest() {
            [b' ', b'(' | b'0'..=b'9' | b'*' | b'$', ..] => {
                self.advance(1);
                let mark = self.mark();
                let value = self.value()?;
                if !is_value(value.as_bytes()) {
                    return self.expected_at(mark, "a number, a set or a list");
                }
                Some(value)
            }
            _ => None,
        };
        Ok(Parameter { name, value })
    }
}

impl Write for Parameter {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.name.as_bytes());
        if let Some(value) = &self.value {
            out.put(b" ");
            value.write(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_no_words() {
        let valued =
            |value: &'static str| Parameter::new(Atom::new("X").unwrap(), Some(Value::new(value).unwrap()));
        for fine in [
            "5",
            "0",
            "1:*,7",
            "$",
            "()",
            "(a (b \"c\") {2}\r\n(( d])",
            "18446744073709551615",
        ] {
            assert!(valued(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "a",
            "\"5\"",
            "{1}\r\n5",
            "5x",
            "$5",
            ",",
            ":",
            "1,",
            "1:2:3",
            "18446744073709551616",
        ] {
            assert!(valued(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_not_known_ones() {
        let named = |name: &'static str| Parameter::new(Atom::new(name).unwrap(), None);
        assert!(named("X-FOO:1").is_ok() && named("_a").is_ok());
        for wrong in ["condstore", "Use", "1a", ":a", "a=b", "$"] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
