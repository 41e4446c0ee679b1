//! Clients of CRAM-MD5 and NTLMv2 that share no code with the servers, and the claims that come of them.

use std::time::Duration;

use gatepost_directory::Claim;
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Mechanism, client, ntlm};
use gatepost_wire::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;
use sasl::client::Mechanism as _;

/// What the client does about the message integrity code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mic {
    /// There is none, as with curl.
    Absent,
    Right,
    /// One is announced, and it is of another exchange.
    Wrong,
}

/// A claim to be `user` by CRAM-MD5 (RFC 2195).
pub(crate) fn cram_md5(user: &str, password: &str) -> Claim {
    let Ok(Exchange::Challenge(challenge)) = begin(Mechanism::CramMd5, None) else {
        panic!("a challenge comes first")
    };
    let digest = hmac(password.as_bytes(), &[challenge.octets()]);
    let reply = format!("{user} {}", hex(&digest));
    verify(challenge.respond(reply.as_bytes()).unwrap())
}

/// A claim to be `user` by NTLM.
pub(crate) fn ntlm(user: &str, password: &str) -> Claim {
    ntlm_with(user, password, Mic::Absent)
}

/// A claim to be `user` by NTLM (MS-NLMP section 3.3.2), the domain empty.
pub(crate) fn ntlm_with(user: &str, password: &str, mic: Mic) -> Claim {
    let negotiate = message(1, &[&FLAGS.to_le_bytes(), &[0; 16]]);
    let Ok(Exchange::Challenge(challenge)) = begin(Mechanism::Ntlm, Some(&negotiate)) else {
        panic!("a challenge comes first")
    };
    let challenge_message = challenge.octets().to_vec();
    let response = Response::new(user, password, &challenge_message, mic);
    let reply = response.message(("", user), mic, &[&negotiate, &challenge_message]);
    verify(challenge.respond(&reply).unwrap())
}

/// The values of MS-NLMP section 4.2.4: what `User` of `Domain` answers to a certain challenge, knowing `Password`.
pub(crate) fn ntlm_of_the_specification() -> Claim {
    let negotiate = message(1, &[&FLAGS.to_le_bytes(), &[0; 16]]);
    // Whose names the response repeats.
    let target = ntlm::Target {
        netbios_domain: "Domain".to_owned(),
        netbios_computer: "Server".to_owned(),
        ..target()
    };
    let begun = begin_at(target, Mechanism::Ntlm, Some(&negotiate));
    let Ok(Exchange::Challenge(challenge)) = begun else {
        panic!("a challenge comes first")
    };
    assert_eq!(challenge.octets()[24..32], RANDOM[..8]);
    let octets = "68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000\
                  02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000";
    let pair = |at: usize| u8::from_str_radix(&octets[at..at + 2], 16).unwrap();
    let response = Response {
        octets: (0..octets.len()).step_by(2).map(pair).collect(),
        session_key: Vec::new(),
    };
    let reply = response.message(("Domain", "User"), Mic::Absent, &[]);
    verify(challenge.respond(&reply).unwrap())
}

/// A claim to be `user` by the crate's own client of CRAM-MD5.
pub(crate) fn cram_md5_of_our_client(user: &str, password: &str) -> Claim {
    let mut client = client::CramMd5::new(user, &Secret::from(password)).unwrap();
    let Ok(Exchange::Challenge(challenge)) = begin(Mechanism::CramMd5, None) else {
        panic!("a challenge comes first")
    };
    let reply = client.response(challenge.octets()).unwrap();
    verify(challenge.respond(&reply).unwrap())
}

/// A claim to be `user` by the crate's own client of NTLM, with a key and a message integrity code.
pub(crate) fn ntlm_of_our_client(user: &str, password: &str) -> Claim {
    let client = client::Ntlm::new(user, &Secret::from(password), fresh()).unwrap();
    let mut client = client.with_key_exchange([7; 16]);
    let Ok(Exchange::Challenge(challenge)) = begin(Mechanism::Ntlm, Some(&client.initial())) else {
        panic!("a challenge comes first")
    };
    let reply = client.response(challenge.octets()).unwrap();
    verify(challenge.respond(&reply).unwrap())
}

fn target() -> ntlm::Target {
    ntlm::Target::new("EXAMPLE", "example.org", "mail.example.org")
}

