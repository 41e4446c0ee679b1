//! Clients of a mail server that is lost to many are let go one after the other: they all come back at once else.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::scratch::Scratch;
use super::{Pump, Turn};

/// What a client hears whose mail server is lost to many.
const LOST: &str = "the mail server is gone, try again";

/// What says that a server goes has no more octets than this.
const SHORT: usize = 512;

/// A client that is let go in a while.
pub(super) struct Release {
    at: Pin<Box<Sleep>>,
    /// The mail server's own, which the client has not heard yet.
    last_words: Vec<u8>,
}

impl Release {
    fn after(time: Duration, last_words: &[u8]) -> Box<Self> {
        Box::new(Self {
            at: Box::pin(sleep(time)),
            last_words: last_words.to_vec(),
        })
    }

    /// Ready when the client is let go.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.at.as_mut().poll(cx)
    }
}

impl<C, S> Pump<C, S>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// A goodbye that nobody asked for, from a server that leaves many, is passed on when the client is let go.
    pub(super) fn keeps_last_words(&mut self, octets: &[u8]) -> bool {
        let goodbye = Goodbye::in_octets(octets);
        let kept = goodbye == Goodbye::Unasked && self.keeps_client(octets);
        self.parted |= goodbye != Goodbye::Unsaid && !kept;
        kept
    }

    /// Whether the client is let go later than now, because many others are.
    pub(super) fn keeps_client(&mut self, last_words: &[u8]) -> bool {
        if self.parted || self.client.ended {
            return false;
        }
        let wait = self.backend.lost();
        if !wait.is_zero() {
            self.release = Some(Release::after(wait, last_words));
        }
        self.release.is_some()
    }

    /// Waits until the client is let go. It is not served any more: what it sends is dropped. It may leave, and the
    /// mail server may turn out to have been asked for its goodbye.
    pub(super) fn let_go(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Turn {
        let mut buffer = ReadBuf::new(&mut scratch.read);
        match Pin::new(&mut self.client.stream).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => return Turn::Moved,
            Poll::Ready(_) => return self.over("client closed"),
            Poll::Pending => {}
        }
        let heard = if self.server.ended {
            Poll::Pending
        } else {
            Pin::new(&mut self.server.stream).poll_read(cx, &mut buffer)
        };
        let Some(release) = &mut self.release else {
            return Turn::Moved;
        };
        match heard {
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                let last_words = [&release.last_words, buffer.filled()].concat();
                self.summary.bytes_out += buffer.filled().len() as u64;
                (self.parted, self.release) = (true, None);
                self.relay_from_server(cx, &last_words, &mut scratch.outbox)
            }
            Poll::Ready(_) => self.server_ended("upstream closed"),
            Poll::Pending if release.poll(cx).is_pending() => Turn::Idle,
            Poll::Pending => {
                let last_words = std::mem::take(&mut release.last_words);
                self.release = None;
                if last_words.is_empty() {
                    self.end(LOST);
                    return Turn::Moved;
                }
                self.stop_relaying(LOST);
                self.relay_from_server(cx, &last_words, &mut scratch.outbox)
            }
        }
    }
}

/// What a mail server that goes has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goodbye {
    /// Nothing of the kind.
    Unsaid,
    /// That and nothing else: nobody had asked it to.
    Unasked,
    /// That among other things, as in the answer to LOGOUT.
    Said,
}

impl Goodbye {
    /// Looks for BYE at the beginning of lines. What only looks like it, in a message, is of no consequence: more comes
    /// behind it.
    fn in_octets(octets: &[u8]) -> Self {
        if let Some(start) = octets.len().checked_sub(SHORT).filter(|start| *start > 0) {
            return Self::behind(octets.get(start..).unwrap_or_default());
        }
        let mut lines = octets.split_inclusive(|octet| *octet == b'\n');
        match (lines.next(), lines.next()) {
            (Some(line), None) if is_bye(line) && line.ends_with(b"\n") => Self::Unasked,
            (Some(first), Some(second)) if is_bye(first) || is_bye(second) || lines.any(is_bye) => Self::Said,
            _ => Self::Unsaid,
        }
    }

    /// Behind much else, as if a client asks for a message and for the end at once, and reads slowly.
    fn behind(octets: &[u8]) -> Self {
        let mut lines = octets.split_inclusive(|octet| *octet == b'\n').skip(1);
        if lines.any(is_bye) {
            Self::Said
        } else {
            Self::Unsaid
        }
    }
}

fn is_bye(line: &[u8]) -> bool {
    line.get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"* BYE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goodbye_alone_is_not_asked_for() {
        for (octets, expected) in [
            (&b"* BYE Server shutting down.\r\n"[..], Goodbye::Unasked),
            (b"* bye\r\n", Goodbye::Unasked),
            (b"* BYE Logging out\r\na OK done\r\n", Goodbye::Said),
            (b"* 1 EXISTS\r\n* BYE Logging out\r\n", Goodbye::Said),
            (b"a\r\nb\r\n* BYE\r\n", Goodbye::Said),
            (b"* BYE Server shutt", Goodbye::Unsaid),
            (b"* 1 EXISTS\r\n", Goodbye::Unsaid),
            (b"", Goodbye::Unsaid),
        ] {
            assert_eq!(Goodbye::in_octets(octets), expected, "{}", octets.escape_ascii());
        }
        let long = [b"* BYE ".to_vec(), vec![b'x'; SHORT], b"\r\n".to_vec()].concat();
        assert_eq!(Goodbye::in_octets(&long), Goodbye::Unsaid);
    }

    #[test]
    fn a_goodbye_behind_much_else_was_asked_for() {
        let much = [vec![b'x'; 2 * SHORT], b")\r\na OK\r\n".to_vec()].concat();
        let said = [&much[..], b"* BYE Logging out\r\nb OK done\r\n"].concat();
        assert_eq!(Goodbye::in_octets(&said), Goodbye::Said);
        assert_eq!(Goodbye::in_octets(&much), Goodbye::Unsaid);
    }
}
