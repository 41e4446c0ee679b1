//! What a server says.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// One response, its literals inline, without its last CRLF.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    octets: Bytes,
    literals: Vec<Range<usize>>,
}

impl Response {
    /// The whole response.
    pub fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// The whole response as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.octets)
    }

    /// The octets of its n-th literal, counted from 0.
    pub fn literal(&self, index: usize) -> Option<Bytes> {
        let range = self.literals.get(index)?;
        Some(self.octets.slice(range.clone()))
    }

    /// Whether it begins with `start`, in any case.
    pub fn starts_with(&self, start: &str) -> bool {
        let head = self.octets.get(..start.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
    }

    /// Whether `word` stands in it, in any case, outside of literals.
    pub fn contains(&self, word: &str) -> bool {
        let mut text = self.octets.to_vec();
        for range in self.literals.iter().rev() {
            text.drain(range.clone());
        }
        let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
        text.contains(&word.to_ascii_lowercase())
    }
}

/// The text, its literals only by their size, and nothing that a terminal would obey.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut at = 0;
        for range in &self.literals {
            let text = self.octets.get(at..range.start).unwrap_or_default();
            write!(f, "{}[{} octets]", text.escape_ascii(), range.len())?;
            at = range.end;
        }
        write!(f, "{}", self.octets.get(at..).unwrap_or_default().escape_ascii())
    }
}

/// The answer to a command.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The response with the command's tag.
    pub tagged: Response,
    /// The untagged responses before it, in order.
    pub untagged: Vec<Response>,
}

impl Reply {
    /// Whether the command was answered OK.
    pub fn is_ok(&self) -> bool {
        self.status().eq_ignore_ascii_case("OK")
    }

    /// What stands behind the tag: OK, NO or BAD.
    pub fn status(&self) -> Cow<'_, str> {
        let octets = self.tagged.octets();
        let word = octets.split(|octet| *octet == b' ').nth(1).unwrap_or_default();
        String::from_utf8_lossy(word)
    }

    /// The untagged responses that `word` stands in, such as `FETCH`.
    pub fn with(&self, word: &str) -> impl Iterator<Item = &Response> {
        self.untagged
            .iter()
            .filter(move |response| response.contains(word))
    }

    /// The first literal of all untagged responses.
    pub fn literal(&self) -> Option<Bytes> {
        self.untagged.iter().find_map(|response| response.literal(0))
    }
}

/// Finds the end of the first response in a buffer, without searching an octet twice.
#[derive(Debug, Default)]
pub(super) struct Scan {
    line: usize,
    searched: usize,
    literals: Vec<Range<usize>>,
}

impl Scan {
    /// Takes the first response off `buffer`, if it is there whole.
    pub(super) fn next(&mut self, buffer: &mut BytesMut) -> Option<Response> {
        loop {
            let from = self.searched.max(self.line);
            let Some(found) = buffer.get(from..).and_then(|rest| memchr::memchr(b'\n', rest)) else {
                self.searched = buffer.len();
                return None;
            };
            let end = from + found + 1;
            let line = buffer.get(self.line..end)?.trim_ascii_end();
            let announced = if self.line == 0 && is_text(line) {
                None
            } else {
                announced(line)
            };
            let Some(octets) = announced else {
                let mut octets = buffer.split_to(end);
                octets.truncate(length_without_end(&octets));
                let literals = std::mem::take(self).literals;
                return Some(Response {
                    octets: octets.freeze(),
                    literals,
                });
            };
            self.line = end.saturating_add(octets);
            self.literals.push(end..self.line);
        }
    }
}

/// The length of a line without its CRLF or LF.
fn length_without_end(line: &[u8]) -> usize {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

/// The size of the literal that `line` announces.
fn announced(line: &[u8]) -> Option<usize> {
    let open = memchr::memrchr(b'{', line)?;
    let digits = line.strip_suffix(b"}")?.get(open + 1..)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether a line is a status response or a continuation request: its text announces nothing.
fn is_text(line: &[u8]) -> bool {
    let mut words = line.split(|octet| *octet == b' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let statuses = [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"];
    first == b"+" || statuses.iter().any(|status| second.eq_ignore_ascii_case(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSES: &[u8] =
        b"* 1 FETCH (BODY[1] {4}\r\na\r\n) BODY[2] {0}\r\n)\r\na OK no literal {9}\r\n+ {1}\r\n* BYE\r\n";

    fn all(octets: &[u8], step: usize) -> Vec<Response> {
        let (mut scan, mut buffer, mut found) = (Scan::default(), BytesMut::new(), Vec::new());
        for chunk in octets.chunks(step) {
            buffer.extend_from_slice(chunk);
            found.extend(std::iter::from_fn(|| scan.next(&mut buffer)));
        }
        assert!(buffer.is_empty());
        found
    }

    #[test]
    fn every_chunking_gives_the_same_responses() {
        let whole = all(RESPONSES, RESPONSES.len());
        assert_eq!(whole.len(), 4);
        assert_eq!(whole[0].literal(0).unwrap(), &b"a\r\n)"[..]);
        assert_eq!(whole[0].literal(1).unwrap(), &b""[..]);
        assert_eq!(whole[0].literal(2), None);
        for step in 1..RESPONSES.len() {
            assert_eq!(all(RESPONSES, step), whole, "{step}");
        }
    }

    #[test]
    fn debug_shows_the_size_of_literals() {
        let shown = format!("{:?}", all(RESPONSES, 7)[0]);
        assert_eq!(
            shown,
            "* 1 FETCH (BODY[1] {4}\\r\\n[4 octets] BODY[2] {0}\\r\\n[0 octets])"
        );
    }
}
