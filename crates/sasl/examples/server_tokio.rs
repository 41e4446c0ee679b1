//! A server's loop with tokio: a task for each connection, and AUTH of SMTP (RFC 4954) on it.
//!
//! ```text
//! $ cargo run -p gatepost-sasl --example server_tokio -- 127.0.0.1:2525
//! ```
//!
//! The exchange is a value that waits for nothing. So the loop may wait for whatever it wants between two steps: for the
//! client's next line, and for the directory, which here computes on a thread where that is allowed. `--example client` is
//! the other side. The one user is `alice` with the password `correct horse`. A real server has TLS below this.

use std::error::Error;
use std::time::SystemTime;

use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, ErrorKind, Mechanism};
use gatepost_wire::{Input, Secret, base64, take_line, wipe};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The longest line of an exchange, without its end (RFC 4954 section 4).
const MAX_LINE: usize = 12_288;

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:2525")).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = serve(stream).await {
                eprintln!("{error}");
            }
        });
    }
}

/// Serves a client until it goes.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
    let mut connection = Connection {
        stream,
        input: Input::new(MAX_LINE + 2),
    };
    while let Some(line) = connection.line().await? {
        let reply = match command(&line) {
            Ok((mechanism, initial)) => connection.authenticate(mechanism, initial.as_ref()).await?,
            Err(error) => format!("501 {error}"),
        };
        connection.send(&reply).await?;
    }
    Ok(())
}

/// Reads `AUTH`, a mechanism, and an initial response if there is one; `=` is an empty one.
fn command(line: &Secret) -> Result<(Mechanism, Option<Secret>)> {
    let mut words = line.expose_str()?.split(' ');
    let (Some("AUTH"), Some(mechanism)) = (words.next(), words.next()) else {
        return Err("expected AUTH and a mechanism".into());
    };
    let initial = match words.next() {
        Some("=") => Some(Secret::from("")),
        Some(text) => Some(base64::decode(text.as_bytes())?),
        None => None,
    };
    Ok((mechanism.parse()?, initial))
}

struct Connection<S> {
    stream: S,
    input: Input,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// One exchange. What it comes to is the reply.
    async fn authenticate(&mut self, mechanism: Mechanism, initial: Option<&Secret>) -> Result<String> {
        let settings = Settings::of_host("mail.example.test");
        let mut exchange = start(mechanism, initial.map(Secret::expose), &settings, fresh()?);
        loop {
            exchange = match exchange {
                Ok(Exchange::Challenge(challenge)) => {
                    self.send(&format!("334 {}", encoded(challenge.octets()))).await?;
                    let line = self.line().await?.ok_or("the client has gone")?;
                    if line.expose() == b"*" {
                        return Ok("501 cancelled".to_owned());
                    }
                    match base64::decode(line.expose()) {
                        Ok(response) => challenge.respond(response.expose()),
                        Err(error) => return Ok(format!("501 {error}")),
                    }
                }
                Ok(Exchange::Verify(claim)) => return verdict(claim).await,
                Err(error) if error.kind() == ErrorKind::Malformed => return Ok(format!("501 {error}")),
                Err(_) => return Ok("535 authentication failed".to_owned()),
            };
        }
    }

    /// The next line, which may hold a password; `None` if the client has gone.
    async fn line(&mut self) -> Result<Option<Secret>> {
        loop {
            if let Some(mut line) = take_line(&mut self.input, MAX_LINE)? {
                let secret = Secret::from(&line[..]);
                wipe(&mut line);
                return Ok(Some(secret));
            }
            self.input.reserve(1024);
            if self.stream.read_buf(&mut self.input.space()).await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn send(&mut self, reply: &str) -> Result<()> {
        self.stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        Ok(self.stream.flush().await?)
    }
}

/// Asks the directory.
async fn verdict(claim: Claim) -> Result<String> {
    let name = claim.name().to_owned();
    match spawn_blocking(move || is_true(&claim)).await?? {
        true => Ok(format!("235 welcome, {name}")),
        false => Ok("535 authentication failed".to_owned()),
    }
}

/// What a directory does.
fn is_true(claim: &Claim) -> Result<bool> {
    let password = Secret::from("correct horse");
    let is_proven = match claim {
        Claim::Password(proof) => *proof.password() == password,
        Claim::CramMd5(proof) => proof.is_of(&State::of_password(&password)),
        Claim::Ntlm(proof) => proof.is_of(&NtHash::of_password(&password)?),
        _ => false,
    };
    Ok(is_proven && claim.name() == "alice")
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
