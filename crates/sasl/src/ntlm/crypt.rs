//! The primitives of MS-NLMP section 6 that are not hashes alone.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use zeroize::Zeroizing;

use crate::key::Key;

/// HMAC_MD5: of the parts one behind the other.
pub(super) fn hmac_md5(key: &[u8; 16], parts: &[&[u8]]) -> Key {
    // A key shorter than a block is filled with zeros (RFC 2104 section 2).
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Md5>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    Key::new(mac.finalize().into_bytes().into())
}

/// RC4K of sixteen octets under a key of sixteen.
///
/// NTLM encrypts one key by another with it, once, and we use the result only to check or make a MIC: the known
/// weaknesses of RC4 (biased and related streams) have nothing to work on. These lines are easier to trust than one
/// more crate.
pub(crate) fn rc4(key: &[u8; 16], octets: &[u8; 16]) -> Key {
    let mut state = Zeroizing::new([0; 256]);
    state
        .iter_mut()
        .zip(0..=255)
        .for_each(|(cell, value)| *cell = value);
    let mut j = 0_u8;
    for (i, key) in (0..=255).zip(key.iter().cycle()) {
        j = j.wrapping_add(at(&state, i)).wrapping_add(*key);
        state.swap(i.into(), j.into());
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    Key::new(octets.map(|octet| {
        i = i.wrapping_add(1);
        j = j.wrapping_add(at(&state, i));
        state.swap(i.into(), j.into());
        octet ^ at(&state, at(&state, i).wrapping_add(at(&state, j)))
    }))
}

/// There are 256 cells, one for each octet.
fn at(state: &[u8; 256], index: u8) -> u8 {
    state.get(usize::from(index)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    /// RFC 6229 section 2, the key of 128 bits, offset 0.
    #[test]
    fn rc4_makes_the_stream_of_its_test_vectors() {
        let key = hex::decode(b"0102030405060708090a0b0c0d0e0f10").unwrap();
        assert_eq!(
            rc4(&key, &[0; 16]).to_hex().expose(),
            b"9ac7cc9a609d1ef7b2932899cde41b97"
        );
    }

    /// RFC 2104, appendix.
    #[test]
    fn hmac_md5_makes_the_digest_of_its_test_vector() {
        let digest = hmac_md5(&[0x0b; 16], &[b"Hi ", b"", b"There"]);
        assert_eq!(digest.to_hex().expose(), b"9294727a3638bb1c13f48ef8158bfc9d");
    }
}
