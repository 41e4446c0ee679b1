//! AV_PAIR (MS-NLMP section 2.2.2.1).

use nom::Parser as _;
use nom::bytes::complete::take;
use nom::error::context;
use nom::number::complete::le_u16;

use super::message::{self, MessageError, Parsed};

/// AvId: what a pair says. Those that nothing here looks at have no name, but are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvId(pub u16);

impl AvId {
    /// MsvAvEOL: the end of a list.
    pub const EOL: Self = Self(0);
    /// MsvAvNbComputerName: the server's NetBIOS name, in UTF-16.
    pub const NB_COMPUTER_NAME: Self = Self(1);
    /// MsvAvNbDomainName: its domain's NetBIOS name, in UTF-16.
    pub const NB_DOMAIN_NAME: Self = Self(2);
    /// MsvAvDnsComputerName: the server's DNS name, in UTF-16.
    pub const DNS_COMPUTER_NAME: Self = Self(3);
    /// MsvAvDnsDomainName: its domain's DNS name, in UTF-16.
    pub const DNS_DOMAIN_NAME: Self = Self(4);
    /// MsvAvFlags: four octets, of which the bit 2 says that the client sent a MIC.
    pub const FLAGS: Self = Self(6);
    /// MsvAvTimestamp: a FILETIME.
    pub const TIMESTAMP: Self = Self(7);
    /// MsvAvTargetName: the server that the client means, as a service principal name in UTF-16.
    pub const TARGET_NAME: Self = Self(9);
    /// MsvAvChannelBindings: sixteen octets.
    pub const CHANNEL_BINDINGS: Self = Self(10);
}

/// One pair of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvPair<'a> {
    /// AvId
    pub id: AvId,
    /// Value
    pub value: &'a [u8],
}

impl<'a> AvPair<'a> {
    /// Reads a list up to its end, which has to be there; what stands behind it is nobody's.
    ///
    /// # Errors
    /// If a pair reaches beyond the list, or the end is missing.
    pub fn parse_list(octets: &'a [u8]) -> Result<Vec<Self>, MessageError> {
        message::read(octets, list)
    }

    /// A list of the pairs and its end.
    ///
    /// # Errors
    /// If a value is longer than 65,535 octets.
    pub fn encode_list(pairs: &[Self]) -> Result<Vec<u8>, MessageError> {
        let mut list = Vec::new();
        for pair in pairs {
            let too_long = |_| MessageError::new("NTLM: an AV_PAIR of over 65,535 octets", list.len());
            let length = u16::try_from(pair.value.len()).map_err(too_long)?;
            list.extend_from_slice(&pair.id.0.to_le_bytes());
            list.extend_from_slice(&length.to_le_bytes());
            list.extend_from_slice(pair.value);
        }
        list.extend_from_slice(&[0; 4]);
        Ok(list)
    }
}

pub(super) fn list(input: &[u8]) -> Parsed<'_, Vec<AvPair<'_>>> {
    let mut pairs = Vec::new();
    let mut rest = input;
    loop {
        let (behind, pair) = pair(rest)?;
        rest = behind;
        if pair.id == AvId::EOL {
            return Ok((rest, pairs));
        }
        pairs.push(pair);
    }
}

fn pair(input: &[u8]) -> Parsed<'_, AvPair<'_>> {
    let (rest, (id, length)) = context("NTLM: expected an AV_PAIR", (le_u16, le_u16)).parse(input)?;
    let (rest, value) = context("NTLM: expected the value of an AV_PAIR", take(length)).parse(rest)?;
    Ok((rest, AvPair { id: AvId(id), value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(list: &[u8]) -> String {
        AvPair::parse_list(list).unwrap_err().to_string()
    }

    #[test]
    fn a_list_ends_with_its_end() {
        let pairs = AvPair::parse_list(b"\x09\0\x01\0x\x63\0\0\0\0\0\0\0behind").unwrap();
        assert_eq!(
            pairs,
            [
                AvPair {
                    id: AvId::TARGET_NAME,
                    value: b"x"
                },
                AvPair {
                    id: AvId(99),
                    value: b""
                }
            ]
        );
    }

    /// Once a value beyond the end made the parser wait for more, and panic since there was none.
    #[test]
    fn nothing_reaches_beyond_the_list() {
        assert_eq!(error(b""), "NTLM: expected an AV_PAIR at octet 0");
        assert_eq!(error(b"\x09\0\0\0\0\0\0"), "NTLM: expected an AV_PAIR at octet 6");
        let expected = "NTLM: expected the value of an AV_PAIR at octet 4";
        assert_eq!(error(b"\x09\0\x05\0abcd"), expected);
        assert_eq!(error(b"\x09\0\xff\xffabcd\0\0\0\0"), expected);
    }
}
