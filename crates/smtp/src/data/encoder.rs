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
        for &octet in octets {
            if octet == b'.' && self.last != Last::Other {
                out.extend_from_slice(b".");
            }
            out.extend_from_slice(&[octet]);
            self.last = match octet {
                b'\n' if self.last == Last::Cr => Last::LineEnd,
                b'\n' => Last::Lf,
                b'\r' => Last::Cr,
                _ => Last::Other,
            };
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
