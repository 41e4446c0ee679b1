//! A connection that is read by lines and by counts of octets.

use anyhow::{Context as _, ensure};
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest line.
const LINE: usize = 64 * 1024;
/// What one read brings at most.
const READ: usize = 64 * 1024;

/// A stream with what has come and was not looked at yet.
#[derive(Debug)]
pub(crate) struct Lines<S> {
    stream: S,
    input: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<S> {
    pub(crate) fn new(stream: S) -> Self {
        let input = BytesMut::new();
        Self { stream, input }
    }

    pub(crate) async fn send(&mut self, octets: impl AsRef<[u8]>) -> anyhow::Result<()> {
        self.stream.write_all(octets.as_ref()).await?;
        Ok(self.stream.flush().await?)
    }

    /// The next line, with its CRLF. None is the end, where there is no begun line.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Bytes>> {
        let mut looked_at = 0;
        loop {
            let unseen = self.input.get(looked_at..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', unseen) {
                return Ok(Some(self.input.split_to(looked_at + end + 1).freeze()));
            }
            looked_at = self.input.len();
            ensure!(looked_at < LINE, "a line of more than {LINE} octets");
            if !self.read().await? {
                ensure!(self.input.is_empty(), "the connection ended in a line");
                return Ok(None);
            }
        }
    }

    /// The next line, which has to come.
    pub(crate) async fn line(&mut self) -> anyhow::Result<Bytes> {
        self.next().await?.context("the connection ended")
    }

    /// The next so many octets, in the pieces that they come in.
    pub(crate) async fn octets(
        &mut self,
        count: usize,
        mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut missing = count;
        while missing > 0 {
            if self.input.is_empty() {
                ensure!(self.read().await?, "the connection ended in a literal");
            }
            let piece = self.input.split_to(missing.min(self.input.len()));
            missing -= piece.len();
            each(&piece)?;
        }
        Ok(())
    }

    /// What has come, or else comes next; nothing at the end. [`Lines::consume`] says what of it is done with.
    pub(crate) async fn fill(&mut self) -> anyhow::Result<&[u8]> {
        if self.input.is_empty() {
            self.read().await?;
        }
        Ok(&self.input)
    }

    pub(crate) fn consume(&mut self, count: usize) {
        drop(self.input.split_to(count.min(self.input.len())));
    }

    /// The stream, if nothing has come that was not looked at.
    pub(crate) fn into_stream(self) -> anyhow::Result<S> {
        ensure!(self.input.is_empty(), "octets that nobody asked for");
        Ok(self.stream)
    }

    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    /// Whether there was anything.
    async fn read(&mut self) -> anyhow::Result<bool> {
        if self.input.capacity() - self.input.len() < READ / 4 {
            // An idle connection should not hold a large buffer, a busy one should.
            let want = if self.input.capacity() == 0 { 512 } else { READ };
            self.input.reserve(want);
        }
        Ok(self.stream.read_buf(&mut self.input).await? > 0)
    }
}
