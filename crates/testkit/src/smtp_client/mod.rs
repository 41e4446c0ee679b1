//! A small SMTP client, to ask servers in tests and in the demo's check of itself.
//!
//! As [`crate::client`] it is written apart from the crates that it tests, it sends what it is told to send, and each
//! step has a time limit.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

mod error;
mod reply;
mod steps;

pub use error::{Error, ErrorKind};
pub use reply::Reply;
pub use steps::stuffed;

/// So many replies are kept for error messages.
const HEARD: usize = 4;
/// How much is read at once, at least.
const READ: usize = 16 * 1024;

/// A connection to an SMTP server.
#[derive(Debug)]
pub struct Client<S> {
    stream: S,
    buffer: BytesMut,
    /// How long a step may take.
    limit: Duration,
    heard: VecDeque<Reply>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// A client over a stream on which nothing was read yet; `limit` is what each step may take. The greeting is the
    /// first reply, to be read with [`Client::reply`].
    pub fn new(stream: S, limit: Duration) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            limit,
            heard: VecDeque::new(),
        }
    }

    /// A client that has read the greeting, which is returned too.
    ///
    /// # Errors
    /// If there is no greeting in time, or it is not 220.
    pub async fn greeted(stream: S, limit: Duration) -> Result<(Self, Reply), Error> {
        let mut client = Self::new(stream, limit);
        let greeting = client.reply().await?;
        let greeting = client.expect(greeting, 220)?;
        Ok((client, greeting))
    }

    /// The stream, say for TLS behind STARTTLS. What was read and not asked for is dropped.
    pub fn into_stream(self) -> S {
        self.stream
    }

    /// Sends octets as they are.
    ///
    /// # Errors
    /// If they cannot be sent in time.
    pub async fn send(&mut self, octets: &[u8]) -> Result<(), Error> {
        let write = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        let result = timeout(self.limit, write).await;
        result
            .map_err(|_| self.late())?
            .map_err(|error| self.error(error.into()))
    }

    /// Sends no more. The server may still answer.
    ///
    /// # Errors
    /// If that cannot be said to the server.
    pub async fn finish(&mut self) -> Result<(), Error> {
        let result = timeout(self.limit, self.stream.shutdown()).await;
        result
            .map_err(|_| self.late())?
            .map_err(|error| self.error(error.into()))
    }

    /// The next reply with all its lines, whatever it is.
    ///
    /// # Errors
    /// If there is none in time, it is no reply, or the connection ends.
    pub async fn reply(&mut self) -> Result<Reply, Error> {
        let result = timeout(self.limit, self.read()).await;
        let reply = result
            .map_err(|_| self.late())?
            .map_err(|kind| self.error(kind))?;
        if self.heard.len() == HEARD {
            self.heard.pop_front();
        }
        self.heard.push_back(reply.clone());
        Ok(reply)
    }

    async fn read(&mut self) -> Result<Reply, ErrorKind> {
        loop {
            if let Some(reply) = reply::take(&mut self.buffer)? {
                return Ok(reply);
            }
            self.buffer.reserve(READ);
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(ErrorKind::Closed),
                Ok(_) => {}
                // What a TLS peer does that closes without saying so.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(ErrorKind::Closed),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for the end of the connection, skipping replies.
    ///
    /// # Errors
    /// If the server does not close in time.
    pub async fn closed(&mut self) -> Result<(), Error> {
        loop {
            match self.reply().await {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::Closed) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a command without its CRLF, and reads the reply, whatever that is.
    ///
    /// # Errors
    /// If there is no reply in time, or the connection ends.
    pub async fn ask(&mut self, command: &str) -> Result<Reply, Error> {
        self.send(format!("{command}\r\n").as_bytes()).await?;
        self.reply().await
    }

    /// As [`Client::ask`]; a reply other than 2xx or 3xx is an error.
    ///
    /// # Errors
    /// As [`Client::ask`], and if the command is refused.
    pub async fn command(&mut self, command: &str) -> Result<Reply, Error> {
        let reply = self.ask(command).await?;
        self.expect_positive(reply)
    }

    /// Sends commands in one write, and reads a reply for each.
    ///
    /// # Errors
    /// If there are not as many replies in time, or the connection ends.
    pub async fn batch(&mut self, commands: &[&str]) -> Result<Vec<Reply>, Error> {
        let octets: String = commands.iter().map(|command| format!("{command}\r\n")).collect();
        self.send(octets.as_bytes()).await?;
        let mut replies = Vec::new();
        for _ in commands {
            replies.push(self.reply().await?);
        }
        Ok(replies)
    }

    fn expect(&self, reply: Reply, code: u16) -> Result<Reply, Error> {
        match reply.code {
            given if given == code => Ok(reply),
            400.. => Err(self.error(ErrorKind::Refused)),
            _ => Err(self.error(ErrorKind::Unexpected(code))),
        }
    }

    fn expect_positive(&self, reply: Reply) -> Result<Reply, Error> {
        if reply.is_positive() {
            Ok(reply)
        } else {
            Err(self.error(ErrorKind::Refused))
        }
    }

    fn late(&self) -> Error {
        self.error(ErrorKind::Late(self.limit))
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.heard.iter().cloned().collect())
    }
}
