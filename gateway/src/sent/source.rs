//! A message on its way from the spool to a mail server, a piece at a time.

use std::io::{self, Read};

use super::blocking;

/// The longest piece, in octets.
pub(crate) const PIECE: usize = 64 * 1024;

/// What has to be done before the last piece is given away.
type Hook = Box<dyn FnOnce() -> io::Result<()> + Send>;

/// A message of a size that is known. Reading runs where it may block.
pub(crate) struct Source {
    /// Away while a piece is read.
    reader: Option<(Box<dyn Read + Send>, Vec<u8>)>,
    left: u64,
    /// Whether the piece that was read is still to come.
    ahead: bool,
    before_last: Option<Hook>,
}

impl Source {
    pub(crate) fn new(message: Box<dyn Read + Send>, size: u64) -> Self {
        Self {
            reader: Some((message, Vec::new())),
            left: size,
            ahead: false,
            before_last: None,
        }
    }

    /// The same message. Before its last piece is given away, `hook` runs, where it may block; if that fails, the piece
    /// is not given.
    pub(crate) fn with(mut self, hook: impl FnOnce() -> io::Result<()> + Send + 'static) -> Self {
        self.before_last = Some(Box::new(hook));
        self
    }

    /// Whether the last piece was given away.
    pub(crate) fn is_spent(&self) -> bool {
        self.left == 0 && !self.ahead
    }

    /// The first piece, which comes again. Ask before anything else.
    ///
    /// # Errors
    /// As [`Source::next`].
    pub(crate) async fn start(&mut self) -> io::Result<&[u8]> {
        self.read().await?;
        self.ahead = true;
        self.piece()
    }

    /// The next piece; empty at the end.
    ///
    /// # Errors
    /// If the message is shorter than it should be, or cannot be read. It is of no use any more.
    pub(crate) async fn next(&mut self) -> io::Result<&[u8]> {
        let unread = if self.ahead { 0 } else { PIECE as u64 };
        if self.left <= unread
            && let Some(hook) = self.before_last.take()
            && let Err(error) = blocking(hook).await.flatten()
        {
            self.reader = None;
            return Err(error);
        }
        if !std::mem::take(&mut self.ahead) {
            self.read().await?;
        }
        self.piece()
    }

    fn piece(&self) -> io::Result<&[u8]> {
        let (_, piece) = self.reader.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(piece)
    }

    async fn read(&mut self) -> io::Result<()> {
        let size = usize::try_from(self.left).unwrap_or(PIECE).min(PIECE);
        let (mut reader, mut piece) = self.reader.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let read = blocking(move || {
            piece.resize(size, 0);
            let read = reader.read_exact(&mut piece);
            read.map(|()| (reader, piece))
        });
        self.reader = Some(read.await??);
        self.left -= size as u64;
        Ok(())
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
    async fn the_last_piece_is_given_behind_the_hook_alone() {
        let source = |hook: fn() -> io::Result<()>| {
            Source::new(Box::new(io::repeat(b'x')), PIECE as u64 + 1).with(hook)
        };
        let mut refusing = source(|| Err(io::ErrorKind::StorageFull.into()));
        assert_eq!(refusing.next().await.unwrap().len(), PIECE);
        let error = refusing.next().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(!refusing.is_spent());
        assert!(refusing.next().await.is_err());
        let mut allowing = source(|| Ok(()));
        assert_eq!(allowing.next().await.unwrap().len(), PIECE);
        assert!(!allowing.is_spent());
        assert_eq!(allowing.next().await.unwrap().len(), 1);
        assert!(allowing.is_spent());
    }

    #[tokio::test]
    async fn to_look_at_the_last_piece_is_not_to_give_it_away() {
        let (told, telling) = std::sync::mpsc::channel();
        let source = Source::new(Box::new(io::Cursor::new(b"12345")), 5);
        let mut source = source.with(move || told.send(()).map_err(io::Error::other));
        assert_eq!(source.start().await.unwrap(), b"12345");
        assert!(!source.is_spent() && telling.try_recv().is_err());
        assert_eq!(source.next().await.unwrap(), b"12345");
        assert!(source.is_spent() && telling.try_recv().is_ok());
        let mut refused = Source::new(Box::new(io::Cursor::new(b"12345")), 5)
            .with(|| Err(io::ErrorKind::StorageFull.into()));
        refused.start().await.unwrap();
        refused.next().await.unwrap_err();
        assert!(!refused.is_spent());
        assert!(refused.next().await.is_err());
    }

    #[tokio::test]
    async fn a_message_that_is_too_short_is_an_error() {
        let mut source = Source::new(Box::new(io::Cursor::new(b"12345")), 6);
        let error = source.next().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(source.next().await.is_err());
    }
}
