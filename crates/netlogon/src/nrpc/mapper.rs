//! The endpoint mapper: at which port does an interface listen? (C706 appendix L, and N for ept_map.)

use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::Failure;
use crate::ndr::{Error, Reader, Writer};
use crate::rpc::{Connection, NDR, NETLOGON, Syntax};

/// The operation number of ept_map.
pub(crate) const MAP: u16 = 3;

/// As many towers as we take: a controller has one or two.
const TOWERS: u32 = 8;

/// Protocol identifiers of floors (C706 appendix I).
const UUID: u8 = 0x0d;
const CONNECTION_ORIENTED: u8 = 0x0b;
const TCP: u8 = 0x07;
const IP: u8 = 0x09;

/// What the endpoint mapper answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Towers {
    /// The ports of those that are Netlogon in NDR over TCP.
    pub(crate) ports: Vec<u16>,
    /// Zero, or why there are none.
    pub(crate) status: u32,
}

/// Asks an endpoint mapper for Netlogon's port.
pub(crate) async fn port<S>(mapper: &mut Connection<S>) -> Result<u16, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let stub = mapper.call(MAP, &request()).await?;
    let towers = towers(&stub)?;
    towers.ports.first().copied().ok_or(Failure::NotMapped)
}

/// The arguments of ept_map: no object, a tower with a hole where port and address are, no entry handle.
fn request() -> Vec<u8> {
    let tower = tower(0);
    let mut stub = Writer::new();
    stub.pointer();
    stub.octets(&[0; 16]);
    stub.pointer();
    stub.count(tower.len());
    stub.count(tower.len());
    stub.octets(&tower);
    stub.align(4);
    stub.octets(&[0; 20]);
    stub.u32(TOWERS);
    stub.into_octets()
}

/// Netlogon in NDR over TCP at a port of any address.
pub(crate) fn tower(port: u16) -> Vec<u8> {
    let mut tower = 5_u16.to_le_bytes().to_vec();
    floor(&mut tower, &identifier(NETLOGON), &[0, 0]);
    floor(&mut tower, &identifier(NDR), &[0, 0]);
    floor(&mut tower, &[CONNECTION_ORIENTED], &[0, 0]);
    floor(&mut tower, &[TCP], &port.to_be_bytes());
    floor(&mut tower, &[IP], &[0; 4]);
    tower
}

fn floor(tower: &mut Vec<u8>, left: &[u8], right: &[u8]) {
    for side in [left, right] {
        // At most 19 octets.
        tower.extend((side.len() as u16).to_le_bytes());
        tower.extend(side);
    }
}

/// The left side of a floor that names a syntax: its UUID and major version.
fn identifier(syntax: Syntax) -> Vec<u8> {
    let mut left = vec![UUID];
    left.extend(syntax.uuid);
    left.extend(syntax.major.to_le_bytes());
    left
}

/// The results of ept_map: an entry handle, an array of pointers to towers, the towers, a status.
pub(crate) fn towers(stub: &[u8]) -> Result<Towers, Error> {
    let mut reader = Reader::new(stub);
    reader.octets(20)?;
    let count = reader.count()?;
    let (_, actual) = reader.varying()?;
    if actual != count {
        return Err(reader.error("an array has not the announced length"));
    }
    let mut present = 0;
    for _ in 0..count {
        present += usize::from(reader.pointer()?);
    }
    let mut ports = Vec::new();
    for _ in 0..present {
        let length = reader.count()?;
        reader.conformant(length)?;
        ports.extend(netlogon_port(reader.octets(length)?));
    }
    let status = reader.u32()?;
    Ok(Towers { ports, status })
}

/// The port in a tower, if it is of Netlogon in NDR over TCP. Towers of other shapes are no error: there are many.
fn netlogon_port(tower: &[u8]) -> Option<u16> {
    let mut reader = Floors(tower.get(2..)?);
    let is_netlogon = reader.next()?.0 == identifier(NETLOGON);
    let is_ndr = reader.next()?.0 == identifier(NDR);
    let is_connection_oriented = reader.next()?.0 == [CONNECTION_ORIENTED];
    let (protocol, port) = reader.next()?;
    let port = u16::from_be_bytes(port.try_into().ok()?);
    let fits = is_netlogon && is_ndr && is_connection_oriented && protocol == [TCP] && port != 0;
    fits.then_some(port)
}

/// The floors of a tower: their left and right sides. Not aligned.
struct Floors<'a>(&'a [u8]);

impl<'a> Iterator for Floors<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.side()?, self.side()?))
    }
}

impl<'a> Floors<'a> {
    fn side(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (side, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        self.0 = rest;
        Some(side)
    }
}
