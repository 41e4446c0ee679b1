//! Security identifiers (MS-DTYP 2.4.2).

use std::fmt;

/// At most so many sub-authorities (MS-DTYP 2.4.2.2).
const MOST: usize = 15;

/// A security identifier, such as `S-1-5-21-1-2-3-1103`: the stable id of an account in Active Directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    /// 48 bits.
    authority: [u8; 6],
    parts: Vec<u32>,
}

/// Octets that are not a SID: another revision, more than 15 sub-authorities, or not the length that they announce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a security identifier")]
pub struct InvalidSid;

impl Sid {
    /// Reads the binary form, as in the LDAP attribute `objectSid`.
    ///
    /// # Errors
    /// See [`InvalidSid`].
    pub fn from_octets(octets: &[u8]) -> Result<Self, InvalidSid> {
        let Some((&[1, count, ref authority @ ..], parts)) = octets.split_first_chunk::<8>() else {
            return Err(InvalidSid);
        };
        let (words, rest) = parts.as_chunks::<4>();
        if usize::from(count) != words.len() || words.len() > MOST || !rest.is_empty() {
            return Err(InvalidSid);
        }
        Ok(Self {
            authority: *authority,
            parts: words.iter().copied().map(u32::from_le_bytes).collect(),
        })
    }

    /// The binary form.
    pub fn to_octets(&self) -> Vec<u8> {
        let mut octets = vec![1, self.parts.len() as u8];
        octets.extend(self.authority);
        octets.extend(self.parts.iter().flat_map(|part| part.to_le_bytes()));
        octets
    }

    /// The SID of an account of this domain, by its relative id; `None` if there is no room for one.
    pub(crate) fn with(&self, relative: u32) -> Option<Self> {
        let mut account = self.clone();
        account.parts.push(relative);
        (account.parts.len() <= MOST).then_some(account)
    }
}

/// `S-1-5-21-..`; an authority of more than 32 bits is hexadecimal.
impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.authority;
        let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, g]);
        match u32::try_from(authority) {
            Ok(authority) => write!(f, "S-1-{authority}")?,
            Err(_) => write!(f, "S-1-0x{authority:012x}")?,
        }
        self.parts.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: [u8; 28] = [
        1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x4f, 4, 0, 0,
    ];

    #[test]
    fn octets_and_text() {
        let sid = Sid::from_octets(&ALICE).unwrap();
        assert_eq!(sid.to_string(), "S-1-5-21-1-2-3-1103");
        assert_eq!(sid.to_octets(), ALICE);
    }

    #[test]
    fn an_account_is_a_domain_and_a_number() {
        let mut domain = ALICE[..24].to_vec();
        domain[1] = 4;
        let domain = Sid::from_octets(&domain).unwrap();
        assert_eq!(domain.with(1103), Sid::from_octets(&ALICE).ok());
        assert_ne!(domain.with(1104), Sid::from_octets(&ALICE).ok());
    }

    #[test]
    fn what_is_no_sid_is_refused() {
        for end in 0..ALICE.len() {
            assert_eq!(Sid::from_octets(&ALICE[..end]), Err(InvalidSid), "{end}");
        }
        let mut revision = ALICE;
        revision[0] = 2;
        assert_eq!(Sid::from_octets(&revision), Err(InvalidSid));
        let mut long = vec![1, 16];
        long.resize(8 + 16 * 4, 0);
        assert_eq!(Sid::from_octets(&long), Err(InvalidSid));
    }

    #[test]
    fn there_is_an_end_to_sub_authorities() {
        let mut full = vec![1, 15];
        full.resize(8 + 15 * 4, 0);
        assert_eq!(Sid::from_octets(&full).unwrap().with(1), None);
    }

    #[test]
    fn a_large_authority_is_hexadecimal() {
        let sid = Sid::from_octets(&[1, 0, 1, 0, 0, 0, 0, 0]).unwrap();
        assert_eq!(sid.to_string(), "S-1-0x010000000000");
    }
}
