//! Responses that no client of ours makes.

use gatepost_directory::ad::ActiveDirectory;
use gatepost_directory::{Denial, Directory as _, Verdict};
use gatepost_testkit::servers::Samba;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;

use crate::company::found;
use crate::ntlm::{claim_challenged, client};

/// Whoever sits between changes the response so that it claims no MIC, and leaves the LMv2 response of an old client as it
/// was: domain controllers fall back to that (CVE-2019-1338).
pub(crate) async fn a_response_beside_the_response(samba: &Samba, directory: &ActiveDirectory) {
    let alice = found(directory, "alice").await;
    let password = Samba::password("alice");
    for lm_is_right in [true, false] {
        let claim = claim_challenged(client("CORP\\alice", &password), |challenge, message| {
            let mut lm = lmv2("alice", "CORP", &password, challenge);
            lm[0] ^= u8::from(!lm_is_right);
            let at = field(message, 12);
            message[at].copy_from_slice(&lm);
            let at = field(message, 20);
            unclaim_mic(&mut message[at]);
        });
        assert_eq!(
            directory.verify(&alice, &claim).await,
            Verdict::Denied(Denial::BadCredentials),
            "{lm_is_right}"
        );
    }
    samba.unlock("alice").unwrap();
}

/// Nobody is asked whether the account has none.
pub(crate) async fn a_response_without_a_password(samba: &Samba, directory: &ActiveDirectory) {
    let alice = found(directory, "alice").await;
    let claim = claim_challenged(client("CORP\\alice", "wrong"), |challenge, message| {
        let at = field(message, 20);
        let (proof, temp) = message[at].split_at_mut(16);
        let right = hmac(&ntowf_v2("alice", "CORP", ""), &[&challenge, &*temp].concat());
        proof.copy_from_slice(&right);
    });
    assert_eq!(
        directory.verify(&alice, &claim).await,
        Verdict::Denied(Denial::BadCredentials)
    );
    assert_eq!(samba.bad_pwd_count("alice").unwrap(), 0);
}

/// Where the octets are of a field of an AUTHENTICATE_MESSAGE (MS-NLMP section 2.2.1.3).
fn field(message: &[u8], at: usize) -> std::ops::Range<usize> {
    let length = usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
    let begin = u32::from_le_bytes(message[at + 4..at + 8].try_into().unwrap()) as usize;
    begin..begin + length
}

/// Clears the bit of MsvAvFlags that says that there is a MIC.
fn unclaim_mic(nt_response: &mut [u8]) {
    let pair = [6, 0, 4, 0, 2, 0, 0, 0];
    let at = nt_response.windows(8).position(|window| window == pair).unwrap();
    nt_response[at + 4] = 0;
}

/// LMv2_RESPONSE (MS-NLMP section 2.2.2.4).
fn lmv2(user: &str, domain: &str, password: &str, challenge: [u8; 8]) -> Vec<u8> {
    let key = ntowf_v2(user, domain, password);
    let proof = hmac(&key, &[challenge, [7; 8]].concat());
    [&proof[..], &[7; 8]].concat()
}

/// NTOWFv2 (MS-NLMP section 3.3.2).
fn ntowf_v2(user: &str, domain: &str, password: &str) -> [u8; 16] {
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let key = Md4::digest(utf16(password));
    hmac(&key, &utf16(&(user.to_uppercase() + domain)))
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 16] {
    let mut hmac = Hmac::<Md5>::new_from_slice(key).unwrap();
    hmac.update(message);
    hmac.finalize().into_bytes().into()
}
