//! The header of every PDU (C706 12.6.3.1), and the trailer of those with a token (MS-RPCE 2.2.2.11).

use super::{Error, FRAGMENT};

/// Little-endian integers, ASCII, IEEE floating point; two reserved octets follow.
const REPRESENTATION: [u8; 2] = [0x10, 0];

/// The type of a PDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(pub(crate) u8);

impl Kind {
    pub(crate) const REQUEST: Self = Self(0);
    pub(crate) const RESPONSE: Self = Self(2);
    pub(crate) const FAULT: Self = Self(3);
    pub(crate) const BIND: Self = Self(11);
    pub(crate) const BIND_ACK: Self = Self(12);
    pub(crate) const BIND_NAK: Self = Self(13);
}

/// The header of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    /// Of the whole fragment, this header included.
    pub(crate) length: u16,
    /// Of the token, without the trailer's fixed part.
    pub(crate) token: u16,
    pub(crate) call: u32,
}

/// What follows a header.
#[derive(Debug)]
pub(crate) struct Fragment<'a> {
    pub(crate) body: &'a mut [u8],
    pub(crate) trailer: Option<Trailer<'a>>,
}

/// The authentication trailer: of our secure channel, since there is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trailer<'a> {
    /// Of the body's end, how many octets are padding.
    pub(crate) padding: u8,
    pub(crate) token: &'a [u8],
}

impl Trailer<'_> {
    /// The fixed part before the token.
    pub(crate) const OCTETS: usize = 8;
    /// RPC_C_AUTHN_NETLOGON (MS-RPCE 2.2.1.1.7).
    const TYPE: u8 = 0x44;
    /// RPC_C_AUTHN_LEVEL_PKT_PRIVACY (MS-RPCE 2.2.1.1.8).
    const LEVEL: u8 = 6;
    /// The only security context of a connection; the number is ours to choose.
    const CONTEXT: [u8; 4] = 1_u32.to_le_bytes();

    fn fixed(self) -> [u8; 8] {
        let [a, b, c, d] = Self::CONTEXT;
        [Self::TYPE, Self::LEVEL, self.padding, 0, a, b, c, d]
    }
}

impl Header {
    pub(crate) const OCTETS: usize = 16;
    pub(crate) const FIRST: u8 = 1;
    pub(crate) const LAST: u8 = 2;

    /// Reads a header, and refuses one whose fragment is longer than what we offered to take.
    pub(crate) fn read(octets: &[u8; Self::OCTETS]) -> Result<Self, Error> {
        let ([first, [integers, floats, ..], [a, b, c, d], call], _) = octets.as_chunks::<4>() else {
            return Err(Error::Version);
        };
        let [5, 0 | 1, kind, flags] = *first else {
            return Err(Error::Version);
        };
        if [*integers, *floats] != REPRESENTATION {
            return Err(Error::Representation);
        }
        let header = Self {
            kind: Kind(kind),
            flags,
            length: u16::from_le_bytes([*a, *b]),
            token: u16::from_le_bytes([*c, *d]),
            call: u32::from_le_bytes(*call),
        };
        if usize::from(header.length) < Self::OCTETS || header.length > FRAGMENT {
            return Err(Error::Length(header.length));
        }
        Ok(header)
    }

    /// How many octets follow.
    pub(crate) fn rest(&self) -> usize {
        usize::from(self.length) - Self::OCTETS
    }

    /// Takes what follows apart: all of it has to be there.
    pub(crate) fn split<'a>(&self, rest: &'a mut [u8]) -> Result<Fragment<'a>, Error> {
        if self.token == 0 {
            return Ok(Fragment {
                body: rest,
                trailer: None,
            });
        }
        let behind = usize::from(self.token) + Trailer::OCTETS;
        let end = rest.len().checked_sub(behind).ok_or(Error::Token)?;
        let (body, trailer) = rest.split_at_mut(end);
        let (fixed, token) = trailer
            .split_first_chunk::<{ Trailer::OCTETS }>()
            .ok_or(Error::Token)?;
        let [kind, level, padding, _reserved, context @ ..] = *fixed;
        if (kind, level, context) != (Trailer::TYPE, Trailer::LEVEL, Trailer::CONTEXT) {
            return Err(Error::NotSealed);
        }
        Ok(Fragment {
            body,
            trailer: Some(Trailer { padding, token }),
        })
    }
}

/// One fragment, complete. Its parts are ours, and far below 64 KiB.
pub(crate) fn write(kind: Kind, flags: u8, call: u32, body: &[u8], trailer: Option<Trailer<'_>>) -> Vec<u8> {
    let behind = trailer.map_or(0, |trailer| trailer.token.len() + Trailer::OCTETS);
    let token = trailer.map_or(0, |trailer| trailer.token.len());
    let length = Header::OCTETS + body.len() + behind;
    let mut octets = Vec::with_capacity(length);
    octets.extend([5, 0, kind.0, flags]);
    octets.extend(REPRESENTATION);
    octets.extend([0, 0]);
    octets.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    octets.extend(u16::try_from(token).unwrap_or(u16::MAX).to_le_bytes());
    octets.extend(call.to_le_bytes());
    octets.extend(body);
    if let Some(trailer) = trailer {
        octets.extend(trailer.fixed());
        octets.extend(trailer.token);
    }
    octets
}
