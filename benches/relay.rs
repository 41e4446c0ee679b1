//! The relay: the machine alone against copying, and a download through the whole gateway against a direct one.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatepost::demo::Demo;
use gatepost_benches::{fetch_stream, flags_stream, phone_stream};
use gatepost_imap::Capabilities;
use gatepost_imap::relay::{EmptyLiteral, Relay, Rules, Sink};
use gatepost_testkit::client::Client;
use gatepost_testkit::mail::{MailServer, Running};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What one read of a socket brings, in octets.
const READ: usize = 32 * 1024;

/// The message that is downloaded, in octets.
const MESSAGE: usize = 16 << 20;

/// Collects, as a pump does that writes to two sockets.
#[derive(Default)]
struct Collected {
    client: Vec<u8>,
    server: Vec<u8>,
}

impl Sink for Collected {
    fn to_client(&mut self, octets: &[u8]) {
        self.client.extend_from_slice(octets);
    }

    fn to_server(&mut self, octets: &[u8]) {
        self.server.extend_from_slice(octets);
    }
}

fn relay() -> Relay {
    let rules = Arc::new(Rules::new([], EmptyLiteral::Quote));
    Relay::new(&Capabilities::parse(b"IMAP4rev1 IDLE LITERAL+"), rules)
}

fn from_server(stream: &[u8], out: &mut Collected) {
    let mut relay = relay();
    for piece in stream.chunks(READ) {
        relay.from_server(piece, out).unwrap();
        black_box(&out.client);
        out.client.clear();
    }
}

fn from_client(stream: &[u8], out: &mut Collected) {
    let mut relay = relay();
    for piece in stream.chunks(READ) {
        let taken = relay.from_client(piece, out).unwrap();
        assert_eq!(taken, piece.len());
        black_box(&out.server);
        out.server.clear();
    }
}

fn copied(stream: &[u8], out: &mut Collected) {
    for piece in stream.chunks(READ) {
        out.to_client(piece);
        black_box(&out.client);
        out.client.clear();
    }
}

fn machine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("relay machine");
    let mut out = Collected::default();
    let streams = [
        ("FETCH with 1 MiB literals", fetch_stream(8 << 20, 1 << 20)),
        ("FETCH with 2 KiB literals", fetch_stream(8 << 20, 2048)),
        ("FLAGS lines", flags_stream(20_000)),
    ];
    for (name, stream) in &streams {
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_function(format!("{name}/inspecting"), |bench| {
            bench.iter(|| from_server(black_box(stream), &mut out));
        });
        group.bench_function(format!("{name}/copying"), |bench| {
            bench.iter(|| copied(black_box(stream), &mut out));
        });
    }
    let commands = phone_stream(1000);
    group.throughput(Throughput::Bytes(commands.len() as u64));
    group.bench_function("a phone's commands/inspecting", |bench| {
        bench.iter(|| from_client(black_box(&commands), &mut out));
    });
    group.finish();
}

/// The same mail server twice: behind the gateway, and by itself with TLS.
struct Servers {
    demo: Demo,
    direct: Running,
}

impl Servers {
    async fn start() -> Self {
        let message: Vec<u8> = fetch_stream(MESSAGE, 1000);
        let demo = Demo::start(0).await.unwrap();
        demo.mail()
            .unwrap()
            .store()
            .deliver("bob", "INBOX", message.clone())
            .unwrap();
        let direct = MailServer::builder()
            .user("bob", "builder-1")
            .implicit_tls(acceptor(&demo));
        let direct = direct.bind("127.0.0.1:0").await.unwrap();
        direct.store().deliver("bob", "INBOX", message).unwrap();
        Self { demo, direct }
    }
}

/// TLS with the demo's certificate.
fn acceptor(demo: &Demo) -> TlsAcceptor {
    let folder = demo.ca_file().parent().unwrap().to_owned();
    let chain = CertificateDer::pem_file_iter(folder.join("chain.pem"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn connector(demo: &Demo) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(demo.ca_file()).unwrap())
        .unwrap();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// A client that has the inbox open.
async fn client(connector: &TlsConnector, address: SocketAddr) -> Client<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.unwrap();
    let stream = connector
        .connect(ServerName::try_from("localhost").unwrap(), stream)
        .await
        .unwrap();
    let (mut client, _) = Client::greeted(stream, Duration::from_secs(60)).await.unwrap();
    client.login("bob", "builder-1").await.unwrap();
    client.command("SELECT INBOX").await.unwrap();
    client
}

/// Reads the newest message.
async fn download(client: &mut Client<TlsStream<TcpStream>>) -> usize {
    let reply = client.command("FETCH * BODY.PEEK[]").await.unwrap();
    reply.literal().unwrap().len()
}

fn gateway(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let servers = runtime.block_on(Servers::start());
    let connector = connector(&servers.demo);
    let mut group = criterion.benchmark_group("download of 16 MiB");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(MESSAGE as u64));
    for (name, address) in [
        ("through the gateway", servers.demo.imaps()),
        ("direct", servers.direct.address()),
    ] {
        let mut client = runtime.block_on(client(&connector, address));
        assert!(runtime.block_on(download(&mut client)) >= MESSAGE);
        group.bench_function(name, |bench| {
            bench.iter(|| runtime.block_on(download(&mut client)));
        });
    }
    group.finish();
    runtime.block_on(async {
        servers.direct.stop().await;
        servers.demo.stop().await;
    });
}

criterion_group!(benches, machine, gateway);
criterion_main!(benches);
