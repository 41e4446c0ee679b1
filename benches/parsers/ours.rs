//! Our parsers, each behind one function.
//!
//! A function here prepares what may be prepared and returns what is measured: one pass over the stream, which
//! returns how many messages there were.

use bytes::{Bytes, BytesMut};
use gatepost_imap::frame::{Part, Streaming};
use gatepost_imap::{Frame, Framer, Limits, command, response};
use gatepost_smtp as smtp;
use gatepost_smtp::data::Decoder;
use gatepost_smtp::frame::{Commands, Replies};
use gatepost_wire::Input;

use crate::cases::{READ, Run};
use crate::counted::counted;

/// The limits of a session behind its login, and lines of 1 MiB.
const LIMITS: Limits = Limits {
    line: 1 << 20,
    ..Limits::AFTER_LOGIN
};

/// Feeds `stream` in pieces and gives each whole message to `message`.
fn messages(mut framer: Framer, stream: &[u8], piece: usize, mut message: impl FnMut(BytesMut)) -> usize {
    let mut input = Input::new(LIMITS.input_capacity());
    let mut count = 0;
    for piece in stream.chunks(piece) {
        input.feed(piece).unwrap();
        counted(|| {
            // An error ends it too, and leaves the count too small.
            while let Ok(Some(frame)) = framer.next(&mut input) {
                match frame {
                    Frame::Message(octets) => message(octets),
                    Frame::Part(Part::Close { .. }) => {}
                    _ => continue,
                }
                count += 1;
            }
        });
    }
    count
}

/// What clients send, cut into commands.
pub(crate) fn command_frames(stream: &'static [u8]) -> Run {
    Box::new(|| messages(Framer::commands(LIMITS), stream, READ, drop))
}

/// What servers send, cut into responses; a literal is collected.
pub(crate) fn response_frames(stream: &'static [u8], piece: usize) -> Run {
    Box::new(move || messages(Framer::responses(LIMITS), stream, piece, drop))
}

/// Responses that were cut before.
pub(crate) fn responses(stream: &'static [u8]) -> Run {
    let mut cut = Vec::new();
    messages(Framer::responses(LIMITS), stream, READ, |message| {
        cut.push(message.freeze())
    });
    Box::new(move || counted(|| cut.iter().map(response).sum()))
}

/// What servers send, cut and read.
pub(crate) fn response_stream(stream: &'static [u8]) -> Run {
    Box::new(|| {
        messages(Framer::responses(LIMITS), stream, READ, |message| {
            assert_eq!(response(&message.freeze()), 1)
        })
    })
}

fn response(message: &Bytes) -> usize {
    usize::from(response::parse(message).is_ok())
}

/// What servers send, cut into responses; literals above 64 KiB are given as they come.
pub(crate) fn streamed_frames(stream: &'static [u8]) -> Run {
    let framer = || Framer::responses(LIMITS).streaming(Streaming::default());
    Box::new(move || messages(framer(), stream, READ, drop))
}

/// Commands that were cut before.
pub(crate) fn commands(stream: &'static [u8]) -> Run {
    let mut cut = Vec::new();
    messages(Framer::commands(LIMITS), stream, READ, |message| {
        cut.push(message.freeze())
    });
    Box::new(move || counted(|| cut.iter().map(command).sum()))
}

/// What clients send, cut and read.
pub(crate) fn command_stream(stream: &'static [u8]) -> Run {
    Box::new(|| {
        messages(Framer::commands(LIMITS), stream, READ, |message| {
            assert_eq!(command(&message.freeze()), 1)
        })
    })
}

fn command(message: &Bytes) -> usize {
    usize::from(command::parse(message).is_ok())
}

/// What SMTP clients send, cut into lines.
pub(crate) fn smtp_lines(stream: &'static [u8]) -> Run {
    Box::new(|| lines(stream, drop))
}

/// SMTP commands whose lines were cut before.
pub(crate) fn smtp_commands(stream: &'static [u8]) -> Run {
    let mut cut = Vec::new();
    lines(stream, |line| cut.push(line.freeze()));
    Box::new(move || counted(|| cut.iter().map(|line| smtp_command(line)).sum()))
}

