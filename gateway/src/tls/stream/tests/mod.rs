//! Against rustls's ordinary, buffered connections, over memory.

mod ends;
mod handshakes;
mod transfers;
mod wire;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::client::UnbufferedClientConnection;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ResolvesServerCert, UnbufferedServerConnection};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use super::TlsStream;
use crate::tls::sni;
use wire::Wire;

/// Nothing here takes longer.
const LIMIT: Duration = Duration::from_secs(60);

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

const HOST: &str = "mail.example";

/// Ours on the client's and on the server's side.
type OurServer<T = Wire> = TlsStream<UnbufferedServerConnection, T>;
type OurClient<T = Wire> = TlsStream<UnbufferedClientConnection, T>;

/// The peers.
type Client = client::TlsStream<DuplexStream>;
type Server = server::TlsStream<DuplexStream>;

/// Configurations that trust each other.
struct Party {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

/// Leaves the name that it was asked for, as the gateway's certificates do.
#[derive(Debug)]
struct Resolver(SingleCertAndKey);

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        sni::leave(hello.server_name());
        self.0.resolve(hello)
    }
}

impl Party {
    fn new(version: &'static SupportedProtocolVersion) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
        let certificate = certificate.self_signed(&key).unwrap();
        let certificate: CertificateDer<'static> = certificate.der().clone();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let client = client.with_protocol_versions(&[version]).unwrap();
        let client = client.with_root_certificates(roots).with_no_client_auth();

        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let key = CertifiedKey::from_der(vec![certificate], key, &provider).unwrap();
        let server = ServerConfig::builder_with_provider(provider);
        let server = server.with_protocol_versions(&[version]).unwrap();
        let mut server = server
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver(SingleCertAndKey::from(key))));
        server.ticketer = aws_lc_rs::Ticketer::new().unwrap();
        server.send_tls13_tickets = 1;
        Self {
            client: Arc::new(client),
            server: Arc::new(server),
        }
    }

    fn peer_client(&self, socket: DuplexStream) -> impl Future<Output = io::Result<Client>> + use<> {
        TlsConnector::from(Arc::clone(&self.client)).connect(host(), socket)
    }

    fn peer_server(&self, socket: DuplexStream) -> impl Future<Output = io::Result<Server>> + use<> {
        TlsAcceptor::from(Arc::clone(&self.server)).accept(socket)
    }

    /// Ours as the server, and the peer.
    async fn accepted(&self, ours: Wire, peer: DuplexStream) -> (Box<OurServer>, Client) {
        let accepting = TlsStream::accept(ours, Arc::clone(&self.server));
        let ours = async {
            let (mut ours, _) = accepting.await.unwrap();
            ours.flush().await.unwrap();
            ours
        };
        let (ours, peer) = within(async { tokio::join!(ours, self.peer_client(peer)) }).await;
        (ours, peer.unwrap())
    }

    /// Ours as the client, and the peer.
    async fn connected(&self, ours: Wire, peer: DuplexStream) -> (Box<OurClient>, Server) {
        let connecting = TlsStream::connect(ours, Arc::clone(&self.client), host());
        let (ours, peer) = within(async { tokio::join!(connecting, self.peer_server(peer)) }).await;
        (ours.unwrap(), peer.unwrap())
    }
}

fn host() -> ServerName<'static> {
    ServerName::try_from(HOST).unwrap()
}

/// Two ends of a connection that holds so many octets each way; ours first.
fn pipe(octets: usize) -> (Wire, DuplexStream) {
    let (ours, peer) = duplex(octets);
    (Wire::new(ours), peer)
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(LIMIT, work).await.unwrap()
}

/// Octets that tell where they belong.
fn octets(count: usize) -> Vec<u8> {
    let number = |at: usize| (at.wrapping_mul(0x9e37_79b9) >> 7) as u8;
    (0..count).map(number).collect()
}

fn kind(error: &io::Error) -> io::ErrorKind {
    error.kind()
}

/// Whether a connection holds nothing but its keys and its state.
fn holds_nothing<S, T>(stream: &TlsStream<S, T>) -> bool {
    stream.partial.capacity() == 0 && stream.decrypted.capacity() == 0 && stream.unsent.capacity() == 0
}
