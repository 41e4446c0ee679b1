//! Header fields (RFC 5322 section 2.2).

use std::ops::Range;

/// One field as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// The name, without the colon.
    pub(crate) name: &'a [u8],
    /// The whole field with its folds and line ends.
    pub(crate) raw: &'a [u8],
}

impl Field<'_> {
    pub(crate) fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value, unfolded and trimmed: the line ends go, the white space behind them stays.
    pub(crate) fn value(&self) -> Vec<u8> {
        let colon = memchr::memchr(b':', self.raw).map_or(self.raw.len(), |colon| colon + 1);
        let folded = self.raw.get(colon..).unwrap_or_default().trim_ascii();
        folded
            .iter()
            .copied()
            .filter(|octet| !matches!(octet, b'\r' | b'\n' | 0))
            .collect()
    }
}

/// The fields of a header, in order. Lines that are no fields are skipped.
pub(crate) fn fields(header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = header;
    std::iter::from_fn(move || {
        let (raw, tail) = rest
            .split_at_checked(field_end(rest))
            .filter(|(raw, _)| !raw.is_empty())?;
        rest = tail;
        Some(raw)
    })
    .filter_map(|raw| {
        let colon = memchr::memchr(b':', raw)?;
        let name = raw.get(..colon)?.trim_ascii_end();
        Some(Field { name, raw })
    })
}

/// The first field of that name, unfolded.
pub(crate) fn value(header: &[u8], name: &str) -> Option<Vec<u8>> {
    fields(header)
        .find(|field| field.is(name.as_bytes()))
        .map(|field| field.value())
}

/// Where the first field ends: before the next line that does not begin with white space.
fn field_end(text: &[u8]) -> usize {
    let mut end = line_end(text, 0);
    while matches!(text.get(end), Some(b' ' | b'\t')) {
        end = line_end(text, end);
    }
    end
}

/// Where the line that begins at `start` ends, its line end included.
fn line_end(text: &[u8], start: usize) -> usize {
    let line = text.get(start..).unwrap_or_default();
    memchr::memchr(b'\n', line).map_or(text.len(), |lf| start + lf + 1)
}

/// Where the header of the entity at `entity` is; it ends behind the empty line. An entity without an empty line is
/// all header.
pub(crate) fn range(octets: &[u8], entity: &Range<usize>) -> Range<usize> {
    let text = octets.get(entity.clone()).unwrap_or_default();
    let mut at = 0;
    while at < text.len() {
        let end = line_end(text, at);
        let blank = text
            .get(at..end)
            .is_some_and(|line| matches!(line, b"\r\n" | b"\n"));
        at = end;
        if blank {
            break;
        }
    }
    entity.start..entity.start + at
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Subject: one\r\n two\r\nnot a field\r\nTo : bob\r\n\r\nBody: no\r\n";

    #[test]
    fn the_header_ends_behind_the_empty_line() {
        let header = range(MESSAGE, &(0..MESSAGE.len()));
        assert_eq!(&MESSAGE[header.end..], b"Body: no\r\n");
        assert_eq!(range(b"A: b\n\nc", &(0..7)), 0..6);
        assert_eq!(range(b"A: b\r\n", &(0..6)), 0..6);
        assert_eq!(range(b"\r\nbody", &(0..6)), 0..2);
        assert_eq!(range(b"", &(0..0)), 0..0);
    }

    #[test]
    fn fields_are_unfolded_and_found_without_case() {
        let names: Vec<&[u8]> = fields(MESSAGE).map(|field| field.name).collect();
        assert_eq!(names, [&b"Subject"[..], b"To", b"Body"]);
        assert_eq!(value(MESSAGE, "SUBJECT").unwrap(), b"one two");
        assert_eq!(value(MESSAGE, "to").unwrap(), b"bob");
        assert_eq!(value(MESSAGE, "cc"), None);
    }
}
