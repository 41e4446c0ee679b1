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
const FURTHER: usize = 256;

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
        let code = first.text.len() - line.len();
        let code = first.text.get(..code).unwrap_or_default().trim_ascii_end();
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

    #[inline(always)]
    fn next(&mut self, limits: &Limits) -> Result<Option<Line<'a>>, Error> {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let special = memchr::memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
        match rest.split_at_checked(special) {
            Some((octets, [b'\r', b'\n', ..])) if octets.len() <= limits.reply_line => {
                self.line(octets).map(Some)
            }
            _ => self.odd_line(rest, special, limits).map(|()| None),
        }
    }

    /// A line that has not arrived whole, or has something wrong at `special`.
    #[cold]
    fn odd_line(&self, rest: &[u8], special: usize, limits: &Limits) -> Result<(), Error> {
        let Some(lf) = memchr::memchr(b'\n', rest) else {
            return Ok(());
        };
        let line = rest.get(..lf).unwrap_or_default();
        if line.strip_suffix(b"\r").unwrap_or(line).len() > limits.reply_line {
            return Err(Error::Limit(Limit::ReplyLine));
        }
        let rule = match rest.get(special) {
            Some(b'\r') => Rule::BareCr,
            Some(b'\n') => Rule::BareLf,
            _ => Rule::Nul,
        };
        Err(Error::peer(self.at + special, rule))
    }

    #[inline(always)]
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

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        reply_line: 40,
        reply_lines: 3,
        ..Limits::BEFORE_LOGIN
    };

    fn read(octets: &[u8]) -> Result<Option<Reply>, Error> {
        let mut input = Input::new(200);
        input.feed(octets).unwrap();
        take(&mut input, &LIMITS)
    }

    fn reply(octets: &[u8]) -> Reply {
        read(octets).unwrap().unwrap()
    }

    fn broken(octets: &[u8]) -> (usize, Rule) {
        match read(octets) {
            Err(Error::Peer(error)) => (error.offset, error.rule),
            other => panic!("{}: {other:?}", octets.escape_ascii()),
        }
    }

    #[test]
    fn the_forms_of_a_reply() {
        assert_eq!(reply(b"250 OK\r\n"), Reply::new(250, "", "OK"));
        assert_eq!(reply(b"250 2.1.0 OK\r\n"), Reply::new(250, "2.1.0", "OK"));
        assert_eq!(reply(b"250 2.1.0\r\n"), Reply::new(250, "2.1.0", ""));
        assert_eq!(reply(b"334 \r\n"), Reply::new(334, "", ""));
        assert_eq!(reply(b"334\r\n"), Reply::new(334, "", ""));
        assert_eq!(reply(b"250-a\r\n250\r\n"), Reply::new(250, "", "a\n"));
        assert_eq!(
            reply(b"250-\r\n250- SIZE 5\r\n250 X\r\n"),
            Reply::new(250, "", "\n SIZE 5\nX")
        );
        assert_eq!(reply(b"250 caf\xe9\r\n"), Reply::new(250, "", "caf\u{fffd}"));
        assert_eq!(
            reply("250 caf\u{e9}\r\n".as_bytes()),
            Reply::new(250, "", "caf\u{e9}")
        );
    }

    #[test]
    fn the_enhanced_code_of_the_first_line_is_taken_off_the_others() {
        assert_eq!(
            reply(b"550-5.7.1 a\r\n550 5.7.1 b\r\n"),
            Reply::new(550, "5.7.1", "a\nb")
        );
        assert_eq!(
            reply(b"550-5.7.1 a\r\n550-5.7.10 b\r\n550 5.7.1\r\n"),
            Reply::new(550, "5.7.1", "a\n5.7.10 b\n")
        );
        assert_eq!(
            reply(b"550-a\r\n550 5.7.1 b\r\n"),
            Reply::new(550, "", "a\n5.7.1 b")
        );
        assert_eq!(reply(b"250 5.7.1 b\r\n"), Reply::new(250, "5.7.1", "b"));
    }

    #[test]
    fn nothing_is_taken_before_the_last_line() {
        for part in [
            &b""[..],
            b"2",
            b"250",
            b"250 OK",
            b"250 OK\r",
            b"250-OK\r\n",
            b"250-a\r\n250 b\r",
        ] {
            assert_eq!(read(part), Ok(None), "{}", part.escape_ascii());
        }
    }

    #[test]
    fn replies_are_taken_one_by_one() {
        let mut input = Input::new(200);
        input.feed(b"250-a\r\n250 b\r\n354 c\r\n2").unwrap();
        assert_eq!(take(&mut input, &LIMITS), Ok(Some(Reply::new(250, "", "a\nb"))));
        assert_eq!(take(&mut input, &LIMITS), Ok(Some(Reply::new(354, "", "c"))));
        assert_eq!(take(&mut input, &LIMITS), Ok(None));
        assert_eq!(input.as_slice(), b"2");
    }

    #[test]
    fn errors_say_where_and_what() {
        assert_eq!(broken(b"\r\n"), (0, Rule::Expected("a reply code")));
        assert_eq!(broken(b"hello\r\n"), (0, Rule::Expected("a reply code")));
        assert_eq!(broken(b"150 x\r\n"), (0, Rule::Expected("a reply code")));
        assert_eq!(broken(b"250_x\r\n"), (3, Rule::Expected("a space or a hyphen")));
        assert_eq!(broken(b"2500 x\r\n"), (3, Rule::Expected("a space or a hyphen")));
        assert_eq!(broken(b"250-a\r\n251 b\r\n"), (7, Rule::MixedCodes));
        assert_eq!(broken(b"250-a\r\n550 b\r\n"), (7, Rule::MixedCodes));
        assert_eq!(broken(b"250 a\n"), (5, Rule::BareLf));
        assert_eq!(broken(b"250-a\r\n250 b\n"), (12, Rule::BareLf));
        assert_eq!(broken(b"250 a\rb\r\n"), (5, Rule::BareCr));
        assert_eq!(broken(b"250 \0\r\n"), (4, Rule::Nul));
    }

    #[test]
    fn limits_hold_before_and_behind_the_end_of_a_line() {
        let line = |length: usize| [b"250 ", &b"x".repeat(length - 4)[..]].concat();
        assert!(read(&[&line(40)[..], b"\r\n"].concat()).is_ok());
        assert_eq!(read(&[&line(40)[..], b"\r"].concat()), Ok(None));
        for end in [&b""[..], b"\r", b"\r\n", b"\n"] {
            let long = [&line(41)[..], end].concat();
            assert_eq!(
                read(&long),
                Err(Error::Limit(Limit::ReplyLine)),
                "{}",
                end.escape_ascii()
            );
        }
        assert!(read(b"250-a\r\n250-b\r\n250 c\r\n").is_ok());
        assert_eq!(
            read(b"250-a\r\n250-b\r\n250-c\r\n250 d\r\n"),
            Err(Error::Limit(Limit::Reply))
        );
    }

    #[test]
    fn a_full_input_is_the_end() {
        let mut input = Input::new(20);
        input.feed(b"250-a\r\n250-b\r\n250-c").unwrap();
        assert_eq!(input.room(), 1);
        assert_eq!(take(&mut input, &LIMITS), Ok(None));
        input.feed(b"\r").unwrap();
        assert_eq!(take(&mut input, &LIMITS), Err(Error::Limit(Limit::Reply)));
    }
}
