//! For the fuzz targets alone: not part of the interface.

use crate::answer::Identity;
use crate::crypto::SessionKey;
use crate::nrpc::{self, Reply};
use crate::rpc::{self, Assembly, Header, Sealer};

/// What a logon's answer says, if it is one.
pub fn identity(stub: &[u8]) -> Option<Box<Identity>> {
    match nrpc::reply(stub) {
        Ok(Reply::Granted(identity)) => Some(identity),
        _ => None,
    }
}

/// The ports in an endpoint mapper's answer.
pub fn ports(stub: &[u8]) -> Option<Vec<u16>> {
    nrpc::towers(stub).ok().map(|towers| towers.ports)
}

/// The fragment limit in an answer to a bind.
pub fn limit(octets: &[u8], is_sealed: bool) -> Option<u16> {
    let (head, rest) = octets.split_first_chunk()?;
    let header = Header::read(head).ok()?;
    let mut rest = rest.get(..header.rest())?.to_vec();
    rpc::bound(&header, &mut rest, is_sealed).ok()
}

/// The stub data of a response to call 1, from a stream of fragments.
pub fn response(mut octets: &[u8], key: Option<[u8; 16]>) -> Option<Vec<u8>> {
    let mut sealer = key.map(|key| Sealer::client(&SessionKey::from(key)));
    let mut assembly = Assembly::new(1);
    loop {
        let (head, behind) = octets.split_first_chunk()?;
        let header = Header::read(head).ok()?;
        let (rest, behind) = behind.split_at_checked(header.rest())?;
        if assembly.add(&header, &mut rest.to_vec(), sealer.as_mut()).ok()? {
            return Some(assembly.into_stub().to_vec());
        }
        octets = behind;
    }
}
