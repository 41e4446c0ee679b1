//! The mail server and MTA behind all proxies, which do as little as they can, in a thread of their own.
//!
//! They believe everybody. What they took is counted, so that nobody is measured on errors.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::Context as _;
use gatepost_testkit::servers::Identity;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::lines::Lines;
use crate::tls;
use crate::usage::Meter;

mod auth;
mod imap;
mod smtp;

/// Where they listen, and what they have taken.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) imap: SocketAddr,
    pub(crate) imaps: SocketAddr,
    pub(crate) smtp: SocketAddr,
    pub(crate) smtps: SocketAddr,
    /// nginx asks here who may log in.
    pub(crate) auth: SocketAddr,
    /// What FETCH fetches.
    pub(crate) message: &'static [u8],
    /// What it uses itself.
    pub(crate) meter: Meter,
    shared: Arc<Shared>,
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    /// What FETCH fetches.
    message: &'static [u8],
    /// How many messages the mailbox has; whoever idles hears of it.
    exists: watch::Sender<u64>,
    logins: AtomicU64,
    sent: AtomicU64,
    sent_octets: AtomicU64,
    filed: AtomicU64,
}

/// What was taken since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) logins: u64,
    pub(crate) sent: u64,
    pub(crate) sent_octets: u64,
    pub(crate) filed: u64,
}

/// What a listener's connections speak.
#[derive(Debug, Clone, Copy)]
enum Protocol {
    Imap,
    Smtp,
    /// The mail server and the MTA that are told to nginx.
    Auth(SocketAddr, SocketAddr),
}

impl Upstream {
    /// Starts it, with a message in each mailbox.
    pub(crate) fn start(identity: &Identity, message: Vec<u8>) -> anyhow::Result<Self> {
        // It lasts as long as the process.
        let message: &[u8] = message.leak();
        let shared = Arc::new(Shared {
            message,
            exists: watch::Sender::new(1),
            logins: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            sent_octets: AtomicU64::new(0),
            filed: AtomicU64::new(0),
        });
        let acceptor = tls::acceptor(identity)?;
        let (addresses, ready) = std::sync::mpsc::sync_channel(1);
        let for_thread = Arc::clone(&shared);
        thread::Builder::new()
            .name("upstream".to_owned())
            .spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async {
                    let thread = rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs();
                    let listening = listen(&for_thread, &acceptor).await;
                    let _ = addresses.send(listening.map(|addresses| (addresses, thread)));
                    std::future::pending::<anyhow::Result<()>>().await
                })
            })?;
        let (addresses, thread) = ready.recv().context("the upstream did not start")??;
        let [imap, imaps, smtp, smtps, auth] = addresses;
        Ok(Self {
            imap,
            imaps,
            smtp,
            smtps,
            auth,
            message,
            meter: Meter::Thread(thread),
            shared,
        })
    }

    pub(crate) fn taken(&self) -> Taken {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Taken {
            logins: count(&self.shared.logins),
            sent: count(&self.shared.sent),
            sent_octets: count(&self.shared.sent_octets),
            filed: count(&self.shared.filed),
        }
    }

    /// How many messages there will be after the next push.
    pub(crate) fn next(&self) -> u64 {
        *self.shared.exists.borrow() + 1
    }

    /// Tells all who idle of a new message.
    pub(crate) fn push(&self) {
        self.shared.exists.send_modify(|exists| *exists += 1);
    }
}

impl Shared {
    fn count(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }
}

async fn listen(shared: &Arc<Shared>, acceptor: &TlsAcceptor) -> anyhow::Result<[SocketAddr; 5]> {
    let tls = Some(acceptor.clone());
    let imap = serve(shared, Protocol::Imap, None).await?;
    let smtp = serve(shared, Protocol::Smtp, None).await?;
    Ok([
        imap,
        serve(shared, Protocol::Imap, tls.clone()).await?,
        smtp,
        serve(shared, Protocol::Smtp, tls).await?,
        serve(shared, Protocol::Auth(imap, smtp), None).await?,
    ])
}

async fn serve(
    shared: &Arc<Shared>,
    protocol: Protocol,
    acceptor: Option<TlsAcceptor>,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
            // Who goes away without a word is missed where its work is counted.
            tokio::spawn(async move { talk(&shared, protocol, acceptor, stream).await });
        }
    });
    Ok(address)
}

async fn talk(
    shared: &Shared,
    protocol: Protocol,
    acceptor: Option<TlsAcceptor>,
    stream: TcpStream,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    match (protocol, acceptor) {
        (Protocol::Imap, None) => imap::serve(shared, Lines::new(stream)).await,
        (Protocol::Imap, Some(tls)) => imap::serve(shared, Lines::new(tls.accept(stream).await?)).await,
        (Protocol::Smtp, None) => smtp::serve(shared, Lines::new(stream)).await,
        (Protocol::Smtp, Some(tls)) => smtp::serve(shared, Lines::new(tls.accept(stream).await?)).await,
        (Protocol::Auth(imap, smtp), _) => auth::serve(Lines::new(stream), imap, smtp).await,
    }
}
