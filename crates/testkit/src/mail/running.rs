//! A mail server that listens.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::control::Control;
use super::server::MailServer;
use super::smtp;
use super::store::Store;

/// How long to wait when no connection can be accepted, as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Which of its protocols a mail server speaks at an address.
#[derive(Debug, Clone, Copy)]
pub(super) enum Protocol {
    Imap,
    Smtp,
}

/// A mail server listening on loopback. It stops when this is dropped; [`Running::stop`] also waits for it.
#[derive(Debug)]
pub struct Running {
    server: MailServer,
    address: SocketAddr,
    tasks: TaskTracker,
    stop: DropGuard,
}

impl Running {
    pub(super) async fn start(
        server: MailServer,
        protocol: Protocol,
        address: impl ToSocketAddrs,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the mail server for tests listens on loopback alone",
            ));
        }
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let service = (server.clone(), protocol);
        tasks.spawn(accept(listener, service, tasks.clone(), stop.clone()));
        Ok(Self {
            server,
            address,
            tasks,
            stop: stop.drop_guard(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The mail.
    pub fn store(&self) -> &Store {
        self.server.store()
    }

    /// The switches of IMAP, and the memory of what its clients did.
    pub fn control(&self) -> &Control {
        self.server.control()
    }

    /// The switches of SMTP, and the memory of what its clients did.
    pub fn smtp(&self) -> &smtp::Control {
        self.server.smtp()
    }

    /// The server itself, to be bound once more later, say.
    pub fn server(&self) -> &MailServer {
        &self.server
    }

    /// Stops listening, says BYE or 421 to all clients, and waits until the last connection is closed.
    pub async fn stop(self) {
        drop(self.stop);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn accept(
    listener: TcpListener,
    service: (MailServer, Protocol),
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tasks.spawn(serve(service.clone(), stream, stop.clone()));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn serve((server, protocol): (MailServer, Protocol), stream: TcpStream, stop: CancellationToken) {
    // Without it answers wait for acknowledgements; a socket that refuses it works too.
    let _ = stream.set_nodelay(true);
    match protocol {
        Protocol::Imap => server.serve_until(stream, stop).await,
        Protocol::Smtp => server.serve_smtp_until(stream, stop).await,
    }
}
