//! What a peer sent and nobody consumed yet.

use bytes::buf::Limit;
use bytes::{Buf, BufMut, BytesMut};

use crate::wipe;

/// An input buffer with a cap, which remembers how far it has been searched.
///
/// The driver appends what it read from the peer (with [`Input::feed`] or [`Input::give`], or by reading into
/// [`Input::space`]); a session takes complete messages off the front. The buffer never holds more than its cap, so a driver that stops
/// reading while [`Input::room`] is 0 has bounded memory whatever the peer sends.
///
/// ```
/// use std::io::Read as _;
///
/// use gatepost_wire::{Input, take_line};
///
/// # fn next_line(mut socket: impl std::io::Read) -> Result<Option<Vec<u8>>, Box<dyn std::error::Error>> {
/// let mut input = Input::new(514);
/// let mut octets = [0; 256];
/// loop {
///     if let Some(line) = take_line(&mut input, 512)? {
///         return Ok(Some(line.to_vec()));
///     }
///     let most = input.room().min(octets.len());
///     match socket.read(&mut octets[..most])? {
///         0 => return Ok(None),
///         read => input.feed(&octets[..read])?,
///     }
/// }
/// # }
/// # assert_eq!(next_line(&b"EHLO x\r\nMAIL"[..]).unwrap().as_deref(), Some(&b"EHLO x"[..]));
/// # assert_eq!(next_line(&b"EHLO"[..]).unwrap(), None);
/// # assert!(next_line(&[b'x'; 600][..]).is_err());
/// ```
///
/// With tokio, `read_buf(&mut input.space())` reads into it without a copy.
#[derive(Debug)]
pub struct Input {
    buffer: BytesMut,
    /// Octets from the front in which [`Input::find_lf`] found no LF.
    searched: usize,
    cap: usize,
}

impl Input {
    /// An empty buffer that holds at most `cap` octets. Nothing is allocated yet.
    pub fn new(cap: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            cap,
        }
    }

    /// Appends `octets`, all of them or none.
    ///
    /// # Errors
    /// [`Overflow`] if the buffer would exceed its cap.
    pub fn feed(&mut self, octets: &[u8]) -> Result<(), Overflow> {
        if octets.len() > self.room() {
            return Err(Overflow { cap: self.cap });
        }
        self.buffer.extend_from_slice(octets);
        Ok(())
    }

    /// Appends `octets`, all of them or none. Nothing is copied if the buffer is empty or if they stand behind it in
    /// memory, as pieces of one large buffer do; what had to be copied is overwritten where it was.
    ///
    /// # Errors
    /// [`Overflow`] if the buffer would exceed its cap.
    pub fn give(&mut self, mut octets: BytesMut) -> Result<(), Overflow> {
        if octets.len() > self.room() {
            return Err(Overflow { cap: self.cap });
        }
        let end = self.buffer.as_ptr().wrapping_add(self.buffer.len());
        if self.buffer.is_empty() || end == octets.as_ptr() {
            self.buffer.unsplit(octets);
        } else {
            self.buffer.extend_from_slice(&octets);
            wipe(&mut octets);
        }
        Ok(())
    }

    /// How many octets may still be appended.
    pub fn room(&self) -> usize {
        self.cap.saturating_sub(self.buffer.len())
    }

    /// Allocates so that at least `octets` can be read at once, or what is left up to the cap. Without it, what
    /// [`Input::space`] gives first may be small.
    pub fn reserve(&mut self, octets: usize) {
        let octets = octets.min(self.room());
        self.buffer.reserve(octets);
    }

    /// The free space as a [`BufMut`] that ends at the cap, to read from a socket into.
    pub fn space(&mut self) -> Limit<&mut BytesMut> {
        let room = self.room();
        (&mut self.buffer).limit(room)
    }

    /// The octets that were not consumed.
    pub fn as_slice(&self) -> &[u8] {
        &self.buffer
    }

    /// The number of octets that were not consumed.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether every octet was consumed.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The offset of the first LF at or behind `from`. Octets that were searched in vain are not searched again.
    pub fn find_lf(&mut self, from: usize) -> Option<usize> {
        let start = self.searched.max(from).min(self.buffer.len());
        let found = memchr::memchr(b'\n', self.buffer.get(start..)?);
        match found {
            Some(at) => Some(start + at),
            None => {
                self.searched = self.buffer.len();
                None
            }
        }
    }

    /// Takes the first `count` octets off (all of them if there are fewer).
    pub fn take(&mut self, count: usize) -> BytesMut {
        let count = count.min(self.buffer.len());
        // Who takes messages often searches by himself.
        if self.searched > 0 {
            self.searched = self.searched.saturating_sub(count);
        }
        self.buffer.split_to(count)
    }

    /// Drops the first `count` octets (all of them if there are fewer).
    pub fn skip(&mut self, count: usize) {
        let count = count.min(self.buffer.len());
        self.searched = self.searched.saturating_sub(count);
        self.buffer.advance(count);
    }

    /// Drops everything, as a switch to TLS demands (RFC 3207 section 4.2, RFC 9051 section 6.2.1).
    pub fn clear(&mut self) {
        self.skip(usize::MAX);
    }

    /// Frees the memory of an empty buffer, for a connection that goes to sleep.
    pub fn release(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.searched = 0;
        }
    }
}

