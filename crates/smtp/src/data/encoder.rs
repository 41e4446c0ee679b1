//! Writing a message to the stream.

use bytes::BytesMut;

use super::block::{BLOCK, FEW, skip};

/// Stuffs the dots of a message and ends it, in any pieces.
///
/// Lines must end in CRLF. Should one end in a bare CR or a bare LF, a dot behind it is stuffed all the same, so that
/// not even a server that takes those for line ends sees an end in the message.
#[derive(Debug, Clone)]
pub struct Encoder {
    last: Last,
}

/// What was written last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing, or CRLF.
    LineEnd,
    /// A bare LF.
    Lf,
    /// CR.
    Cr,
    /// Anything else.
    Other,
}

impl Encoder {
    /// An encoder at the start of a message.
    pub const fn new() -> Self {
        Self { last: Last::LineEnd }
    }

    /// Appends `octets`.
    pub fn encode(&mut self, octets: &[u8], out: &mut BytesMut) {
        out.reserve(octets.len());
        let (mut at, mut written) = (0, 0);
        while at < octets.len() {
            at = skip::<BLOCK>(octets, at, is_plain);
            at = skip::<FEW>(octets, at, is_plain);
            let end = octets.len().min(at + FEW);
            for dot in (at..end).filter(|&at| self.is_dot_of_line(octets, at)) {
                out.extend_from_slice(octets.get(written..dot).unwrap_or_default());
                out.extend_from_slice(b".");
                written = dot;
            }
            at = end;
        }
        out.extend_from_slice(octets.get(written..).unwrap_or_default());
        self.last = self.behind(octets);
    }

    /// Whether a dot stands at `at`, and a line end of any kind before it.
    fn is_dot_of_line(&self, octets: &[u8], at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| octets.get(before));
        let is_behind_line_end = match before {
            Some(before) => matches!(before, b'\r' | b'\n'),
            None => self.last != Last::Other,
        };
        is_behind_line_end && octets.get(at) == Some(&b'.')
    }

    fn behind(&self, octets: &[u8]) -> Last {
        match (octets, self.last) {
            ([], last) => last,
            ([.., b'\r', b'\n'], _) | ([b'\n'], Last::Cr) => Last::LineEnd,
            ([.., b'\n'], _) => Last::Lf,
            ([.., b'\r'], _) => Last::Cr,
            _ => Last::Other,
        }
    }

    /// Appends the end: `.CRLF`, behind a CRLF if the last line has none.
    pub fn finish(self, out: &mut BytesMut) {
        out.extend_from_slice(match self.last {
            Last::LineEnd => b".\r\n",
            Last::Cr => b"\n.\r\n",
            Last::Lf | Last::Other => b"\r\n.\r\n",
        });
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether no dot of `block` stands behind a line end.
fn is_plain<const N: usize>(before: &[u8; N], block: &[u8; N]) -> bool {
    let mut odd = 0;
    for (&before, &octet) in before.iter().zip(block) {
        odd |= u8::from(octet == b'.') & (u8::from(before == b'\n') | u8::from(before == b'\r'));
    }
    odd == 0
}
