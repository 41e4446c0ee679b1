//! A client's side of every mechanism, without a runtime: AUTH of SMTP (RFC 4954), to one of the server examples.
//!
//! ```text
//! $ cargo run -p gatepost-sasl --example client -- 127.0.0.1:2525 NTLM alice 'correct horse'
//! 235 welcome, alice
//! ```
//!
//! Passwords in arguments are for examples alone. A real client has TLS below this, before it sends one.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::net::TcpStream;
use std::time::SystemTime;

use gatepost_sasl::client::{Fresh, start};
use gatepost_sasl::{Mechanism, Side};
use gatepost_wire::{Secret, base64};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The longest line that is read (RFC 4954 section 4).
const MAX_LINE: u64 = 12_288;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, mechanism, name, password] = &words[..] else {
        return Err("usage: client ADDRESS MECHANISM NAME PASSWORD".into());
    };
    let stream = TcpStream::connect(address)?;
    let reply = log_in(
        &stream,
        mechanism.parse()?,
        name,
        &Secret::from(password.as_str()),
    )?;
    Ok(writeln!(io::stdout(), "{reply}")?)
}

/// Logs in, and returns the last reply.
pub(crate) fn log_in(
    stream: &TcpStream,
    mechanism: Mechanism,
    name: &str,
    password: &Secret,
) -> Result<String> {
    let mut input = BufReader::new(stream.try_clone()?);
    let mut client = start(mechanism, name, password, fresh()?)?;
    // Who speaks first has something to say at once; where the server does, there is no initial response.
    let command = match mechanism.first() {
        Side::Client => format!("AUTH {mechanism} {}", encoded(&client.initial())),
        Side::Server => format!("AUTH {mechanism}"),
    };
    send(stream, &command)?;
    loop {
        let reply = line(&mut input)?;
        let Some(challenge) = reply.strip_prefix("334 ") else {
            return Ok(reply);
        };
        let challenge = base64::decode(challenge.as_bytes())?;
        match client.response(challenge.expose()) {
            Ok(response) => send(stream, &encoded(&response))?,
            // A server that asks what the mechanism does not have gets no answer.
            Err(_) => send(stream, "*")?,
        }
    }
}

fn send(mut stream: &TcpStream, line: &str) -> io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes())
}

fn line(input: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    input.take(MAX_LINE).read_line(&mut line)?;
    let line = line.strip_suffix("\r\n");
    Ok(line.ok_or("the server has gone, or says too much")?.to_owned())
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

fn encoded(octets: &[u8]) -> String {
    let mut text = Vec::new();
    base64::encode(octets, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
