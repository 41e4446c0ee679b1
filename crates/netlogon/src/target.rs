//! For which server a response was made: what an NTLMv2 response repeats of the challenge's names (MS-NLMP 2.2.2.7).

use std::fmt;

use crate::rpc::Names;

/// NTProofStr and the fixed part of NTLMv2_CLIENT_CHALLENGE.
const FIXED: usize = 16 + 28;

/// MsvAvNbComputerName and MsvAvNbDomainName (MS-NLMP 2.2.2.1).
const COMPUTER: u16 = 1;
const DOMAIN: u16 = 2;

/// The name in a challenge that a controller does not take from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    Computer,
    Domain,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Computer => "the response is to a challenge that does not name our computer account",
            Self::Domain => "the response is to a challenge that does not name our domain",
        })?;
        f.write_str(": no controller would judge it; NTLM's target has to have both NetBIOS names")
    }
}

/// Whether a controller lets us ask about this response. It does so only if the challenge named our computer account and
/// its domain, so that no member of the domain learns the session keys of others (MS-NRPC 3.5.4.5.1; CVE-2015-0005);
/// else it speaks of a wrong password, which is not what is wrong. What names nobody is let through.
pub(crate) fn check(nt_response: &[u8], names: &Names) -> Result<(), Mismatch> {
    let pairs = nt_response.get(FIXED..).unwrap_or_default();
    for (kind, value) in Pairs(pairs) {
        match kind {
            COMPUTER if !is(value, &names.computer) => return Err(Mismatch::Computer),
            DOMAIN if !is(value, &names.domain) => return Err(Mismatch::Domain),
            _ => {}
        }
    }
    Ok(())
}

/// Whether it is that name in UTF-16; ours are ASCII, and case does not matter.
fn is(value: &[u8], name: &str) -> bool {
    let (units, rest) = value.as_chunks::<2>();
    let same = |(unit, octet): (&[u8; 2], u8)| {
        let [low, high] = *unit;
        high == 0 && low.eq_ignore_ascii_case(&octet)
    };
    rest.is_empty() && units.len() == name.len() && units.iter().zip(name.bytes()).all(same)
}

/// AV_PAIRs, up to the end of the list or the first that does not fit.
struct Pairs<'a>(&'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[a, b, c, d], rest) = self.0.split_first_chunk()?;
        let (kind, length) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        let (value, rest) = rest.split_at_checked(usize::from(length))?;
        self.0 = rest;
        (kind != 0).then_some((kind, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ndr::utf16;

    fn response(pairs: &[(u16, &str)]) -> Vec<u8> {
        let mut response = vec![0; FIXED];
        for (kind, value) in pairs {
            let value = utf16(value);
            response.extend(kind.to_le_bytes());
            response.extend((value.len() as u16).to_le_bytes());
            response.extend(value);
        }
        response.extend([0; 4]);
        response
    }

    fn checked(response: &[u8]) -> Result<(), Mismatch> {
        let names = Names {
            domain: "CORP".to_owned(),
            computer: "GATE1".to_owned(),
        };
        check(response, &names)
    }

    #[test]
    fn a_response_is_for_us() {
        let ours = response(&[(2, "CORP"), (1, "gate1"), (3, "mail.corp.example")]);
        assert_eq!(checked(&ours), Ok(()));
        assert_eq!(
            checked(&response(&[(2, "CORP"), (1, "MAIL")])),
            Err(Mismatch::Computer)
        );
        assert_eq!(
            checked(&response(&[(1, "GATE1"), (2, "CORPSE")])),
            Err(Mismatch::Domain)
        );
        assert_eq!(checked(&response(&[(1, "GATE")])), Err(Mismatch::Computer));
        assert_eq!(checked(&response(&[(1, "")])), Err(Mismatch::Computer));
        assert_eq!(checked(&response(&[(1, "GĀTE1")])), Err(Mismatch::Computer));
    }

    #[test]
    fn what_names_nobody_is_let_through() {
        for octets in [&[][..], &[1; 24], &[1; 44], &[1; 46], &response(&[])] {
            assert_eq!(checked(octets), Ok(()));
        }
        // Behind the end of the list nothing counts.
        let mut behind = response(&[]);
        behind.extend(&response(&[(1, "MAIL")])[FIXED..]);
        assert_eq!(checked(&behind), Ok(()));
    }

    #[test]
    fn a_cut_list_ends() {
        let whole = response(&[(2, "CORP"), (1, "MAIL")]);
        let wrong = (0..whole.len())
            .filter(|end| checked(&whole[..*end]).is_err())
            .count();
        // Only once the last pair is whole.
        assert_eq!(wrong, 4);
    }
}
