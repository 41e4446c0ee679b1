//! What connections cost the gateway: `measure BINARY WORK [COUNT]`, with a release build of `gatepost`.
//!
//! The clients, the mail server and the MTA are in this process, so the processor's time and the memory of the other
//! one are the gateway's alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gatepost_testkit::client::Client;
use gatepost_testkit::servers::{Authority, Identity};
use gatepost_testkit::smtp_client;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

const LIMIT: Duration = Duration::from_secs(120);

struct Site {
    gateway: Child,
    imaps: SocketAddr,
    smtps: SocketAddr,
    connector: TlsConnector,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.gateway.kill();
        let _ = self.gateway.wait();
    }
}

impl Site {
    fn stat(&self) -> (f64, u64) {
        let id = self.gateway.id();
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap();
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
        let pss: u64 = pss.trim().trim_end_matches(" kB").parse().unwrap();
        (ticks / 100.0, pss)
    }

    /// Nanoseconds of the processor, of all threads.
    fn cpu(&self) -> f64 {
        let id = self.gateway.id();
        let mut nanos = 0.0;
        for task in std::fs::read_dir(format!("/proc/{id}/task")).unwrap() {
            let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
            nanos += text.split_whitespace().next().unwrap().parse::<f64>().unwrap();
        }
        nanos / 1e9
    }

    async fn tls(&self, address: SocketAddr) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        self.connector.connect(name, stream).await.unwrap()
    }

    async fn client(&self, user: &str) -> Client<TlsStream<TcpStream>> {
        let stream = self.tls(self.imaps).await;
        let (mut client, _) = Client::greeted(stream, LIMIT).await.unwrap();
        client.login(user, "wonderland").await.unwrap();
        client.command("SELECT INBOX").await.unwrap();
        client
    }
}

fn acceptor(identity: &Identity) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(identity.chain_file()).unwrap();
    let chain = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(identity.key_file()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()))
}

/// An IMAP server that answers with octets that are there already: the measure is the gateway's, and a slow server
/// would only add wake-ups.
async fn imap_sink(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    literal: Arc<Vec<u8>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let caps = "IMAP4rev1 IDLE LITERAL+ SASL-IR AUTH=PLAIN";
    stream
        .write_all(format!("* OK [CAPABILITY {caps}] sink\r\n").as_bytes())
        .await?;
    stream.flush().await?;
    let mut line = String::new();
    let mut idling = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let mut words = line.split_whitespace();
        let tag = words.next().unwrap_or("*").to_owned();
        let verb = words.next().unwrap_or("").to_ascii_uppercase();
        if tag.eq_ignore_ascii_case("DONE") {
            stream
                .write_all(format!("{idling} OK done\r\n").as_bytes())
                .await?;
        } else if verb == "IDLE" {
            idling = tag;
            stream.write_all(b"+ idling\r\n").await?;
        } else if verb == "FETCH" {
            let head = format!("* 1 FETCH (BODY[] {{{}}}\r\n", literal.len());
            stream.write_all(head.as_bytes()).await?;
            for piece in literal.chunks(256 * 1024) {
                stream.get_mut().write_all(piece).await?;
            }
            stream
                .write_all(format!(")\r\n{tag} OK fetched\r\n").as_bytes())
                .await?;
        } else if verb == "CAPABILITY" {
            stream
                .write_all(format!("* CAPABILITY {caps}\r\n{tag} OK done\r\n").as_bytes())
                .await?;
        } else if verb == "AUTHENTICATE" || verb == "LOGIN" {
            stream
                .write_all(format!("{tag} OK [CAPABILITY IMAP4rev1 IDLE LITERAL+] in\r\n").as_bytes())
                .await?;
        } else {
            stream.write_all(format!("{tag} OK done\r\n").as_bytes()).await?;
        }
        stream.flush().await?;
        line.clear();
    }
    Ok(())
}

