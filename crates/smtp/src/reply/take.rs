//! Taking replies off an input.

use gatepost_wire::Input;

use super::{Reply, parse_with};
use crate::parse::Leniency;
use crate::{Error, Limits, frame};

/// Takes one reply off `input`, all its lines, with the tolerance of [`Leniency::SERVERS`]; `None` if it has not
/// arrived whole. Offsets count from the start of the reply.
///
/// What has arrived of a reply is looked at again with each call. Who expects long ones in small pieces keeps a
/// [`frame::Replies`].
///
/// # Errors
/// What is no reply, or more than `limits` or the input's capacity allow. The connection is of no more use then.
pub fn take(input: &mut Input, limits: &Limits) -> Result<Option<Reply>, Error> {
    next(&mut frame::Replies::new(*limits), input)
}

/// The next reply of `replies`, with the tolerance of [`Leniency::SERVERS`].
pub(crate) fn next(replies: &mut frame::Replies, input: &mut Input) -> Result<Option<Reply>, Error> {
    let Some(octets) = replies.next(input)? else {
        return Ok(None);
    };
    let (reply, _) = parse_with(octets, Leniency::SERVERS)?;
    Ok(Some(reply))
}
