//! Our mechanisms in programs that drive those of the `sasl` crate, whichever side they are: one loop for all of them.
//!
//! ```text
//! $ cargo run -p gatepost-sasl --example adapter
//! PLAIN: alice
//! LOGIN: alice
//! CRAM-MD5: alice
//! NTLM: alice
//! PLAIN of the other crate: alice
//! ```

use std::error::Error;
use std::io::{self, Write as _};
use std::time::SystemTime;

use gatepost_sasl::adapter::Judged;
use gatepost_sasl::client::{Fresh, start};
use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_sasl::server::Settings;
use gatepost_sasl::{Claim, Mechanism};
use gatepost_wire::Secret;
use sasl::client::Mechanism as Client;
use sasl::client::mechanisms::Plain;
use sasl::common::{Credentials, Identity};
use sasl::server::{Mechanism as Server, MechanismError, Response};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    for (mechanism, identity) in log_in_by_all("correct horse")? {
        writeln!(io::stdout(), "{mechanism}: {identity}")?;
    }
    Ok(())
}

/// Logs `alice` in by every mechanism, and says who the server thinks it is.
pub(crate) fn log_in_by_all(password: &str) -> Result<Vec<(String, String)>> {
    let mut identities = Vec::new();
    for mechanism in Mechanism::ALL.iter().copied() {
        let mut client = start(mechanism, "alice", &Secret::from(password), fresh()?)?;
        let identity = exchange(&mut *client, &mut server(mechanism)?)?;
        identities.push((mechanism.to_string(), identity));
    }
    let credentials = Credentials::default()
        .with_username("alice")
        .with_password(password);
    let identity = exchange(
        &mut Plain::from_credentials(credentials)?,
        &mut server(Mechanism::Plain)?,
    )?;
    identities.push(("PLAIN of the other crate".to_owned(), identity));
    Ok(identities)
}

/// The server's side of any mechanism, around a judge.
fn server(mechanism: Mechanism) -> Result<impl Server> {
    let settings = Settings::of_host("mail.example.test");
    Ok(Judged::new(mechanism, settings, fresh()?, judge))
}

/// What any program does that knows nothing of a mechanism but its trait. What is sent here goes over a network there.
fn exchange(client: &mut dyn Client, server: &mut dyn Server) -> Result<String> {
    let mut payload = client.initial();
    loop {
        payload = match server.respond(&payload).map_err(|error| error.to_string())? {
            Response::Proceed(challenge) => client.response(&challenge)?,
            Response::Success(Identity::Username(name), _) => return Ok(name),
            Response::Success(Identity::None, _) => return Err("nobody".into()),
        };
    }
}

/// What a directory does. That trait has no room for waiting, so it must not take long.
#[allow(clippy::needless_pass_by_value, reason = "what a judge is")]
fn judge(claim: Claim) -> std::result::Result<Identity, MechanismError> {
    let password = Secret::from("correct horse");
    let is_true = match &claim {
        Claim::Password(proof) => *proof.password() == password,
        Claim::CramMd5(proof) => proof.is_of(&State::of_password(&password)),
        Claim::Ntlm(proof) => NtHash::of_password(&password).is_ok_and(|hash| proof.is_of(&hash)),
        _ => false,
    };
    match is_true {
        true => Ok(claim.name().into()),
        false => Err(MechanismError::AuthenticationFailed),
    }
}

/// What no two exchanges have in common.
#[allow(
    clippy::disallowed_methods,
    reason = "a program has a clock; the crate has none"
)]
fn fresh() -> Result<Fresh> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Fresh { random, since_epoch })
}
