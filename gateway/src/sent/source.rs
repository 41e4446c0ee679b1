//! A message on its way from the spool to a mail server, a piece at a time.

use std::io::{self, Read};

use super::blocking;

/// The longest piece, in octets.
pub(crate) const PIECE: usize = 64 * 1024;

/// A message of a size that is known. Reading runs where it may block.
pub(crate) struct Source {
    /// Away while a piece is read.
    reader: Option<(Box<dyn Read + Send>, Vec<u8>)>,
    left: u64,
    /// Whether the piece that was read is still to come.
    ahead: bool,
}

impl Source {
    pub(crate) fn new(message: Box<dyn Read + Send>, size: u64) -> Self {
        Self {
            reader: Some((message, Vec::new())),
            left: size,
            ahead: false,
        }
    }

    /// The first piece, which comes again. Ask before anything else.
    ///
    /// # Errors
    /// As [`Source::next`].
    pub(crate) async fn start(&mut self) -> io::Result<&[u8]> {
        self.next().await?;
        self.ahead = true;
        Ok(self.reader.as_ref().map_or(&[], |(_, piece)| piece))
    }

    /// The next piece; empty at the end.
    ///
    /// # Errors
    /// If the message is shorter than it should be, or cannot be read. It is of no use any more.
    pub(crate) async fn next(&mut self) -> io::Result<&[u8]> {
        if std::mem::take(&mut self.ahead) {
            return Ok(self.reader.as_ref().map_or(&[], |(_, piece)| piece));
        }
        let size = usize::try_from(self.left).unwrap_or(PIECE).min(PIECE);
        let (mut reader, mut piece) = self.reader.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let read = blocking(move || {
            piece.resize(size, 0);
            let read = reader.read_exact(&mut piece);
            read.map(|()| (reader, piece))
        });
        let (_, piece) = self.reader.insert(read.await??);
        self.left -= size as u64;
        Ok(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_comes_in_pieces_and_whole() {
        let octets: Vec<u8> = (0..PIECE * 2 + 7).map(|number| number as u8).collect();
        let mut source = Source::new(Box::new(io::Cursor::new(octets.clone())), octets.len() as u64);
        assert!(source.start().await.unwrap() == &octets[..PIECE]);
        let (mut read, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let piece = source.next().await.unwrap();
            if piece.is_empty() {
                break;
            }
            sizes.push(piece.len());
            read.extend_from_slice(piece);
        }
        assert_eq!(sizes, [PIECE, PIECE, 7]);
        assert!(read == octets);
        assert!(source.next().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_message_that_is_too_short_is_an_error() {
        let mut source = Source::new(Box::new(io::Cursor::new(b"12345")), 6);
        let error = source.next().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(source.next().await.is_err());
    }
}
