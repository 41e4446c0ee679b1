//! Taking replies off an input.

use std::borrow::Cow;

use gatepost_wire::{Input, LineError, check_octets};

use super::{Code, EnhancedCode, Reply};
use crate::{Error, Limit, Limits, PeerError, Rule};

/// Takes one reply off `input`, all its lines; `None` if it has not arrived whole.
///
/// Tolerated: a code without text, with or without the space; a space before the text (`250- SIZE`); octets that are
/// not UTF-8, which are replaced; no enhanced code on the further lines. Offsets count from the start of the reply.
///
/// # Errors
/// A line without code, a code outside 200 to 599, lines of different codes, bare CR, bare LF, NUL, or more than
/// `limits` allow. Nothing is consumed then, and the connection is of no more use.
pub fn take(input: &mut Input, limits: &Limits) -> Result<Option<Reply>, Error> {
    let mut lines = Lines {
        octets: input.as_slice(),
        at: 0,
        count: 0,
    };
    let mut reply = None;
    loop {
        let start = lines.at;
        let Some(line) = lines.next(limits)? else {
            return match input.room() {
                0 => Err(Error::Limit(Limit::Reply)),
                _ => Ok(None),
            };
        };
        if let Some(whole) = add(line, start, &mut reply)? {
            let end = lines.at;
            input.skip(end);
            return Ok(Some(whole));
        }
    }
}

/// The lines of a reply, and where the next one begins.
struct Lines<'a> {
    octets: &'a [u8],
    at: usize,
    count: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self, limits: &Limits) -> Result<Option<&'a [u8]>, Error> {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let lf = memchr::memchr(b'\n', rest);
        let (text, end) = rest.split_at(lf.unwrap_or(rest.len()));
        let length = text.strip_suffix(b"\r").unwrap_or(text).len();
        if length > limits.reply_line {
            return Err(Error::Limit(Limit::ReplyLine));
        }
        if end.is_empty() {
            return Ok(None);
        }
        self.count += 1;
        if self.count > limits.reply_lines {
            return Err(Error::Limit(Limit::Reply));
        }
        let Some(line) = text.strip_suffix(b"\r") else {
            let offset = self.at + text.len();
            return Err(Error::line(LineError::BareLf { offset }, Limit::ReplyLine));
        };
        check_octets(line).map_err(|error| shifted(error, self.at))?;
        self.at += text.len() + 1;
        Ok(Some(line))
    }
}

fn shifted(error: LineError, start: usize) -> Error {
    match Error::line(error, Limit::ReplyLine) {
        Error::Peer(PeerError { offset, rule }) => Error::Peer(PeerError {
            offset: start + offset,
            rule,
        }),
        error => error,
    }
}

/// Adds `line` to `reply`, and gives it if that was the last.
fn add(line: &[u8], start: usize, reply: &mut Option<Reply>) -> Result<Option<Reply>, Error> {
    let code = Code::leading(line).ok_or_else(|| Error::peer(start, Rule::Expected("a reply code")))?;
    let (last, text) = match line.get(3..).unwrap_or_default() {
        [] => (true, &b""[..]),
        [b' ', text @ ..] => (true, text),
        [b'-', text @ ..] => (false, text),
        _ => return Err(Error::peer(start + 3, Rule::Expected("a space or a hyphen"))),
    };
    let mut whole = reply.take().unwrap_or_else(|| Reply {
        code,
        enhanced: enhanced(text).map(|(enhanced, _)| enhanced),
        lines: Vec::new(),
    });
    if whole.code != code {
        return Err(Error::peer(start, Rule::MixedCodes));
    }
    let text = match enhanced(text) {
        Some((found, text)) if whole.enhanced == Some(found) => text,
        _ => text,
    };
    let text = String::from_utf8_lossy(text).into_owned();
    whole.lines.push(Cow::Owned(text));
    if last {
        return Ok(Some(whole));
    }
    *reply = Some(whole);
    Ok(None)
}

/// An enhanced code and the text behind it.
fn enhanced(text: &[u8]) -> Option<(EnhancedCode, &[u8])> {
    let end = memchr::memchr(b' ', text).unwrap_or(text.len());
    let (code, text) = text.split_at(end);
    Some((
        EnhancedCode::parse(code)?,
        text.strip_prefix(b" ").unwrap_or(text),
    ))
}
