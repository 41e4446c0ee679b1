//! A stream with what it did not take yet.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};

/// One side of the relay.
pub(super) struct Side<T> {
    pub(super) stream: T,
    /// What the stream did not take yet.
    pub(super) unsent: BytesMut,
    /// Whether something was written that may still be in TLS's own buffer.
    pub(super) unflushed: bool,
    /// Whether there was nothing more to read in this poll of the pump; it is polled again when there is.
    pub(super) dry: bool,
    /// Whether this side sends nothing any more.
    pub(super) ended: bool,
    /// Whether we have told it that we send nothing any more.
    pub(super) shut: bool,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Side<T> {
    pub(super) fn new(stream: T, unsent: BytesMut) -> Self {
        Self {
            stream,
            unsent,
            unflushed: true,
            dry: false,
            ended: false,
            shut: false,
        }
    }

    /// Whether everything written has left.
    pub(super) fn is_clear(&self) -> bool {
        self.unsent.is_empty() && !self.unflushed
    }

    /// Writes `octets` behind what is unsent, and keeps what the stream does not take.
    pub(super) fn send(&mut self, cx: &mut Context<'_>, mut octets: &[u8]) -> std::io::Result<()> {
        while self.unsent.is_empty() && !octets.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, octets)? {
                Poll::Ready(0) => return Err(std::io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => octets = octets.get(count..).unwrap_or_default(),
                Poll::Pending => break,
            }
            self.unflushed = true;
        }
        self.unsent.extend_from_slice(octets);
        Ok(())
    }

    /// Tries to get rid of what is unsent. Ready when all of it has left.
    pub(super) fn poll_clear(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while !self.unsent.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.unsent))? {
                0 => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                count => self.unsent.advance(count),
            }
            self.unflushed = true;
            if self.unsent.is_empty() {
                self.unsent = BytesMut::new();
            }
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the peer that nothing more comes, once everything has left.
    pub(super) fn poll_shut(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.shut {
            // A peer that is gone already need not be told.
            let _ = ready!(self.poll_clear(cx)).map(|()| Pin::new(&mut self.stream).poll_shutdown(cx));
            self.shut = true;
        }
        Poll::Ready(())
    }
}
