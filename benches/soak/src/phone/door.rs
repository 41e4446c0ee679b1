//! How phones connect.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatepost_testkit::{client, smtp_client};
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Fault, STEP_LIMIT};
use crate::people::Realm;
use crate::random::Random;

pub(crate) type Stream = TlsStream<TcpStream>;
pub(crate) type Imap = client::Client<Stream>;
pub(crate) type Smtp = smtp_client::Client<Stream>;

/// A listener of the gateway's.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) starttls: bool,
    pub(crate) connector: TlsConnector,
}

/// All listeners, two of each protocol for each directory.
pub(crate) struct Doors {
    pub(crate) ldap: [Door; 4],
    pub(crate) file: [Door; 4],
}

impl Doors {
    fn of(&self, realm: Realm) -> &[Door; 4] {
        match realm {
            Realm::Ldap => &self.ldap,
            Realm::File => &self.file,
        }
    }

    pub(crate) fn imaps(&self, realm: Realm) -> &Door {
        let [door, ..] = self.of(realm);
        door
    }

    pub(super) fn imap(&self, realm: Realm, random: &mut Random) -> &Door {
        let [implicit, starttls, ..] = self.of(realm);
        if random.once_in(4) { starttls } else { implicit }
    }

    pub(super) fn smtp(&self, realm: Realm, random: &mut Random) -> &Door {
        let [.., implicit, starttls] = self.of(realm);
        if random.once_in(2) { starttls } else { implicit }
    }
}

/// Where a phone is: one of the loopback addresses that no server has.
pub(super) fn source(random: &mut Random) -> Ipv4Addr {
    let [.., high, middle, low] = random.next().to_be_bytes();
    Ipv4Addr::new(127, 1 + high % 62, middle, low | 1)
}

impl Door {
    pub(crate) async fn tcp(&self, source: Ipv4Addr) -> Result<TcpStream, Fault> {
        let connect = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind((source, 0).into())?;
            let stream = socket.connect(self.address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let connected = timeout(STEP_LIMIT, connect).await.map_err(|_| Fault::Late)?;
        connected.map_err(|_: std::io::Error| Fault::Lost("not connected"))
    }

    async fn tls(&self, stream: TcpStream) -> Result<Stream, Fault> {
        let name = ServerName::try_from("localhost").map_err(|error| Fault::Odd(error.to_string()))?;
        let handshake = timeout(STEP_LIMIT, self.connector.connect(name, stream)).await;
        handshake
            .map_err(|_| Fault::Late)?
            .map_err(|_| Fault::Lost("no tls"))
    }

    pub(crate) async fn imap(&self, source: Ipv4Addr) -> Result<Imap, Fault> {
        let mut stream = self.tcp(source).await?;
        if self.starttls {
            let (mut client, _) = client::Client::greeted(stream, STEP_LIMIT).await?;
            client.command("STARTTLS").await?;
            stream = client.into_stream();
            return Ok(client::Client::new(self.tls(stream).await?, STEP_LIMIT));
        }
        Ok(client::Client::greeted(self.tls(stream).await?, STEP_LIMIT)
            .await?
            .0)
    }

    pub(crate) async fn smtp(&self, source: Ipv4Addr) -> Result<Smtp, Fault> {
        let mut stream = self.tcp(source).await?;
        if self.starttls {
            let (mut client, _) = smtp_client::Client::greeted(stream, STEP_LIMIT).await?;
            client.ehlo().await?;
            stream = client.starttls().await?;
            return Ok(smtp_client::Client::new(self.tls(stream).await?, STEP_LIMIT));
        }
        Ok(smtp_client::Client::greeted(self.tls(stream).await?, STEP_LIMIT)
            .await?
            .0)
    }
}

/// A way to end a connection without a word: the other side hears of a reset, at most.
pub(super) trait Abort {
    fn tcp(&self) -> &TcpStream;
}

impl Abort for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Abort for Stream {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

pub(super) fn abort<S: Abort>(stream: S) {
    // One that is gone already needs none.
    let _ = SockRef::from(stream.tcp()).set_linger(Some(Duration::ZERO));
    drop(stream);
}
