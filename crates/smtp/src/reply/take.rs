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
    // What has arrived is looked at again only when there is one more line.
    if input.as_slice().ends_with(b"\n") || input.find_lf(0).is_some() {
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

/// How much room is made at once for the lines of a reply behind the first, in octets.
const FURTHER: usize = 512;

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
        let (enhanced, line) = match EnhancedCode::leading(first.text) {
            Some((enhanced, line)) => (Some(enhanced), line),
            None => (None, first.text),
        };
        let code = first.text.strip_suffix(line).unwrap_or_default().trim_ascii_end();
        let mut is_last = first.is_last;
        let further = if is_last {
            0
        } else {
            self.octets.len().min(FURTHER)
        };
        let mut text = Vec::with_capacity(line.len() + further);
        text.extend_from_slice(line);
        while !is_last {
            let start = self.at;
            let Some(next) = self.next(limits)? else {
                return Ok(None);
            };
            if next.code != first.code {
                return Err(Error::peer(start, Rule::MixedCodes));
            }
            text.push(b'\n');
            text.extend_from_slice(next.text_behind(code));
            is_last = next.is_last;
        }
        Ok(Some(Reply {
            code: first.code,
            enhanced,
            text: Cow::Owned(lossy(text)),
        }))
    }

    #[inline]
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

    #[inline]
    fn line(&mut self, octets: &'a [u8]) -> Result<Line<'a>, Error> {
        let start = self.at;
        self.at += octets.len() + 2;
        self.left = self.left.checked_sub(1).ok_or(Error::Limit(Limit::Reply))?;
        let Some((code, rest)) = Code::leading(octets) else {
            return Err(Error::peer(start, Rule::Expected("a reply code")));
        };
        let (is_last, text) = match rest {
            [] => (true, rest),
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
    fn text_behind(&self, code: &[u8]) -> &'a [u8] {
        match self.text.strip_prefix(code) {
            Some([b' ', text @ ..]) if !code.is_empty() => text,
            Some([]) => b"",
            _ => self.text,
        }
    }
}

fn lossy(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