async fn smtp_sink(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::with_capacity(256 * 1024, stream);
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let reply: &[u8] = match line.split_whitespace().next() {
            Some("EHLO") => b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n",
            Some("DATA") => {
                stream.write_all(b"354 go\r\n").await?;
                stream.flush().await?;
                let mut decoder = gatepost_smtp::data::Decoder::new();
                loop {
                    let octets = stream.fill_buf().await?;
                    let decoded = decoder.decode(octets, |_| {}).unwrap();
                    stream.consume(decoded.consumed);
                    if decoded.ended {
                        break;
                    }
                }
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

async fn listen(identity: Option<&Identity>, literal: Option<Arc<Vec<u8>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = identity.map(acceptor);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let (acceptor, literal) = (acceptor.clone(), literal.clone());
            tokio::spawn(async move {
                match (acceptor, literal) {
                    (Some(acceptor), Some(literal)) => {
                        imap_sink(acceptor.accept(stream).await?, literal).await
                    }
                    (None, Some(literal)) => imap_sink(stream, literal).await,
                    _ => smtp_sink(stream).await,
                }
            });
        }
    });
    address
}

async fn start(binary: &Path, folder: &Path, tls: bool, gear: &str, literal: usize, users: usize) -> Site {
    let authority = Authority::new().unwrap();
    let identity = authority.issue(["localhost"]).unwrap();
    let literal = Arc::new(
        b"0123456789abcdefghijklmnopqrstuvwxyz, and more of it as mail is\r\n".repeat(literal / 66 + 1),
    );
    let mail = listen(tls.then_some(&identity), Some(literal)).await;
    let mta = listen(None, None).await;
    std::fs::write(folder.join("master"), "master").unwrap();
    let user = |name: String| {
        format!(
            "[[user]]\nname = \"{name}\"\nsecret = \"{{PLAIN}}wonderland\"\naddresses = [\"{name}@example.org\"]\n"
        )
    };
    let users = user("alice".to_owned())
        + &(0..users)
            .map(|number| user(format!("user{number}")))
            .collect::<String>();
    std::fs::write(folder.join("users.toml"), users).unwrap();
    let (chain, key) = (identity.chain_file(), identity.key_file());
    let free = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let (imaps, smtps) = (free(), free());
    let upstream_tls = if tls {
        format!(
            "tls = \"implicit\"\nserver_name = \"localhost\"\nca_file = {:?}\n",
            authority.ca_file()
        )
    } else {
        "tls = \"none\"\n".to_owned()
    };
    let config = format!(
        "[limits]\nconnections = 20000\nconnections_per_address = 20000\n[certificates.main]\nchain = {chain:?}\nkey = {key:?}\n\
         [directories.users]\nkind = \"file\"\npath = \"users.toml\"\n\
         [upstreams.mail]\naddress = \"{mail}\"\nrelay = \"{gear}\"\n{upstream_tls}\
         login = {{ method = \"master\", user = \"gateway\", password_file = \"master\" }}\n\
         [mtas.sink]\naddresses = [\"{mta}\"]\ntls = \"none\"\nlogin = {{ method = \"trusted\" }}\n\
         [routing]\ndefault = \"mail\"\n\
         [submission]\nmta = \"sink\"\nmessages_per_hour = 0\nrecipients_per_hour = 0\n\
         [sent_copy]\nmode = \"off\"\n\
         [[listeners]]\nprotocol = \"smtp\"\naddresses = [\"{smtps}\"]\ntls = \"implicit\"\n\
         certificates = [\"main\"]\ndirectory = \"users\"\n\
         [[listeners]]\nprotocol = \"imap\"\naddresses = [\"{imaps}\"]\ntls = \"implicit\"\n\
         certificates = [\"main\"]\ndirectory = \"users\"\n"
    );
    let file = folder.join("gatepost.toml");
    std::fs::write(&file, config).unwrap();
    let gateway = Command::new(binary)
        .args(["run", "--config"])
        .arg(&file)
        .env("TOKIO_WORKER_THREADS", "2")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create("/tmp/measure-gatepost.log").unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while TcpStream::connect(imaps).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "no gateway");
        sleep(Duration::from_millis(20)).await;
    }
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(authority.ca_file()).unwrap())
        .unwrap();
    let mut config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    std::mem::forget((authority, identity));
    Site {
        gateway,
        imaps,
        smtps,
        connector: TlsConnector::from(Arc::new(config)),
    }
}

