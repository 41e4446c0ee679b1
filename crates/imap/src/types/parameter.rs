//! Parameters, options and modifiers that are not known.

use bytes::Bytes;

use super::{Atom, Invalid, Raw};
use crate::parse::octets::{ASTRING, SET};
use crate::parse::{Cursor, Options, Parsing, Source};
use crate::write::{Write, Writer};

/// The names that have a meaning of their own, wherever they stand.
const KNOWN: [&str; 21] = [
    "ALL",
    "CATENATE",
    "CHANGEDSINCE",
    "CHILDREN",
    "CONDSTORE",
    "COUNT",
    "MAX",
    "MIN",
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
    value: Option<ParameterValue>,
}

impl Parameter {
    /// A parameter of this name.
    ///
    /// # Errors
    /// If the name is none, or one that has a meaning of its own.
    pub fn new(name: Atom, value: Option<ParameterValue>) -> Result<Self, Invalid> {
        match is_unknown(name.as_bytes()) {
            true => Ok(Self { name, value }),
            false => Err(Invalid { what: "parameter" }),
        }
    }

    /// What it is called.
    pub const fn name(&self) -> &Atom {
        &self.name
    }

    /// What it is set to.
    pub const fn value(&self) -> Option<&ParameterValue> {
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

/// A value as it stands on the wire.
///
/// ```abnf
/// tagged-ext-val    = tagged-ext-simple / "(" [tagged-ext-comp] ")"        ; RFC 9051 section 9
/// tagged-ext-simple = sequence-set / number / number64
/// tagged-ext-comp   = astring / tagged-ext-comp *(SP tagged-ext-comp) / "(" tagged-ext-comp ")"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterValue(Raw);

impl ParameterValue {
    /// Takes `octets` as a value.
    ///
    /// # Errors
    /// If they are none, such as a parenthesis that is not closed.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        let mut cursor = Cursor::new(Source::Shared(&octets), Options::default());
        let value = cursor.parameter_value();
        match value {
            Ok(value) if cursor.is_at_end() => Ok(value),
            _ => Err(Invalid {
                what: "value of a parameter",
            }),
        }
    }

    /// The value, to be read word by word.
    pub const fn raw(&self) -> &Raw {
        &self.0
    }
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
                Some(self.parameter_value()?)
            }
            _ => None,
        };
        Ok(Parameter { name, value })
    }

    /// `tagged-ext-val`
    pub(crate) fn parameter_value(&mut self) -> Parsing<ParameterValue> {
        let mark = self.mark();
        match self.peek() {
            Some(b'(') => self.skip_parentheses()?,
            Some(b'$') => self.advance(1),
            _ => {
                self.run(SET, "a value")?;
            }
        }
        Ok(ParameterValue(Raw::from_valid(self.bytes(self.since(mark)))))
    }

    /// Goes behind the parenthesis that closes the next one.
    fn skip_parentheses(&mut self) -> Parsing<()> {
        let mut depth = 0;
        loop {
            match self.peek() {
                Some(b'(') => {
                    depth += 1;
                    self.nested(depth)?;
                    self.advance(1);
                }
                Some(b')') => {
                    depth -= 1;
                    self.advance(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                Some(b' ') => self.advance(1),
                _ if self.is_at_string() => self.skip_string("a string")?,
                _ => {
                    self.run(ASTRING, "a value or a closing parenthesis")?;
                }
            }
        }
    }
}

impl Write for ParameterValue {
    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
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
    fn values_are_closed() {
        for fine in [
            "5",
            "1:*,7",
            "$",
            "()",
            "(a (b \"c)\") {2}\r\n(( d])",
            "18446744073709551615",
        ] {
            assert_eq!(ParameterValue::new(fine).unwrap().raw().as_bytes(), fine);
        }
        for wrong in [
            "",
            "a",
            "(",
            "(a",
            "(a))",
            "5 6",
            "(\")",
            "({3}\r\nab)",
            "(a\r\n)",
        ] {
            assert!(ParameterValue::new(wrong).is_err(), "{wrong}");
        }
        assert!(ParameterValue::new("(".repeat(100_000)).is_err());
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
