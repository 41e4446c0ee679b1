//! A line of a response that may announce a literal.

use super::super::line::{Line, line_end};
use super::super::{EmptyLiteral, Sink};
use crate::{Error, Limit};

/// The announcement of a literal without octets.
const EMPTY: &[u8] = b"{0}\r\n";

/// What stands for it.
const QUOTED: &[u8] = b"\"\"";

/// What follows a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The line goes on.
    More,
    /// A literal.
    Literal(u64),
    /// The next response.
    Response,
}

/// A line that goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    line: Line,
    empty_literal: EmptyLiteral,
    /// How many octets of [`EMPTY`] the line ends in that have not been passed on.
    withheld: usize,
}

impl Body {
    pub(super) fn new(empty_literal: EmptyLiteral) -> Self {
        Self {
            line: Line::default(),
            empty_literal,
            withheld: 0,
        }
    }

    /// The line behind a literal.
    pub(super) fn following(self) -> Self {
        Self::new(self.empty_literal)
    }

    /// The head of the response, which was passed on.
    pub(super) fn begin(&mut self, head: &[u8]) {
        self.line.push(head);
    }

    /// Takes the octets up to the end of the line; how many those are, and what follows.
    pub(super) fn take(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<(usize, Next), Error> {
        let Some(lf) = line_end(octets, self.line.cr) else {
            self.partial_line(octets, sink);
            return Ok((octets.len(), Next::More));
        };
        let (line, _) = octets.split_at_checked(lf + 1).unwrap_or((octets, b""));
        self.push(line.strip_suffix(b"\n").unwrap_or(line));
        if self.withholds() == EMPTY.len() - 1 {
            self.release(line, EMPTY.len(), sink);
            sink.to_client(QUOTED);
        } else {
            self.release(line, 0, sink);
        }
        match self.line.announced() {
            None => Ok((line.len(), Next::Response)),
            Some(Ok(announced)) => Ok((line.len(), Next::Literal(announced.octets))),
            Some(Err(_)) => Err(Error::Limit(Limit::Literal)),
        }
    }

    fn partial_line(&mut self, octets: &[u8], sink: &mut impl Sink) {
        self.push(octets);
        let withheld = self.withholds();
        self.release(octets, withheld, sink);
    }

    /// A CR is counted to the line when it turns out to be none of its end.
    fn push(&mut self, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        if self.line.cr {
            self.line.push(b"\r");
        }
        let text = octets.strip_suffix(b"\r");
        self.line.cr = text.is_some();
        self.line.push(text.unwrap_or(octets));
    }

    /// How many octets at the end may belong to an [`EMPTY`] that has to be replaced.
    ///
    /// A literal8 stays what it is. In a quoted string, where no CRLF may be, nothing is an announcement.
    fn withholds(&self) -> usize {
        if self.empty_literal == EmptyLiteral::Keep || self.line.in_quotes() {
            return 0;
        }
        let lengths = if self.line.cr { 3..=3 } else { 1..=3 };
        let ends = |&length: &usize| {
            let start = EMPTY.get(..length).unwrap_or_default();
            self.line.ends_with(start) && !self.line.ends_with(&[b"~", start].concat())
        };
        let length = lengths.rev().find(ends).unwrap_or(0);
        length + usize::from(self.line.cr && length > 0)
    }

    /// Passes on what was withheld and `octets`, but for the last `withheld`.
    fn release(&mut self, octets: &[u8], withheld: usize, sink: &mut impl Sink) {
        // If there are not so many octets, what was withheld is still the start of it.
        if let Some(passed) = octets.len().checked_sub(withheld) {
            let before = EMPTY.get(..self.withheld).unwrap_or_default();
            for part in [before, octets.get(..passed).unwrap_or_default()] {
                if !part.is_empty() {
                    sink.to_client(part);
                }
            }
        }
        self.withheld = withheld;
    }
}
