//! The message behind DATA.

use bytes::BytesMut;
use gatepost_smtp::chunk::Chunk;
use gatepost_smtp::data::Decoder;
use gatepost_smtp::{Error, Reply};
use tokio::io::{AsyncRead, AsyncWrite};

use super::control::Pace;
use super::fault::Stage;
use super::parameters::{largest, too_large};
use super::serve::suffer;
use super::session::{Envelope, Session};
use super::transaction::Outcome;
use crate::mail::connection::{Connection, Over};

/// A message on its way in.
struct Incoming {
    decoder: Decoder,
    octets: BytesMut,
    largest: u64,
    /// All its octets, those that were too many included.
    size: u64,
}

/// How far a message is.
enum Progress {
    More,
    Whole,
}

/// Says 354, takes a message and answers it. Whatever comes of it is remembered.
pub(super) async fn message<S>(
    connection: &mut Connection<S>,
    session: &Session<'_>,
    envelope: Envelope,
) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut incoming = Incoming {
        decoder: Decoder::new(),
        octets: BytesMut::new(),
        largest: largest(&session.extensions),
        size: 0,
    };
    Reply::new(354, "", "end with a dot").encode(connection.output.text());
    let gathered = gather(connection, session, &mut incoming).await;
    let (outcome, result) = match gathered {
        Ok(None) => return judge(connection, session, envelope, incoming).await,
        Ok(Some(reply)) => {
            reply.encode(connection.output.text());
            (Outcome::Malformed, Err(Over::Ended))
        }
        Err(over) => (Outcome::Cut, Err(over)),
    };
    session
        .control
        .record(envelope.finished(incoming.octets, outcome));
    result
}

/// Reads up to the end of a message; the reply is to a malformed one.
async fn gather<S>(
    connection: &mut Connection<S>,
    session: &Session<'_>,
    incoming: &mut Incoming,
) -> Result<Option<Reply>, Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    connection.flush().await?;
    let mut begun = false;
    loop {
        if !connection.input.is_empty() {
            let first = !std::mem::replace(&mut begun, true);
            if let (true, Some(fault)) = (first, session.control.fault(Stage::Body)) {
                suffer(connection, fault).await?;
                return Err(Over::Ended);
            }
            match incoming.push(&mut connection.input) {
                Ok(Progress::More) => {}
                Ok(Progress::Whole) => return Ok(None),
                Err(error) => return Ok(Some(error.reply())),
            }
        }
        read(connection, session).await?;
    }
}

/// Reads as fast as it is wanted.
async fn read<S>(connection: &mut Connection<S>, session: &Session<'_>) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut pace = session.control.pace();
    loop {
        let now = *pace.borrow_and_update();
        match now {
            Pace::Full => return connection.read().await,
            Pace::Slow { octets, pause } => {
                connection.wait(tokio::time::sleep(pause)).await?;
                return connection.read_at_most(octets.max(1)).await;
            }
            Pace::Stopped => {
                // It fails only if the sender is gone, which the session holds.
                let _ = connection.wait(pace.changed()).await?;
            }
        }
    }
}

impl Incoming {
    /// Takes what there is. Of a message that is too large no more is kept.
    fn push(&mut self, input: &mut gatepost_wire::Input) -> Result<Progress, Error> {
        let Self {
            decoder,
            octets,
            largest,
            size,
        } = self;
        let decoded = decoder.decode(input.as_slice(), |run| {
            *size += run.len() as u64;
            if *size <= *largest {
                octets.extend_from_slice(run);
            }
        })?;
        input.skip(decoded.consumed);
        Ok(if decoded.ended {
            Progress::Whole
        } else {
            Progress::More
        })
    }

    fn is_too_large(&self) -> bool {
        self.size > self.largest
    }
}

/// Delivers a whole message, or refuses it, and answers.
async fn judge<S>(
    connection: &mut Connection<S>,
    session: &Session<'_>,
    envelope: Envelope,
    incoming: Incoming,
) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let control = session.control;
    if incoming.is_too_large() {
        control.record(envelope.finished(incoming.octets, Outcome::Refused));
        too_large().encode(connection.output.text());
        return Ok(());
    }
    if let Some(fault) = control.fault(Stage::Message) {
        control.record(envelope.finished(incoming.octets, Outcome::Refused));
        return suffer(connection, fault).await;
    }
    let users = envelope.users().to_vec();
    let transaction = envelope.finished(incoming.octets, Outcome::Delivered);
    for user in users {
        // The user was there when the recipient was taken, and none is ever taken away.
        let _ = session.store.deliver(&user, "INBOX", transaction.message.clone());
    }
    control.record(transaction);
    match control.fault(Stage::Answer) {
        Some(fault) => suffer(connection, fault).await,
        None => {
            Reply::new(250, "2.0.0", "delivered").encode(connection.output.text());
            Ok(())
        }
    }
}

/// Drops the octets of a BDAT and refuses it.
pub(super) async fn chunk<S>(connection: &mut Connection<S>, mut chunk: Chunk) -> Result<(), Over>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let count = chunk.count(connection.input.len());
        connection.input.skip(count);
        if chunk.is_over() {
            Reply::new(502, "5.5.1", "CHUNKING is not offered").encode(connection.output.text());
            return Ok(());
        }
        connection.flush().await?;
        connection.read().await?;
    }
}
