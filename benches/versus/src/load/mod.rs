//! The load: what phones do, and checks that it was done.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use rustls::HandshakeKind;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::lines::Lines;

pub(crate) mod imap;
pub(crate) mod smtp;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "wonderland";
/// So many accounts there are of each kind, lest one have more sessions than anybody has.
const ACCOUNTS: usize = 250;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection with TLS.
pub(crate) type Secured = Lines<TlsStream<TcpStream>>;

/// Where the load goes to, and as whom.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) connector: TlsConnector,
    users: Arc<Users>,
}

/// The accounts of one kind, whose turn comes one after the other.
#[derive(Debug)]
struct Users {
    kind: &'static str,
    next: AtomicUsize,
}

/// The names of all accounts of a kind.
pub(crate) fn accounts(kind: &str) -> impl Iterator<Item = String> {
    (0..ACCOUNTS).map(move |number| account(kind, number))
}

fn account(kind: &str, number: usize) -> String {
    format!("{kind}{number}")
}

impl Target {
    pub(crate) fn new(address: SocketAddr, connector: TlsConnector, kind: &'static str) -> Self {
        let next = AtomicUsize::new(0);
        let users = Arc::new(Users { kind, next });
        Self {
            address,
            connector,
            users,
        }
    }

    /// Whose turn it is.
    fn user(&self) -> String {
        let number = self.users.next.fetch_add(1, Ordering::Relaxed);
        account(self.users.kind, number % ACCOUNTS)
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<TcpStream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    pub(crate) async fn secure(&self, stream: TcpStream) -> anyhow::Result<Secured> {
        let name = ServerName::try_from("localhost")?;
        Ok(Lines::new(self.connector.connect(name, stream).await?))
    }
}

/// Credentials for AUTHENTICATE PLAIN and AUTH PLAIN.
fn plain(user: &str) -> String {
    let message = format!("\0{user}\0{PASSWORD}");
    base64::engine::general_purpose::STANDARD.encode(message)
}

/// Whether the handshake went on from an earlier one. A retried one fails: it costs more, and nobody needs it.
pub(crate) fn resumed(lines: &Secured) -> anyhow::Result<bool> {
    match lines.stream().get_ref().1.handshake_kind() {
        Some(HandshakeKind::Full) => Ok(false),
        Some(HandshakeKind::Resumed) => Ok(true),
        kind => anyhow::bail!("a handshake of the kind {kind:?}"),
    }
}

/// Lines of text as letters have them, about so many octets in all.
pub(crate) fn text(octets: usize) -> Vec<u8> {
    let line = b"The quick brown fox jumps over the lazy dog, and this line is as long as lines are.\r\n";
    let mut text: Vec<u8> = line
        .iter()
        .copied()
        .cycle()
        .take(octets.saturating_sub(2))
        .collect();
    text.extend_from_slice(b"\r\n");
    text
}

/// The next line, which has to begin so.
async fn expect<S: AsyncRead + AsyncWrite + Unpin>(
    lines: &mut Lines<S>,
    beginning: &str,
) -> anyhow::Result<()> {
    let line = in_time(lines.line())
        .await
        .with_context(|| format!("waiting for {beginning:?}"))?;
    ensure!(
        line.starts_with(beginning.as_bytes()),
        "{:?} instead of {beginning:?}",
        String::from_utf8_lossy(&line)
    );
    Ok(())
}

pub(crate) async fn in_time<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .context("it takes too long")?
}

/// Does something `count` times, `workers` at a time, each worker one after the other. Returns what came of it.
pub(crate) async fn in_parallel<T, F, W>(workers: usize, count: usize, work: W) -> anyhow::Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>> + Send + 'static,
    W: Fn() -> F + Send + Sync + 'static,
{
    let work = Arc::new(work);
    let mut running = JoinSet::new();
    for worker in 0..workers {
        let work = Arc::clone(&work);
        let share = (count + worker) / workers;
        running.spawn(async move {
            let mut done = Vec::with_capacity(share);
            for _ in 0..share {
                done.push(work().await?);
            }
            anyhow::Ok(done)
        });
    }
    let mut all = Vec::with_capacity(count);
    while let Some(done) = running.join_next().await {
        all.extend(done??);
    }
    Ok(all)
}

/// How long it takes.
pub(crate) async fn timed<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, Duration)> {
    let begun = Instant::now();
    let done = work.await?;
    Ok((done, begun.elapsed()))
}
