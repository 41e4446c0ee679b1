//! NEGOTIATE_MESSAGE (MS-NLMP section 2.2.1.1).

use nom::Parser as _;
use nom::error::context;
use nom::number::complete::le_u32;

use super::NegotiateFlags;
use super::message::{self, MessageError, Parsed, Writer, header};

const KIND: u32 = 1;

/// The fixed part without VERSION.
const FIXED: usize = 32;

/// The client's first message: what it can do.
///
/// It may also name a domain and a workstation, in a code page that nobody knows; they are not read, since nothing may
/// depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NegotiateMessage {
    /// NegotiateFlags
    pub negotiate_flags: NegotiateFlags,
}

impl NegotiateMessage {
    /// Reads a message. Only its first 16 octets have to be there: some clients leave the rest out.
    ///
    /// # Errors
    /// If it is no NEGOTIATE_MESSAGE.
    pub fn parse(octets: &[u8]) -> Result<Self, MessageError> {
        message::read(octets, parse)
    }

    /// The message, without domain, workstation and version: 32 octets.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(KIND, FIXED);
        writer.put(&self.negotiate_flags.0.to_le_bytes());
        writer.put(&[0; 16]);
        writer.finish()
    }
}

fn parse(input: &[u8]) -> Parsed<'_, NegotiateMessage> {
    let (rest, ()) = header(KIND, "NTLM: expected a NEGOTIATE_MESSAGE")(input)?;
    let (rest, flags) = context("NTLM: expected NegotiateFlags", le_u32).parse(rest)?;
    let negotiate_flags = NegotiateFlags(flags);
    Ok((rest, NegotiateMessage { negotiate_flags }))
}
