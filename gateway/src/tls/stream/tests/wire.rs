//! A connection in memory that gives and takes octets in pieces of the test's choice.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

pub(super) struct Wire {
    pub(super) socket: DuplexStream,
    /// What one read brings at most, in octets.
    pub(super) read_at_most: usize,
    /// No read goes over this octet of the stream.
    pub(super) cut: usize,
    /// What one write takes at most, in octets.
    pub(super) write_at_most: usize,
    /// How many octets were read.
    pub(super) read: usize,
    /// How often.
    pub(super) reads: usize,
    /// How often something was written.
    pub(super) writes: usize,
}

impl Wire {
    pub(super) fn new(socket: DuplexStream) -> Self {
        Self {
            socket,
            read_at_most: usize::MAX,
            cut: 0,
            write_at_most: usize::MAX,
            read: 0,
            reads: 0,
            writes: 0,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut most = self.read_at_most;
        if self.read < self.cut {
            most = most.min(self.cut - self.read);
        }
        let mut piece = vec![0; most.min(into.remaining())];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut piece))?;
        into.put_slice(piece.filled());
        self.read += piece.filled().len();
        self.reads += 1;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let most = octets.len().min(self.write_at_most);
        let written = ready!(Pin::new(&mut self.socket).poll_write(cx, &octets[..most]))?;
        self.writes += 1;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
