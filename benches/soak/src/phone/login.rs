//! Logins: who is let in, and what the others hear.

use std::net::Ipv4Addr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use gatepost_sasl::Mechanism;
use gatepost_sasl::client::{Fresh, start};
use gatepost_testkit::smtp_client::Reply;
use gatepost_wire::{Secret, base64};

use super::door::{Imap, Smtp};
use super::{Fault, Phone, World};
use crate::people::Person;
use crate::random::Random;

/// How a phone logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// IMAP's LOGIN command; AUTH PLAIN in SMTP.
    Command,
    Plain,
    Login,
    CramMd5,
    Ntlm,
}

impl Way {
    pub(super) fn any(random: &mut Random) -> Self {
        random.pick(
            Self::Plain,
            &[Self::Command, Self::Login, Self::CramMd5, Self::Ntlm],
        )
    }

    fn name(self, protocol: Protocol) -> &'static str {
        match (protocol, self) {
            (Protocol::Imap, Self::Command) => "IMAP LOGIN command",
            (Protocol::Imap, Self::Plain) => "IMAP PLAIN",
            (Protocol::Imap, Self::Login) => "IMAP LOGIN",
            (Protocol::Imap, Self::CramMd5) => "IMAP CRAM-MD5",
            (Protocol::Imap, Self::Ntlm) => "IMAP NTLM",
            (Protocol::Smtp, Self::Command | Self::Plain) => "SMTP PLAIN",
            (Protocol::Smtp, Self::Login) => "SMTP LOGIN",
            (Protocol::Smtp, Self::CramMd5) => "SMTP CRAM-MD5",
            (Protocol::Smtp, Self::Ntlm) => "SMTP NTLM",
        }
    }

    fn mechanism(self) -> Mechanism {
        match self {
            Self::Command | Self::Plain => Mechanism::Plain,
            Self::Login => Mechanism::Login,
            Self::CramMd5 => Mechanism::CramMd5,
            Self::Ntlm => Mechanism::Ntlm,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Imap,
    Smtp,
}

/// The answer to a login.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    LetIn,
    /// Without tag; of SMTP the code and the text.
    Refused(String),
}

impl Answer {
    /// Whether it says that the password is wrong.
    fn says_wrong(&self) -> bool {
        match self {
            Self::LetIn => false,
            Self::Refused(text) => text.contains("[AUTHENTICATIONFAILED]") || text.starts_with("535"),
        }
    }
}

impl Phone {
    /// An IMAP client that is logged in, unless it was refused, which is counted.
    pub(super) async fn log_in_imap(&mut self) -> Result<Option<Imap>, Fault> {
        let (calm, begun) = (self.world.weather.calm(), Instant::now());
        let world = std::sync::Arc::clone(&self.world);
        let person = world.people.get(self.user).ok_or(Fault::Lost("nobody"))?;
        let door = world.doors.imap(person.realm, &mut self.random);
        let mut client = door.imap(self.source).await?;
        let answer = imap(&mut client, self.way, &person.name, &person.password).await?;
        let is_in = self.count(Protocol::Imap, &answer, calm, begun);
        Ok(is_in.then_some(client))
    }

    /// The same of SMTP, behind EHLO, with what that listed.
    pub(super) async fn log_in_smtp(&mut self) -> Result<Option<(Smtp, Reply)>, Fault> {
        let (calm, begun) = (self.world.weather.calm(), Instant::now());
        let world = std::sync::Arc::clone(&self.world);
        let person = world.people.get(self.user).ok_or(Fault::Lost("nobody"))?;
        let door = world.doors.smtp(person.realm, &mut self.random);
        let mut client = door.smtp(self.source).await?;
        let offers = client.ehlo().await?;
        let answer = smtp(&mut client, self.way, &person.name, &person.password).await?;
        let is_in = self.count(Protocol::Smtp, &answer, calm, begun);
        Ok(is_in.then_some((client, offers)))
    }

