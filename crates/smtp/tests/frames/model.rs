//! What a framer has to do, as simply as can be: with each call it reads its buffer from the start, octet by octet.

use bytes::BytesMut;
use gatepost_smtp::frame::{Commands, Frame};
use gatepost_smtp::{Error, Limit, Limits, PeerError, Rule};

/// Small, so that short streams reach them.
const LIMITS: Limits = Limits {
    command_line: 40,
    sasl_line: 60,
    ..Limits::BEFORE_LOGIN
};

/// What is done to a framer.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Octets arrive.
    Feed(Vec<u8>),
    /// So many frames are taken, if there are.
    Take(u8),
    /// A message is expected.
    Message,
    /// A chunk is expected.
    Chunk(u64),
    /// A response of SASL is expected.
    Response,
    /// What is left is not wanted.
    Discard,
}

/// Does `ops` to a framer and to the model. After each the frames are the same.
pub(crate) fn run(ops: &[Op]) {
    let mut commands = Commands::new(LIMITS);
    let mut input = BytesMut::new();
    let mut model = Model::new();
    for op in ops {
        match op {
            Op::Feed(octets) => {
                input.extend_from_slice(octets);
                model.buffer.extend_from_slice(octets);
            }
            Op::Take(count) => {
                for _ in 0..*count {
                    let frame = commands.next(&mut input);
                    assert_eq!(frame, model.next(), "{ops:?}");
                    assert_eq!(input, model.buffer, "{ops:?}");
                }
            }
            Op::Message => {
                commands.expect_message();
                model.expected = Expected::Message(Place::Start);
                model.offset = 0;
            }
            Op::Chunk(size) => {
                commands.expect_chunk(*size);
                model.expected = Expected::Chunk(*size, true);
            }
            Op::Response => {
                commands.expect_response();
                model.expected = Expected::Response;
            }
            Op::Discard => {
                commands.discard();
                model.discard();
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Dot,
    DotCr,
    Middle,
    Cr,
}

#[derive(Debug, Clone)]
enum Expected {
    Command,
    Response,
    Message(Place),
    Faulty(Error),
    Unwanted(Place),
    /// How much is left, and whether it is wanted.
    Chunk(u64, bool),
    End,
}

struct Model {
    buffer: Vec<u8>,
    expected: Expected,
    /// Octets of the message that were consumed.
    offset: usize,
}

impl Model {
    const fn new() -> Self {
        Self {
            buffer: Vec::new(),
            expected: Expected::Command,
            offset: 0,
        }
    }

    fn discard(&mut self) {
        self.expected = match self.expected {
            Expected::Message(place) => Expected::Unwanted(place),
            Expected::Faulty(_) => Expected::Unwanted(Place::Middle),
            Expected::Chunk(left, _) => Expected::Chunk(left, false),
            _ => return,
        };
    }

    fn next(&mut self) -> Result<Option<Frame>, Error> {
        match self.expected.clone() {
            Expected::Command | Expected::Response => self.line(),
            Expected::Message(place) => self.message(place),
            Expected::Faulty(error) => Err(error),
            Expected::Unwanted(place) => Ok(self.unwanted(place)),
            Expected::Chunk(left, is_wanted) => Ok(self.chunk(left, is_wanted)),
            Expected::End => Ok(self.end()),
        }
    }

    fn end(&mut self) -> Option<Frame> {
        self.expected = Expected::Command;
        Some(Frame::End)
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        self.buffer.drain(..count).collect()
    }

    fn line(&mut self) -> Result<Option<Frame>, Error> {
        let is_auth = self.buffer.to_ascii_uppercase().starts_with(b"AUTH ");
        let (limit, name) = match self.expected {
            Expected::Command if !is_auth => (LIMITS.command_line, Limit::CommandLine),
            _ => (LIMITS.sasl_line, Limit::SaslLine),
        };
        let lf = self.buffer.iter().position(|octet| *octet == b'\n');
        let line = &self.buffer[..lf.unwrap_or(self.buffer.len())];
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if text.len() > limit {
            return Err(Error::Limit(name));
        }
        let Some(lf) = lf else { return Ok(None) };
        let wrong = |offset, rule| Err(Error::Peer(PeerError { offset, rule }));
        if text.len() == line.len() {
            return wrong(lf, Rule::BareLf);
        }
        for (offset, octet) in text.iter().enumerate() {
            match octet {
                b'\r' => return wrong(offset, Rule::BareCr),
                0 => return wrong(offset, Rule::Nul),
                _ => {}
            }
        }
        let text = BytesMut::from(text);
        self.take(lf + 1);
        self.expected = Expected::Command;
        Ok(Some(Frame::Line(text)))
    }

    /// A CR at the end waits for what is behind it.
    fn message(&mut self, mut place: Place) -> Result<Option<Frame>, Error> {
        let mut message = BytesMut::new();
        let mut at = 0;
        let arrived = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer).to_vec();
        while let Some(&octet) = arrived.get(at) {
            let (next, rule) = match (place, octet) {
                (Place::Cr, b'\n') => (Place::Start, None),
                (Place::DotCr, b'\n') => {
                    self.take(at + 1);
                    self.expected = Expected::End;
                    return Ok(if message.is_empty() {
                        self.end()
                    } else {
                        Some(Frame::Octets(message))
                    });
                }
                (Place::Cr | Place::DotCr, _) => (Place::Middle, Some(Rule::BareCr)),
                (_, b'\n') => (Place::Middle, Some(Rule::BareLf)),
                (_, 0) => (Place::Middle, Some(Rule::Nul)),
                (Place::Start, b'.') => (Place::Dot, None),
                (Place::Dot, b'\r') => (Place::DotCr, None),
                (_, b'\r') => (Place::Cr, None),
                _ => (Place::Middle, None),
            };
            if let Some(rule) = rule {
                // A bare CR shows with the octet behind it, which is not consumed.
                let (consumed, offset) = match rule {
                    Rule::BareCr => (at, self.offset + at - 1),
                    _ => (at + 1, self.offset + at),
                };
                self.take(consumed);
                let error = Error::Peer(PeerError { offset, rule });
                self.expected = Expected::Faulty(error.clone());
                return if message.is_empty() {
                    Err(error)
                } else {
                    Ok(Some(Frame::Octets(message)))
                };
            }
            match next {
                Place::Start => message.extend_from_slice(b"\r\n"),
                Place::Middle => message.extend_from_slice(&[octet]),
                Place::Dot | Place::DotCr | Place::Cr => {}
            }
            place = next;
            at += 1;
        }
        self.take(at);
        self.offset += at;
        self.expected = Expected::Message(place);
        Ok((!message.is_empty()).then_some(Frame::Octets(message)))
    }

    fn unwanted(&mut self, mut place: Place) -> Option<Frame> {
        for at in 0..self.buffer.len() {
            place = match (place, self.buffer[at]) {
                (Place::DotCr, b'\n') => {
                    self.take(at + 1);
                    return self.end();
                }
                (Place::Cr, b'\n') => Place::Start,
                (Place::Start, b'.') => Place::Dot,
                (Place::Dot, b'\r') => Place::DotCr,
                (_, b'\r') => Place::Cr,
                _ => Place::Middle,
            };
        }
        self.buffer.clear();
        self.expected = Expected::Unwanted(place);
        None
    }

    fn chunk(&mut self, left: u64, is_wanted: bool) -> Option<Frame> {
        let count = self.buffer.len().min(usize::try_from(left).unwrap());
        let octets = self.take(count);
        let left = left - count as u64;
        self.expected = if left == 0 {
            Expected::End
        } else {
            Expected::Chunk(left, is_wanted)
        };
        match (is_wanted && count > 0, left) {
            (true, _) => Some(Frame::Octets(BytesMut::from(&octets[..]))),
            (false, 0) => self.end(),
            (false, _) => None,
        }
    }
}
