//! Connection-oriented RPC (C706 chapter 12; MS-RPCE 2.2.2): as much as a Netlogon client needs.

mod bind;
mod call;
mod connection;
mod header;
mod seal;
mod syntax;

pub(crate) use bind::{Names, bound};
pub(crate) use call::{Assembly, request};
pub(crate) use connection::{Connection, Dial, Tcp};
pub(crate) use header::{Header, Kind};
#[cfg(test)]
pub(crate) use header::{Trailer, write};
pub(crate) use seal::Sealer;
pub(crate) use syntax::{ENDPOINT_MAPPER, NDR, NETLOGON, Syntax};

use crate::ndr;

/// The largest fragment that we take and send: what Windows and Samba offer as well.
pub(crate) const FRAGMENT: u16 = 5840;

/// What a peer must not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("not RPC version 5")]
    Version,
    #[error("not little-endian ASCII")]
    Representation,
    #[error("a fragment of {0} octets")]
    Length(u16),
    #[error("an authentication token that does not fit into its fragment")]
    Token,
    #[error("an unexpected PDU of type {0}")]
    Unexpected(u8),
    #[error("the answer to another call")]
    WrongCall,
    #[error("fragments out of order")]
    Order,
    #[error("an answer of more than {0} octets")]
    TooLong(usize),
    #[error("the bind is refused with reason {0}")]
    Refused(u16),
    #[error("an answer that is not sealed")]
    NotSealed,
    #[error("a message out of sequence, or sealed with another key")]
    Sequence,
    #[error("a message that was changed on its way, or sealed with another key")]
    Checksum,
    #[error("{0}")]
    Ndr(#[from] ndr::Error),
}

#[cfg(test)]
mod tests;
