//! The PROXY protocol header, versions 1 and 2, as HAProxy defines it: who really connected.
//!
//! Exactly the header is read, not an octet more: what follows belongs to TLS.

use std::io;
use std::net::SocketAddr;

use ppp::{v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What both versions have at least.
const SHORTEST: usize = 12;
/// The longest version 1 header, with its CRLF.
const LONGEST_V1: usize = 107;
/// The fixed part of version 2.
const FIXED_V2: usize = 16;
/// Addresses and type-length-values of version 2; UNIX addresses need 216 octets.
const LONGEST_V2: usize = FIXED_V2 + 4096;

const SIGNATURE_V2: &[u8; SHORTEST] = b"\r\n\r\n\0\r\nQUIT\n";

/// Reads the header and returns the client's address, or `None` if the proxy speaks for itself (health checks).
///
/// # Errors
/// Those of the stream, and `InvalidData` for what is no header.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut header = vec![0; SHORTEST];
    stream.read_exact(&mut header).await?;
    if header == SIGNATURE_V2 {
        read_v2(stream, header).await
    } else if header.starts_with(b"PROXY ") {
        read_v1(stream, header).await
    } else {
        Err(invalid(
            "the connection does not begin with a PROXY protocol header",
        ))
    }
}

async fn read_v1(
    stream: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> io::Result<Option<SocketAddr>> {
    while header.last() != Some(&b'\n') {
        if header.len() >= LONGEST_V1 {
            return Err(invalid(
                "a PROXY protocol header of version 1 is longer than 107 octets",
            ));
        }
        header.push(stream.read_u8().await?);
    }
    let header = v1::Header::try_from(header.as_slice());
    match header
        .map_err(|_| invalid("the PROXY protocol header of version 1 is malformed"))?
        .addresses
    {
        v1::Addresses::Tcp4(pair) => Ok(Some((pair.source_address, pair.source_port).into())),
        v1::Addresses::Tcp6(pair) => Ok(Some((pair.source_address, pair.source_port).into())),
        v1::Addresses::Unknown => Ok(None),
    }
}

async fn read_v2(
    stream: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> io::Result<Option<SocketAddr>> {
    header.resize(FIXED_V2, 0);
    stream
        .read_exact(header.get_mut(SHORTEST..).unwrap_or_default())
        .await?;
    let length = match header.get(FIXED_V2 - 2..) {
        Some(&[high, low]) => usize::from(u16::from_be_bytes([high, low])),
        _ => 0,
    };
    if FIXED_V2 + length > LONGEST_V2 {
        return Err(invalid(
            "a PROXY protocol header of version 2 is longer than 4112 octets",
        ));
    }
    header.resize(FIXED_V2 + length, 0);
    stream
        .read_exact(header.get_mut(FIXED_V2..).unwrap_or_default())
        .await?;
    let header = v2::Header::try_from(header.as_slice())
        .map_err(|_| invalid("the PROXY protocol header of version 2 is malformed"))?;
    if header.command == v2::Command::Local {
        return Ok(None);
    }
    Ok(match header.addresses {
        v2::Addresses::IPv4(pair) => Some((pair.source_address, pair.source_port).into()),
        v2::Addresses::IPv6(pair) => Some((pair.source_address, pair.source_port).into()),
        v2::Addresses::Unix(_) | v2::Addresses::Unspecified => None,
    })
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(octets: &[u8]) -> (io::Result<Option<SocketAddr>>, Vec<u8>) {
        let mut stream = octets;
        let address = read(&mut stream).await;
        (address, stream.to_vec())
    }

    fn v2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let mut header = SIGNATURE_V2.to_vec();
        header.extend([0x20 | command, family]);
        header.extend(u16::try_from(addresses.len()).unwrap().to_be_bytes());
        header.extend(addresses);
        header
    }

    #[tokio::test]
    async fn version_1_gives_the_source_and_leaves_the_rest() {
        let (address, rest) = read_all(b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 993\r\n\x16\x03").await;
        assert_eq!(address.unwrap(), Some("192.0.2.1:56324".parse().unwrap()));
        assert_eq!(rest, b"\x16\x03");
        let (address, _) = read_all(b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n").await;
        assert_eq!(address.unwrap(), Some("[2001:db8::1]:1".parse().unwrap()));
        assert_eq!(read_all(b"PROXY UNKNOWN\r\n").await.0.unwrap(), None);
    }

    #[tokio::test]
    async fn version_2_gives_the_source_and_leaves_the_rest() {
        let mut header = v2(1, 0x11, &[192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 3, 0xe1]);
        header.extend(b"\x16\x03");
        let (address, rest) = read_all(&header).await;
        assert_eq!(address.unwrap(), Some("192.0.2.1:56324".parse().unwrap()));
        assert_eq!(rest, b"\x16\x03");
        assert_eq!(read_all(&v2(0, 0, &[])).await.0.unwrap(), None);
    }

    #[tokio::test]
    async fn version_2_may_be_ipv6_and_say_more() {
        let source: std::net::Ipv6Addr = "2001:db8::7".parse().unwrap();
        let mut addresses = [source.octets(), std::net::Ipv6Addr::LOCALHOST.octets()].concat();
        addresses.extend([0x12, 0x67, 3, 0xe1]);
        let expected = Some("[2001:db8::7]:4711".parse().unwrap());
        // What a balancer adds: PP2_TYPE_ALPN, and a type of nobody's.
        let more = [&addresses[..], &[1, 0, 2, b'h', b'2', 0xee, 0, 3, 1, 2, 3]].concat();
        for addresses in [addresses, more] {
            let mut header = v2(1, 0x21, &addresses);
            header.extend(b"\x16\x03");
            let (address, rest) = read_all(&header).await;
            assert_eq!(address.unwrap(), expected);
            assert_eq!(rest, b"\x16\x03");
        }
        // A UNIX socket's has no address, nor has one that is not known.
        assert_eq!(read_all(&v2(1, 0x31, &[0; 216])).await.0.unwrap(), None);
        assert_eq!(read_all(&v2(1, 0, &[])).await.0.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        let long = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat();
        let wrong: [&[u8]; 5] = [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaa",
            b"PROXY TCP4 1.2.3.4 5.6.7.8 99999 1\r\n",
            &long,
            &v2(1, 0x11, &[1, 2, 3]),
            &v2(1, 0x11, &vec![0; 5000]),
        ];
        for octets in wrong {
            let (address, _) = read_all(octets).await;
            assert_eq!(
                address.unwrap_err().kind(),
                io::ErrorKind::InvalidData,
                "{octets:?}"
            );
        }
        let (address, _) = read_all(b"PROXY TCP4 192.0").await;
        assert_eq!(address.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
