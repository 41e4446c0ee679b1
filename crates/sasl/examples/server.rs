//! A server's side over standard input and output: base64 in lines, as SMTP carries it (RFC 4954).
//!
//! ```text
//! $ cargo run -p gatepost-sasl --example server -- CRAM-MD5
//! 334 PDk5Mjc0MjY4MzE2MzI5MzQ4...
//! YWxpY2UgNWVi...
//! 235 welcome, alice
//! ```
//!
//! Its one user is `alice` with the password `correct horse`. A real server would ask its directory where this one calls
//! `is_true`, and could do something else meanwhile: nothing here waits for anything but the next line.

use std::error::Error;
use std::io::{self, BufRead as _, Lines, StdinLock, Write as _};
use std::time::SystemTime;

use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, ErrorKind, Mechanism};
use gatepost_wire::{Secret, base64};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let mechanism: Mechanism = words.next().as_deref().unwrap_or("PLAIN").parse()?;
    let initial = words
        .next()
        .map(|text| base64::decode(text.as_bytes()))
        .transpose()?;
    let mut lines = io::stdin().lock().lines();
    let settings = Settings::of_host("mail.example.test");
    let mut exchange = start(
        mechanism,
        initial.as_ref().map(Secret::expose),
        &settings,
        fresh()?,
    );
    loop {
        exchange = match exchange {
            Ok(Exchange::Challenge(challenge)) => {
                reply(334, &encoded(challenge.octets()))?;
                match next(&mut lines)? {
                    Some(response) => challenge.respond(response.expose()),
                    None => return reply(501, "cancelled"),
                }
            }
            Ok(Exchange::Verify(claim)) if is_true(&claim)? => {
                return reply(235, &format!("welcome, {}", claim.name()));
            }
            Ok(Exchange::Verify(_)) => return reply(535, "authentication failed"),
            Err(error) if error.kind() == ErrorKind::Malformed => return reply(501, &error.to_string()),
            Err(_) => return reply(535, "authentication failed"),
        };
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a program has a clock; the crate has none"
)]
fn fresh() -> Result<Fresh, Box<dyn Error>> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Fresh { random, since_epoch })
}

/// The next response; `None` if the client cancels.
fn next(lines: &mut Lines<StdinLock<'_>>) -> Result<Option<Secret>, Box<dyn Error>> {
    let line = lines.next().ok_or("the client has gone")??;
    match line.as_str() {
        "*" => Ok(None),
        line => Ok(Some(base64::decode(line.as_bytes())?)),
    }
}

/// What a directory does.
fn is_true(claim: &Claim) -> Result<bool, gatepost_sasl::Error> {
    let password = Secret::from("correct horse");
    let is_proven = match claim {
        Claim::Password(proof) => *proof.password() == password,
        Claim::CramMd5(proof) => proof.is_of(&State::of_password(&password)),
        Claim::Ntlm(proof) => proof.is_of(&NtHash::of_password(&password)?),
        _ => false,
    };
    Ok(is_proven && claim.name() == "alice")
}

fn encoded(octets: &[u8]) -> String {
    let mut text = Vec::new();
    base64::encode(octets, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn reply(code: u16, text: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(io::stdout(), "{code} {text}")?)
}
