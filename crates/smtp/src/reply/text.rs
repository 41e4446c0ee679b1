//! The lines of a reply: made here, or as they were read.

use std::borrow::Cow;
use std::iter::FusedIterator;

use bytes::Bytes;

use super::EnhancedCode;

/// What the lines of a reply are kept in.
#[derive(Debug, Clone)]
pub(super) enum Text {
    /// The lines without the codes, separated by LF. There are no other controls in it than tabs.
    Made(Cow<'static, str>),
    /// The whole reply off the wire.
    Read {
        octets: Bytes,
        /// The same with what is not UTF-8 replaced, if there is such a thing.
        shown: Option<Box<str>>,
    },
}

impl Text {
    pub(super) fn lines(&self, enhanced: Option<EnhancedCode>) -> Lines<'_> {
        let (text, form) = match self {
            Self::Made(text) => (text.as_ref(), Form::Made),
            Self::Read {
                shown: Some(shown), ..
            } => (shown.as_ref(), Form::Read(enhanced)),
            // It was seen to be UTF-8 when it was read.
            Self::Read { octets, .. } => (
                std::str::from_utf8(octets).unwrap_or_default(),
                Form::Read(enhanced),
            ),
        };
        Lines {
            rest: Some(text),
            form,
        }
    }

    pub(super) fn octet_lines(&self, enhanced: Option<EnhancedCode>) -> OctetLines<'_> {
        let (octets, form) = match self {
            Self::Made(text) => (text.as_bytes(), Form::Made),
            Self::Read { octets, .. } => (octets.as_ref(), Form::Read(enhanced)),
        };
        OctetLines {
            rest: Some(octets),
            form,
        }
    }
}

/// What stands around the text in a line.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// Nothing.
    Made,
    /// The code, and the enhanced code that the reply has; the line's end behind it.
    Read(Option<EnhancedCode>),
}

impl Form {
    /// Where the text of `line` is, and where the next line begins, unless it is the last.
    fn cut(self, octets: &[u8]) -> (usize, usize, Option<usize>) {
        let lf = memchr::memchr(b'\n', octets);
        let end = lf.unwrap_or(octets.len());
        let Self::Read(enhanced) = self else {
            return (0, end, lf.map(|lf| lf + 1));
        };
        let line = octets.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = behind(line, enhanced);
        let next = lf.map(|lf| lf + 1).filter(|&next| next < octets.len());
        (line.len() - text.len(), line.len(), next)
    }
}

/// The text of a line, behind the code and the enhanced code.
fn behind(line: &[u8], enhanced: Option<EnhancedCode>) -> &[u8] {
    let text = match line.get(3..) {
        Some([b' ' | b'-' | b'\t', text @ ..]) => text,
        other => other.unwrap_or_default(),
    };
    match enhanced.and_then(|expected| Some((expected, EnhancedCode::leading(text)?))) {
        Some((expected, (found, text))) if found == expected => text,
        _ => text,
    }
}

/// The lines of a reply without the codes.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    rest: Option<&'a str>,
    form: Form,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.take()?;
        let (start, end, next) = self.form.cut(text.as_bytes());
        self.rest = next.and_then(|next| text.get(next..));
        text.get(start..end)
    }
}

impl FusedIterator for Lines<'_> {}

/// The lines of a reply without the codes, in the octets that were read.
#[derive(Debug, Clone)]
pub struct OctetLines<'a> {
    rest: Option<&'a [u8]>,
    form: Form,
}

impl<'a> Iterator for OctetLines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let octets = self.rest.take()?;
        let (start, end, next) = self.form.cut(octets);
        self.rest = next.and_then(|next| octets.get(next..));
        octets.get(start..end)
    }
}

impl FusedIterator for OctetLines<'_> {}
