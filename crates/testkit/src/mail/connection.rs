//! A connection's two buffers, and what may end it.

use std::io;
use std::time::Duration;

use bytes::Buf as _;
use gatepost_imap::Limits;
use gatepost_imap::server::Bye;
use gatepost_wire::Input;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::output::Output;

/// The longest literal a client may send.
const LITERAL: usize = 256 << 20;
/// How much is read at once, at least.
const READ: usize = 16 * 1024;
/// Output is written once it is as long as this, even if more commands wait.
const HIGH_WATER: usize = 256 * 1024;
/// How long the last words may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a logged-in client may send.
pub(super) const LIMITS: Limits = Limits {
    literal: LITERAL,
    message: LITERAL + (1 << 20),
    ..Limits::AFTER_LOGIN
};

/// A stream, and what was read and is to be written.
pub(super) struct Connection<S> {
    pub(super) input: Input,
    pub(super) output: Output,
    stream: S,
    signals: Signals,
}

/// What ends connections from outside.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// The server stops.
    pub(super) stop: CancellationToken,
    /// The connections of the moment are dropped.
    pub(super) drop: CancellationToken,
}

/// Why a connection is over before its session is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Over {
    /// The client closed it.
    #[error("the client closed the connection")]
    Eof,
    /// It is dropped, without a word.
    #[error("the connection is dropped")]
    Dropped,
    /// The server stops, between commands.
    #[error("the server stops")]
    Stopped,
    /// The session before login ended it, and has said why.
    #[error("the session ended the connection")]
    Ended,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Protocol(#[from] gatepost_imap::Error),
}

/// What woke a connection.
pub(super) enum Woken<T> {
    /// There is more input.
    Read,
    /// What it waited for beside.
    Other(T),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn new(stream: S, signals: Signals) -> Self {
        Self::with_capacity(stream, signals, LIMITS.input_capacity())
    }

    /// One that reads no more than so many octets ahead.
    pub(super) fn with_capacity(stream: S, signals: Signals, capacity: usize) -> Self {
        Self {
            input: Input::new(capacity),
            output: Output::default(),
            stream,
            signals,
        }
    }

    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    /// Reads more.
    pub(super) async fn read(&mut self) -> Result<(), Over> {
        self.read_or(std::future::pending::<()>()).await.map(|_| ())
    }

    /// Reads more, unless `other` happens before.
    pub(super) async fn read_or<T>(&mut self, other: impl Future<Output = T>) -> Result<Woken<T>, Over> {
        let mut space = self.input.space();
        let room = space.limit();
        space.get_mut().reserve(READ.min(room));
        tokio::select! {
            biased;
            () = self.signals.drop.cancelled() => Err(Over::Dropped),
            () = self.signals.stop.cancelled() => Err(Over::Stopped),
            read = self.stream.read_buf(&mut space) => match read? {
                0 => Err(Over::Eof),
                _ => Ok(Woken::Read),
            },
            value = other => Ok(Woken::Other(value)),
        }
    }

    /// Reads more, but no more than `octets`.
    pub(super) async fn read_at_most(&mut self, octets: usize) -> Result<(), Over> {
        let mut space = bytes::BufMut::limit(self.input.space(), octets);
        tokio::select! {
            biased;
            () = self.signals.drop.cancelled() => Err(Over::Dropped),
            () = self.signals.stop.cancelled() => Err(Over::Stopped),
            read = self.stream.read_buf(&mut space) => match read? {
                0 => Err(Over::Eof),
                _ => Ok(()),
            },
        }
    }

    /// Waits for something else than the client.
    pub(super) async fn wait<T>(&self, other: impl Future<Output = T>) -> Result<T, Over> {
        tokio::select! {
            biased;
            () = self.signals.drop.cancelled() => Err(Over::Dropped),
            () = self.signals.stop.cancelled() => Err(Over::Stopped),
            value = other => Ok(value),
        }
    }

    /// Makes room for a literal that was announced, so that it is not moved while it grows.
    pub(super) fn expect_literal(&mut self, octets: u64) {
        let octets = usize::try_from(octets).unwrap_or(usize::MAX);
        let mut space = self.input.space();
        let room = space.limit();
        space.get_mut().reserve(octets.saturating_add(READ).min(room));
    }

    /// Writes if much has piled up.
    pub(super) async fn relieve(&mut self) -> Result<(), Over> {
        if self.output.remaining() >= HIGH_WATER {
            self.flush().await
        } else {
            Ok(())
        }
    }

    /// Writes all output.
    pub(super) async fn flush(&mut self) -> Result<(), Over> {
        let write = async {
            self.stream.write_all_buf(&mut self.output).await?;
            self.stream.flush().await
        };
        tokio::select! {
            biased;
            () = self.signals.drop.cancelled() => Err(Over::Dropped),
            written = write => Ok(written?),
            // Half a response is out; nothing can be said any more.
            () = self.signals.stop.cancelled() => Err(Over::Dropped),
        }
    }

    /// Says goodbye, if that is still possible, and closes.
    pub(super) async fn close(mut self, over: Result<(), Over>) {
        match &over {
            Err(Over::Dropped | Over::Io(_)) => return,
            Err(Over::Stopped) => Bye::Shutdown.encode(self.output.text()),
            Err(Over::Protocol(error)) => error.encode_reply(self.output.text()),
            Ok(()) | Err(Over::Eof | Over::Ended) => {}
        }
        let farewell = async {
            self.stream.write_all_buf(&mut self.output).await?;
            self.stream.shutdown().await
        };
        // Nobody is left to hear of a failure.
        let _ = timeout(FAREWELL, farewell).await;
    }
}
