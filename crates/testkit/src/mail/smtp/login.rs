//! The login: `gatepost_smtp`'s server session, up to 235.

use bytes::BytesMut;
use gatepost_sasl::Claim;
use gatepost_smtp::Reply;
use gatepost_smtp::server::{Authenticated, Counts, NeedInput, Refusal, Sasl, SaslInput, StartTls, Step};
use gatepost_wire::{Input, Secret};
use tokio::io::{AsyncRead, AsyncWrite};

use super::fault::{Fault, Stage};
use super::serve::suffer;
use crate::mail::accounts::Credentials;
use crate::mail::connection::{Connection, Over};
use crate::mail::control::{LoginAttempt, LoginOutcome};
use crate::mail::ntlm::{NtlmExchange, Reached};
use crate::mail::server::Service;

/// How the phase before the login ends.
pub(super) enum Entry {
    /// A client is in.
    Client(Client),
    /// The client wants TLS.
    StartTls(StartTls),
    /// The session is over.
    Closed,
}

/// A client that is logged in.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// For whom.
    pub(super) user: String,
    /// As whom.
    pub(super) login: String,
    /// What it calls itself.
    pub(super) helo: String,
}

/// What a login leads to.
enum Verdict {
    In(Client),
    Again(NeedInput),
    Closed,
    Fault(Fault, Sasl),
}

impl From<Step> for Verdict {
    fn from(step: Step) -> Self {
        match step {
            Step::NeedInput(next) | Step::Cancelled(next) => Self::Again(next),
            _ => Self::Closed,
        }
    }
}

/// An exchange that goes on.
#[derive(Default)]
enum Exchange {
    #[default]
    None,
    Plain,
    /// LOGIN asks for the name, and then for the password of that name.
    Name,
    Password(Secret),
    Ntlm(NtlmExchange),
}

/// Runs the session until somebody is in.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    service: &Service,
    connection: &mut Connection<S>,
    mut session: NeedInput,
) -> Result<Entry, Over> {
    let mut exchange = Exchange::None;
    loop {
        while let Some(stage) = next_stage(&exchange, &mut connection.input)
            && let Some(fault) = service.submission.control.fault(stage)
        {
            skip_line(&mut connection.input);
            suffer(connection, fault).await?;
        }
        let step = session.process(&mut connection.input, connection.output.text());
        let verdict = match step.map_err(|_| Over::Ended)? {
            Step::NeedInput(next) => {
                connection.flush().await?;
                connection.read().await?;
                Verdict::Again(next)
            }
            Step::StartTls(start_tls) => return Ok(Entry::StartTls(start_tls)),
            Step::Sasl(sasl) => service.auth(sasl, &mut exchange, connection.output.text()),
            Step::Cancelled(next) => {
                exchange = Exchange::None;
                Verdict::Again(next)
            }
            Step::Closed(_) => Verdict::Closed,
        };
        session = match verdict {
            Verdict::In(client) => return Ok(Entry::Client(client)),
            Verdict::Again(next) => next,
            Verdict::Closed => return Ok(Entry::Closed),
            Verdict::Fault(Fault::Reply(reply), sasl) => {
                let closes = reply.code() == 421;
                let counts = Counts::Not;
                let step = sasl.reject(&Refusal { reply, counts }, connection.output.text());
                match step {
                    Step::NeedInput(next) if !closes => next,
                    _ => return Ok(Entry::Closed),
                }
            }
            Verdict::Fault(fault, _) => {
                suffer(connection, fault).await?;
                return Ok(Entry::Closed);
            }
        };
    }
}

/// The stage that the next line belongs to, if it is whole and a command.
fn next_stage(exchange: &Exchange, input: &mut Input) -> Option<Stage> {
    let Exchange::None = exchange else {
        return None;
    };
    let end = input.find_lf(0)?;
    let line = input.as_slice().get(..end)?.trim_ascii();
    let verb = line.split(|octet| *octet == b' ').next()?;
    match verb.to_ascii_uppercase().as_slice() {
        b"EHLO" | b"HELO" => Some(Stage::Ehlo),
        b"STARTTLS" => Some(Stage::StartTls),
        _ => None,
    }
}

fn skip_line(input: &mut Input) {
    if let Some(end) = input.find_lf(0) {
        input.skip(end + 1);
    }
}