    fn count(
        &self,
        protocol: Protocol,
        answer: &Answer,
        calm: Option<crate::weather::Calm>,
        begun: Instant,
    ) -> bool {
        let is_calm = self.world.weather.still(calm);
        let mut tally = self.world.tally();
        if answer.says_wrong() {
            let (phone, user, way) = (self.number, self.user, self.way);
            let details = format!("phone {phone}, user {user}, {protocol:?} {way:?}: {answer:?}");
            tally.violation("a right password that was called wrong", &details);
        }
        match answer {
            Answer::LetIn => {
                *tally.logins.entry(self.way.name(protocol)).or_default() += 1;
                if is_calm && protocol == Protocol::Imap {
                    tally.login_times.push(begun.elapsed());
                }
                true
            }
            Answer::Refused(text) => {
                if is_calm {
                    *tally.calm_refusals.entry(text.clone()).or_default() += 1;
                }
                *tally.refusals.entry(text.clone()).or_default() += 1;
                false
            }
        }
    }
}

/// An old password never gets in. It may hear that it is wrong, or of an outage.
pub(super) async fn try_old_password(world: &World, person: &Person, source: Ipv4Addr) {
    let attempt = async {
        let mut client = world.doors.imaps(person.realm).imap(source).await?;
        imap(&mut client, Way::Plain, &person.name, &person.old_password).await
    };
    let answer = attempt.await;
    let mut tally = world.tally();
    match answer {
        Ok(Answer::LetIn) => tally.violation("a wrong password that was let in", &person.name),
        Ok(answer) if answer.says_wrong() => tally.deed("refused for an old password"),
        Ok(_) => tally.deed("told of an outage, with an old password"),
        Err(_) => tally.deed("not served, with an old password"),
    }
}

/// What an exchange begins with.
fn exchange(way: Way, name: &str, password: &str) -> Result<Box<dyn sasl::client::Mechanism + Send>, Fault> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Fault::Odd(error.to_string()))?;
    let fresh = Fresh {
        random,
        since_epoch: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
    };
    start(way.mechanism(), name, &Secret::from(password), fresh)
        .map_err(|error| Fault::Odd(error.to_string()))
}

async fn imap(client: &mut Imap, way: Way, name: &str, password: &str) -> Result<Answer, Fault> {
    if way == Way::Command {
        let reply = client
            .ask_parts(&[b"LOGIN ", name.as_bytes(), b" ", password.as_bytes()])
            .await?;
        return Ok(tagged(&reply.tagged.text()));
    }
    let mut exchange = exchange(way, name, password)?;
    let initial = exchange.initial();
    let mut line = format!("auth AUTHENTICATE {}{}\r\n", way.mechanism(), behind(&initial));
    loop {
        client.send(line.as_bytes()).await?;
        let response = loop {
            let response = client.response().await?;
            if !response.starts_with("* ") {
                break response.text().into_owned();
            }
            if response.starts_with("* BYE") {
                return Err(Fault::Lost("bye"));
            }
        };
        match response.strip_prefix("+ ") {
            Some(challenge) => line = respond(&mut *exchange, challenge)? + "\r\n",
            None => return Ok(tagged(&response)),
        }
    }
}

fn tagged(text: &str) -> Answer {
    let (_, text) = text.split_once(' ').unwrap_or(("", text));
    if text.starts_with("OK") {
        Answer::LetIn
    } else {
        Answer::Refused(text.to_owned())
    }
}

async fn smtp(client: &mut Smtp, way: Way, name: &str, password: &str) -> Result<Answer, Fault> {
    let mut exchange = exchange(way, name, password)?;
    let initial = exchange.initial();
    let mut line = format!("AUTH {}{}", way.mechanism(), behind(&initial));
    loop {
        let reply = client.ask(&line).await?;
        match reply.code {
            235 => return Ok(Answer::LetIn),
            334 => line = respond(&mut *exchange, &reply.text())?,
            code => return Ok(Answer::Refused(format!("{code} {}", reply.text()))),
        }
    }
}

/// What goes along with the command; in these mechanisms an empty one is none.
fn behind(initial: &[u8]) -> String {
    if initial.is_empty() {
        return String::new();
    }
    format!(" {}", encoded(initial))
}

fn respond(exchange: &mut dyn sasl::client::Mechanism, challenge: &str) -> Result<String, Fault> {
    let challenge = base64::decode(challenge.trim_end().as_bytes());
    let challenge = challenge.map_err(|error| Fault::Odd(format!("challenge: {error}")))?;
    let response = exchange.response(challenge.expose());
    response
        .map(|octets| encoded(&octets))
        .map_err(|error| Fault::Odd(format!("challenge: {error:?}")))
}

fn encoded(octets: &[u8]) -> String {
    let mut text = Vec::new();
    base64::encode(octets, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
