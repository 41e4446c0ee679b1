//! The login: `gatepost_imap`'s server session, up to the tagged OK.

use bytes::BytesMut;
use gatepost_imap::command::{self, Body};
use gatepost_imap::server::{
    Authenticated, Counts, Login, NeedInput, Refusal, RefusalCode, Sasl, SaslInput, StartTls, Step,
};
use gatepost_imap::types::IdParameters;
use gatepost_imap::{Capabilities, Command, Frame, Framer, Limits};
use gatepost_sasl::Claim;
use gatepost_wire::{Input, Secret};
use tokio::io::{AsyncRead, AsyncWrite};

use super::accounts::Credentials;
use super::connection::{Connection, Over};
use super::control::{LoginAttempt, LoginOutcome};
use super::ntlm::{NtlmExchange, Reached};
use super::server::{Announcement, Service};

/// How the phase before the login ends.
pub(super) enum Entry {
    /// A user is in.
    User(String),
    /// The client wants TLS.
    StartTls(StartTls),
    /// The session is over.
    Closed,
}

/// What a login leads to.
enum Verdict {
    In(String),
    Again(NeedInput),
    Closed,
}

impl From<Step> for Verdict {
    fn from(step: Step) -> Self {
        match step {
            Step::NeedInput(next) | Step::Cancelled(next) => Self::Again(next),
            _ => Self::Closed,
        }
    }
}

/// Runs the session until somebody is in.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    service: &Service,
    connection: &mut Connection<S>,
    mut session: NeedInput,
) -> Result<Entry, Over> {
    let (mut witness, mut ntlm) = (Witness::new(), NtlmExchange::default());
    loop {
        let step = session.process(&mut connection.input, connection.output.text());
        let step = step.map_err(|_| Over::Ended)?;
        if let Step::Login(_) | Step::Sasl(_) = step {
            service.control.think().await;
        }
        let verdict = match step {
            Step::NeedInput(next) => {
                connection.flush().await?;
                let before = connection.input.len();
                connection.read().await?;
                let read = connection.input.as_slice().get(before..).unwrap_or_default();
                witness.see(read, |identity| service.control.record_identity(identity));
                Verdict::Again(next)
            }
            Step::StartTls(start_tls) => return Ok(Entry::StartTls(start_tls)),
            Step::Login(login) => service.login(login, connection.output.text()),
            Step::Sasl(sasl) => service.sasl(sasl, &mut ntlm, connection.output.text()),
            Step::Cancelled(next) => {
                ntlm.forget();
                Verdict::Again(next)
            }
            step => step.into(),
        };
        session = match verdict {
            Verdict::In(user) => return Ok(Entry::User(user)),
            Verdict::Again(next) => next,
            Verdict::Closed => return Ok(Entry::Closed),
        };
    }
}

impl Service {
    fn login(&self, login: Login, out: &mut BytesMut) -> Verdict {
        let credentials = self
            .accounts
            .credentials(login.username(), login.password().clone());
        match self.judge("LOGIN", &credentials) {
            Ok(user) => {
                self.welcome(out, |capabilities, out| login.accept(capabilities, out));
                Verdict::In(user)
            }
            Err(refusal) => login.reject(&refusal, out).into(),
        }
    }

    fn sasl(&self, sasl: Sasl, ntlm: &mut NtlmExchange, out: &mut BytesMut) -> Verdict {
        let credentials = match sasl.input() {
            SaslInput::Start { mechanism, initial } if mechanism == "NTLM" => {
                let reached = ntlm.start(initial.as_ref().map(Secret::expose));
                return self.ntlm(sasl, reached, out);
            }
            SaslInput::Response(message) if ntlm.is_going_on() => {
                let reached = ntlm.respond(message.expose());
                return self.ntlm(sasl, reached, out);
            }
            SaslInput::Start { mechanism, .. } if mechanism != "PLAIN" => {
                let text = "that mechanism is announced, but not served".into();
                let refusal = Refusal {
                    code: RefusalCode::Unavailable,
                    text,
                    counts: Counts::Not,
                };
                return sasl.reject(&refusal, out).into();
            }
            SaslInput::Start { initial: None, .. } => return Verdict::Again(sasl.challenge(b"", out)),
            SaslInput::Start {
                initial: Some(message),
                ..
            }
            | SaslInput::Response(message) => Credentials::from_plain(message.expose()),
        };
        let Some(credentials) = credentials else {
            return sasl.malformed(out).into();
        };
        match self.judge("PLAIN", &credentials) {
            Ok(user) => {
                self.welcome(out, |capabilities, out| sasl.accept(capabilities, out));
                Verdict::In(user)
            }
            Err(refusal) => sasl.reject(&refusal, out).into(),
        }
    }

