//! A small IMAP client, to ask servers in tests and in the demo's check of itself.
//!
//! It is written apart from the crates that it tests, it sends what it is told to send, and each step has a time limit.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

mod error;
mod name;
mod response;
mod steps;

pub use error::{Error, ErrorKind};
pub use name::mailbox_name;
use response::Scan;
pub use response::{Reply, Response};

/// So many responses are kept for error messages.
const HEARD: usize = 4;
/// How much is read at once, at least.
const READ: usize = 16 * 1024;

/// A connection to an IMAP server.
#[derive(Debug)]
pub struct Client<S> {
    stream: S,
    buffer: BytesMut,
    scan: Scan,
    commands: u32,
    /// How long a step may take.
    limit: Duration,
    heard: VecDeque<Response>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// A client over a stream on which nothing was read yet; `limit` is what each step may take. The greeting is the
    /// first response, to be read with [`Client::response`].
    pub fn new(stream: S, limit: Duration) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            scan: Scan::default(),
            commands: 0,
            limit,
            heard: VecDeque::new(),
        }
    }

    /// A client that has read the greeting, which is returned too.
    ///
    /// # Errors
    /// If there is no greeting in time, or it is not `* OK`.
    pub async fn greeted(stream: S, limit: Duration) -> Result<(Self, Response), Error> {
        let mut client = Self::new(stream, limit);
        let greeting = client.response().await?;
        if !greeting.starts_with("* OK") {
            return Err(client.error(ErrorKind::Unexpected("a greeting")));
        }
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

    /// The next response, whatever it is.
    ///
    /// # Errors
    /// If there is none in time, or the connection ends.
    pub async fn response(&mut self) -> Result<Response, Error> {
        let result = timeout(self.limit, self.read()).await;
        let response = result
            .map_err(|_| self.late())?
            .map_err(|kind| self.error(kind))?;
        if self.heard.len() == HEARD {
            self.heard.pop_front();
        }
        self.heard.push_back(response.clone());
        Ok(response)
    }

    async fn read(&mut self) -> Result<Response, ErrorKind> {
        loop {
            if let Some(response) = self.scan.next(&mut self.buffer) {
                return Ok(response);
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

    /// Waits for the end of the connection, skipping responses.
    ///
    /// # Errors
    /// If the server does not close in time.
    pub async fn closed(&mut self) -> Result<(), Error> {
        loop {
            match self.response().await {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::Closed) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a command without its tag, and reads up to its tagged answer, whatever that is.
    ///
    /// # Errors
    /// If there is no answer in time, or the connection ends.
    pub async fn ask(&mut self, command: &str) -> Result<Reply, Error> {
        self.ask_parts(&[command.as_bytes()]).await
    }

    /// As [`Client::ask`]; an answer other than OK is an error.
    ///
    /// # Errors
    /// As [`Client::ask`], and if the command is refused.
    pub async fn command(&mut self, command: &str) -> Result<Reply, Error> {
        let reply = self.ask(command).await?;
        self.expect_ok(reply)
    }

    fn expect_ok(&self, reply: Reply) -> Result<Reply, Error> {
        if reply.is_ok() {
            Ok(reply)
        } else {
            Err(self.error(ErrorKind::Refused))
        }
    }

    /// Sends a command whose parts are text and synchronizing literals in turn, text first, and reads up to its tagged
    /// answer. A literal that the server refuses ends the command.
    ///
    /// # Errors
    /// If there is no answer in time, or the connection ends.
    pub async fn ask_parts(&mut self, parts: &[&[u8]]) -> Result<Reply, Error> {
        let tag = self.tag();
        let mut line = tag.clone().into_bytes();
        line.push(b' ');
        let mut untagged = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index % 2 == 1 {
                line.extend_from_slice(format!("{{{}}}\r\n", part.len()).as_bytes());
                self.send(&std::mem::take(&mut line)).await?;
                if let Some(tagged) = self.collect(&tag, &mut untagged).await? {
                    return Ok(Reply { tagged, untagged });
                }
                self.send(part).await?;
            } else {
                line.extend_from_slice(part);
            }
        }
        line.extend_from_slice(b"\r\n");
        self.send(&line).await?;
        match self.collect(&tag, &mut untagged).await? {
            Some(tagged) => Ok(Reply { tagged, untagged }),
            None => Err(self.error(ErrorKind::Unexpected("a tagged answer"))),
        }
    }

    /// Collects responses up to the tagged one, or up to a `+` (`None`).
    async fn collect(&mut self, tag: &str, untagged: &mut Vec<Response>) -> Result<Option<Response>, Error> {
        let start = format!("{tag} ");
        loop {
            let response = self.response().await?;
            if response.starts_with(&start) {
                return Ok(Some(response));
            }
            if response.starts_with("+") {
                return Ok(None);
            }
            untagged.push(response);
        }
    }

    fn tag(&mut self) -> String {
        self.commands += 1;
        format!("t{}", self.commands)
    }

    fn late(&self) -> Error {
        self.error(ErrorKind::Late(self.limit))
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.heard.iter().cloned().collect())
    }
}
