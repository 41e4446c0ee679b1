//! TLS on a socket that holds no buffer while nothing happens.
//!
//! rustls's unbuffered connections keep keys and state and no octets. Ciphertext is read into a buffer of the thread,
//! decrypted there, and the plaintext is copied to where the reader wants it; plaintext is encrypted into another
//! buffer of the thread and written from there, with one call. A connection keeps only what cannot go on: a record
//! that has not come whole, and what the socket did not take.

mod handshake;
mod scratch;
mod session;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use rustls::CommonState;
use rustls::unbuffered::{EncryptError, WriteTraffic};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use scratch::{QUEUED_OCTETS, READ_OCTETS, WRITE_OCTETS};
pub(crate) use session::Session;
use session::{Driven, Yield, drive};

/// A read asks the socket for no less, however little its caller has room for: what does not fit waits.
const LEAST_READ_OCTETS: usize = 4 * 1024;

/// The record that says goodbye takes less, with whatever rustls has to say before it, in octets.
const GOODBYE_OCTETS: usize = 256;

/// A TLS connection after its handshake. One task reads and writes it.
pub(crate) struct TlsStream<S, T = TcpStream> {
    socket: T,
    session: S,
    /// Ciphertext of a record that has not come whole, or of a handshake message.
    partial: Vec<u8>,
    /// Plaintext for which its reader had no room.
    decrypted: BytesMut,
    /// Records that have not left.
    unsent: BytesMut,
    /// Whether the socket takes no more for now. If not, what is unsent waits for company.
    blocked: bool,
    /// Whether what is written waits for a flush or for the goodbye.
    gathering: bool,
    /// Whether the peer was told that nothing more comes.
    said_goodbye: bool,
    /// How reading ended, once it has.
    ended: Option<End>,
}

/// How reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The peer said that it sends no more.
    Closed,
    /// The connection ended without that.
    Cut,
    /// The peer broke the protocol.
    Broken,
}

impl<S: Session, T> TlsStream<S, T> {
    fn new(socket: T, session: S) -> Self {
        Self {
            socket,
            session,
            partial: Vec::new(),
            decrypted: BytesMut::new(),
            unsent: BytesMut::new(),
            blocked: false,
            gathering: false,
            said_goodbye: false,
            ended: None,
        }
    }

    /// What TLS runs on.
    pub(crate) fn socket(&self) -> &T {
        &self.socket
    }

    /// From now on what is written need not leave before it is flushed, or the goodbye is said: few octets leave with
    /// it.
    pub(crate) fn gather(&mut self) {
        self.gathering = true;
    }

    /// What was agreed on.
    pub(crate) fn agreed(&self) -> &CommonState {
        self.session.common()
    }
}

