//! What a client makes of a challenge and a password: NTLMv2 (MS-NLMP 3.3.2).

use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;

/// A response, and the key that both sides have then.
pub(crate) struct Proof {
    /// NtChallengeResponse.
    pub(crate) response: Vec<u8>,
    /// SessionBaseKey.
    pub(crate) session_key: [u8; 16],
}

/// Computes them. `temp` is what else the response is made of.
pub(crate) fn prove(user: &str, domain: &str, password: &str, challenge: [u8; 8], temp: &[u8]) -> Proof {
    let password_hash = Md4::digest(utf16(password)).into();
    let name = utf16(&(upcase(user) + domain));
    let key = hmac(&password_hash, &[&name]);
    let proof = hmac(&key, &[&challenge, temp]);
    Proof {
        response: [&proof, temp].concat(),
        session_key: hmac(&key, &[&proof]),
    }
}

/// The client's part of a response, without target information: the time is in 100 ns since 1601.
pub(crate) fn temp(time: u64, client_challenge: [u8; 8], target_info: &[u8]) -> Vec<u8> {
    let mut temp = vec![1, 1, 0, 0, 0, 0, 0, 0];
    temp.extend(time.to_le_bytes());
    temp.extend(client_challenge);
    temp.extend([0; 4]);
    temp.extend(target_info);
    temp.extend([0; 4]);
    temp
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// As Windows does: one character becomes one character, and some stay what they are.
fn upcase(text: &str) -> String {
    text.chars().map(upper).collect()
}

fn upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (character, upper.next(), upper.next()) {
        ('µ' | 'ı', ..) => character,
        (_, Some(one), None) => one,
        _ => character,
    }
}

fn hmac(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut hmac = Hmac::<Md5>::new(&block.into());
    parts.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().into()
}
