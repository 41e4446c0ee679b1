//! Writing a message to the stream.

use bytes::BytesMut;

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
        let mut written = 0;
        let mut at = 0;
        if self.last != Last::Other && octets.first() == Some(&b'.') {
            out.extend_from_slice(b".");
        }
        while let Some(line_end) = find_line_end(octets, at) {
            at = line_end;
            if octets.get(at) == Some(&b'.') {
                out.extend_from_slice(octets.get(written..at).unwrap_or_default());
                out.extend_from_slice(b".");
                written = at;
            }
        }
        out.extend_from_slice(octets.get(written..).unwrap_or_default());
        self.last = self.behind(octets);
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

/// The offset behind the next CRLF, bare CR or bare LF.
fn find_line_end(octets: &[u8], from: usize) -> Option<usize> {
    let rest = octets.get(from..)?;
    let at = memchr::memchr2(b'\r', b'\n', rest)?;
    let length = match rest.get(at..) {
        Some([b'\r', b'\n', ..]) => 2,
        _ => 1,
    };
    Some(from + at + length)
}
