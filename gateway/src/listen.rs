//! Listening sockets, the options of connections, and what becomes of an accept that fails.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::TcpListener;

use crate::config::Limits;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 4096;

/// A listening socket.
#[derive(Debug)]
pub(crate) struct Listener(TcpListener);

impl Listener {
    /// An IPv6 one takes IPv6 alone, so that `0.0.0.0` and `[::]` can stand side by side. Connections that are accepted
    /// inherit its options, so that each costs no calls for them.
    ///
    /// # Errors
    /// Those of the operating system, such as a port in use.
    pub(crate) fn bind(address: SocketAddr, limits: &Limits) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        tune(&SockRef::from(&socket), limits)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into()).map(Self)
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the operating system.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The next connection, nonblocking, and who makes it. It belongs to no runtime yet: any may serve it.
    ///
    /// # Errors
    /// Those of accept(2).
    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.0.accept().await?;
        Ok((stream.into_std()?, peer))
    }
}

/// No delay for small writes, and the means to notice a dead peer.
pub(crate) fn tune(socket: &SockRef<'_>, limits: &Limits) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    let interval = (limits.keepalive / 4).max(Duration::from_secs(1));
    let keepalive = TcpKeepalive::new()
        .with_time(limits.keepalive)
        .with_interval(interval)
        .with_retries(4);
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(limits.dead_peer_time))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two ends of a connection: the client's, tuned by itself, and the accepted one.
    async fn tuned(keepalive: Duration, dead_peer_time: Duration) -> [TcpStream; 2] {
        let limits = Limits {
            keepalive,
            dead_peer_time,
            ..Limits::default()
        };
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), &limits).unwrap();
        let stream = TcpStream::connect(listener.address().unwrap()).unwrap();
        tune(&SockRef::from(&stream), &limits).unwrap();
        [stream, listener.accept().await.unwrap().0]
    }

    #[tokio::test]
    async fn a_dead_peer_is_looked_for() {
        for stream in tuned(Duration::from_secs(100), Duration::from_secs(45)).await {
            let socket = SockRef::from(&stream);
            assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(100));
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(25));
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), 4);
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(45)));
        }
    }

    /// The configuration's limits are those of the kernel.
    #[tokio::test]
    async fn the_extremes_are_possible() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        tuned(hours(9), hours(24)).await;
        tuned(Duration::from_secs(4), Duration::from_secs(1)).await;
    }
}
