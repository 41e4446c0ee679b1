//! Media types and dispositions (RFC 2045 section 5.1, RFC 2183 section 2).

use super::lexer::Lexer;

/// `type "/" subtype`, `parameter`s: what a Content-Type field says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MediaType {
    pub(crate) kind: Vec<u8>,
    pub(crate) subtype: Vec<u8>,
    pub(crate) parameters: Vec<Parameter>,
}

/// A word with parameters, as Content-Disposition has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disposition {
    pub(crate) kind: Vec<u8>,
    pub(crate) parameters: Vec<Parameter>,
}

/// A parameter's attribute and value.
pub(crate) type Parameter = (Vec<u8>, Vec<u8>);

/// The `tspecials` that end a word here.
const SPECIALS: &[u8] = b"/;=,";

impl MediaType {
    /// `text/plain; charset=us-ascii`: what a part without a Content-Type is (RFC 2045 section 5.2).
    pub(crate) fn plain() -> Self {
        let charset = (b"charset".to_vec(), b"us-ascii".to_vec());
        Self {
            parameters: vec![charset],
            ..Self::bare("text", "plain")
        }
    }

    pub(crate) fn bare(kind: &str, subtype: &str) -> Self {
        Self {
            kind: kind.into(),
            subtype: subtype.into(),
            parameters: Vec::new(),
        }
    }

    /// The value of a Content-Type field, `None` if it is not even `type/subtype`.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value);
        let kind = lexer.word(SPECIALS)?;
        if !lexer.accept(b'/') {
            return None;
        }
        let subtype = lexer.word(SPECIALS)?;
        Some(Self {
            kind,
            subtype,
            parameters: parameters(&mut lexer),
        })
    }

    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.is_kind(kind) && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    pub(crate) fn is_kind(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&[u8]> {
        let found = self
            .parameters
            .iter()
            .find(|(attribute, _)| attribute.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| value.as_slice())
    }
}

impl Disposition {
    /// The value of a Content-Disposition field.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value);
        let kind = lexer.word(SPECIALS)?;
        Some(Self {
            kind,
            parameters: parameters(&mut lexer),
        })
    }
}

/// `*(";" attribute "=" value)`; what does not look like it is skipped. Values that RFC 2045 wants quoted, such as
/// `charset=foo/bar`, are read up to the next semicolon.
fn parameters(lexer: &mut Lexer<'_>) -> Vec<Parameter> {
    let mut found = Vec::new();
    while lexer.peek().is_some() {
        let attribute = lexer.word(SPECIALS);
        match attribute {
            Some(attribute) if lexer.accept(b'=') => {
                found.push((attribute, lexer.word(b";").unwrap_or_default()));
            }
            Some(_) => {}
            None => lexer.bump(),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_parameters() {
        let media =
            MediaType::parse(b"Multipart/Mixed; Boundary=\"a b\"; x = y/z (note) ; ; broken; q=1").unwrap();
        assert!(media.is("multipart", "mixed"));
        assert_eq!(media.parameter("boundary"), Some(&b"a b"[..]));
        assert_eq!(media.parameter("x"), Some(&b"y/z"[..]));
        assert_eq!(media.parameter("q"), Some(&b"1"[..]));
        assert_eq!(media.parameter("broken"), None);
    }

    #[test]
    fn malformed_types_are_none() {
        for value in [&b""[..], b"text", b"/plain", b"text/", b";"] {
            assert_eq!(MediaType::parse(value), None, "{value:?}");
        }
    }

    #[test]
    fn dispositions() {
        let disposition = Disposition::parse(b"attachment; filename=report.pdf").unwrap();
        assert_eq!(disposition.kind, b"attachment");
        assert_eq!(
            disposition.parameters,
            [(b"filename".to_vec(), b"report.pdf".to_vec())]
        );
    }
}
