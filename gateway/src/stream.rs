//! A TCP connection with or without TLS, and the buffers of a session on it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use gatepost_wire::Input;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;
use rustls::{ClientConfig, CommonState, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::tls::TlsStream;

/// How much is read at once where lines are expected.
const LINES_OCTETS: usize = 1024;

/// How long a peer may take for the last words.
const FAREWELL_TIME: Duration = Duration::from_secs(5);

/// How long a peer that was told goodbye may go on sending.
const LINGER_TIME: Duration = Duration::from_secs(1);

/// A connection to a client or to a mail server.
#[derive(Debug)]
pub(crate) enum Stream {
    /// Before STARTTLS, or to a mail server on a loopback address.
    Plain(TcpStream),
    /// Taken for a TLS handshake that did not succeed.
    Closed,
    /// A client's.
    Server(Box<TlsStream<UnbufferedServerConnection>>),
    /// A mail server's.
    Client(Box<TlsStream<UnbufferedClientConnection>>),
}

/// What was agreed on in a TLS handshake, for the log.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TlsSummary<'a> {
    /// The version.
    pub(crate) version: Option<&'static str>,
    /// The cipher suite.
    pub(crate) cipher: Option<&'static str>,
    /// The host name that a client asked for.
    pub(crate) sni: Option<&'a str>,
}

impl<'a> TlsSummary<'a> {
    fn of(agreed: &CommonState, sni: Option<&'a str>) -> Self {
        let version = agreed.protocol_version().map(|version| match version {
            rustls::ProtocolVersion::TLSv1_2 => "1.2",
            rustls::ProtocolVersion::TLSv1_3 => "1.3",
            _ => "unknown",
        });
        let suite = agreed.negotiated_cipher_suite();
        Self {
            version,
            cipher: suite.and_then(|suite| suite.suite().as_str()),
            sni,
        }
    }
}

impl Stream {
    /// What was agreed on with a peer that asked for the host `sni`; nothing without TLS.
    pub(crate) fn tls<'a>(&self, sni: Option<&'a str>) -> TlsSummary<'a> {
        match self {
            Self::Plain(_) | Self::Closed => TlsSummary::default(),
            Self::Server(stream) => TlsSummary::of(stream.agreed(), sni),
            Self::Client(stream) => TlsSummary::of(stream.agreed(), sni),
        }
    }

    /// The address of the other end.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.socket()?.peer_addr().ok()
    }

    fn socket(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(socket) => Some(socket),
            Self::Closed => None,
            Self::Server(stream) => Some(stream.socket()),
            Self::Client(stream) => Some(stream.socket()),
        }
    }

    /// What is written need not leave before the goodbye.
    fn gather(&mut self) {
        match self {
            Self::Plain(_) | Self::Closed => {}
            Self::Server(stream) => stream.gather(),
            Self::Client(stream) => stream.gather(),
        }
    }

    /// Waits until the peer has reset the connection, or it is dead. Nothing is read.
    async fn reset(&self) {
        let failed = match self.socket() {
            Some(socket) => socket.ready(Interest::ERROR).await,
            None => return,
        };
        if failed.is_err() {
            // What cannot be watched is not known to be gone.
            std::future::pending::<()>().await;
        }
    }
}

/// Calls the same method on whatever stream there is.
macro_rules! delegate {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Plain($stream) => $call,
            Stream::Server($stream) => $call,
            Stream::Client($stream) => $call,
            Stream::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_read(cx, into))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        delegate!(self, stream => Pin::new(stream).poll_write(cx, octets))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

/// A stream with the two buffers that a sans-I/O session works on.
#[derive(Debug)]
pub(crate) struct Link<T = Stream> {
    pub(crate) stream: T,
    pub(crate) input: Input,
    pub(crate) output: BytesMut,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Link<T> {
    pub(crate) fn new(stream: T, input_cap: usize) -> Self {
        Self {
            stream,
            input: Input::new(input_cap),
            output: BytesMut::new(),
        }
    }

    /// Sends what the session has written.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all_buf(&mut self.output).await?;
        self.stream.flush().await
    }

    /// Reads what the peer has sent, which is commands or replies; at least one octet.
    ///
    /// # Errors
    /// `UnexpectedEof` at the end of the stream, `OutOfMemory` if the session left no room to read into.
    pub(crate) async fn read(&mut self) -> io::Result<()> {
        self.read_up_to(LINES_OCTETS).await
    }

    /// Reads what the peer has sent, up to about so much of it at once.
    ///
    /// # Errors
    /// As [`Link::read`].
    pub(crate) async fn read_up_to(&mut self, octets: usize) -> io::Result<()> {
        if self.input.room() == 0 {
            return Err(io::Error::new(
                io::ErrorKind::OutOfMemory,
                "the peer sent more than fits the input buffer",
            ));
        }
        self.input.reserve(octets);
        match self.stream.read_buf(&mut self.input.space()).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Gives the memory of empty buffers back: who waits for the next command may wait for long.
    pub(crate) fn give_back(&mut self) {
        if self.input.is_empty() {
            self.input = Input::new(self.input.room());
        }
        if self.output.is_empty() {
            self.output = BytesMut::new();
        }
    }
}

impl Link {
    /// Work for a peer that waits for it, as long as it does.
    ///
    /// # Errors
    /// `ConnectionReset` if the peer does not wait any more.
    pub(crate) async fn unless_reset<T>(&self, work: impl Future<Output = T>) -> io::Result<T> {
        tokio::select! {
            done = work => Ok(done),
            () = self.stream.reset() => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }

    /// Sends the last words and closes. Errors do not matter any more, and a peer that does not take them is not waited
    /// for.
    pub(crate) async fn close(&mut self) {
        let _ = timeout(FAREWELL_TIME, self.part()).await;
    }

    /// Octets that nobody read make the operating system reset the connection, and our last words are lost with it: so
    /// they are read, for a while.
    async fn part(&mut self) -> io::Result<()> {
        // TLS says goodbye too, and both can leave together.
        self.stream.gather();
        self.stream.write_all_buf(&mut self.output).await?;
        self.stream.shutdown().await?;
        let mut dropped = [0; 1024];
        let read = async {
            while self.stream.read(&mut dropped).await? > 0 {}
            Ok(())
        };
        timeout(LINGER_TIME, read).await?
    }

    /// No connection: reading and writing fail.
    pub(crate) fn closed() -> Self {
        Self::new(Stream::Closed, 0)
    }
}

impl Stream {
    /// Switches a client's connection to TLS; also gives the host name that it asked for.
    pub(crate) async fn accept_tls(self, config: &Arc<ServerConfig>) -> io::Result<(Self, Option<Box<str>>)> {
        let (stream, sni) = TlsStream::accept(self.into_socket()?, Arc::clone(config)).await?;
        Ok((Self::Server(stream), sni))
    }

    /// Switches a mail server's connection to TLS; its certificate has to be valid for `name`.
    pub(crate) async fn connect_tls(
        self,
        config: &Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> io::Result<Self> {
        let stream = TlsStream::connect(self.into_socket()?, Arc::clone(config), name).await?;
        Ok(Self::Client(stream))
    }

    fn into_socket(self) -> io::Result<TcpStream> {
        match self {
            Self::Plain(socket) => Ok(socket),
            Self::Server(_) | Self::Client(_) => Err(io::Error::other("the connection has TLS already")),
            Self::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Takes the stream out, for a handshake that consumes it.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Closed)
    }
}
