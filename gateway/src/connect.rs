//! TCP and TLS to a mail server, whatever protocol comes next.
//!
//! TLS is verified as configured before anything is said inside it; without TLS, only loopback addresses are connected
//! to.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::config::{Limits, UpstreamTls};
use crate::stream::{Link, Stream};
use crate::{listen, tls};

/// Where a mail server is, and the name that its certificate must hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) server_name: &'a str,
}

/// Why a mail server did not let us in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It could not be reached, its certificate is wrong, it broke the protocol, or it says to try later.
    #[error("{0:#}")]
    Down(anyhow::Error),
    /// It refused the credentials.
    #[error("{0:#}")]
    Refused(anyhow::Error),
}

/// A failure that says nothing of the credentials.
pub(crate) fn down(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Down(error.into())
}

/// Connects to mail servers that share TLS settings.
pub(crate) struct Connector {
    mode: UpstreamTls,
    tls: Arc<ClientConfig>,
    limits: Limits,
    /// What may arrive and not be consumed before login, in octets.
    input_cap: usize,
}

impl Connector {
    /// Reads the certificate authorities that `mode` needs.
    pub(crate) fn open(
        mode: UpstreamTls,
        ca_file: Option<&Path>,
        limits: Limits,
        input_cap: usize,
    ) -> anyhow::Result<Self> {
        let roots = match mode {
            UpstreamTls::None => rustls::RootCertStore::empty(),
            UpstreamTls::Implicit | UpstreamTls::StartTls => tls::roots(ca_file)?,
        };
        Ok(Self {
            mode,
            tls: tls::connector(roots)?,
            limits,
            input_cap,
        })
    }

    /// Connects, with TLS if it comes first, within the limit's time.
    pub(crate) async fn connect(&self, place: Place<'_>) -> anyhow::Result<Link> {
        within(self.limits.upstream_connect_time, "connecting", async {
            let socket = self.connect_tcp(place).await?;
            listen::tune(&SockRef::from(&socket), &self.limits)?;
            let mut stream = Stream::Plain(socket);
            if self.mode == UpstreamTls::Implicit {
                stream = self.upgrade(place.server_name, stream).await?;
            }
            Ok(Link::new(stream, self.input_cap))
        })
        .await
    }

    async fn connect_tcp(&self, place: Place<'_>) -> anyhow::Result<TcpStream> {
        let Place { host, port, .. } = place;
        let found = lookup_host((host, port)).await;
        let addresses: Vec<SocketAddr> = found.with_context(|| format!("looking up {host}"))?.collect();
        let remote = addresses.iter().find(|address| !address.ip().is_loopback());
        if let (UpstreamTls::None, Some(address)) = (self.mode, remote) {
            bail!("{address} is no loopback address, and the upstream has no TLS");
        }
        reach(&addresses, self.limits.upstream_connect_time).await
    }

    /// Switches to TLS.
    pub(crate) async fn upgrade(&self, server_name: &str, stream: Stream) -> anyhow::Result<Stream> {
        let name = ServerName::try_from(server_name.to_owned()).context("the server name")?;
        let handshake = stream.connect_tls(&self.tls, name).await;
        handshake.with_context(|| format!("TLS handshake with {server_name}"))
    }
}

/// The first of these addresses that takes a connection. One that does not answer leaves time for those behind it.
async fn reach(addresses: &[SocketAddr], limit: Duration) -> anyhow::Result<TcpStream> {
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut last = anyhow!("it has no address");
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = anyhow!(error).context(format!("connecting to {address}")),
            Err(_) => last = too_slow(&format!("connecting to {address}"), share),
        }
    }
    Err(last)
}

/// Work with a time limit; the error says what took too long.
pub(crate) async fn within<T>(
    limit: Duration,
    what: &str,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let done = timeout(limit, work).await;
    done.unwrap_or_else(|_| Err(too_slow(what, limit)))
}

fn too_slow(what: &str, limit: Duration) -> anyhow::Error {
    anyhow!("{what} took longer than {} s", limit.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};
    use tokio::net::TcpListener;

    use super::*;

    const SHORT: Duration = Duration::from_millis(400);

    /// An address that does not answer: the queue of its listener is full, and nobody empties it.
    async fn mute() -> (SocketAddr, Socket, Vec<TcpStream>) {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        listener.bind(&any.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut waiting = Vec::new();
        while let Ok(Ok(stream)) = timeout(SHORT, TcpStream::connect(address)).await {
            waiting.push(stream);
        }
        (address, listener, waiting)
    }

    #[tokio::test]
    async fn an_address_that_does_not_answer_leaves_time_for_the_next() {
        let (mute, _listener, _waiting) = mute().await;
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = (good.local_addr().unwrap(), good);
        let reached = timeout(2 * SHORT, reach(&[mute, good.0], 2 * SHORT)).await;
        assert_eq!(reached.unwrap().unwrap().peer_addr().unwrap(), good.0);
        let reached = reach(&[mute], SHORT).await.unwrap_err().to_string();
        assert_eq!(reached, format!("connecting to {mute} took longer than 0.4 s"));
        assert_eq!(
            reach(&[], SHORT).await.unwrap_err().to_string(),
            "it has no address"
        );
    }
}
