//! CHALLENGE_MESSAGE (MS-NLMP section 2.2.1.2).

use nom::Parser as _;
use nom::bytes::complete::take;
use nom::error::context;
use nom::number::complete::le_u32;

use super::NegotiateFlags;
use super::message::{self, MessageError, Parsed, Payload, Writer, header, octets, payload};

const KIND: u32 = 2;

/// The fixed part, VERSION included.
const FIXED: usize = 56;

/// The VERSION that is sent (MS-NLMP section 2.2.2.10): Windows 7 in the revision that every NTLM since 2003 has. It is
/// for debugging alone, but there are clients that want to see one.
const VERSION: [u8; 8] = [6, 1, 0xb1, 0x1d, 0, 0, 0, 15];

/// The server's message: its names, and eight octets that the client's response is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeMessage<'a> {
    /// TargetName, in the [`Charset`](super::Charset) of the flags.
    pub target_name: &'a [u8],
    /// NegotiateFlags
    pub negotiate_flags: NegotiateFlags,
    /// ServerChallenge
    pub server_challenge: [u8; 8],
    /// TargetInfo: a list of [`AvPair`](super::AvPair)s. Empty if the flags do not promise any.
    pub target_info: &'a [u8],
}

impl<'a> ChallengeMessage<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// If it is no CHALLENGE_MESSAGE, is too short, or a field points beyond it.
    pub fn parse(octets: &'a [u8]) -> Result<Self, MessageError> {
        message::read(octets, parse)
    }

    /// The message, with a VERSION and with its payloads in this order: target name, target info.
    ///
    /// # Errors
    /// If it would be longer than [`MAX_MESSAGE_OCTETS`](super::MAX_MESSAGE_OCTETS).
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        let mut writer = Writer::new(KIND, FIXED);
        writer.put_payload(self.target_name)?;
        writer.put(&self.negotiate_flags.0.to_le_bytes());
        writer.put(&self.server_challenge);
        writer.put(&[0; 8]);
        writer.put_payload(self.target_info)?;
        writer.put(&VERSION);
        Ok(writer.finish())
    }
}

fn parse(message: &[u8]) -> Parsed<'_, ChallengeMessage<'_>> {
    let (rest, ()) = header(KIND, "NTLM: expected a CHALLENGE_MESSAGE")(message)?;
    let (rest, target_name) = payload(message, "NTLM: expected TargetName inside the message")(rest)?;
    let (rest, flags) = context("NTLM: expected NegotiateFlags", le_u32).parse(rest)?;
    let negotiate_flags = NegotiateFlags(flags);
    let (rest, server_challenge) = octets("NTLM: expected ServerChallenge")(rest)?;
    let (rest, target_info) = match negotiate_flags.contains(NegotiateFlags::TARGET_INFO) {
        true => target_info(message, rest)?,
        false => (rest, Payload::default()),
    };
    Ok((
        rest,
        ChallengeMessage {
            target_name: target_name.octets,
            negotiate_flags,
            server_challenge,
            target_info: target_info.octets,
        },
    ))
}

/// Eight reserved octets and the field.
fn target_info<'a>(message: &'a [u8], input: &'a [u8]) -> Parsed<'a, Payload<'a>> {
    let (rest, _) = context("NTLM: expected Reserved", take(8usize)).parse(input)?;
    payload(message, "NTLM: expected TargetInfo inside the message")(rest)
}
