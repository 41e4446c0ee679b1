//! Sending through the whole gateway, with and without a Sent copy, against sending to the MTA directly.
//!
//! The MTA does nothing but find the ends of messages; it, the client and the gateway share one process and its cores.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatepost::config::Config;
use gatepost::gateway;
use gatepost_smtp::data::Decoder;
use gatepost_testkit::mail::{self, MailServer};
use gatepost_testkit::servers::{Authority, Identity};
use gatepost_testkit::smtp_client::{Client, stuffed};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

const LIMIT: Duration = Duration::from_secs(60);

/// Takes everything from everybody.
async fn sink<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> std::io::Result<()> {
    let mut stream = BufReader::with_capacity(64 * 1024, stream);
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let reply: &[u8] = match line.split_whitespace().next() {
            Some("EHLO") => b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n",
            Some("DATA") => {
                stream.write_all(b"354 go\r\n").await?;
                stream.flush().await?;
                swallow(&mut stream).await?;
                b"250 2.0.0 taken\r\n"
            }
            _ => b"250 2.0.0 fine\r\n",
        };
        stream.write_all(reply).await?;
        stream.flush().await?;
        line.clear();
    }
    Ok(())
}

async fn swallow<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<()> {
    let mut decoder = Decoder::new();
    loop {
        let octets = stream.fill_buf().await?;
        let decoded = decoder.decode(octets, |_| {}).unwrap();
        stream.consume(decoded.consumed);
        if decoded.ended {
            return Ok(());
        }
    }
}

async fn listen(identity: Option<&Identity>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = identity.map(acceptor);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                match acceptor {
                    Some(acceptor) => sink(acceptor.accept(stream).await?).await,
                    None => sink(stream).await,
                }
            });
        }
    });
    address
}

fn acceptor(identity: &Identity) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(identity.chain_file()).unwrap();
    let chain = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(identity.key_file()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()))
}

/// A gateway in front of the sink, and of a mail server for copies.
async fn start(
    folder: &Path,
    identity: &Identity,
    mta: SocketAddr,
    copies: &str,
) -> (gateway::Running, mail::Running) {
    let mail = MailServer::builder()
        .user("alice", "unknown")
        .master("gateway", "master");
    let mail = mail.bind("127.0.0.1:0").await.unwrap();
    std::fs::create_dir(folder).unwrap();
    std::fs::write(folder.join("master"), "master").unwrap();
    let users =
        "[[user]]\nname = \"alice\"\nsecret = \"{PLAIN}wonderland\"\naddresses = [\"alice@example.org\"]\n";
    std::fs::write(folder.join("users.toml"), users).unwrap();
    let (imap, chain, key) = (mail.address(), identity.chain_file(), identity.key_file());
    let config = format!(
        "[certificates.main]\nchain = {chain:?}\nkey = {key:?}\n\
         [directories.users]\nkind = \"file\"\npath = \"users.toml\"\n\
         [upstreams.mail]\naddress = \"{imap}\"\ntls = \"none\"\n\
         login = {{ method = \"master\", user = \"gateway\", password_file = \"master\" }}\n\
         [mtas.sink]\naddresses = [\"{mta}\"]\ntls = \"none\"\nlogin = {{ method = \"trusted\" }}\n\
         [routing]\ndefault = \"mail\"\n\
         [submission]\nmta = \"sink\"\nmessages_per_hour = 0\nrecipients_per_hour = 0\n\
         [sent_copy]\nmode = \"{copies}\"\nspool = \"spool\"\n\
         [[listeners]]\nprotocol = \"smtp\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"implicit\"\n\
         certificates = [\"main\"]\ndirectory = \"users\"\n"
    );
    let config = Config::parse(&folder.join("gatepost.toml"), &config).unwrap();
    (gateway::start(&config).await.unwrap(), mail)
}

type Sender = Client<tokio_rustls::client::TlsStream<TcpStream>>;

async fn connect(identity: &Identity, address: SocketAddr) -> Sender {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = identity.connector().unwrap().connect(name, stream).await.unwrap();
    let mut client = Client::greeted(stream, LIMIT).await.unwrap().0;
    client.ehlo().await.unwrap();
    client.ask("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=").await.unwrap();
    client
}

async fn send(client: &mut Sender, message: &[u8]) {
    let commands = [
        "MAIL FROM:<alice@example.org>",
        "RCPT TO:<bob@example.org>",
        "DATA",
    ];
    let replies = client.batch(&commands).await.unwrap();
    assert_eq!(replies.last().map(|reply| reply.code), Some(354));
    client.send(message).await.unwrap();
    assert_eq!(client.reply().await.unwrap().code, 250);
}

/// A message of about so many octets, as it goes behind 354.
fn message(octets: usize) -> Vec<u8> {
    let line = b"The quick brown fox jumps over the lazy dog, and this line is as long as lines are.\r\n";
    let header = b"From: alice@example.org\r\nSubject: bench\r\n\r\n";
    stuffed(&[&header[..], &line.repeat(octets / line.len())].concat())
}

fn submission(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let identity = Authority::new().unwrap().issue(["localhost"]).unwrap();
    let (direct, off, on) = runtime.block_on(async {
        let mta = listen(None).await;
        let off = start(&folder.path().join("off"), &identity, mta, "off").await;
        let on = start(&folder.path().join("on"), &identity, mta, "always").await;
        (listen(Some(&identity)).await, off, on)
    });
    for (size, octets) in [("10 KiB", 10 << 10), ("1 MiB", 1 << 20)] {
        let message = message(octets);
        let mut group = criterion.benchmark_group(format!("a message of {size}"));
        group
            .sample_size(10)
            .throughput(Throughput::Bytes(message.len() as u64));
        for (name, address) in [
            ("direct", direct),
            ("through the gateway", off.0.addresses[0]),
            ("through the gateway, with a copy", on.0.addresses[0]),
        ] {
            let mut client = runtime.block_on(connect(&identity, address));
            group.bench_function(name, |bench| {
                bench.iter(|| runtime.block_on(send(&mut client, &message)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, submission);
criterion_main!(benches);
