//! The server's side of an exchange: it ends after at most three steps, no claim holds what nobody could have, and only
//! the right proof is one.
//!
//! The input: an octet for the mechanism, one whose lowest bit says whether there is an initial response, and responses.
//! A response is 0, a length of two octets and the octets; or what our client answers, with octets changed: the number
//! of changes and one, and for each change an offset of two octets and what is to be flipped there.
#![no_main]

use std::time::Duration;

use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, MAX_NAME_OCTETS, MAX_PASSWORD_OCTETS, Mechanism, client};
use gatepost_wire::Secret;
use libfuzzer_sys::fuzz_target;
use sasl::client::Mechanism as Contract;

const NAME: &str = "alice";
const PASSWORD: &str = "correct horse";

fuzz_target!(|octets: &[u8]| {
    let mut input = Input(octets);
    let mechanism = Mechanism::ALL[usize::from(input.octet()) % Mechanism::ALL.len()];
    let has_initial = input.octet() & 1 == 1;
    let mut client = client(mechanism);
    let mut say = |challenge: Option<&[u8]>| input.response(&mut *client, challenge);
    let initial = has_initial.then(|| say(None));
    let settings = Settings::of_host("mail.example.test");
    let mut exchange = start(
        mechanism,
        initial.as_ref().map(|said| &*said.octets),
        &settings,
        fresh(1),
    );
    let mut is_changed = initial.is_some_and(|said| said.is_changed);
    for _ in 0..3 {
        match exchange {
            Err(error) => return assert!(!error.to_string().is_empty()),
            Ok(Exchange::Verify(claim)) => return check(&claim, is_changed),
            Ok(Exchange::Challenge(challenge)) => {
                let said = say(Some(challenge.octets()));
                is_changed |= said.is_changed;
                exchange = challenge.respond(&said.octets);
            }
        }
    }
    panic!("an exchange has at most three steps");
});

fn fresh(octet: u8) -> Fresh {
    Fresh {
        random: [octet; 16],
        since_epoch: Duration::from_secs(1_800_000_000),
    }
}

/// `sasl::client::Mechanism` without its constructor.
trait Client {
    /// `None`: the initial response. A client that has nothing to say says nothing.
    fn answer(&mut self, challenge: Option<&[u8]>) -> Vec<u8>;
}

impl<M: Contract> Client for M {
    fn answer(&mut self, challenge: Option<&[u8]>) -> Vec<u8> {
        match challenge {
            None => self.initial(),
            Some(challenge) => self.response(challenge).unwrap_or_default(),
        }
    }
}

fn client(mechanism: Mechanism) -> Box<dyn Client> {
    let password = Secret::from(PASSWORD);
    match mechanism {
        Mechanism::Plain => Box::new(client::Plain::new(None, NAME, &password).expect("PLAIN")),
        Mechanism::Login => Box::new(client::Login::new(NAME, &password).expect("LOGIN")),
        Mechanism::CramMd5 => Box::new(client::CramMd5::new(NAME, &password).expect("CRAM-MD5")),
        Mechanism::Ntlm => {
            let ntlm = client::Ntlm::new(NAME, &password, fresh(2)).expect("NTLM");
            Box::new(ntlm.with_key_exchange([3; 16]))
        }
        other => panic!("no client of {other}"),
    }
}

struct Said {
    octets: Vec<u8>,
    is_changed: bool,
}

/// What is left of the input; behind its end there are zeros.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn octet(&mut self) -> u8 {
        let (octet, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *octet
    }

    fn number(&mut self) -> usize {
        usize::from(u16::from_be_bytes([self.octet(), self.octet()]))
    }

    fn response(&mut self, client: &mut dyn Client, challenge: Option<&[u8]>) -> Said {
        let right = client.answer(challenge);
        let octets = match self.octet() {
            0 => {
                let length = self.number().min(self.0.len());
                let (octets, rest) = self.0.split_at(length);
                self.0 = rest;
                octets.to_vec()
            }
            changes => self.change(right.clone(), changes - 1),
        };
        Said {
            // An empty initial response is none.
            is_changed: octets != right && !octets.is_empty(),
            octets,
        }
    }

    fn change(&mut self, mut octets: Vec<u8>, changes: u8) -> Vec<u8> {
        for _ in 0..changes {
            let (at, flipped) = (self.number(), self.octet());
            if let Some(octet) = octets.get_mut(at) {
                *octet ^= flipped;
            }
        }
        octets
    }
}

fn check(claim: &Claim, is_changed: bool) {
    let name = claim.name();
    assert!(!name.is_empty() && name.len() <= MAX_NAME_OCTETS && !name.contains(char::is_control));
    let password = Secret::from(PASSWORD);
    let is_true = match claim {
        Claim::Password(proof) => {
            let sent = proof.password();
            assert!(!sent.is_empty() && sent.len() <= MAX_PASSWORD_OCTETS && !sent.expose().contains(&0));
            *sent == password
        }
        Claim::CramMd5(proof) => proof.is_of(&State::of_password(&password)),
        Claim::Ntlm(proof) => {
            let is_true = proof.is_of(&NtHash::of_password(&password).expect("it is UTF-8"));
            // Our client sends a MIC: nothing may be different.
            assert!(!is_true || !is_changed, "{claim:?}");
            is_true
        }
        _ => false,
    };
    assert!(is_true || is_changed, "the right proof was not enough: {claim:?}");
}
