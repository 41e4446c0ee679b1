//! One connection, from its first octet to its last.

use std::sync::Arc;

use gatepost_imap::server::{NeedInput, Transport, greet};
use gatepost_imap::{Frame, Framer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{Connection, LIMITS, Over, Signals, Woken};
use super::control::Greeting;
use super::login::{self, Entry};
use super::server::{Security, Service};
use super::session::{After, Manner, Session};

/// Serves a client; what goes wrong ends this connection and concerns nobody else.
pub(super) async fn run<S>(service: &Service, stream: S, signals: Signals)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match &service.security {
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
    let mut connection = Connection::new(stream, signals);
    let over = match begin(service, &mut connection, Transport::Tls).await {
        Ok(Some(session)) => log_in_and_converse(service, &mut connection, session).await,
        Ok(None) => Ok(()),
        Err(over) => Err(over),
    };
    connection.close(over).await;
}

/// Greets in plaintext, and goes on inside TLS if the client wants it.
async fn with_starttls<S>(service: &Service, acceptor: &TlsAcceptor, stream: S, signals: Signals)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection::new(stream, signals.clone());
    let entry = match begin(service, &mut connection, Transport::Plain).await {
        Ok(Some(session)) => login::run(service, &mut connection, session).await,
        Ok(None) => Ok(Entry::Closed),
        Err(over) => Err(over),
    };
    let start_tls = match entry {
        Ok(Entry::StartTls(start_tls)) => start_tls,
        // Nobody gets in without TLS.
        Ok(Entry::User(_) | Entry::Closed) => return connection.close(Ok(())).await,
        Err(over) => return connection.close(Err(over)).await,
    };
    if connection.flush().await.is_err() {
        return;
    }
    if let Ok(stream) = handshake(acceptor, connection.into_stream(), &signals).await {
        let mut connection = Connection::new(stream, signals);
        let session = start_tls.upgraded(&mut connection.input);
        let over = log_in_and_converse(service, &mut connection, session).await;
        connection.close(over).await;
    }
}

pub(super) async fn handshake<S>(
    acceptor: &TlsAcceptor,
    stream: S,
    signals: &Signals,
) -> Result<TlsStream<S>, Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    tokio::select! {
        biased;
        () = signals.drop.cancelled() => Err(Over::Dropped),
        () = signals.stop.cancelled() => Err(Over::Dropped),
        stream = acceptor.accept(stream) => Ok(stream?),
    }
}

/// Greets the client, unless a switch says otherwise.
async fn begin<S>(
    service: &Service,
    connection: &mut Connection<S>,
    transport: Transport,
) -> Result<Option<NeedInput>, Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match service.control.greeting() {
        Greeting::Sent => Ok(Some(greet(
            Arc::clone(&service.config),
            transport,
            connection.output.text(),
        ))),
        Greeting::Closed => Ok(None),
        Greeting::Withheld => loop {
            connection.read().await?;
            connection.input.clear();
        },
    }
}

async fn log_in_and_converse<S>(
    service: &Service,
    connection: &mut Connection<S>,
    session: NeedInput,
) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let arriving = service.control.arriving();
    let Entry::User(user) = login::run(service, connection, session).await? else {
        return Ok(());
    };
    drop(arriving);
    // Every account has mail; only a store that was handed over and changed could lack it.
    let Ok(user) = service.store.user(&user) else {
        return Ok(());
    };
    let manner = Manner {
        capabilities: service.capabilities.clone(),
    };
    converse(service, connection, Session::new(user, manner)).await
}

/// Executes commands in their order. What was read together is answered together.
async fn converse<S>(
    service: &Service,
    connection: &mut Connection<S>,
    mut session: Session,
) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut framer = Framer::commands(LIMITS);
    loop {
        while let Some(frame) = framer.next(&mut connection.input)? {
            if execute(service, connection, &mut session, frame) == After::Close {
                return Ok(());
            }
            connection.relieve().await?;
        }
        connection.flush().await?;
        let woken = match session.changes() {
            Some(changes) => connection.read_or(changes.changed()).await?,
            None => connection.read().await.map(|()| Woken::Read)?,
        };
        if let Woken::Other(_) = woken {
            session.announce(&mut connection.output);
        }
    }
}

fn execute<S>(service: &Service, connection: &mut Connection<S>, session: &mut Session, frame: Frame) -> After
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match frame {
        Frame::Message(command) => {
            let after = session.execute(&command.freeze(), &mut connection.output);
            if let Some(identity) = session.take_identity() {
                service.control.record_identity(identity);
            }
            return after;
        }
        // Nothing is streamed here.
        Frame::Part(_) => {}
        Frame::LiteralWanted { octets } => {
            connection.output.invite("OK");
            connection.expect_literal(octets);
        }
        Frame::Refused(refused) => {
            let text = refused.limit.to_string();
            connection.output.refuse(refused.tag, &text);
        }
    }
    After::Continue
}
