//! Hostile clients, many at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gatepost_testkit::{client, smtp_client};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::common::{Gateway, LIMIT, Sender, TlsClient};
use crate::site::{IMAPS, SMTPS};

/// Where they come from; the honest clients come from 127.0.0.1.
const HOME: &str = "127.66.0.1:0";

/// How many of them connect at once: fewer than may wait to be accepted.
const RUSH: usize = 200;

/// How many are in a handshake at once. More would not be through with it sooner, but be late with what comes behind it on
/// a machine that does other things too.
const HANDSHAKES: usize = 16;

#[derive(Clone)]
pub(crate) struct Crowd {
    gateway: Arc<Gateway>,
    connector: TlsConnector,
    rush: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
}

/// How a connection ended for a client, and what it heard before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) heard: Vec<u8>,
    pub(crate) how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// In good order, or without TLS's goodbye.
    Closed,
    /// By a reset, or an alert.
    Broken,
    /// Not at all within the time.
    Open,
}

impl End {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.heard).into_owned()
    }
}

impl Crowd {
    pub(crate) fn new(gateway: Arc<Gateway>) -> Self {
        let connector = gateway.identity().connector().unwrap();
        Self {
            gateway,
            connector,
            rush: Arc::new(Semaphore::new(RUSH)),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES)),
        }
    }

    /// Does the same so many times at once, and gives what came of each.
    pub(crate) async fn all<T, F>(self, count: usize, act: impl Fn(Self, usize) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let acting: Vec<_> = (0..count)
            .map(|number| tokio::spawn(act(self.clone(), number)))
            .collect();
        let mut done = Vec::with_capacity(count);
        for act in acting {
            done.push(act.await.unwrap());
        }
        done
    }

    /// A connection to the n-th listener.
    pub(crate) async fn tcp(&self, listener: usize) -> TcpStream {
        let address = self.gateway.address(listener);
        let _turn = self.rush.acquire().await.unwrap();
        connect(address).await
    }

    /// One with TLS.
    pub(crate) async fn tls(&self, listener: usize) -> TlsStream<TcpStream> {
        let address = self.gateway.address(listener);
        let _turn = self.handshakes.acquire().await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let handshake = self.connector.connect(name, connect(address).await);
        timeout(LIMIT, handshake).await.unwrap().unwrap()
    }

    /// Says all this with TLS, listening meanwhile, and gives what was answered to the end.
    pub(crate) async fn say(&self, listener: usize, octets: Vec<u8>) -> End {
        let (reader, mut writer) = tokio::io::split(self.tls(listener).await);
        // It may be sent away before all of it is said.
        let saying = async {
            let _ = writer.write_all(&octets).await;
            let _ = writer.flush().await;
        };
        tokio::join!(end(reader), saying).0
    }

    /// A client of IMAP that has read the greeting, with TLS.
    pub(crate) async fn imap(&self, listener: usize) -> TlsClient {
        client::Client::greeted(self.tls(listener).await, LIMIT)
            .await
            .unwrap()
            .0
    }

    /// A client of SMTP that has read the greeting, with TLS.
    pub(crate) async fn smtp(&self, listener: usize) -> Sender {
        let stream = self.tls(listener).await;
        smtp_client::Client::greeted(stream, LIMIT).await.unwrap().0
    }

    /// One of IMAP that is logged in.
    pub(crate) async fn reader(&self, user: (&str, &str)) -> TlsClient {
        let mut client = self.imap(IMAPS).await;
        client.authenticate_plain("", user.0, user.1).await.unwrap();
        client
    }

    /// One of SMTP that is logged in.
    pub(crate) async fn sender(&self, user: (&str, &str)) -> Sender {
        let mut client = self.smtp(SMTPS).await;
        client.ehlo().await.unwrap();
        client.auth_plain("", user.0, user.1).await.unwrap();
        client
    }
}

/// What a socket that does not read takes, in octets, about. The kernel would let it grow to 32 MiB (`tcp_rmem`), which
/// says nothing of the gateway.
pub(crate) const SOCKET_OCTETS: u32 = 256 * 1024;

async fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(SOCKET_OCTETS).unwrap();
    socket.set_send_buffer_size(SOCKET_OCTETS).unwrap();
    socket.bind(HOME.parse().unwrap()).unwrap();
    let stream = timeout(LIMIT, socket.connect(address)).await.unwrap().unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Reads to the end.
pub(crate) async fn end(stream: impl AsyncRead + Unpin) -> End {
    end_within(stream, LIMIT).await
}

/// Reads to the end, or for so long.
pub(crate) async fn end_within(mut stream: impl AsyncRead + Unpin, limit: Duration) -> End {
    let mut heard = Vec::new();
    let read = async {
        loop {
            match stream.read_buf(&mut heard).await {
                Ok(0) => return How::Closed,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return How::Closed,
                Err(_) => return How::Broken,
            }
        }
    };
    let how = timeout(limit, read).await.unwrap_or(How::Open);
    End { heard, how }
}
