//! NTLM, as servers have it that offer nothing else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatepost_sasl::server::{Challenge, Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, Error, Mechanism};

/// The host that the challenges name.
const HOST: &str = "mail.example.test";

/// What the server takes the time to be.
const TIME: Duration = Duration::from_secs(1_800_000_000);

/// The exchange of a connection, if one is going on.
#[derive(Debug, Default)]
pub(super) struct NtlmExchange(Option<Challenge>);

/// What a message leads to.
pub(super) enum Reached {
    /// A challenge, before base64.
    Challenge(Vec<u8>),
    /// A claim, to be judged.
    Claim(Claim),
    /// Nothing: it is no message of NTLM, or of a kind that is not taken.
    Nothing,
}

impl NtlmExchange {
    /// Whether the next response belongs to it.
    pub(super) fn is_going_on(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn start(&mut self, initial: Option<&[u8]>) -> Reached {
        let started = start(Mechanism::Ntlm, initial, &Settings::of_host(HOST), fresh());
        self.advance(started)
    }

    pub(super) fn respond(&mut self, response: &[u8]) -> Reached {
        match self.0.take() {
            Some(challenge) => self.advance(challenge.respond(response)),
            None => Reached::Nothing,
        }
    }

    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    fn advance(&mut self, message: Result<Exchange, Error>) -> Reached {
        self.0 = None;
        match message {
            Ok(Exchange::Challenge(challenge)) => {
                let octets = challenge.octets().to_vec();
                self.0 = Some(challenge);
                Reached::Challenge(octets)
            }
            Ok(Exchange::Verify(claim)) => Reached::Claim(claim),
            Err(_) => Reached::Nothing,
        }
    }
}

/// For a test double it is enough that no two are alike.
fn fresh() -> Fresh {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut random = [0; 16];
    for half in random.chunks_mut(8) {
        half.copy_from_slice(&number.to_be_bytes());
    }
    Fresh {
        random,
        since_epoch: TIME,
    }
}
