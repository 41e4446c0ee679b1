//! What a session has to say, not yet written.

use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};
use gatepost_imap::response::{Completion, Continuation, StatusText};
use gatepost_imap::types::Status;
use gatepost_imap::{Response, ResponseCode, Tag};

/// Literals of fewer octets are copied; longer ones are sent from where the store keeps them.
const SHARED: usize = 8 * 1024;

/// Text and shared octets in order. As a [`Buf`] it is written with as few system calls as the transport allows.
#[derive(Debug, Default)]
pub(crate) struct Output {
    parts: std::collections::VecDeque<Bytes>,
    tail: BytesMut,
    /// The octets in `parts`.
    queued: usize,
}

impl Output {
    /// The buffer that text is appended to.
    pub(crate) fn text(&mut self) -> &mut BytesMut {
        &mut self.tail
    }

    /// Appends text.
    pub(crate) fn push(&mut self, text: impl AsRef<[u8]>) {
        self.tail.extend_from_slice(text.as_ref());
    }

    /// Appends a response.
    pub(crate) fn tell(&mut self, response: &Response) {
        response.encode(&mut self.tail);
    }

    /// Appends `* OK [code] text`.
    pub(crate) fn note(&mut self, code: ResponseCode, text: &str) {
        self.tell(&Response::Status {
            status: Status::Ok,
            text: StatusText::shown(Some(code), text),
        });
    }

    /// Appends a BAD that answers the command with this tag, or none that is known.
    pub(crate) fn refuse(&mut self, tag: Option<Tag>, text: &str) {
        let text = StatusText::shown(None, text);
        self.tell(&match tag {
            Some(tag) => Response::Tagged {
                tag,
                status: Completion::Bad,
                text,
            },
            None => Response::Status {
                status: Status::Bad,
                text,
            },
        });
    }

    /// Appends `+ text`.
    pub(crate) fn invite(&mut self, text: &str) {
        let text = StatusText::shown(None, text);
        self.tell(&Response::Continuation(Continuation::new(text)));
    }

    /// Appends a response, and in it, where its streamed literals are, these octets in order.
    pub(crate) fn tell_with(&mut self, response: &Response, literals: impl IntoIterator<Item = Bytes>) {
        let mut text = BytesMut::new();
        let gaps = response.encode_streamed(&mut text);
        let mut written = 0;
        for (gap, octets) in gaps.iter().zip(literals) {
            self.push(text.split_to(gap.offset - written));
            written = gap.offset;
            self.share(octets);
        }
        self.push(text);
    }

    /// Appends octets of a message, without a copy if they are many.
    pub(crate) fn share(&mut self, octets: Bytes) {
        if octets.len() < SHARED {
            return self.tail.extend_from_slice(&octets);
        }
        self.seal();
        self.queued += octets.len();
        self.parts.push_back(octets);
    }

    /// Moves the text into the queue.
    pub(crate) fn seal(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        self.queued += self.tail.len();
        self.parts.push_back(self.tail.split().freeze());
    }
}

impl Buf for Output {
    fn remaining(&self) -> usize {
        self.queued + self.tail.len()
    }

    fn chunk(&self) -> &[u8] {
        self.parts.front().map_or(&self.tail, |part| part)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let tail = Some(&self.tail[..]).filter(|tail| !tail.is_empty());
        let chunks = self.parts.iter().map(|part| &part[..]).chain(tail);
        let mut filled = 0;
        for (slice, chunk) in slices.iter_mut().zip(chunks) {
            *slice = IoSlice::new(chunk);
            filled += 1;
        }
        filled
    }

    fn advance(&mut self, mut count: usize) {
        while let Some(front) = self.parts.front_mut() {
            let step = count.min(front.len());
            front.advance(step);
            self.queued -= step;
            count -= step;
            if !front.is_empty() {
                return;
            }
            self.parts.pop_front();
        }
        self.tail.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> (Output, Vec<u8>) {
        let mut output = Output::default();
        let body = Bytes::from(vec![b'x'; SHARED]);
        output.push("before ");
        output.share(body.clone());
        output.share(Bytes::from_static(b" short "));
        output.push("after");
        let expected = [&b"before "[..], &body, b" short after"].concat();
        (output, expected)
    }

    #[test]
    fn order_is_kept_whatever_is_shared() {
        let (mut output, expected) = filled();
        assert_eq!(output.remaining(), expected.len());
        assert_eq!(output.copy_to_bytes(expected.len()), expected);
        assert!(!output.has_remaining());
    }

    #[test]
    fn any_step_reads_the_same_octets() {
        for step in [1, 7, 4096, SHARED + 3] {
            let (mut output, expected) = filled();
            let mut read = Vec::new();
            while output.has_remaining() {
                let chunk = output.chunk();
                let count = step.min(chunk.len());
                read.extend_from_slice(&chunk[..count]);
                output.advance(count);
            }
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn vectored_chunks_are_all_that_remains() {
        let (output, expected) = filled();
        let mut slices = [IoSlice::new(&[]); 8];
        let filled = output.chunks_vectored(&mut slices);
        let joined: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
        assert_eq!(joined, expected);
    }
}