impl<S: Session, T: AsyncRead + AsyncWrite + Unpin> TlsStream<S, T> {
    /// Reads the socket once and processes what came. Plaintext goes to `into`, and what does not fit is kept.
    fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        scratch::with(|scratch| {
            let held = self.partial.len();
            // The record that is not whole is not counted: there will be another behind what is read, and who reads
            // large records would get every one of them by itself.
            let most = into.remaining().clamp(LEAST_READ_OCTETS, READ_OCTETS);
            let space = scratch.incoming.get_mut(held..held + most).unwrap_or_default();
            let mut space = ReadBuf::new(space);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut space))?;
            let read = space.filled().len();
            if read == 0 {
                self.ended = Some(End::Cut);
                return Poll::Ready(Ok(()));
            }
            let ciphertext = scratch.incoming.get_mut(..held + read).unwrap_or_default();
            if let Some(front) = ciphertext.get_mut(..held) {
                front.copy_from_slice(&self.partial);
            }
            Poll::Ready(self.take_in(ciphertext, into))
        })
    }

    /// Processes ciphertext and keeps what of it is not whole.
    fn take_in(&mut self, ciphertext: &mut [u8], into: &mut ReadBuf<'_>) -> io::Result<()> {
        let decrypted = &mut self.decrypted;
        let mut hand_over = |plaintext: &[u8]| {
            let fitting = plaintext.len().min(into.remaining());
            let (fitting, rest) = plaintext.split_at(fitting);
            into.put_slice(fitting);
            decrypted.extend_from_slice(rest);
        };
        let yielded = Yield {
            plaintext: &mut hand_over,
            records: &mut self.unsent,
        };
        let driven = drive(&mut self.session, ciphertext, yielded, |_, _| Ok(()));
        let Driven { consumed, closed } = driven.inspect_err(|_| {
            self.ended = Some(End::Broken);
            scratch::forget(ciphertext);
        })?;
        if closed {
            self.ended = Some(End::Closed);
        }
        let rest = ciphertext.get(consumed..).unwrap_or_default();
        let rest = if closed { &[] } else { rest };
        if rest.len() > S::PARTIAL_OCTETS {
            self.ended = Some(End::Broken);
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the peer sent a handshake message that is too large",
            ));
        }
        // Exactly as large as needed, and no memory for nothing.
        self.partial = rest.to_vec();
        scratch::forget(ciphertext);
        Ok(())
    }

    /// Encrypts `plaintext` behind what is queued, and writes all of it at once, unless it is to be gathered. What the
    /// socket does not take is kept.
    fn encrypt(&mut self, cx: &mut Context<'_>, plaintext: &[u8]) -> io::Result<()> {
        scratch::with(|scratch| {
            let outgoing = &mut scratch.outgoing;
            let mut filled = None;
            self.drive(|traffic, queued| {
                if queued.len() > QUEUED_OCTETS {
                    return Err(io::Error::other(
                        "TLS has more to say of its own than there is room for",
                    ));
                }
                let (front, space) = outgoing.split_at_mut(queued.len());
                front.copy_from_slice(queued);
                let count = traffic.encrypt(plaintext, space).map_err(not_encrypted)?;
                filled = Some(front.len() + count);
                Ok(())
            })?;
            let Some(filled) = filled else {
                return Err(io::ErrorKind::NotConnected.into());
            };
            self.unsent.clear();
            let records = outgoing.get(..filled).unwrap_or_default();
            let sent = if self.gathering {
                Poll::Ready(Ok(0))
            } else {
                Pin::new(&mut self.socket).poll_write(cx, records)
            };
            let sent = match sent {
                Poll::Ready(sent) => sent?,
                Poll::Pending => 0,
            };
            self.blocked = sent < filled && !self.gathering;
            self.unsent = records.get(sent..).unwrap_or_default().into();
            Ok(())
        })
    }

    /// Sends what is unsent. Ready when all of it has left.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            self.blocked = true;
            match ready!(Pin::new(&mut self.socket).poll_write(cx, &self.unsent))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.unsent.advance(count),
            }
        }
        self.unsent = BytesMut::new();
        self.blocked = false;
        Poll::Ready(Ok(()))
    }

    /// Queues the peer's notice that nothing more comes.
    fn say_goodbye(&mut self) -> io::Result<()> {
        self.drive(|traffic, queued| {
            let mut goodbye = [0; GOODBYE_OCTETS];
            let count = traffic.queue_close_notify(&mut goodbye).map_err(not_encrypted)?;
            queued.extend_from_slice(goodbye.get(..count).unwrap_or_default());
            Ok(())
        })
    }

    /// Without more ciphertext: calls `write` where plaintext may be encrypted.
    fn drive(
        &mut self,
        write: impl FnOnce(&mut WriteTraffic<'_, S::Data>, &mut BytesMut) -> io::Result<()>,
    ) -> io::Result<()> {
        let yielded = Yield {
            plaintext: &mut |plaintext| self.decrypted.extend_from_slice(plaintext),
            records: &mut self.unsent,
        };
        drive(&mut self.session, &mut self.partial, yielded, write)?;
        Ok(())
    }
}

fn not_encrypted(error: EncryptError) -> io::Error {
    io::Error::other(error)
}

impl<S: Session, T: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S, T> {
    /// `Pending` only after the socket was `Pending`, so that no octet can be there of which nobody is told.
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let filled = into.filled().len();
        while into.remaining() > 0 && into.filled().len() == filled {
            if !this.decrypted.is_empty() {
                let count = this.decrypted.len().min(into.remaining());
                into.put_slice(this.decrypted.get(..count).unwrap_or_default());
                this.decrypted.advance(count);
                if this.decrypted.is_empty() {
                    this.decrypted = BytesMut::new();
                }
                continue;
            }
            match this.ended {
                Some(End::Closed) => break,
                Some(End::Cut) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Some(End::Broken) => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                None => {}
            }
            match this.poll_receive(cx, into) {
                Poll::Ready(Ok(())) => {}
                // The alert, or the answer to a key update, leaves if it can; nobody waits for it here.
                Poll::Ready(Err(error)) => {
                    let _ = this.poll_send(cx);
                    return Poll::Ready(Err(error));
                }
                Poll::Pending => {
                    let _ = this.poll_send(cx);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Session, T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S, T> {
    /// Takes nothing while there is something that the socket did not take.
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.blocked || this.unsent.len() > QUEUED_OCTETS {
            ready!(this.poll_send(cx))?;
        }
        let count = octets.len().min(WRITE_OCTETS);
        this.encrypt(cx, octets.get(..count).unwrap_or_default())?;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.said_goodbye {
            this.said_goodbye = true;
            this.say_goodbye()?;
        }
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.socket).poll_shutdown(cx)
    }
}

impl<S, T> std::fmt::Debug for TlsStream<S, T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TlsStream")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
