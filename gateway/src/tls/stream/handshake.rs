//! Handshakes, of both sides.
//!
//! What a handshake that is not done costs is the connection itself and the part of a message that has come, which has
//! a limit; every flight leaves with one write.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;
use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Session, TlsStream};
use crate::tls::sni;

impl<T: AsyncRead + AsyncWrite + Unpin> TlsStream<UnbufferedServerConnection, T> {
    /// Accepts a client; also gives the host name that it asked for. Session tickets are not sent yet: they go with
    /// the first write, or with a flush.
    ///
    /// # Errors
    /// Those of the socket, and what is wrong with the client's handshake, which it was told with an alert.
    pub(crate) async fn accept(
        socket: T,
        config: Arc<ServerConfig>,
    ) -> io::Result<(Box<Self>, Option<Box<str>>)> {
        let session = UnbufferedServerConnection::new(config).map_err(io::Error::other)?;
        let mut stream = Box::new(Self::new(socket, session));
        let name = stream.handshake().await?;
        Ok((stream, name))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> TlsStream<UnbufferedClientConnection, T> {
    /// Connects to a server, whose certificate has to be valid for `name`.
    ///
    /// # Errors
    /// Those of the socket, and what is wrong with the server's handshake or certificate.
    pub(crate) async fn connect(
        socket: T,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> io::Result<Box<Self>> {
        let session = UnbufferedClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut stream = Box::new(Self::new(socket, session));
        stream.handshake().await?;
        // Servers greet first, once they have our last message.
        poll_fn(|cx| stream.poll_send(cx)).await?;
        Ok(stream)
    }
}

impl<S: Session, T: AsyncRead + AsyncWrite + Unpin> TlsStream<S, T> {
    async fn handshake(&mut self) -> io::Result<Option<Box<str>>> {
        let mut name = None;
        // Who connects speaks first.
        let mut done = self.take_in(&mut [], &mut ReadBuf::new(&mut []));
        while done.is_ok() && self.session.common().is_handshaking() {
            if self.ended.is_some() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof"));
            }
            poll_fn(|cx| self.poll_send(cx)).await?;
            let received = poll_fn(|cx| {
                let mut nothing = ReadBuf::new(&mut []);
                let (received, left) = sni::left_by(|| self.poll_receive(cx, &mut nothing));
                name = left.or_else(|| name.take());
                received
            });
            done = received.await;
        }
        if done.is_err() {
            self.part_with_alert().await;
        }
        done.map(|()| name)
    }

    /// Sends the alert, if the socket takes it at once, and reads what has come: octets that nobody read would make
    /// the operating system reset the connection, and the alert would be lost with it.
    async fn part_with_alert(&mut self) {
        poll_fn(|cx| {
            let _ = self.poll_send(cx);
            let _ = Pin::new(&mut self.socket).poll_shutdown(cx);
            super::scratch::with(|scratch| {
                let mut unread = ReadBuf::new(&mut scratch.incoming);
                let _ = Pin::new(&mut self.socket).poll_read(cx, &mut unread);
            });
            Poll::Ready(())
        })
        .await;
    }
}
