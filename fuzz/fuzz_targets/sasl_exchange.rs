//! The server's side of an exchange: it ends after at most three steps, and no claim holds what nobody could have.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, MAX_NAME_OCTETS, MAX_PASSWORD_OCTETS, Mechanism};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Client {
    mechanism: u8,
    initial: Option<Vec<u8>>,
    responses: [Vec<u8>; 2],
    random: [u8; 16],
    seconds: u32,
}

fuzz_target!(|client: Client| {
    let mechanism = Mechanism::ALL[usize::from(client.mechanism) % Mechanism::ALL.len()];
    let mut responses = client.responses.iter();
    let settings = Settings::of_host("mail.example.test");
    let fresh = Fresh {
        random: client.random,
        since_epoch: Duration::from_secs(client.seconds.into()),
    };
    let mut exchange = start(mechanism, client.initial.as_deref(), &settings, fresh);
    loop {
        match exchange {
            Err(error) => return assert!(!error.to_string().is_empty()),
            Ok(Exchange::Verify(claim)) => return check(&claim),
            Ok(Exchange::Challenge(challenge)) => {
                let response = responses.next().expect("an exchange has at most three steps");
                exchange = challenge.respond(response);
            }
        }
    }
});

fn check(claim: &Claim) {
    let name = claim.name();
    assert!(!name.is_empty() && name.len() <= MAX_NAME_OCTETS && !name.contains(char::is_control));
    let Claim::Password(proof) = claim else { return };
    let password = proof.password();
    assert!(!password.is_empty() && password.len() <= MAX_PASSWORD_OCTETS && !password.expose().contains(&0));
}
