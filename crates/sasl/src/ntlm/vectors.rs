//! The values of MS-NLMP section 4.2.4.

use gatepost_wire::Secret;

use super::hash::SessionKey;
use super::*;
use crate::hex;
use crate::key::Key;

const SERVER_CHALLENGE: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
const CLIENT_CHALLENGE: [u8; 8] = [0xaa; 8];
const RANDOM_SESSION_KEY: [u8; 16] = [0x55; 16];

const TARGET_INFO: [u8; 36] = *b"\x02\0\x0c\0D\0o\0m\0a\0i\0n\0\x01\0\x0c\0S\0e\0r\0v\0e\0r\0\0\0\0\0";

const CHALLENGE_MESSAGE: [u8; 104] = *b"NTLMSSP\0\x02\0\0\0\x0c\0\x0c\0\x38\0\0\0\x33\x82\x8a\xe2\
    \x01\x23\x45\x67\x89\xab\xcd\xef\0\0\0\0\0\0\0\0\x24\0\x24\0\x44\0\0\0\x06\0\x70\x17\0\0\0\x0f\
    S\0e\0r\0v\0e\0r\0\x02\0\x0c\0D\0o\0m\0a\0i\0n\0\x01\0\x0c\0S\0e\0r\0v\0e\0r\0\0\0\0\0";

fn hash() -> NtHash {
    NtHash::of_password(&Secret::from("Password")).unwrap()
}

fn digits(key: &Key) -> String {
    key.to_hex().expose_str().unwrap().to_owned()
}

fn response() -> (Vec<u8>, NtResponse) {
    let temp = client_challenge([0; 8], CLIENT_CHALLENGE, &TARGET_INFO);
    let response = NtResponse::compute(&hash().ntowf_v2("User", "Domain"), &SERVER_CHALLENGE, &temp);
    (temp, response)
}

/// Section 4.2.2.1.2 and 4.2.4.1.1.
#[test]
fn the_hashes_of_the_password() {
    assert_eq!(hash().to_hex().expose(), b"a4f49c406510bdcab6824ee7c30fd852");
    let ntowf_v2 = hash().ntowf_v2("User", "Domain");
    assert_eq!(digits(&ntowf_v2), "0c868a403bfd7a93a3001ef22ef02e3f");
    assert_eq!(hash().ntowf_v2("uSER", "Domain"), ntowf_v2);
    assert_ne!(hash().ntowf_v2("User", "DOMAIN"), ntowf_v2);
}

/// Section 4.2.4.1.3.
#[test]
fn what_a_client_puts_behind_its_proof() {
    let pairs = [
        AvPair {
            id: AvId::NB_DOMAIN_NAME,
            value: &Charset::Unicode.encode("Domain"),
        },
        AvPair {
            id: AvId::NB_COMPUTER_NAME,
            value: &Charset::Unicode.encode("Server"),
        },
    ];
    assert_eq!(AvPair::encode_list(&pairs).unwrap(), TARGET_INFO);
    assert_eq!(AvPair::parse_list(&TARGET_INFO).unwrap(), pairs);
    let expected = "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e00\
        01000c005300650072007600650072000000000000000000";
    assert_eq!(hex::encode(&response().0).expose_str(), Ok(expected));
}

/// Sections 4.2.4.1.2, 4.2.4.2.2 and 4.2.4.2.1.
#[test]
fn the_responses() {
    let (_, response) = response();
    assert_eq!(digits(&response.proof), "68cd0ab851e51c96aabc927bebef6a1c");
    assert_eq!(
        digits(&response.session_key.0),
        "8de40ccadbc14a82f15cb0ad0de95ca3"
    );
    let lm = lm_response(
        &hash().ntowf_v2("User", "Domain"),
        SERVER_CHALLENGE,
        CLIENT_CHALLENGE,
    );
    assert_eq!(
        hex::encode(&lm).expose(),
        b"86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"
    );
}

/// Section 4.2.4.2.3. RC4 undoes itself, which is how the server reads the key.
#[test]
fn the_session_key_encrypted() {
    let (_, response) = response();
    let encrypted = rc4(response.session_key.expose(), &RANDOM_SESSION_KEY);
    assert_eq!(digits(&encrypted), "c5dad2544fc9799094ce1ce90bc9d03e");
    let decrypted = rc4(response.session_key.expose(), encrypted.expose());
    assert_eq!(decrypted.expose(), &RANDOM_SESSION_KEY);
}

/// Section 4.2.4.3.
#[test]
fn the_challenge_message() {
    let message = ChallengeMessage::parse(&CHALLENGE_MESSAGE).unwrap();
    assert_eq!(
        message,
        ChallengeMessage {
            target_name: &Charset::Unicode.encode("Server"),
            negotiate_flags: NegotiateFlags(0xe28a_8233),
            server_challenge: SERVER_CHALLENGE,
            target_info: &TARGET_INFO,
        }
    );
    // All of it but VERSION, which is ours.
    let encoded = message.encode().unwrap();
    assert_eq!(encoded[..48], CHALLENGE_MESSAGE[..48]);
    assert_eq!(encoded[56..], CHALLENGE_MESSAGE[56..]);
}

/// Section 4.2.4.3: the claim that a server makes of it.
#[test]
fn the_claim() {
    let (temp, response) = response();
    let claim = Ntlm {
        name: "User".to_owned(),
        user: "User".to_owned(),
        domain: "Domain".to_owned(),
        workstation: "COMPUTER".to_owned(),
        server_challenge: SERVER_CHALLENGE,
        nt_response: Secret::new([response.proof.expose(), &temp[..]].concat()),
        mic: None,
    };
    let expected = SessionKey(Key::parse_hex("8de40ccadbc14a82f15cb0ad0de95ca3").unwrap());
    assert_eq!(claim.prove(&hash()), Some(expected));
    assert!(claim.is_of(&hash()));
    assert!(!claim.is_of(&NtHash::from_octets([0; 16])));
}
