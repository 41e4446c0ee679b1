//! A capability list, from which hidden words are left out as it goes by.

use super::super::{Rules, Sink};

/// The longest word of a list, in octets. A longer one is no capability that any client knows, and left out.
const LONGEST: usize = 256;

/// Where a list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// At the CRLF: `* CAPABILITY ..`.
    Line,
    /// Before the `]`: `[CAPABILITY ..]`.
    Code,
}

/// A list that goes by. Only its current word is kept, so it may be of any length.
#[derive(Debug)]
pub(super) struct List {
    end: End,
    /// A space and what there is of the word behind it.
    word: Vec<u8>,
    /// Whether the word was longer than [`LONGEST`]. Then only its last octet is kept.
    overlong: bool,
}

impl List {
    pub(super) fn new(end: End) -> Self {
        Self {
            end,
            word: Vec::new(),
            overlong: false,
        }
    }

    /// Takes the octets of the list, and says where it ends: before a `]`, behind a CRLF.
    pub(super) fn take(
        &mut self,
        octets: &[u8],
        rules: &Rules,
        sink: &mut impl Sink,
    ) -> Option<(usize, End)> {
        for (at, &octet) in octets.iter().enumerate() {
            match octet {
                b' ' => self.settle(rules, sink),
                b']' if self.end == End::Code => {
                    self.settle(rules, sink);
                    return Some((at, End::Code));
                }
                b'\n' if self.word.last() == Some(&b'\r') => {
                    self.word.pop();
                    self.settle(rules, sink);
                    sink.to_client(b"\r\n");
                    return Some((at + 1, End::Line));
                }
                _ => {}
            }
            self.push(octet);
        }
        None
    }

    fn push(&mut self, octet: u8) {
        if self.word.len() > LONGEST {
            self.overlong = true;
        }
        if self.overlong {
            self.word.clear();
        }
        self.word.push(octet);
    }

    /// The word is whole: it passes with its space, or both are left out.
    fn settle(&mut self, rules: &Rules, sink: &mut impl Sink) {
        let name = self.word.strip_prefix(b" ").unwrap_or(&self.word);
        let hidden = self.overlong || (!name.is_empty() && rules.hides_octets(name));
        if !hidden && !self.word.is_empty() {
            sink.to_client(&self.word);
        }
        self.word.clear();
        self.overlong = false;
    }
}
