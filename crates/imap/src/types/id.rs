//! What the two sides tell each other about themselves.

use bytes::Bytes;

use super::{Invalid, Text};
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// The fields of ID and their values, in order (RFC 2971). None at all is `NIL`.
///
/// ```abnf
/// id-params-list = "(" *(string SP nstring) ")" / nil        ; RFC 2971 section 4
/// ```
///
/// ```
/// use gatepost_imap::types::IdParameters;
///
/// let mut id = IdParameters::default();
/// id.push("name", Some("Gatepost")).unwrap();
/// assert_eq!(id.value("NAME").unwrap(), "Gatepost");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdParameters(Vec<(Text, Option<Text>)>);

impl IdParameters {
    /// Adds a field at the end. The names that are known are those of RFC 2971 section 3.3: `name`, `version`, `os`,
    /// `os-version`, `vendor`, `support-url`, `address`, `date`, `command`, `arguments`, `environment`.
    ///
    /// # Errors
    /// If the name or the value holds a NUL.
    pub fn push<S: Into<Bytes>>(&mut self, name: impl Into<Bytes>, value: Option<S>) -> Result<(), Invalid> {
        let name = Text::new(name)?;
        let value = value.map(Text::new).transpose()?;
        self.0.push((name, value));
        Ok(())
    }

    /// The value of the first field that is called `name` in upper or lower case, unless it is `NIL`.
    pub fn value(&self, name: &str) -> Option<&Text> {
        let mut fields = self.0.iter();
        let (_, value) = fields.find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
        value.as_ref()
    }

    /// The fields in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Text, Option<Text>)> {
        self.0.iter()
    }

    /// Whether there is none: `NIL`.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<(Text, Option<Text>)> for IdParameters {
    fn from_iter<I: IntoIterator<Item = (Text, Option<Text>)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a IdParameters {
    type Item = &'a (Text, Option<Text>);
    type IntoIter = std::slice::Iter<'a, (Text, Option<Text>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Cursor<'_> {
    /// `id-params-list`
    pub(crate) fn id_parameters(&mut self) -> Parsing<IdParameters> {
        if self.nil() {
            return Ok(IdParameters::default());
        }
        self.octet(b'(', "a list in parentheses or NIL")?;
        let mut fields = Vec::new();
        if self.eat(b')') {
            return Ok(IdParameters(fields));
        }
        loop {
            self.element()?;
            let name = self.string("a string or a closing parenthesis")?;
            self.space()?;
            fields.push((name, self.nstring("a string or NIL")?));
            if self.eat(b')') {
                return Ok(IdParameters(fields));
            }
            self.space()?;
        }
    }
}

impl Write for IdParameters {
    fn write(&self, out: &mut Writer<'_>) {
        if self.0.is_empty() {
            return out.put(b"NIL");
        }
        for (index, (name, value)) in self.0.iter().enumerate() {
            out.put(if index == 0 { b"(" } else { b" " });
            out.string(name);
            out.put(b" ");
            out.nstring(value.as_ref());
        }
        out.put(b")");
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::parse::Options;

    fn read(octets: &[u8]) -> Result<IdParameters, (usize, &'static str)> {
        let mut cursor = Cursor::new(octets.into(), Options::default());
        cursor.id_parameters().map_err(|_| {
            let error = cursor.error(None);
            (error.offset, error.expected)
        })
    }

    #[test]
    fn the_list_of_an_iphone() {
        let id = read(br#"("name" "iPhone Mail" "version" "22C161" "os-version" "18.2.1 (22C161)" "x" nil)"#)
            .unwrap();
        assert_eq!(id.len(), 4);
        assert_eq!(id.value("OS-Version").unwrap(), "18.2.1 (22C161)");
        assert_eq!(id.value("x"), None);
        let mut out = BytesMut::new();
        id.write(&mut Writer::server(&mut out));
        assert_eq!(read(&out), Ok(id));
    }

    #[test]
    fn nothing_is_nil() {
        assert!(read(b"NIL").unwrap().is_empty());
        assert!(read(b"()").unwrap().is_empty());
        let mut out = BytesMut::new();
        IdParameters::default().write(&mut Writer::server(&mut out));
        assert_eq!(out, "NIL");
    }

    #[test]
    fn errors_say_where_and_what() {
        assert_eq!(read(b"x"), Err((0, "a list in parentheses or NIL")));
        assert_eq!(read(b"(\"x\")"), Err((4, "a space")));
        assert_eq!(read(b"(\"x\" y)"), Err((5, "a string or NIL")));
        assert_eq!(read(b"(\"x\" NIL \"y\""), Err((12, "a space")));
    }
}
