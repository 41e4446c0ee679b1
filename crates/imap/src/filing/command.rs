//! A command of ours, in which nothing is taken for anything else.

use std::collections::VecDeque;

use bytes::BytesMut;

use crate::frame::literal::Mode;
use crate::write::{encode_quoted, is_quotable};
use crate::{Literals, Tag};

/// A command in pieces: all but the first wait for `+`.
#[derive(Debug)]
pub(super) struct Command {
    tag: Tag,
    literals: Literals,
    pieces: VecDeque<BytesMut>,
    current: BytesMut,
}

/// What is left of a command that was begun.
#[derive(Debug)]
pub(super) struct Begun {
    /// Its tag.
    pub(super) tag: Tag,
    /// Pieces of it that wait for `+`.
    pub(super) unsent: VecDeque<BytesMut>,
}

impl Command {
    pub(super) fn new(tag: Tag, verb: &str, literals: Literals) -> Self {
        let current = BytesMut::from(format!("{tag} {verb}").as_bytes());
        Self {
            tag,
            literals,
            pieces: VecDeque::new(),
            current,
        }
    }

    /// A space and `words`, which hold nothing but printable ASCII.
    pub(super) fn words(mut self, words: &str) -> Self {
        self.current.extend_from_slice(b" ");
        self.current.extend_from_slice(words.as_bytes());
        self
    }

    /// A space and `octets` in quotes or, if that cannot be, as a literal.
    pub(super) fn string(mut self, octets: &[u8]) -> Self {
        self.current.extend_from_slice(b" ");
        if is_quotable(octets) {
            encode_quoted(octets, &mut self.current);
            return self;
        }
        if self.announce(octets.len() as u64) == Mode::Synchronizing {
            self.cut();
        }
        self.current.extend_from_slice(octets);
        self
    }

    /// A space and the announcement of a literal, of which the caller has the octets, and how it is announced.
    pub(super) fn literal(mut self, size: u64) -> (Self, Mode) {
        self.current.extend_from_slice(b" ");
        let mode = self.announce(size);
        (self, mode)
    }

    pub(super) fn end(mut self) -> Self {
        self.current.extend_from_slice(b"\r\n");
        self
    }

    /// Appends the first piece to `out`.
    pub(super) fn send(mut self, out: &mut BytesMut) -> Begun {
        self.cut();
        let first = self.pieces.pop_front().unwrap_or_default();
        out.extend_from_slice(&first);
        Begun {
            tag: self.tag,
            unsent: self.pieces,
        }
    }

    fn announce(&mut self, size: u64) -> Mode {
        let (mode, plus) = match self.literals.check(size) {
            Ok(()) => (Mode::NonSynchronizing, "+"),
            Err(_) => (Mode::Synchronizing, ""),
        };
        self.current
            .extend_from_slice(format!("{{{size}{plus}}}\r\n").as_bytes());
        mode
    }

    fn cut(&mut self) {
        self.pieces.push_back(std::mem::take(&mut self.current));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capabilities;

    fn pieces(offered: &[u8], name: &str, size: u64) -> (Vec<String>, Mode) {
        let literals = Literals::offered(&Capabilities::parse(offered));
        let command = Command::new(Tag::parse(b"a").unwrap(), "APPEND", literals);
        let (command, mode) = command.string(name.as_bytes()).words("(\\Seen)").literal(size);
        let mut first = BytesMut::new();
        let begun = command.send(&mut first);
        let all = std::iter::once(first).chain(begun.unsent);
        let text = |piece: BytesMut| String::from_utf8(piece.to_vec()).unwrap();
        (all.map(text).collect(), mode)
    }

    #[test]
    fn literals_wait_unless_the_server_offers_otherwise() {
        assert_eq!(
            pieces(b"IMAP4rev1", "Sent \"x\" {5}\\", 7),
            (
                vec!["a APPEND \"Sent \\\"x\\\" {5}\\\\\" (\\Seen) {7}\r\n".to_owned()],
                Mode::Synchronizing
            )
        );
        assert_eq!(
            pieces(b"IMAP4rev1", "S\u{e9}\r\nb NOOP", 7),
            (
                vec![
                    "a APPEND {11}\r\n".to_owned(),
                    "S\u{e9}\r\nb NOOP (\\Seen) {7}\r\n".to_owned()
                ],
                Mode::Synchronizing
            )
        );
        assert_eq!(
            pieces(b"LITERAL-", "\u{e9}", 4097),
            (
                vec!["a APPEND {2+}\r\n\u{e9} (\\Seen) {4097}\r\n".to_owned()],
                Mode::Synchronizing
            )
        );
        assert_eq!(
            pieces(b"LITERAL+", "", 4097),
            (
                vec!["a APPEND \"\" (\\Seen) {4097+}\r\n".to_owned()],
                Mode::NonSynchronizing
            )
        );
    }
}