/// What SMTP clients send, cut and read.
pub(crate) fn smtp_command_stream(stream: &'static [u8]) -> Run {
    Box::new(|| lines(stream, |line| assert_eq!(smtp_command(&line), 1)))
}

fn smtp_command(line: &[u8]) -> usize {
    usize::from(smtp::command::parse(line).is_ok())
}

fn lines(stream: &[u8], mut line: impl FnMut(BytesMut)) -> usize {
    let mut commands = Commands::new(smtp::Limits::AFTER_LOGIN);
    pieces(stream, |input| match commands.next(input) {
        Ok(Some(smtp::frame::Frame::Line(octets))) => {
            line(octets);
            Some(1)
        }
        _ => None,
    })
}

/// What SMTP servers send, cut into replies.
pub(crate) fn smtp_reply_frames(stream: &'static [u8]) -> Run {
    Box::new(|| replies(stream, drop))
}

/// SMTP replies that were cut before.
pub(crate) fn smtp_replies(stream: &'static [u8]) -> Run {
    let mut cut = Vec::new();
    replies(stream, |octets| cut.push(octets));
    Box::new(move || counted(|| cut.iter().map(|octets| smtp_reply(octets.clone())).sum()))
}

/// What SMTP servers send, cut and read.
pub(crate) fn smtp_reply_stream(stream: &'static [u8]) -> Run {
    Box::new(|| replies(stream, |octets| assert_eq!(smtp_reply(octets), 1)))
}

fn smtp_reply(octets: Bytes) -> usize {
    usize::from(smtp::reply::parse(octets).is_ok())
}

fn replies(stream: &[u8], mut reply: impl FnMut(Bytes)) -> usize {
    let mut replies = Replies::new(smtp::Limits::BEFORE_LOGIN);
    pieces(stream, |input| {
        let octets = replies.next(input).ok().flatten()?;
        reply(octets);
        Some(1)
    })
}

/// Feeds `stream` read by read, and sums up what `take` gives for as long as it gives something.
fn pieces(stream: &[u8], mut take: impl FnMut(&mut Input) -> Option<usize>) -> usize {
    let mut input = Input::new(2 * READ);
    let mut count = 0;
    for piece in stream.chunks(READ) {
        input.feed(piece).unwrap();
        counted(|| {
            while let Some(one) = take(&mut input) {
                count += one;
            }
        });
    }
    count
}

/// A message behind DATA as slices of the input, but for pieces with stuffed dots in them.
pub(crate) fn data_frames(stream: &'static [u8]) -> Run {
    Box::new(|| {
        let mut commands = Commands::new(smtp::Limits::AFTER_LOGIN);
        commands.expect_message();
        pieces(stream, |input| match commands.next(input) {
            Ok(Some(smtp::frame::Frame::Octets(_))) => Some(0),
            Ok(Some(smtp::frame::Frame::End)) => Some(1),
            _ => None,
        })
    })
}

/// A message behind DATA, written to a vector without its stuffed dots.
pub(crate) fn data(stream: &'static [u8]) -> Run {
    let mut out = Vec::with_capacity(stream.len());
    Box::new(move || {
        out.clear();
        let mut decoder = Decoder::new();
        let ended = stream.chunks(READ).map(|piece| {
            counted(|| {
                decoder
                    .decode(piece, |run| out.extend_from_slice(run))
                    .unwrap()
                    .ended
            })
        });
        ended.filter(|&ended| ended).count()
    })
}

/// The same without the copy.
pub(crate) fn data_runs(stream: &'static [u8]) -> Run {
    Box::new(move || {
        let (mut decoder, mut octets) = (Decoder::new(), 0);
        let ended = stream
            .chunks(READ)
            .map(|piece| counted(|| decoder.decode(piece, |run| octets += run.len()).unwrap().ended));
        let count = ended.filter(|&ended| ended).count();
        assert!(octets > 0);
        count
    })
}