fn begin(mechanism: Mechanism, initial: Option<&[u8]>) -> Result<Exchange, gatepost_sasl::Error> {
    begin_at(target(), mechanism, initial)
}

fn begin_at(
    ntlm: ntlm::Target,
    mechanism: Mechanism,
    initial: Option<&[u8]>,
) -> Result<Exchange, gatepost_sasl::Error> {
    let settings = Settings {
        host: "mail.example.org".to_owned(),
        ntlm,
        bindings: ntlm::Bindings::Ignored,
    };
    start(mechanism, initial, &settings, fresh())
}

/// The challenge of MS-NLMP section 4.2.1 comes first.
const RANDOM: [u8; 16] = [
    1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 1, 2, 3, 4, 5, 6, 7,
];

fn fresh() -> Fresh {
    Fresh {
        random: RANDOM,
        since_epoch: Duration::from_secs(1_700_000_000),
    }
}

fn verify(exchange: Exchange) -> Claim {
    match exchange {
        Exchange::Verify(claim) => claim,
        Exchange::Challenge(_) => panic!("the exchange goes on"),
    }
}

/// UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY.
const FLAGS: u32 = 0x0008_8205;
/// Where the payload begins behind a message integrity code.
const PAYLOAD: usize = 88;
/// Where the code is.
const MIC: std::ops::Range<usize> = 72..88;

/// NTLMv2_RESPONSE and the key that comes of it.
struct Response {
    octets: Vec<u8>,
    session_key: Vec<u8>,
}

impl Response {
    fn new(user: &str, password: &str, challenge: &[u8], mic: Mic) -> Self {
        let hash = Md4::digest(utf16(password));
        let identity = utf16(&user.to_uppercase());
        let key = hmac(&hash, &[&identity]);
        let temp = [
            &[1, 1, 0, 0, 0, 0, 0, 0][..],
            &[0; 8],
            &[0xaa; 8],
            &[0; 4],
            &target_info(challenge, mic),
            &[0; 4],
        ]
        .concat();
        let proof = hmac(&key, &[&challenge[24..32], &temp]);
        Self {
            session_key: hmac(&key, &[&proof]),
            octets: [proof, temp].concat(),
        }
    }

    /// AUTHENTICATE_MESSAGE (MS-NLMP section 2.2.1.3).
    fn message(&self, (domain, user): (&str, &str), mic: Mic, before: &[&[u8]]) -> Vec<u8> {
        let (lm, domain, user) = ([0; 24], utf16(domain), utf16(user));
        let parts: [&[u8]; 6] = [&lm, &self.octets, &domain, &user, b"", b""];
        let mut offset = PAYLOAD;
        let mut fields = Vec::new();
        for part in parts {
            let length = u16::try_from(part.len()).unwrap().to_le_bytes();
            let place = u32::try_from(offset).unwrap().to_le_bytes();
            fields.extend([&length[..], &length, &place].concat());
            offset += part.len();
        }
        let version_and_mic = [0; 24];
        let head: [&[u8]; 3] = [&fields, &FLAGS.to_le_bytes(), &version_and_mic];
        let mut message = message(3, &[&head.concat(), &parts.concat()]);
        let code = hmac(&self.session_key, &[before, &[&message]].concat());
        match mic {
            Mic::Absent => {}
            Mic::Right => message[MIC].copy_from_slice(&code),
            Mic::Wrong => message[MIC].copy_from_slice(&hmac(&code, &[])),
        }
        message
    }
}

/// The server's target information, with MsvAvFlags if there is a code (MS-NLMP section 3.1.5.1.2).
fn target_info(challenge: &[u8], mic: Mic) -> Vec<u8> {
    let length = usize::from(u16::from_le_bytes([challenge[40], challenge[41]]));
    let offset = usize::from(u16::from_le_bytes([challenge[44], challenge[45]]));
    let (end, pairs) = ([0; 4], &challenge[offset..offset + length]);
    match mic {
        Mic::Absent => pairs.to_vec(),
        Mic::Right | Mic::Wrong => {
            let pairs = pairs.strip_suffix(&end).unwrap();
            [pairs, &[6, 0, 4, 0, 2, 0, 0, 0], &end].concat()
        }
    }
}

fn message(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
    [&b"NTLMSSP\0"[..], &kind.to_le_bytes(), &parts.concat()].concat()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
