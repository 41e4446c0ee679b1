//! Requests and responses (C706 12.6.4.9, 12.6.4.10), in fragments.

use zeroize::Zeroizing;

use super::header::{self, Fragment, Trailer};
use super::{Error, Header, Kind, Sealer};
use crate::crypto;

/// The fixed part of a request's and a response's body.
const FIXED: usize = 8;

/// The longest answer that we take: a user with a thousand groups of other domains has 60 KiB.
pub(crate) const LONGEST: usize = 256 * 1024;

/// A request as one or more fragments, none longer than `limit`, each sealed by itself if there is a sealer.
pub(crate) fn request(
    (call, operation): (u32, u16),
    stub: &[u8],
    limit: u16,
    mut sealer: Option<&mut Sealer>,
) -> Result<Vec<u8>, getrandom::Error> {
    let overhead = Header::OCTETS + FIXED + Trailer::OCTETS + Sealer::TOKEN;
    let room = usize::from(limit).saturating_sub(overhead).max(Sealer::BLOCK);
    let room = room - room % Sealer::BLOCK;
    let mut octets = Vec::with_capacity(stub.len() + 2 * overhead);
    let mut flags = Header::FIRST;
    let mut rest = stub;
    while flags & Header::LAST == 0 {
        let (chunk, behind) = rest.split_at(rest.len().min(room));
        if behind.is_empty() {
            flags |= Header::LAST;
        }
        let mut body = fixed(rest.len(), operation);
        body.extend_from_slice(chunk);
        octets.extend(fragment((flags, call), body, sealer.as_deref_mut())?);
        flags &= Header::LAST;
        rest = behind;
    }
    Ok(octets)
}

/// What is still to come, presentation context 0, the operation.
fn fixed(hint: usize, operation: u16) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(u32::try_from(hint).unwrap_or(0).to_le_bytes());
    body.extend(0_u16.to_le_bytes());
    body.extend(operation.to_le_bytes());
    body
}

fn fragment(
    (flags, call): (u8, u32),
    mut body: Vec<u8>,
    sealer: Option<&mut Sealer>,
) -> Result<Vec<u8>, getrandom::Error> {
    let Some(sealer) = sealer else {
        return Ok(header::write(Kind::REQUEST, flags, call, &body, None));
    };
    let stub = body.len() - FIXED;
    let padding = stub.next_multiple_of(Sealer::BLOCK) - stub;
    body.resize(body.len() + padding, 0);
    let (_, data) = body.split_at_mut(FIXED);
    let token = sealer.seal(data, crypto::random()?);
    let trailer = Trailer {
        // Less than a block.
        padding: padding as u8,
        token: &token,
    };
    Ok(header::write(Kind::REQUEST, flags, call, &body, Some(trailer)))
}

/// The stub data of a response, as its fragments come in.
pub(crate) struct Assembly {
    call: u32,
    begun: bool,
    /// Holds a session key, perhaps.
    stub: Zeroizing<Vec<u8>>,
}

impl Assembly {
    pub(crate) fn new(call: u32) -> Self {
        Self {
            call,
            begun: false,
            stub: Zeroizing::default(),
        }
    }

    /// Adds a fragment, and says whether it was the last. A sealer opens it first; then all of them have to be sealed.
    pub(crate) fn add(
        &mut self,
        header: &Header,
        rest: &mut [u8],
        sealer: Option<&mut Sealer>,
    ) -> Result<bool, Error> {
        if header.kind != Kind::RESPONSE {
            return Err(Error::Unexpected(header.kind.0));
        }
        if header.call != self.call {
            return Err(Error::WrongCall);
        }
        let last = header.flags & Header::LAST != 0;
        let stub = opened(header.split(rest)?, sealer)?;
        if (header.flags & Header::FIRST == 0) != self.begun || (stub.is_empty() && !last) {
            return Err(Error::Order);
        }
        self.begun = true;
        self.append(stub)?;
        Ok(last)
    }

    pub(crate) fn into_stub(self) -> Zeroizing<Vec<u8>> {
        self.stub
    }

    /// A vector that grew by itself would leave its octets behind unwiped.
    fn append(&mut self, octets: &[u8]) -> Result<(), Error> {
        let length = self.stub.len() + octets.len();
        if length > LONGEST {
            return Err(Error::TooLong(LONGEST));
        }
        if length > self.stub.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
            larger.extend_from_slice(&self.stub);
            self.stub = larger;
        }
        self.stub.extend_from_slice(octets);
        Ok(())
    }
}

/// The stub data of a fragment.
fn opened<'a>(fragment: Fragment<'a>, sealer: Option<&mut Sealer>) -> Result<&'a [u8], Error> {
    let Fragment { body, trailer } = fragment;
    let early = Error::Token;
    let (_, data) = body.split_at_mut_checked(FIXED).ok_or(early)?;
    let Some(sealer) = sealer else {
        return Ok(data);
    };
    let trailer = trailer.ok_or(Error::NotSealed)?;
    sealer.open(data, trailer.token)?;
    let stub = data.len().checked_sub(usize::from(trailer.padding));
    stub.and_then(|stub| data.get(..stub)).ok_or(early)
}
