//! Where servers listen.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use super::Error;

/// The ports that are given out: below the kernel's range for outgoing connections.
const FIRST_PORT: u16 = 20_000;
const LAST_PORT: u16 = 32_000;

static NEXT_PORT: AtomicU16 = AtomicU16::new(FIRST_PORT);

/// Who listens here has the address for himself.
const CLAIM_PORT: u16 = 19_999;
/// So many addresses are tried, each of which nobody is likely to have.
const CLAIMS: u32 = 1000;

static NEXT_CLAIM: AtomicU32 = AtomicU32::new(0);

/// A loopback address that no other value has, in no process: for a server whose ports cannot be chosen.
#[derive(Debug)]
pub(super) struct Claim {
    address: Ipv4Addr,
    _listener: TcpListener,
}

impl Claim {
    pub(super) fn new() -> Result<Self, Error> {
        let claims =
            (0..CLAIMS).find_map(|_| Self::of(claimable(NEXT_CLAIM.fetch_add(1, Ordering::Relaxed))));
        claims.ok_or(Error::NoPort(address()))
    }

    fn of(address: Ipv4Addr) -> Option<Self> {
        let listener = TcpListener::bind((address, CLAIM_PORT)).ok()?;
        Some(Self {
            address,
            _listener: listener,
        })
    }

    pub(super) fn address(&self) -> Ipv4Addr {
        self.address
    }
}

/// One of the upper half of all loopback addresses; those of [`address`] are in the lower. Eight in a row are this
/// process's before those of the next.
fn claimable(number: u32) -> Ipv4Addr {
    let place = std::process::id().wrapping_mul(8).wrapping_add(number);
    let [_, high, middle, low] = place.to_be_bytes();
    Ipv4Addr::new(127, 128 | high, middle, low)
}

/// The loopback address of all servers that this process starts.
///
/// It is made of the process's id, which has at most 22 bits on Linux. A server that is stopped so keeps its ports:
/// nobody else takes them, and connections to it are refused.
pub fn address() -> Ipv4Addr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 | (high & 63), middle, low)
}

/// A port of [`address`] that this process gives out once.
///
/// # Errors
/// If there is none left.
pub fn reserve() -> Result<SocketAddr, Error> {
    let address = address();
    let ports = std::iter::repeat_with(|| NEXT_PORT.fetch_add(1, Ordering::Relaxed));
    let mut free = ports
        .take_while(|port| *port < LAST_PORT)
        .filter(|port| TcpListener::bind((address, *port)).is_ok());
    let port = free.next().ok_or(Error::NoPort(address))?;
    Ok((address, port).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_out_once() {
        let (first, second) = (reserve().unwrap(), reserve().unwrap());
        assert!(first.ip().is_loopback());
        assert_ne!(first, second);
    }

    #[test]
    fn an_address_is_claimed_once() {
        let (first, second) = (Claim::new().unwrap(), Claim::new().unwrap());
        assert!(first.address().is_loopback());
        assert_ne!(first.address(), second.address());
        assert!(Claim::of(first.address()).is_none());
        let given_back = first.address();
        drop(first);
        assert!(Claim::of(given_back).is_some());
    }
}
