//! Accepts connections: caps per address and in all, socket options, PROXY protocol header.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::config::Limits;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A listening socket. An IPv6 one takes IPv6 alone, so that `0.0.0.0` and `[::]` can stand side by side.
///
/// # Errors
/// Those of the operating system, such as a port in use.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// No delay for small writes, and the means to notice a dead peer.
pub(crate) fn tune(stream: &TcpStream, limits: &Limits) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    let interval = (limits.keepalive / 4).max(Duration::from_secs(1));
    let keepalive = TcpKeepalive::new()
        .with_time(limits.keepalive)
        .with_interval(interval)
        .with_retries(4);
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(limits.dead_peer_time))
}

/// Counts connections, in all and by network.
#[derive(Debug)]
pub(crate) struct Seats {
    total: u32,
    per_network: u32,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: u32,
    by_network: HashMap<IpAddr, u32>,
}

/// Why a connection was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// All seats are taken.
    Total,
    /// The network's seats are taken.
    Network,
}

impl Full {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Total => "too many connections",
            Self::Network => "too many connections from this address",
        }
    }
}

/// A taken seat; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    network: IpAddr,
}

impl Seats {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let (total, per_network) = (limits.connections, limits.connections_per_address);
        Arc::new(Self {
            total,
            per_network,
            taken: Mutex::default(),
        })
    }

    /// Takes a seat for a client, if there is one.
    pub(crate) fn take(self: &Arc<Self>, client: IpAddr) -> Result<Seat, Full> {
        let network = network(client);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.total >= self.total {
            return Err(Full::Total);
        }
        let count = taken.by_network.entry(network).or_insert(0);
        if *count >= self.per_network {
            return Err(Full::Network);
        }
        *count += 1;
        taken.total += 1;
        Ok(Seat {
            seats: Arc::clone(self),
            network,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total -= 1;
        if let Some(count) = taken.by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                taken.by_network.remove(&self.network);
            }
        }
    }
}

/// The address itself for IPv4, the /64 network for IPv6: what one customer has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let bits = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(total: u32, per_network: u32) -> Arc<Seats> {
        Seats::new(&Limits {
            connections: total,
            connections_per_address: per_network,
            ..Limits::default()
        })
    }

    #[test]
    fn seats_are_counted_in_all_and_by_network_and_freed() {
        let seats = seats(3, 2);
        let (a, b) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = seats.take(a).unwrap();
        let _second = seats.take(a).unwrap();
        assert_eq!(seats.take(a).unwrap_err(), Full::Network);
        let _third = seats.take(b).unwrap();
        assert_eq!(seats.take(b).unwrap_err(), Full::Total);
        drop(first);
        let again = seats.take(a).unwrap();
        drop(again);
        assert_eq!(seats.taken.lock().unwrap().total, 2);
    }

    #[test]
    fn an_ipv6_network_is_its_first_half_and_a_mapped_address_is_ipv4() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn a_freed_network_leaves_no_trace() {
        let seats = seats(9, 9);
        drop(seats.take(IpAddr::from([192, 0, 2, 1])).unwrap());
        assert!(seats.taken.lock().unwrap().by_network.is_empty());
    }

    async fn tuned(keepalive: Duration, dead_peer_time: Duration) -> TcpStream {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let limits = Limits {
            keepalive,
            dead_peer_time,
            ..Limits::default()
        };
        tune(&stream, &limits).unwrap();
        stream
    }

    #[tokio::test]
    async fn a_dead_peer_is_looked_for() {
        let stream = tuned(Duration::from_secs(100), Duration::from_secs(45)).await;
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(100));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(25));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 4);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(45)));
    }

    /// The configuration's limits are those of the kernel.
    #[tokio::test]
    async fn the_extremes_are_possible() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        tuned(hours(9), hours(24)).await;
        tuned(Duration::from_secs(4), Duration::from_secs(1)).await;
    }
}
