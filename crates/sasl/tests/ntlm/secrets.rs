//! What nothing prints.

use gatepost_sasl::ntlm::{AuthenticateMessage, NtHash, SessionKey};
use gatepost_sasl::{Claim, client};
use gatepost_wire::Secret;

use crate::recorded::hex;
use crate::{PASSWORD, answer, challenge, fresh, hash, recorded, settings};

/// Octets as `Debug` prints arrays of them.
fn printed(octets: &[u8]) -> String {
    let list = format!("{octets:?}");
    list.trim_matches(['[', ']']).to_owned()
}

#[test]
fn debug_prints_names_and_lengths_alone() {
    let recorded = recorded::pyspnego();
    let claim = answer(&recorded, &recorded.authenticate).unwrap();
    let key = claim.prove(&hash(PASSWORD)).unwrap();
    let message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    let client = client::Ntlm::new("CORP\\alice", &Secret::from(PASSWORD), fresh())
        .unwrap()
        .with_key_exchange([0x55; 16]);
    let all = format!(
        "{claim:?} {:?} {key:?} {:?} {message:?} {client:?} {:?} {:?}",
        Claim::Ntlm(Box::new(claim.clone())),
        hash(PASSWORD),
        challenge(&recorded.negotiate, &settings()),
        fresh(),
    );
    for secret in [
        &claim.nt_response()[..16],
        &hex("83cf2b252a3b40ea4c694e88bc133b16"),
        &hex("b7a33a0e1e1b470a661a14b022900a22"),
        &claim.server_challenge(),
        &[0x55; 4],
        &[0xee; 4],
    ] {
        assert!(!all.contains(&printed(secret)), "{all}");
    }
    assert!(!all.contains(PASSWORD), "{all}");
    for shown in ["user: \"alice\"", "domain: \"CORP\"", "nt_octets: 234"] {
        assert!(all.contains(shown), "{shown} in {all}");
    }
}

#[test]
fn a_hash_is_written_as_samba_stores_it() {
    let digits = "0CB6948805F797BF2A82807973B89537";
    let hash = NtHash::parse_hex(digits).unwrap();
    assert_eq!(hash, NtHash::of_password(&Secret::from("test")).unwrap());
    assert_eq!(hash.to_hex(), Secret::from(&*digits.to_ascii_lowercase()));
    for wrong in ["", "0CB6", &format!("{digits}00"), &digits.replace('C', "G")] {
        let error = NtHash::parse_hex(wrong).unwrap_err();
        assert_eq!(error.to_string(), "expected 32 hexadecimal digits");
    }
    assert!(NtHash::of_password(&Secret::from(&b"\xff"[..])).is_err());
}

#[test]
fn keys_compare() {
    assert_eq!(SessionKey::from([1; 16]), SessionKey::from([1; 16]));
    assert_ne!(SessionKey::from([1; 16]), SessionKey::from([2; 16]));
    assert_ne!(NtHash::from_octets([1; 16]), NtHash::from_octets([2; 16]));
}