impl Service {
    fn auth(&self, sasl: Sasl, exchange: &mut Exchange, out: &mut BytesMut) -> Verdict {
        let (exchanged, octets) = match sasl.input() {
            SaslInput::Start { mechanism, initial } if mechanism == "NTLM" => {
                let mut ntlm = NtlmExchange::default();
                let reached = ntlm.start(initial.as_ref().map(Secret::expose));
                *exchange = Exchange::Ntlm(ntlm);
                return self.auth_ntlm(sasl, reached, out);
            }
            SaslInput::Start { mechanism, initial } => match (mechanism.as_str(), initial) {
                ("PLAIN", initial) => (Exchange::Plain, initial.clone()),
                ("LOGIN", initial) => (Exchange::Name, initial.clone()),
                _ => return sasl.reject(&unserved(), out).into(),
            },
            SaslInput::Response(octets) => {
                if let Exchange::Ntlm(ntlm) = exchange {
                    let reached = ntlm.respond(octets.expose());
                    return self.auth_ntlm(sasl, reached, out);
                }
                (std::mem::take(exchange), Some(octets.clone()))
            }
        };
        let credentials = match (exchanged, octets) {
            (Exchange::Plain, Some(message)) => Credentials::from_plain(message.expose()),
            (Exchange::Password(name), Some(password)) => {
                return self.verdict(
                    "LOGIN",
                    &self.accounts.credentials(name.expose(), password),
                    sasl,
                    out,
                );
            }
            (Exchange::Plain, None) => {
                *exchange = Exchange::Plain;
                return Verdict::Again(sasl.challenge(b"", out));
            }
            (Exchange::Name, None) => {
                *exchange = Exchange::Name;
                return Verdict::Again(sasl.challenge(b"Username:", out));
            }
            (Exchange::Name, Some(name)) => {
                *exchange = Exchange::Password(name);
                return Verdict::Again(sasl.challenge(b"Password:", out));
            }
            (Exchange::None | Exchange::Password(_) | Exchange::Ntlm(_), _) => None,
        };
        match credentials {
            Some(credentials) => self.verdict("PLAIN", &credentials, sasl, out),
            None => sasl.malformed(out).into(),
        }
    }

    fn auth_ntlm(&self, sasl: Sasl, reached: Reached, out: &mut BytesMut) -> Verdict {
        let claim = match reached {
            Reached::Challenge(octets) => return Verdict::Again(sasl.challenge(&octets, out)),
            Reached::Claim(Claim::Ntlm(claim)) => claim,
            Reached::Claim(_) | Reached::Nothing => return sasl.malformed(out).into(),
        };
        let user = self.accounts.judge_ntlm(&claim);
        self.submission.control.record_login(LoginAttempt {
            mechanism: "NTLM",
            authzid: None,
            authcid: claim.user().to_owned(),
            outcome: user.map_or(LoginOutcome::Wrong, |_| LoginOutcome::Granted),
        });
        match user {
            Some(user) => Verdict::In(Client {
                user: user.to_owned(),
                login: user.to_owned(),
                helo: sasl.accept(out).helo().to_owned(),
            }),
            None => sasl.reject(&wrong(), out).into(),
        }
    }

    /// Judges and records a login.
    fn verdict(
        &self,
        mechanism: &'static str,
        credentials: &Credentials,
        sasl: Sasl,
        out: &mut BytesMut,
    ) -> Verdict {
        let fault = self.submission.control.fault(Stage::Auth);
        let judged = self.accounts.judge(credentials);
        let outcome = match (&fault, judged) {
            (Some(_), _) => LoginOutcome::Refused,
            (None, Some(_)) => LoginOutcome::Granted,
            (None, None) => LoginOutcome::Wrong,
        };
        self.submission.control.record_login(LoginAttempt {
            mechanism,
            authzid: credentials.authzid.clone(),
            authcid: credentials.authcid.clone(),
            outcome,
        });
        match (fault, judged) {
            (Some(fault), _) => Verdict::Fault(fault, sasl),
            (None, Some(user)) => Verdict::In(client(user, credentials, &sasl.accept(out))),
            (None, None) => sasl.reject(&wrong(), out).into(),
        }
    }
}

fn client(user: &str, credentials: &Credentials, accepted: &Authenticated) -> Client {
    Client {
        user: user.to_owned(),
        login: credentials.authcid.clone(),
        helo: accepted.helo().to_owned(),
    }
}

fn wrong() -> Refusal {
    Refusal {
        reply: Reply::new(535, "5.7.8", "wrong user name or password"),
        counts: Counts::AsFailure,
    }
}

fn unserved() -> Refusal {
    Refusal {
        reply: Reply::new(454, "4.7.0", "that mechanism is announced, but not served"),
        counts: Counts::Not,
    }
}
