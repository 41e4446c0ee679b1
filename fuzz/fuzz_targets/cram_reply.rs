//! Replies of CRAM-MD5: a name, a space and 32 digits, and true only for the one digest.
//!
//! The input is a reply to the challenge of RFC 2195. It is also read as a stored state.
#![no_main]

use std::time::Duration;

use gatepost_sasl::cram_md5::State;
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, MAX_NAME_OCTETS, Mechanism};
use gatepost_wire::Secret;
use libfuzzer_sys::fuzz_target;

/// The digest of `tanstaaftanstaaf`.
const RIGHT: &str = "b913a602c7eda7a495b4e6e7334d3890";

fuzz_target!(|octets: &[u8]| {
    let settings = Settings::of_host("postoffice.reston.mci.net");
    let fresh = Fresh {
        random: 1896_u128.to_be_bytes(),
        since_epoch: Duration::from_secs(697_170_952),
    };
    let Ok(Exchange::Challenge(challenge)) = start(Mechanism::CramMd5, None, &settings, fresh) else {
        panic!("no challenge")
    };
    if let Ok(Exchange::Verify(Claim::CramMd5(claim))) = challenge.respond(octets) {
        let reply = std::str::from_utf8(octets).expect("a name is UTF-8, digits are too");
        let (name, digits) = reply.rsplit_once(' ').expect("a claim has a name and a digest");
        assert_eq!(claim.name(), name);
        assert!(!name.is_empty() && name.len() <= MAX_NAME_OCTETS && !name.contains(char::is_control));
        assert!(digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let state = State::of_password(&Secret::from("tanstaaftanstaaf"));
        assert_eq!(claim.is_of(&state), digits.eq_ignore_ascii_case(RIGHT));
    }
    let stored = std::str::from_utf8(octets).map(State::parse);
    if let Ok(Ok(state)) = stored {
        assert!(state.to_text().expose().eq_ignore_ascii_case(octets));
    }
});
