//! A relay in front of a server, which can be frozen: connections stay, and nothing passes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatepost_testkit::servers::address;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    /// So many connections were ended by the client.
    left: watch::Receiver<usize>,
    frozen: watch::Sender<Frozen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frozen {
    No,
    Yes,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((address(), 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (frozen, is_frozen) = watch::channel(Frozen::No);
        let (leave, left) = watch::channel(0);
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let server = TcpStream::connect(server).await.unwrap();
                let ((client_in, client_out), (server_in, server_out)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(pass(server_in, client_out, is_frozen.clone()));
                let (is_frozen, leave) = (is_frozen.clone(), leave.clone());
                tokio::spawn(async move {
                    pass(client_in, server_out, is_frozen).await;
                    leave.send_modify(|left| *left += 1);
                });
            }
        });
        Self {
            address,
            accepted,
            left,
            frozen,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    pub(crate) fn freeze(&self) {
        self.frozen.send_replace(Frozen::Yes);
    }

    pub(crate) fn thaw(&self) {
        self.frozen.send_replace(Frozen::No);
    }

    /// The connections so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Waits until the client has ended so many.
    pub(crate) async fn left(&mut self, count: usize) {
        self.left.wait_for(|left| *left >= count).await.unwrap();
    }
}

/// Passes octets on, as long as it is not frozen; the end of the connection is noticed in any case.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut frozen: watch::Receiver<Frozen>,
) {
    let mut held = Vec::new();
    loop {
        let is_frozen = *frozen.borrow_and_update() == Frozen::Yes;
        if !is_frozen && to.write_all(&std::mem::take(&mut held)).await.is_err() {
            return;
        }
        tokio::select! {
            read = from.read_buf(&mut held) => if matches!(read, Ok(0) | Err(_)) { return },
            _ = frozen.changed() => {}
        }
    }
}
