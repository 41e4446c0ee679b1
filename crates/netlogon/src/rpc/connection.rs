//! A connection on which one request is asked at a time.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::bind::{self, Names};
use super::{Assembly, FRAGMENT, Header, Kind, Sealer, Syntax, request};
use crate::crypto::SessionKey;
use crate::error::{Failure, Fault};

/// How connections are made: by TCP, or in memory for tests.
pub(crate) trait Dial: Send + Sync {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;

    /// A connection, and the address that it leads to: a name may have several.
    fn dial(&self, host: &str, port: u16) -> impl Future<Output = io::Result<(Self::Stream, String)>> + Send;
}

/// Connects by TCP.
pub(crate) struct Tcp;

impl Dial for Tcp {
    type Stream = TcpStream;

    async fn dial(&self, host: &str, port: u16) -> io::Result<(TcpStream, String)> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let address = stream.peer_addr()?.ip().to_string();
        Ok((stream, address))
    }
}

/// A connection that is bound to an interface. After an error it must not be used again.
pub(crate) struct Connection<S> {
    stream: S,
    /// The number of the last call.
    call: u32,
    /// How long the fragments are that the server takes.
    limit: u16,
    sealer: Option<Sealer>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Binds to an interface without security.
    pub(crate) async fn bind(stream: S, interface: Syntax) -> Result<Self, Failure> {
        Self::bind_as(stream, interface, None).await
    }

    /// Binds to an interface on a secure channel: whatever is asked and answered then is sealed.
    pub(crate) async fn bind_sealed(
        stream: S,
        interface: Syntax,
        names: &Names,
        key: &SessionKey,
    ) -> Result<Self, Failure> {
        let mut connection = Self::bind_as(stream, interface, Some(names)).await?;
        connection.sealer = Some(Sealer::client(key));
        Ok(connection)
    }

    async fn bind_as(stream: S, interface: Syntax, names: Option<&Names>) -> Result<Self, Failure> {
        let mut connection = Self {
            stream,
            call: 1,
            limit: FRAGMENT,
            sealer: None,
        };
        connection
            .send(&bind::bind(connection.call, interface, names))
            .await?;
        let (header, mut rest) = connection.receive().await?;
        if header.call != connection.call {
            return Err(super::Error::WrongCall.into());
        }
        connection.limit = bind::bound(&header, &mut rest, names.is_some())?;
        Ok(connection)
    }

    /// Asks, and awaits the whole answer.
    pub(crate) async fn call(&mut self, operation: u16, stub: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.call = self.call.wrapping_add(1);
        let call = (self.call, operation);
        let request = request(call, stub, self.limit, self.sealer.as_mut()).map_err(Failure::Random)?;
        self.send(&request).await?;
        let mut assembly = Assembly::new(self.call);
        loop {
            let (header, mut rest) = self.receive().await?;
            if assembly.add(&header, &mut rest, self.sealer.as_mut())? {
                return Ok(assembly.into_stub());
            }
        }
    }

    async fn send(&mut self, octets: &[u8]) -> Result<(), Failure> {
        self.stream.write_all(octets).await.map_err(Failure::Broken)
    }

    /// The next fragment, which is no fault.
    async fn receive(&mut self) -> Result<(Header, Zeroizing<Vec<u8>>), Failure> {
        let mut octets = [0; Header::OCTETS];
        self.read(&mut octets).await?;
        let header = Header::read(&octets)?;
        let mut rest = Zeroizing::new(vec![0; header.rest()]);
        self.read(&mut rest).await?;
        match header.kind {
            Kind::FAULT => Err(fault(&rest)),
            _ => Ok((header, rest)),
        }
    }

    async fn read(&mut self, octets: &mut [u8]) -> Result<(), Failure> {
        let read = self.stream.read_exact(octets).await;
        read.map(|_| ()).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Failure::Closed,
            _ => Failure::Broken(error),
        })
    }
}

/// The status of a fault (C706 12.6.4.7). It may come unsealed, so it is believed only as far as any failure is.
fn fault(body: &[u8]) -> Failure {
    match body.get(8..).and_then(|rest| rest.first_chunk()) {
        Some(status) => Failure::Fault(Fault(u32::from_le_bytes(*status))),
        None => super::Error::Unexpected(Kind::FAULT.0).into(),
    }
}
