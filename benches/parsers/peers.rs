//! The other parsers, each in the way that suits it best.

use std::hint::black_box;

use imap_codec::decode::{CommandDecodeError, Decoder, ResponseDecodeError};
use imap_codec::fragmentizer::Fragmentizer;
use imap_codec::imap_types::IntoStatic as _;
use imap_codec::{CommandCodec, ResponseCodec};
use imap_proto::Response;
use smtp_proto::Request;
use smtp_proto::request::receiver::{DataReceiver, RequestReceiver};
use smtp_proto::response::parser::ResponseReceiver;

use crate::cases::{READ, Run};
use crate::counted::counted;

/// What is left behind the message at the front; `None` if it is not there yet.
type Decode = fn(&[u8]) -> Option<&[u8]>;

/// One buffer that holds everything.
pub(crate) fn whole(stream: &'static [u8], decode: Decode) -> Run {
    Box::new(move || {
        counted(|| {
            let (mut rest, mut count) = (stream, 0);
            while let Some(next) = decode(rest).filter(|_| !rest.is_empty()) {
                rest = next;
                count += 1;
            }
            count
        })
    })
}

/// Asked again whenever more has arrived.
pub(crate) fn pieces(stream: &'static [u8], piece: usize, decode: Decode) -> Run {
    Box::new(move || {
        let mut buffer = Vec::with_capacity(stream.len());
        let (mut start, mut count) = (0, 0);
        for piece in stream.chunks(piece) {
            buffer.drain(..start);
            start = 0;
            buffer.extend_from_slice(piece);
            counted(|| {
                while let Some(rest) = buffer.get(start..).and_then(decode) {
                    start = buffer.len() - rest.len();
                    count += 1;
                }
            });
        }
        count
    })
}

pub(crate) fn codec_command(octets: &[u8]) -> Option<&[u8]> {
    match CommandCodec::default().decode(octets) {
        Ok((rest, command)) => {
            black_box(&command);
            Some(rest)
        }
        Err(CommandDecodeError::Failed) => panic!("imap-codec refuses a command"),
        Err(_) => None,
    }
}

pub(crate) fn codec_owned_command(octets: &[u8]) -> Option<&[u8]> {
    let (rest, command) = CommandCodec::default().decode(octets).ok()?;
    black_box(&command.into_static());
    Some(rest)
}

pub(crate) fn codec_response(octets: &[u8]) -> Option<&[u8]> {
    match ResponseCodec::default().decode(octets) {
        Ok((rest, response)) => {
            black_box(&response);
            Some(rest)
        }
        Err(ResponseDecodeError::Failed) => panic!("imap-codec refuses a response"),
        Err(_) => None,
    }
}

pub(crate) fn codec_owned_response(octets: &[u8]) -> Option<&[u8]> {
    let (rest, response) = ResponseCodec::default().decode(octets).ok()?;
    black_box(&response.into_static());
    Some(rest)
}

/// imap-codec's framing alone.
pub(crate) fn fragments(stream: &'static [u8], piece: usize) -> Run {
    Box::new(move || fragmented(stream, piece, |_| ()))
}

/// imap-codec's framing and its decoder behind it.
pub(crate) fn fragmented_commands(stream: &'static [u8]) -> Run {
    Box::new(|| {
        fragmented(stream, READ, |fragments| {
            let command = fragments.decode_message(&CommandCodec::default());
            assert!(black_box(&command).is_ok());
        })
    })
}

/// imap-codec's framing and its decoder behind it.
pub(crate) fn fragmented_responses(stream: &'static [u8]) -> Run {
    Box::new(|| {
        fragmented(stream, READ, |fragments| {
            let response = fragments.decode_message(&ResponseCodec::default());
            assert!(black_box(&response).is_ok());
        })
    })
}

fn fragmented(stream: &[u8], piece: usize, decode: impl Fn(&Fragmentizer)) -> usize {
    let mut fragments = Fragmentizer::new(u32::MAX);
    let mut count = 0;
    for piece in stream.chunks(piece) {
        fragments.enqueue_bytes(piece);
        counted(|| {
            while fragments.progress().is_some() {
                if fragments.is_message_complete() {
                    decode(&fragments);
                    count += 1;
                }
            }
        });
    }
    count
}

pub(crate) fn proto_response(octets: &[u8]) -> Option<&[u8]> {
    let (rest, response) = Response::parse(octets).ok()?;
    black_box(&response);
    Some(rest)
}

pub(crate) fn proto_owned_response(octets: &[u8]) -> Option<&[u8]> {
    let (rest, response) = Response::parse(octets).ok()?;
    black_box(&response.into_owned());
    Some(rest)
}

/// smtp-proto's commands, borrowed, from one buffer.
pub(crate) fn smtp_requests(stream: &'static [u8]) -> Run {
    Box::new(|| {
        counted(|| {
            let (mut octets, mut count) = (stream.iter(), 0);
            while let Ok(request) = Request::parse(&mut octets) {
                black_box(&request);
                count += 1;
            }
            count
        })
    })
}

/// smtp-proto's commands, read by read.
pub(crate) fn smtp_receiver(stream: &'static [u8]) -> Run {
    Box::new(|| {
        let (mut receiver, mut count) = (RequestReceiver::default(), 0);
        for piece in stream.chunks(READ) {
            counted(|| {
                let mut octets = piece.iter();
                while let Ok(request) = receiver.ingest(&mut octets) {
                    black_box(&request);
                    count += 1;
                }
            });
        }
        count
    })
}

/// smtp-proto's replies, owned, read by read.
pub(crate) fn smtp_replies(stream: &'static [u8]) -> Run {
    Box::new(|| {
        let (mut receiver, mut count) = (ResponseReceiver::default(), 0);
        for piece in stream.chunks(READ) {
            counted(|| {
                let mut octets = piece.iter();
                while let Ok(response) = receiver.parse(&mut octets) {
                    black_box(&response);
                    receiver = ResponseReceiver::default();
                    count += 1;
                }
            });
        }
        count
    })
}

/// A message behind DATA, written to a vector.
pub(crate) fn data(stream: &'static [u8]) -> Run {
    let mut out = Vec::with_capacity(stream.len());
    Box::new(move || {
        out.clear();
        let mut receiver = DataReceiver::new();
        let ended = stream
            .chunks(READ)
            .map(|piece| counted(|| receiver.ingest(&mut piece.iter(), &mut out)));
        ended.filter(|&ended| ended).count()
    })
}

/// The least that anybody can do: finds the ends of lines with memchr, and steps over literals.
pub(crate) fn memchr(stream: &'static [u8]) -> Run {
    Box::new(|| {
        counted(|| {
            let (mut at, mut start, mut count) = (0, 0, 0);
            while let Some(lf) = stream.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
                let line = stream.get(at..at + lf).unwrap_or_default();
                at += lf + 1;
                match announced(line) {
                    Some(octets) => at += octets,
                    None => {
                        black_box(stream.get(start..at));
                        start = at;
                        count += 1;
                    }
                }
            }
            count
        })
    })
}

fn announced(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}\r")?;
    let open = memchr::memrchr(b'{', line)?;
    std::str::from_utf8(line.get(open + 1..)?).ok()?.parse().ok()
}
