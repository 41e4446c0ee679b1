//! rustls's unbuffered connections of both sides, and the loop that both are driven by.

use std::io;

use bytes::BytesMut;
use rustls::CommonState;
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, UnbufferedStatus, WriteTraffic};

/// One side of a TLS connection.
pub(crate) trait Session: Unpin {
    /// What rustls keeps of this side.
    type Data;

    /// What a peer may send of a record or a handshake message before it is whole, in octets.
    const PARTIAL_OCTETS: usize;

    /// Processes the records at the front of `ciphertext`.
    fn process<'c, 'i>(&'c mut self, ciphertext: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data>;

    /// What both sides have in common.
    fn common(&self) -> &CommonState;
}

/// A client's.
impl Session for UnbufferedServerConnection {
    type Data = ServerConnectionData;

    /// The largest record (RFC 5246 section 6.2.3). A `ClientHello` is never more: 2 KiB are usual, with post-quantum
    /// keys.
    const PARTIAL_OCTETS: usize = 5 + 16 * 1024 + 2048;

    fn process<'c, 'i>(&'c mut self, ciphertext: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(ciphertext)
    }

    fn common(&self) -> &CommonState {
        self
    }
}

/// A mail server's.
impl Session for UnbufferedClientConnection {
    type Data = ClientConnectionData;

    /// Chains of certificates can be long; rustls itself takes as much.
    const PARTIAL_OCTETS: usize = super::scratch::PARTIAL_OCTETS;

    fn process<'c, 'i>(&'c mut self, ciphertext: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(ciphertext)
    }

    fn common(&self) -> &CommonState {
        self
    }
}

/// Where what comes of a drive goes.
pub(super) struct Yield<'y> {
    /// Hears what was decrypted.
    pub(super) plaintext: &'y mut dyn FnMut(&[u8]),
    /// Records of rustls's own, to be sent.
    pub(super) records: &'y mut BytesMut,
}

/// What a drive did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Driven {
    /// How many octets at the front of the ciphertext are done with.
    pub(super) consumed: usize,
    /// Whether the peer said that it sends no more.
    pub(super) closed: bool,
}

/// Processes every record that is whole, and calls `write` where plaintext may be encrypted.
///
/// What is not consumed, decrypted parts of handshake messages among it, has to be in front of the ciphertext of the
/// next call.
///
/// # Errors
/// If the peer broke the protocol; the alert that tells it is among the yield's records.
pub(super) fn drive<S: Session>(
    session: &mut S,
    ciphertext: &mut [u8],
    mut yielded: Yield<'_>,
    write: impl FnOnce(&mut WriteTraffic<'_, S::Data>, &mut BytesMut) -> io::Result<()>,
) -> io::Result<Driven> {
    let mut driven = Driven::default();
    loop {
        let rest = ciphertext.get_mut(driven.consumed..).unwrap_or_default();
        let UnbufferedStatus { mut discard, state } = session.process(rest);
        match state {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                while let Some(record) = traffic.next_record() {
                    let record = record.map_err(invalid)?;
                    discard += record.discard;
                    (yielded.plaintext)(record.payload);
                }
            }
            Ok(ConnectionState::EncodeTlsData(record)) => encode(record, yielded.records)?,
            // They count as sent once they are on their way.
            Ok(ConnectionState::TransmitTlsData(transmit)) => transmit.done(),
            Ok(ConnectionState::PeerClosed) => driven.closed = true,
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                write(&mut traffic, yielded.records)?;
                driven.consumed += discard;
                return Ok(driven);
            }
            Ok(ConnectionState::BlockedHandshake | ConnectionState::Closed) => {
                driven.consumed += discard;
                return Ok(driven);
            }
            Ok(_) => return Err(io::Error::other("early data, which was never offered")),
            Err(error) => {
                collect_alerts(session, &mut yielded)?;
                return Err(invalid(error));
            }
        }
        driven.consumed += discard;
    }
}

/// Behind an error rustls gives nothing but the alert. As long as there is one it looks at no ciphertext, so none is
/// needed; behind the last it must not be asked again.
fn collect_alerts<S: Session>(session: &mut S, yielded: &mut Yield<'_>) -> io::Result<()> {
    while session.common().wants_write() {
        match session.process(&mut []).state {
            Ok(ConnectionState::EncodeTlsData(record)) => encode(record, yielded.records)?,
            Ok(ConnectionState::ReadTraffic(mut traffic)) => while traffic.next_record().is_some() {},
            _ => break,
        }
    }
    Ok(())
}

/// Appends a record to those that are to be sent.
fn encode<Data>(mut record: EncodeTlsData<'_, Data>, records: &mut BytesMut) -> io::Result<()> {
    // An empty buffer asks how large one has to be.
    let octets = match record.encode(&mut []) {
        Ok(_) => return Ok(()),
        Err(EncodeError::InsufficientSize(needed)) => needed.required_size,
        Err(error) => return Err(io::Error::other(error)),
    };
    let end = records.len();
    records.resize(end + octets, 0);
    let space = records.get_mut(end..).unwrap_or_default();
    record.encode(space).map(drop).map_err(io::Error::other)
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
