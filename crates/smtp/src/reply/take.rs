//! Taking replies off an input.

use std::borrow::Cow;

use gatepost_wire::Input;

use super::{Code, EnhancedCode, Reply};
use crate::{Error, Limit, Limits, Rule};

/// Takes one reply off `input`, all its lines; `None` if it has not arrived whole.
///
/// Tolerated: a code without text, with or without the space; a space before the text (`250- SIZE`); octets that are
/// not UTF-8, which are replaced; no enhanced code on the further lines. Offsets count from the start of the reply.
///
/// # Errors
/// A line without code, a code outside 200 to 599, lines of different codes, bare CR, bare LF, NUL, or more than
/// `limits` or the input's capacity allow. Nothing is consumed then, and the connection is of no more use.
pub fn take(input: &mut Input, limits: &Limits) -> Result<Option<Reply>, Error> {
    // The lines are looked at again only when there is one more.
    if input.find_lf(0).is_some() {
        let mut lines = Lines {
            octets: input.as_slice(),
            at: 0,
            left: limits.reply_lines,
        };
        let reply = lines.reply(limits)?;
        let end = lines.at;
        if reply.is_some() {
            input.skip(end);
            return Ok(reply);
        }
        input.find_lf(end);
    }
    let octets = input.as_slice();
    let start = memchr::memrchr(b'\n', octets).map_or(0, |lf| lf + 1);
    let line = octets.get(start..).unwrap_or_default();
    if line.strip_suffix(b"\r").unwrap_or(line).len() > limits.reply_line {
        return Err(Error::Limit(Limit::ReplyLine));
    }
    match input.room() {
        0 => Err(Error::Limit(Limit::Reply)),
        _ => Ok(None),
    }
}

/// The lines of a reply, where the next one begins, and how many more there may be.
struct Lines<'a> {
    octets: &'a [u8],
    at: usize,
    left: usize,
}

impl<'a> Lines<'a> {
    /// All lines up to the last, or `None` if that is not there yet.
    fn reply(&mut self, limits: &Limits) -> Result<Option<Reply>, Error> {
        let Some(first) = self.next(limits)? else {
            return Ok(None);
        };
        let enhanced = enhanced(first.text).map(|(enhanced, _)| enhanced);
        let mut text = String::new();
        let mut line = first;
        loop {
            push(&mut text, line.text_behind(enhanced));
            if line.is_last {
                break;
            }
            let start = self.at;
            let Some(next) = self.next(limits)? else {
                return Ok(None);
            };
            if next.code != first.code {
                return Err(Error::peer(start, Rule::MixedCodes));
            }
            text.push('\n');
            line = next;
        }
        Ok(Some(Reply {
            code: first.code,
            enhanced,
            text: Cow::Owned(text),
        }))
    }

    fn next(&mut self, limits: &Limits) -> Result<Option<Line<'a>>, Error> {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let special = memchr::memchr3(b'\r', b'\n', 0, rest);
        let (octets, end) = rest.split_at(special.unwrap_or(rest.len()));
        if octets.len() > limits.reply_line {
            return Err(Error::Limit(Limit::ReplyLine));
        }
        let rule = match end {
            [] | [b'\r'] => return Ok(None),
            [b'\r', b'\n', ..] => return self.line(octets).map(Some),
            [b'\r', ..] => Rule::BareCr,
            [b'\n', ..] => Rule::BareLf,
            _ => Rule::Nul,
        };
        Err(Error::peer(self.at + octets.len(), rule))
    }

    fn line(&mut self, octets: &'a [u8]) -> Result<Line<'a>, Error> {
        let start = self.at;
        self.at += octets.len() + 2;
        self.left = self.left.checked_sub(1).ok_or(Error::Limit(Limit::Reply))?;
        let code = Code::leading(octets).ok_or_else(|| Error::peer(start, Rule::Expected("a reply code")))?;
        let (is_last, text) = match octets.get(3..).unwrap_or_default() {
            [] => (true, &b""[..]),
            [b' ', text @ ..] => (true, text),
            [b'-', text @ ..] => (false, text),
            _ => return Err(Error::peer(start + 3, Rule::Expected("a space or a hyphen"))),
        };
        Ok(Line { code, is_last, text })
    }
}

/// One line.
#[derive(Clone, Copy)]
struct Line<'a> {
    code: Code,
    is_last: bool,
    text: &'a [u8],
}

impl<'a> Line<'a> {
    /// The text without the reply's enhanced code.
    fn text_behind(&self, code: Option<EnhancedCode>) -> &'a [u8] {
        match code.and_then(|_| enhanced(self.text)) {
            Some((found, text)) if code == Some(found) => text,
            _ => self.text,
        }
    }
}

fn push(text: &mut String, octets: &[u8]) {
    match std::str::from_utf8(octets) {
        Ok(line) => text.push_str(line),
        Err(_) => text.push_str(&String::from_utf8_lossy(octets)),
    }
}

/// An enhanced code and the text behind it.
fn enhanced(text: &[u8]) -> Option<(EnhancedCode, &[u8])> {
    let end = text.iter().position(|&octet| octet == b' ');
    let (code, text) = text.split_at(end.unwrap_or(text.len()));
    Some((
        EnhancedCode::parse(code)?,
        text.strip_prefix(b" ").unwrap_or(text),
    ))
}
