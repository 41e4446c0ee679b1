//! Agreeing on an interface, and on a security context (C706 12.6.4.3 to 12.6.4.5; MS-NRPC 3.3.4.1).

use super::header::{self, Fragment, Trailer};
use super::{Error, FRAGMENT, Header, Kind, NDR, Syntax};
use crate::ndr::{Reader, Writer};

/// The smallest limit that a server may have (C706 12.6.3.1, MustRecvFragSize).
const SMALLEST_LIMIT: u16 = 1432;

/// Who we are to the secure channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// The NetBIOS name of the domain.
    pub(crate) domain: String,
    /// The computer account without the `$`.
    pub(crate) computer: String,
}

impl Names {
    /// NL_AUTH_MESSAGE (MS-NRPC 2.2.1.3.1): a negotiate request with both names in OEM characters.
    fn token(&self) -> Vec<u8> {
        let mut token = Vec::new();
        token.extend(0_u32.to_le_bytes());
        token.extend(3_u32.to_le_bytes());
        for name in [&self.domain, &self.computer] {
            token.extend(name.as_bytes());
            token.push(0);
        }
        token
    }
}

/// A bind PDU that offers one interface in NDR, on a secure channel if there are names.
pub(crate) fn bind(call: u32, interface: Syntax, names: Option<&Names>) -> Vec<u8> {
    let mut body = Writer::new();
    body.u16(FRAGMENT);
    body.u16(FRAGMENT);
    // A new association group.
    body.u32(0);
    // One presentation context, number 0, with one transfer syntax.
    body.u32(1);
    body.u16(0);
    body.u16(1);
    body.octets(&interface.octets());
    body.octets(&NDR.octets());
    let token = names.map(Names::token);
    let trailer = token.as_deref().map(|token| Trailer { padding: 0, token });
    let flags = Header::FIRST | Header::LAST;
    header::write(Kind::BIND, flags, call, &body.into_octets(), trailer)
}

/// What a server answers to a bind: how long the fragments are that it takes.
pub(crate) fn bound(header: &Header, rest: &mut [u8], sealed: bool) -> Result<u16, Error> {
    let Fragment { body, trailer } = header.split(rest)?;
    match header.kind {
        Kind::BIND_ACK => {}
        Kind::BIND_NAK => return Err(Error::Refused(Reader::new(body).u16()?)),
        Kind(other) => return Err(Error::Unexpected(other)),
    }
    if sealed && !trailer.is_some_and(|trailer| answers(trailer.token)) {
        return Err(Error::NotSealed);
    }
    accepted(body)
}

/// Whether it is NL_AUTH_MESSAGE's negotiate response; what follows the type is not used.
fn answers(token: &[u8]) -> bool {
    token.first_chunk() == Some(&1_u32.to_le_bytes())
}

/// The body of a bind_ack.
fn accepted(body: &[u8]) -> Result<u16, Error> {
    let mut reader = Reader::new(body);
    let _transmits = reader.u16()?;
    let limit = reader.u16()?;
    let _group = reader.u32()?;
    let address = usize::from(reader.u16()?);
    reader.octets(address)?;
    let results = reader.u32()? & 0xff;
    let (result, reason) = (reader.u16()?, reader.u16()?);
    if result != 0 {
        return Err(Error::Refused(reason));
    }
    let syntax: [u8; 20] = reader.array()?;
    if results != 1 || syntax != NDR.octets() {
        return Err(Error::Ndr(reader.error("not the syntax that was offered")));
    }
    match limit < SMALLEST_LIMIT {
        true => Err(Error::Length(limit)),
        false => Ok(limit.min(FRAGMENT)),
    }
}
