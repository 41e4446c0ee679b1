//! Where servers listen.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use super::Error;

/// The ports that are given out: below the kernel's range for outgoing connections.
const FIRST_PORT: u16 = 20_000;
const LAST_PORT: u16 = 32_000;

static NEXT_PORT: AtomicU16 = AtomicU16::new(FIRST_PORT);

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
}
