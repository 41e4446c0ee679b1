//! The login: `gatepost_imap`'s server session up to the tagged OK.

use bytes::BytesMut;
use gatepost_imap::Capabilities;
use gatepost_imap::server::{
    Counts, Login, NeedInput, Refusal, RefusalCode, Sasl, SaslInput, StartTls, Step,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::accounts::Credentials;
use super::connection::{Connection, Over};
use super::control::{LoginAttempt, LoginOutcome};
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

/// Runs the session until somebody is in.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    service: &Service,
    connection: &mut Connection<S>,
    mut session: NeedInput,
) -> Result<Entry, Over> {
    loop {
        let mut step = session.process(&mut connection.input, connection.output.text())?;
        loop {
            step = match step {
                Step::NeedInput(next) => {
                    session = next;
                    connection.flush().await?;
                    connection.read().await?;
                    break;
                }
                Step::Cancelled(next) => {
                    session = next;
                    break;
                }
                Step::StartTls(start_tls) => return Ok(Entry::StartTls(start_tls)),
                Step::Closed(_) => return Ok(Entry::Closed),
                Step::Login(login) => match service.login(login, connection.output.text()) {
                    Verdict::In(user) => return Ok(Entry::User(user)),
                    Verdict::Step(step) => again(step, &mut connection.input, connection.output.text())?,
                },
                Step::Sasl(sasl) => match service.sasl(sasl, connection.output.text()) {
                    Verdict::In(user) => return Ok(Entry::User(user)),
                    Verdict::Step(step) => again(step, &mut connection.input, connection.output.text())?,
                },
                _ => return Ok(Entry::Closed),
            };
        }
    }
}