    fn ntlm(&self, sasl: Sasl, reached: Reached, out: &mut BytesMut) -> Verdict {
        let claim = match reached {
            Reached::Challenge(octets) => return Verdict::Again(sasl.challenge(&octets, out)),
            Reached::Claim(Claim::Ntlm(claim)) => claim,
            Reached::Claim(_) | Reached::Nothing => return sasl.malformed(out).into(),
        };
        let user = self.accounts.judge_ntlm(&claim);
        self.control.record_login(LoginAttempt {
            mechanism: "NTLM",
            authzid: None,
            authcid: claim.user().to_owned(),
            outcome: user.map_or(LoginOutcome::Wrong, |_| LoginOutcome::Granted),
        });
        match user {
            Some(user) => {
                self.welcome(out, |capabilities, out| sasl.accept(capabilities, out));
                Verdict::In(user.to_owned())
            }
            None => sasl.reject(&wrong(), out).into(),
        }
    }

    /// Judges and records a login.
    fn judge(&self, mechanism: &'static str, credentials: &Credentials) -> Result<String, Refusal> {
        let (outcome, result) = match (self.accounts.judge(credentials), self.control.refusal()) {
            (None, _) => (LoginOutcome::Wrong, Err(wrong())),
            (Some(_), Some(refusal)) => (LoginOutcome::Refused, Err(refusal)),
            (Some(user), None) => (LoginOutcome::Granted, Ok(user.to_owned())),
        };
        let Credentials { authzid, authcid, .. } = credentials;
        let (authzid, authcid) = (authzid.clone(), authcid.clone());
        self.control.record_login(LoginAttempt {
            mechanism,
            authzid,
            authcid,
            outcome,
        });
        result
    }

    /// Lets `accept` write the tagged OK, and takes the capabilities out of it if they are to be withheld.
    fn welcome(
        &self,
        out: &mut BytesMut,
        accept: impl FnOnce(&Capabilities, &mut BytesMut) -> Authenticated,
    ) {
        let start = out.len();
        accept(&self.capabilities, out);
        if self.announcement == Announcement::Withheld {
            let ok = out.split_off(start);
            let text = String::from_utf8_lossy(&ok);
            let (head, rest) = text.split_once('[').unwrap_or((&text, ""));
            let (_, tail) = rest.split_once("] ").unwrap_or_default();
            out.extend_from_slice(head.as_bytes());
            out.extend_from_slice(tail.as_bytes());
        }
    }
}

fn wrong() -> Refusal {
    Refusal {
        code: RefusalCode::AuthenticationFailed,
        text: "wrong user name or password".into(),
        counts: Counts::AsFailure,
    }
}

/// Reads along before the login, for what clients say of themselves by ID; the session answers that itself and forgets
/// it.
struct Witness {
    input: Input,
    framer: Framer,
}

impl Witness {
    fn new() -> Self {
        let limits = Limits::BEFORE_LOGIN;
        Self {
            input: Input::new(limits.input_capacity()),
            framer: Framer::commands(limits),
        }
    }

    /// What is too long or malformed for the session is lost on the witness too.
    fn see(&mut self, mut octets: &[u8], mut tell: impl FnMut(IdParameters)) {
        while !octets.is_empty() {
            let (now, later) = octets.split_at(octets.len().min(self.input.room()));
            if now.is_empty() || self.input.feed(now).is_err() {
                return;
            }
            octets = later;
            while let Ok(Some(frame)) = self.framer.next(&mut self.input) {
                let Frame::Message(command) = frame else {
                    continue;
                };
                if let Ok(Command {
                    body: Body::Id(identity),
                    ..
                }) = command::parse(&command)
                {
                    tell(identity);
                }
            }
        }
    }
}
