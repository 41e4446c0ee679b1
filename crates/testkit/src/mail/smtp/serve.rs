//! One connection, from its first octet to its last.

use std::sync::Arc;

use gatepost_smtp::server::{Bye, Config, NeedInput, Transport, greet};
use gatepost_smtp::{Error, Limit, Limits, Reply};
use gatepost_wire::{LineError, take_line};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::NAME;
use super::fault::{Fault, Stage};
use super::login::{self, Entry};
use super::receive;
use super::session::{After, Session};
use crate::mail::connection::{Connection, Over, Signals};
use crate::mail::serve::handshake;
use crate::mail::server::{Security, Service};

/// How much is read ahead at most.
const CAPACITY: usize = 64 * 1024;

/// Serves a client; what goes wrong ends this connection and concerns nobody else.
pub(in crate::mail) async fn run<S>(service: &Service, stream: S, signals: Signals)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match &service.submission.security {
        Security::None => in_the_clear(service, stream, signals).await,
        Security::Implicit(acceptor) => {
            if let Ok(stream) = handshake(acceptor, stream, &signals).await {
                in_the_clear(service, stream, signals).await;
            }
        }
        Security::StartTls(acceptor) => with_starttls(service, acceptor, stream, signals).await,
    }
}

/// Greets and serves a stream that needs no (more) protection.
async fn in_the_clear<S>(service: &Service, stream: S, signals: Signals)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection::with_capacity(stream, signals, CAPACITY);
    let over = match begin(service, &mut connection, Transport::Tls).await {
        Ok(session) => log_in_and_converse(service, &mut connection, session).await,
        Err(over) => Err(over),
    };
    close(connection, over).await;
}

/// Greets in plaintext, and goes on inside TLS if the client wants it.
async fn with_starttls<S>(service: &Service, acceptor: &TlsAcceptor, stream: S, signals: Signals)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection::with_capacity(stream, signals.clone(), CAPACITY);
    let entry = match begin(service, &mut connection, Transport::Plain).await {
        Ok(session) => login::run(service, &mut connection, session).await,
        Err(over) => Err(over),
    };
    let start_tls = match entry {
        Ok(Entry::StartTls(start_tls)) => start_tls,
        // Nobody gets in without TLS.
        Ok(Entry::Client(_) | Entry::Closed) => return close(connection, Ok(())).await,
        Err(over) => return close(connection, Err(over)).await,
    };
    if connection.flush().await.is_err() {
        return;
    }
    if let Ok(stream) = handshake(acceptor, connection.into_stream(), &signals).await {
        let mut connection = Connection::with_capacity(stream, signals, CAPACITY);
        let session = start_tls.upgraded(&mut connection.input);
        let over = log_in_and_converse(service, &mut connection, session).await;
        close(connection, over).await;
    }
}

/// Greets the client, unless a switch says otherwise.
async fn begin<S>(
    service: &Service,
    connection: &mut Connection<S>,
    transport: Transport,
) -> Result<NeedInput, Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let submission = &service.submission;
    if let Some(fault) = submission.control.fault(Stage::Greeting) {
        suffer(connection, fault).await?;
        return Err(Over::Ended);
    }
    let config = Config {
        name: NAME.to_owned(),
        greeting: service.config.greeting.clone(),
        extensions: submission.control.extensions(),
        mechanisms: submission.mechanisms.clone(),
        limits: Limits::BEFORE_LOGIN,
    };
    Ok(greet(Arc::new(config), transport, connection.output.text()))
}

async fn log_in_and_converse<S>(
    service: &Service,
    connection: &mut Connection<S>,
    session: NeedInput,
) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match login::run(service, connection, session).await? {
        Entry::Client(client) => converse(connection, Session::new(service, client)).await,
        Entry::StartTls(_) | Entry::Closed => Ok(()),
    }
}

/// Executes commands in their order. What was read together is answered together.
async fn converse<S>(connection: &mut Connection<S>, mut session: Session<'_>) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let limits = Limits::AFTER_LOGIN;
    loop {
        while let Some(line) = line(connection, limits.command_line)? {
            match session.execute(&line, connection.output.text()) {
                After::Continue => {}
                After::Close => return Ok(()),
                After::Fault(fault) => suffer(connection, fault).await?,
                After::Message(envelope) => receive::message(connection, &session, envelope).await?,
                After::Chunk(chunk) => receive::chunk(connection, chunk).await?,
            }
            connection.relieve().await?;
        }
        connection.flush().await?;
        connection.read().await?;
    }
}

/// The next command. A line that breaks the protocol is answered, and ends the connection.
fn line<S>(connection: &mut Connection<S>, limit: usize) -> Result<Option<bytes::BytesMut>, Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    take_line(&mut connection.input, limit).map_err(|error| {
        let reply = match error {
            LineError::TooLong { .. } => Error::Limit(Limit::CommandLine).reply(),
            error => Reply::new(500, "5.5.2", error.to_string()),
        };
        reply.encode(connection.output.text());
        Over::Ended
    })
}

/// Fails as a switch demands it. An error is the end of the connection.
pub(super) async fn suffer<S>(connection: &mut Connection<S>, fault: Fault) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match fault {
        Fault::Reply(reply) => {
            reply.encode(connection.output.text());
            if reply.code() == 421 {
                Err(Over::Ended)
            } else {
                Ok(())
            }
        }
        Fault::Close => {
            connection.flush().await?;
            Err(Over::Dropped)
        }
        Fault::Silence => {
            connection.flush().await?;
            loop {
                connection.read().await?;
                connection.input.clear();
            }
        }
    }
}

/// Says goodbye, if that is still possible, and closes.
async fn close<S>(mut connection: Connection<S>, over: Result<(), Over>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let over = match over {
        Err(Over::Stopped) => {
            Bye::Shutdown.encode(connection.output.text());
            Ok(())
        }
        over => over,
    };
    connection.close(over).await;
}