/// The peer sent more than the buffer's cap before anything could be consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("input exceeds the buffer's cap of {cap} octets")]
pub struct Overflow {
    /// The cap in octets.
    pub cap: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feed_is_all_or_nothing_at_the_cap() {
        let mut input = Input::new(4);
        input.feed(b"abcd").unwrap();
        assert_eq!(input.feed(b"e"), Err(Overflow { cap: 4 }));
        assert_eq!(input.as_slice(), b"abcd");
        input.skip(1);
        input.feed(b"e").unwrap();
        assert_eq!(input.as_slice(), b"bcde");
    }

    #[test]
    fn space_ends_at_the_cap() {
        let mut input = Input::new(3);
        input.feed(b"a").unwrap();
        assert_eq!(input.space().remaining_mut(), 2);
        input.space().put_slice(b"bc");
        assert_eq!(input.room(), 0);
    }

    #[test]
    fn what_is_reserved_can_be_read_at_once_up_to_the_cap() {
        let mut input = Input::new(1000);
        input.reserve(600);
        assert!(input.space().chunk_mut().len() >= 600);
        input.feed(&[b'x'; 900]).unwrap();
        input.reserve(600);
        assert_eq!(input.space().chunk_mut().len(), 100);
    }

    #[test]
    fn what_is_given_is_not_copied_if_it_need_not_be() {
        let mut read = BytesMut::from(&b"abcdef"[..]);
        let start = read.as_ptr();
        let mut input = Input::new(8);
        input.give(read.split_to(2)).unwrap();
        input.give(read.split_to(4)).unwrap();
        assert_eq!(
            (input.as_slice(), input.as_slice().as_ptr()),
            (&b"abcdef"[..], start)
        );
        input.give(BytesMut::from(&b"gh"[..])).unwrap();
        assert_eq!(input.as_slice(), b"abcdefgh");
        assert_eq!(input.give(BytesMut::from(&b"i"[..])), Err(Overflow { cap: 8 }));
        assert_eq!(input.len(), 8);
    }

    #[test]
    fn searched_octets_are_remembered_and_follow_what_is_taken() {
        let mut input = Input::new(64);
        input.feed(b"no line yet").unwrap();
        assert_eq!(input.find_lf(0), None);
        assert_eq!(input.searched, 11);
        input.skip(3);
        assert_eq!(input.searched, 8);
        input.feed(b"\r\n\n").unwrap();
        assert_eq!(input.find_lf(0), Some(9));
        assert_eq!(&input.take(10)[..], b"line yet\r\n");
        assert_eq!(input.find_lf(0), Some(0));
    }

    #[test]
    fn clear_and_release_forget_everything() {
        let mut input = Input::new(8);
        input.feed(b"abc").unwrap();
        assert_eq!(input.find_lf(0), None);
        input.clear();
        input.release();
        input.feed(b"\n").unwrap();
        assert_eq!(input.find_lf(0), Some(0));
    }
}
