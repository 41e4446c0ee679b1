//! What frames are taken off.

use bytes::BytesMut;
use gatepost_wire::Input;

/// Octets of a peer that were not consumed. Between two calls of a framer the caller may append to them, and nothing
/// else.
pub trait Buffer {
    /// All of them.
    fn octets(&self) -> &[u8];

    /// Takes the first `count` off. There are so many.
    fn take(&mut self, count: usize) -> BytesMut;

    /// Whether nothing can be appended any more, so that what is not whole now never will be.
    fn is_full(&self) -> bool {
        false
    }
}

impl Buffer for BytesMut {
    fn octets(&self) -> &[u8] {
        self
    }

    fn take(&mut self, count: usize) -> BytesMut {
        self.split_to(count.min(self.len()))
    }
}

impl Buffer for Input {
    fn octets(&self) -> &[u8] {
        self.as_slice()
    }

    fn take(&mut self, count: usize) -> BytesMut {
        Self::take(self, count)
    }

    fn is_full(&self) -> bool {
        self.room() == 0
    }
}
