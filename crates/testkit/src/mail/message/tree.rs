//! The parts of a message (RFC 2046 section 5).

use std::ops::Range;

use memchr::memmem::Finder;

use super::header;
use super::media::MediaType;

/// Parts nested deeper are leaves, whatever they call themselves.
const DEPTH: usize = 16;
/// A message has no more parts than this.
const PARTS: usize = 1000;

/// The parts of a message: the first is the message itself.
#[derive(Debug)]
pub(crate) struct Tree {
    parts: Vec<Part>,
}

/// The message or one of its parts. Ranges count from the message's first octet.
#[derive(Debug)]
pub(crate) struct Part {
    /// The header, with the empty line that ends it.
    pub(crate) header: Range<usize>,
    pub(crate) body: Range<usize>,
    pub(crate) media: MediaType,
    pub(crate) content: Content,
    /// How many lines the body has.
    pub(crate) lines: usize,
    depth: usize,
}

/// What is in a part; parts in it by their index in the tree.
#[derive(Debug)]
pub(crate) enum Content {
    Leaf,
    Multipart(Vec<usize>),
    Message(usize),
}

impl Tree {
    pub(crate) fn parse(octets: &[u8]) -> Self {
        let root = Part::parse(octets, 0..octets.len(), MediaType::plain(), 0);
        let mut tree = Self { parts: vec![root] };
        let mut next = 0;
        while next < tree.parts.len() {
            tree.expand(octets, next);
            next += 1;
        }
        tree
    }

    pub(crate) fn part(&self, index: usize) -> Option<&Part> {
        self.parts.get(index)
    }

    /// Adds the parts of one part to the tree; they are expanded in their turn.
    fn expand(&mut self, octets: &[u8], index: usize) {
        let Some(part) = self.parts.get(index) else {
            return;
        };
        let children = if part.depth < DEPTH {
            part.children(octets)
        } else {
            Vec::new()
        };
        let is_message = part.media.is("message", "rfc822");
        let room = PARTS.saturating_sub(self.parts.len());
        let first = self.parts.len();
        self.parts.extend(children.into_iter().take(room));
        let added = first..self.parts.len();
        if let Some(part) = self.parts.get_mut(index) {
            part.hold(added, is_message);
        }
    }
}

impl Part {
    fn parse(octets: &[u8], entity: Range<usize>, otherwise: MediaType, depth: usize) -> Self {
        let header = header::range(octets, &entity);
        let body = header.end..entity.end;
        let field = header::value(octets.get(header.clone()).unwrap_or_default(), "content-type");
        let media = field
            .and_then(|value| MediaType::parse(&value))
            .unwrap_or(otherwise);
        let lines = memchr::memchr_iter(b'\n', octets.get(body.clone()).unwrap_or_default()).count();
        Self {
            header,
            body,
            media,
            content: Content::Leaf,
            lines,
            depth,
        }
    }

    fn children(&self, octets: &[u8]) -> Vec<Self> {
        let child = |entity, otherwise| Self::parse(octets, entity, otherwise, self.depth + 1);
        if self.media.is("message", "rfc822") {
            return vec![child(self.body.clone(), MediaType::plain())];
        }
        let boundary = self
            .media
            .parameter("boundary")
            .filter(|_| self.media.is_kind("multipart"));
        let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) else {
            return Vec::new();
        };
        let digest = self.media.is("multipart", "digest");
        let otherwise = || {
            if digest {
                MediaType::bare("message", "rfc822")
            } else {
                MediaType::plain()
            }
        };
        let entities = split(octets, &self.body, boundary).into_iter().take(PARTS);
        entities.map(|entity| child(entity, otherwise())).collect()
    }

    /// Takes its children over. A multipart without any is shown as text, since BODYSTRUCTURE demands one.
    fn hold(&mut self, children: Range<usize>, is_message: bool) {
        if children.is_empty() {
            if self.media.is_kind("multipart") || is_message {
                self.media = MediaType::plain();
            }
            return;
        }
        self.content = if is_message {
            Content::Message(children.start)
        } else {
            Content::Multipart(children.collect())
        };
    }
}

/// What stands between the delimiter lines of a multipart body (RFC 2046 section 5.1.1):
/// `delimiter = CRLF "--" boundary`, then white space to the end of the line.
fn split(octets: &[u8], body: &Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
    let text = octets.get(body.clone()).unwrap_or_default();
    let delimiter = [b"--", boundary].concat();
    let mut entities = Vec::new();
    let mut open: Option<usize> = None;
    for at in Finder::new(&delimiter).find_iter(text) {
        let Some((end, closes)) = delimiter_line(text, at, at + delimiter.len()) else {
            continue;
        };
        if let Some(start) = open.take() {
            entities.push(body.start + start..body.start + before_line_end(text, at).max(start));
        }
        if closes {
            return entities;
        }
        open = Some(end);
    }
    entities.extend(open.map(|start| body.start + start..body.end));
    entities
}

/// Whether the delimiter at `start` stands alone on its line: where the line ends, and whether it is the closing one.
fn delimiter_line(text: &[u8], start: usize, end: usize) -> Option<(usize, bool)> {
    let at_line_start = start == 0 || text.get(start - 1) == Some(&b'\n');
    let rest = text.get(end..).filter(|_| at_line_start)?;
    let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |lf| lf + 1);
    let tail = rest.get(..length)?.trim_ascii();
    (tail.is_empty() || tail == b"--").then_some((end + length, !tail.is_empty()))
}

/// Where the line end that precedes `at` begins: it belongs to the delimiter.
fn before_line_end(text: &[u8], at: usize) -> usize {
    let head = text.get(..at).unwrap_or_default();
    let head = head.strip_suffix(b"\n").unwrap_or(head);
    head.strip_suffix(b"\r").unwrap_or(head).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(message: &[u8]) -> Vec<&[u8]> {
        let tree = Tree::parse(message);
        tree.parts
            .iter()
            .skip(1)
            .map(|part| &message[part.body.clone()])
            .collect()
    }

    #[test]
    fn parts_end_before_the_line_end_of_the_delimiter() {
        let message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\none\r\n--b \r\nA: b\r\n\r\n\
            two --b\r\n--bx\r\n--b--\r\nepilogue";
        assert_eq!(bodies(message), [&b"one"[..], b"two --b\r\n--bx"]);
    }

    #[test]
    fn bodies_without_a_closing_delimiter_run_to_the_end() {
        let message = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n--b\n\nthree\n";
        assert_eq!(bodies(message), [&b"one"[..], b"", b"three\n"]);
    }

    #[test]
    fn nesting_is_limited() {
        let mut message = Vec::new();
        for level in 0..100 {
            let header = format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
            message.extend_from_slice(header.as_bytes());
        }
        let tree = Tree::parse(&message);
        assert_eq!(tree.parts.len(), DEPTH + 1);
        assert!(tree.parts.last().unwrap().media.is("text", "plain"));
    }

    #[test]
    fn the_number_of_parts_is_limited() {
        let mut message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
        message.extend(b"--b\r\n\r\nx\r\n".repeat(PARTS * 2));
        assert_eq!(Tree::parse(&message).parts.len(), PARTS);
    }

    #[test]
    fn a_multipart_without_parts_is_text() {
        for header in [
            "multipart/mixed; boundary=b",
            "multipart/mixed",
            "multipart/mixed; boundary=\"\"",
        ] {
            let tree = Tree::parse(format!("Content-Type: {header}\r\n\r\nnothing").as_bytes());
            assert!(tree.parts[0].media.is("text", "plain"));
        }
    }
}