async fn idle(site: &Arc<Site>, count: usize, at_once: usize) {
    drop(site.client("alice").await);
    sleep(Duration::from_millis(500)).await;
    let (_, before) = site.stat();
    let mut clients = Vec::new();
    let begun = (Instant::now(), site.cpu());
    while clients.len() < count {
        let mut logins = tokio::task::JoinSet::new();
        for number in clients.len()..count.min(clients.len() + at_once) {
            let site = Arc::clone(site);
            logins.spawn(async move {
                let mut client = site.client(&format!("user{number}")).await;
                client.idle().await.unwrap();
                client
            });
        }
        clients.extend(logins.join_all().await);
    }
    let login = (begun.0.elapsed().as_secs_f64(), site.cpu() - begun.1);
    sleep(Duration::from_secs(2)).await;
    let (_, there) = site.stat();
    let cpu = site.cpu();
    sleep(Duration::from_secs(3)).await;
    let resting = (site.cpu() - cpu) * 1e6 / 3.0;
    drop(clients);
    sleep(Duration::from_secs(2)).await;
    let (_, after) = site.stat();
    println!(
        "idle {count} ({at_once} at once): before {before} KiB, then {there}, after {after}: {:.2} KiB each; login {:.0} us CPU each, {:.1} s; resting {resting:.0} us/s",
        (there - before) as f64 / count as f64,
        login.1 * 1e6 / count as f64,
        login.0,
    );
}

async fn fetch(site: &Arc<Site>, count: usize, literal: usize) {
    let mut client = site.tls(site.imaps).await;
    let mut room = vec![0; 256 * 1024];
    for command in ["a LOGIN alice wonderland\r\n", "b SELECT INBOX\r\n"] {
        client.write_all(command.as_bytes()).await.unwrap();
        client.flush().await.unwrap();
        sleep(Duration::from_millis(300)).await;
    }
    for turn in 0..2 {
        let begun = (Instant::now(), site.cpu());
        let count = if turn == 0 { 1 } else { count };
        for number in 0..count {
            client
                .write_all(format!("f{turn}x{number} FETCH 1 BODY[]\r\n").as_bytes())
                .await
                .unwrap();
            client.flush().await.unwrap();
            let mut read = 0;
            let end = format!("f{turn}x{number} OK fetched\r\n");
            loop {
                let got = client.read(&mut room).await.unwrap();
                assert!(got > 0);
                read += got;
                if read > literal && room[..got].ends_with(end.as_bytes()) {
                    break;
                }
            }
        }
        if turn == 1 {
            let gib = (count * literal) as f64 / (1u64 << 30) as f64;
            println!(
                "fetch {count} x {} MiB: {:.3} CPU s/GiB, {:.3} s/GiB",
                literal >> 20,
                (site.cpu() - begun.1) / gib,
                begun.0.elapsed().as_secs_f64() / gib
            );
        }
    }
}

