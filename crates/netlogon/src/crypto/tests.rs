use super::*;

const CLIENT: Octets8 = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88];
const SERVER: Octets8 = [0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00];

/// NIST SP 800-38A F.3.7 (CFB8-AES128.Encrypt).
#[test]
fn cfb8_of_nist() {
    let key = 0x2b7e151628aed2a6abf7158809cf4f3c_u128.to_be_bytes();
    let vector = 0x000102030405060708090a0b0c0d0e0f_u128.to_be_bytes();
    let clear = [
        0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a, 0xae,
        0x2d,
    ];
    let sealed = [
        0x3b, 0x79, 0x42, 0x4c, 0x9c, 0x0d, 0xd4, 0x36, 0xba, 0xce, 0x9e, 0x0e, 0xd4, 0x58, 0x6a, 0x4f, 0x32,
        0xb9,
    ];
    let cipher = SessionKey::from(key).cipher();
    let mut data = clear;
    Cfb8::new(&cipher, vector).encrypt(&mut data);
    assert_eq!(data, sealed);
    Cfb8::new(&cipher, vector).decrypt(&mut data);
    assert_eq!(data, clear);
}

/// MS-NLMP 4.2.2.1.2.
#[test]
fn password_hash_of_the_specification() {
    let hash = 0xa4f49c406510bdcab6824ee7c30fd852_u128.to_be_bytes();
    assert_eq!(*password_hash("Password"), hash);
}

/// Computed by another path: Python's hmac and hashlib, and `openssl enc -aes-128-cfb8`.
#[test]
fn session_key_and_credentials() {
    let key = SessionKey::new("Password", &CLIENT, &SERVER);
    assert_eq!(
        key.octets(),
        &0x083022225c9263013c16eb96349adb1e_u128.to_be_bytes()
    );
    assert_eq!(key.credential(&CLIENT), 0x040e4eb158cfa5b7_u64.to_be_bytes());
    assert_eq!(key.credential(&SERVER), 0x8cdeef169c884b6f_u64.to_be_bytes());
}

/// Why a controller's challenge must not begin like ours: whoever has heard our credential can make the other.
#[test]
fn a_credential_tells_that_of_a_challenge_that_begins_alike() {
    let key = SessionKey::new("Password", &CLIENT, &SERVER);
    let mut near = CLIENT;
    near[7] ^= 0x40;
    let mut forged = key.credential(&CLIENT);
    forged[7] ^= 0x40;
    assert_eq!(forged, key.credential(&near));
}

#[test]
fn keys_depend_on_all_that_goes_in() {
    let key = SessionKey::new("Password", &CLIENT, &SERVER);
    for other in [
        SessionKey::new("password", &CLIENT, &SERVER),
        SessionKey::new("Password", &SERVER, &CLIENT),
        SessionKey::new("Password", &CLIENT, &CLIENT),
    ] {
        assert_ne!(key.octets(), other.octets());
    }
}

#[test]
fn weak_challenges_are_known() {
    assert!(is_weak(&[0; 8]));
    assert!(is_weak(&[7, 7, 7, 7, 7, 1, 2, 3]));
    assert!(is_weak(&[1, 1, 2, 2, 2, 3, 4, 5]));
    assert!(!is_weak(&[0, 0, 0, 0, 1, 0, 0, 0]));
    assert!(!is_weak(&CLIENT));
    assert!(!is_weak(&client_challenge().unwrap()));
}
