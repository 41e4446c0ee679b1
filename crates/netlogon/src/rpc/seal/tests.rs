use super::*;

fn key() -> SessionKey {
    SessionKey::from(0x8ee8278583413c8dc95470758ec96991_u128.to_be_bytes())
}

fn pair() -> (Sealer, Sealer) {
    (Sealer::client(&key()), Sealer::server(&key()))
}

/// Figures from another implementation: Samba's own known answer for AES (libcli/auth/tests, schannel), its first
/// 24 octets.
#[test]
fn sealed_as_samba_does() {
    let mut data = [
        1, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 4, 0, 2, 0, 1, 0, 0, 0, 1, 1, 0, 0,
    ];
    let confounder = 0x6e09259401a00931_u64.to_be_bytes();
    let mut client = Sealer::client(&key());
    let token = client.seal(&mut data, confounder);
    let sealed = [
        0xe2, 0xe5, 0xe3, 0x26, 0x45, 0xfb, 0xfc, 0xf3, 0x9c, 0x14, 0xdd, 0xe1, 0x39, 0x23, 0xe0, 0x55, 0xed,
        0x8f, 0xf4, 0x92, 0xa1, 0xbd, 0xdc, 0x40,
    ];
    assert_eq!(data, sealed);
    assert_eq!(token[..8], KIND);
    assert_eq!(token[24..32], 0xcafbacfba826752a_u64.to_be_bytes());
    assert_eq!(token[32..], [0; 24]);
}

#[test]
fn what_is_sealed_is_opened_both_ways_and_in_turn() {
    let (mut client, mut server) = pair();
    for round in 0..5_u8 {
        let clear = vec![round; 16 * usize::from(round)];
        for (from, to) in [(0, 1), (1, 0)] {
            let mut data = clear.clone();
            let sides = [&mut client, &mut server];
            let token = sides[from].seal(&mut data, [round; 8]);
            let sides = [&mut client, &mut server];
            assert_eq!(sides[to].open(&mut data, &token), Ok(()));
            assert_eq!(data, clear);
        }
    }
}

#[test]
fn each_changed_octet_is_noticed() {
    let mut sealed = *b"sixteen octets..";
    let token = pair().0.seal(&mut sealed, [7; 8]);
    for at in 0..32 + sealed.len() {
        let (mut data, mut token) = (sealed, token);
        match at {
            0..32 => token[at] ^= 1,
            _ => data[at - 32] ^= 1,
        }
        assert!(pair().1.open(&mut data, &token).is_err(), "octet {at}");
    }
    assert_eq!(pair().1.open(&mut sealed, &token[..31]), Err(Error::Token));
    assert_eq!(pair().1.open(&mut sealed, &token[..32]), Ok(()));
}

#[test]
fn a_message_is_good_once_and_in_one_direction() {
    let (mut client, mut server) = pair();
    let mut data = *b"again";
    let token = client.seal(&mut data, [7; 8]);
    let mut replayed = data;
    assert_eq!(server.open(&mut data, &token), Ok(()));
    assert_eq!(server.open(&mut replayed, &token), Err(Error::Sequence));

    let mut reflected = *b"to me";
    let token = pair().0.seal(&mut reflected, [7; 8]);
    assert_eq!(pair().0.open(&mut reflected, &token), Err(Error::Sequence));
}

#[test]
fn another_key_opens_nothing() {
    let mut data = *b"secret";
    let token = pair().0.seal(&mut data, [7; 8]);
    let mut other = Sealer::server(&SessionKey::from([1; 16]));
    assert_eq!(other.open(&mut data, &token), Err(Error::Sequence));
}