async fn noop(site: &Arc<Site>, count: usize, connections: usize) {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(site.client("alice").await);
    }
    sleep(Duration::from_millis(300)).await;
    let begun = (Instant::now(), site.cpu());
    let mut tasks = tokio::task::JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move {
            for _ in 0..count / connections {
                client.command("NOOP").await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    println!(
        "noop {count} on {connections}: {:.2} us CPU, {:.2} us",
        (site.cpu() - begun.1) * 1e6 / count as f64,
        begun.0.elapsed().as_secs_f64() * 1e6 / count as f64
    );
}

async fn submit(site: &Arc<Site>, count: usize, octets: usize) {
    let message = format!(
        "From: <alice@example.org>\r\nTo: <bob@example.org>\r\nSubject: x\r\nMessage-ID: <1@example.org>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\n\r\n{}",
        "A line of a letter, as people write them, of seventy octets or so in.\r\n".repeat(octets / 71)
    );
    let sender = || async {
        let stream = site.tls(site.smtps).await;
        let (mut client, _) = smtp_client::Client::greeted(stream, LIMIT).await.unwrap();
        client.ehlo().await.unwrap();
        client.auth_plain("", "alice", "wonderland").await.unwrap();
        client
    };
    let mut client = sender().await;
    client
        .send_mail("alice@example.org", &["bob@example.org"], message.as_bytes())
        .await
        .unwrap();
    let begun = (Instant::now(), site.cpu());
    for _ in 0..count {
        client
            .send_mail("alice@example.org", &["bob@example.org"], message.as_bytes())
            .await
            .unwrap();
    }
    let one = (site.cpu() - begun.1) * 1e6 / count as f64;
    let begun = (Instant::now(), site.cpu());
    for _ in 0..count {
        let mut client = sender().await;
        client
            .send_mail("alice@example.org", &["bob@example.org"], message.as_bytes())
            .await
            .unwrap();
        client.command("QUIT").await.unwrap();
    }
    println!(
        "submit {count} x {octets}: {one:.0} us CPU in one session, {:.0} us CPU with a session each ({:.0} us)",
        (site.cpu() - begun.1) * 1e6 / count as f64,
        begun.0.elapsed().as_secs_f64() * 1e6 / count as f64
    );
}

async fn idle_smtp(site: &Arc<Site>, count: usize) {
    let (_, before) = site.stat();
    let mut clients = Vec::new();
    let message = format!("Subject: x\r\n\r\n{}", "x".repeat(70) + "\r\n");
    for _ in 0..count {
        let stream = site.tls(site.smtps).await;
        let (mut client, _) = smtp_client::Client::greeted(stream, LIMIT).await.unwrap();
        client.ehlo().await.unwrap();
        client.auth_plain("", "alice", "wonderland").await.unwrap();
        client
            .send_mail("alice@example.org", &["bob@example.org"], message.as_bytes())
            .await
            .unwrap();
        clients.push(client);
    }
    sleep(Duration::from_secs(1)).await;
    let (_, there) = site.stat();
    println!(
        "idle smtp {count}: {:.2} KiB each",
        (there - before) as f64 / count as f64
    );
}

fn main() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )
    .unwrap();
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().expect("a binary");
    let work = arguments.next().expect("a work");
    let count: Option<usize> = arguments.next().map(|count| count.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let tls = work.ends_with("-tls");
        let gear = if work.contains("transparent") {
            "transparent"
        } else {
            "inspecting"
        };
        let literal = 64 << 20;
        let site = Arc::new(
            start(
                Path::new(&binary),
                folder.path(),
                tls,
                gear,
                if work.starts_with("fetch") { literal } else { 100 },
                if work.starts_with("idle") {
                    count.unwrap_or(2000)
                } else {
                    1
                },
            )
            .await,
        );
        match work.split('-').next().unwrap() {
            "idle" => {
                idle(
                    &site,
                    count.unwrap_or(2000),
                    if work.contains("storm") { 2000 } else { 20 },
                )
                .await
            }
            "fetch" => fetch(&site, count.unwrap_or(16), literal).await,
            "noop1" => noop(&site, count.unwrap_or(40_000), 1).await,
            "noop32" => noop(&site, count.unwrap_or(80_000), 32).await,
            "submit10k" => submit(&site, count.unwrap_or(1_000), 10 << 10).await,
            "submit1m" => submit(&site, count.unwrap_or(100), 1 << 20).await,
            "smtp" => idle_smtp(&site, count.unwrap_or(500)).await,
            other => panic!("{other}?"),
        }
    });
    std::process::exit(0);
}
