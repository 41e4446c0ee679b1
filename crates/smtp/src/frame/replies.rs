//! What a server sends.

use bytes::Bytes;

use super::Buffer;
use super::line_ends::LineEnds;
use crate::parse::{Allowance, Leniency};
use crate::{Error, Limit, Limits, Rule};

/// Cuts what a server sends into whole replies. [`crate::frame`] shows one at work.
///
/// A reply ends with the first line that has no hyphen behind its code, or no code at all; which codes there are is
/// for [`crate::reply::parse`].
#[derive(Debug, Clone)]
pub struct Replies {
    limits: Limits,
    /// Whether LF alone ends a line.
    bare_lf: bool,
    line_ends: LineEnds,
    /// Where the current line starts.
    start: usize,
    /// How many lines are before it.
    lines: usize,
}

impl Replies {
    /// For a server who may send what `limits` allow: their `reply_line`, `reply_lines` and `reply`.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            bare_lf: false,
            line_ends: LineEnds::default(),
            start: 0,
            lines: 0,
        }
    }

    /// The same with what `leniency` forgives: [`Allowance::BareLf`]. All else it forgives is in the lines, and for
    /// [`crate::reply::parse_with`].
    #[must_use]
    pub const fn lenient(self, leniency: Leniency) -> Self {
        Self {
            bare_lf: leniency.allows(Allowance::BareLf),
            ..self
        }
    }

    /// Other limits from now on.
    pub const fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Forgets what has been seen, as the buffer was emptied for TLS (RFC 3207 section 4.2).
    pub fn reset(&mut self) {
        self.line_ends.taken();
        self.start = 0;
        self.lines = 0;
    }

    /// The next reply with all its octets, line ends included; `None` if it has not arrived whole.
    ///
    /// # Errors
    /// [`Rule::BareLf`], with its offset from the start of the reply, or the limit that is exceeded, as soon as that is
    /// certain. Nothing is consumed then, and the connection is of no more use.
    #[inline]
    pub fn next(&mut self, input: &mut impl Buffer) -> Result<Option<Bytes>, Error> {
        match self.end(input.octets())? {
            Some(end) => Ok(Some(input.take(end).freeze())),
            None if input.is_full() => Err(Error::Limit(Limit::Reply)),
            None => Ok(None),
        }
    }

    /// Where the reply ends that is at the start of `octets`.
    #[inline]
    fn end(&mut self, octets: &[u8]) -> Result<Option<usize>, Error> {
        while let Some(lf) = self.line_ends.next(octets) {
            let line = octets.get(self.start..lf).unwrap_or_default();
            let is_plain = line.last() == Some(&b'\r')
                && line.len() <= self.limits.reply_line
                && lf <= self.limits.reply
                && self.lines < self.limits.reply_lines;
            if !is_plain {
                self.check(line).inspect_err(|_| self.line_ends.again())?;
            }
            if line.get(3) != Some(&b'-') {
                self.reset();
                return Ok(Some(lf + 1));
            }
            self.start = lf + 1;
            self.lines += 1;
        }
        self.check_length(octets.get(self.start..).unwrap_or_default())?;
        Ok(None)
    }

    /// Judges a `line`, without its LF.
    #[cold]
    fn check(&self, line: &[u8]) -> Result<(), Error> {
        self.check_length(line)?;
        if self.lines >= self.limits.reply_lines {
            return Err(Error::Limit(Limit::ReplyLines));
        }
        if !self.bare_lf && line.last() != Some(&b'\r') {
            return Err(Error::peer(self.start + line.len(), Rule::BareLf));
        }
        Ok(())
    }

    /// Of the two limits the one that is reached first.
    fn check_length(&self, line: &[u8]) -> Result<(), Error> {
        // The last octet may be the CR of the line's end.
        let length = line.len() - usize::from(line.last() == Some(&b'\r'));
        let left = self.limits.reply.saturating_sub(self.start);
        if length > left && left < self.limits.reply_line {
            return Err(Error::Limit(Limit::Reply));
        }
        if length > self.limits.reply_line {
            return Err(Error::Limit(Limit::ReplyLine));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use gatepost_wire::Input;

    use super::*;

    const LIMITS: Limits = Limits {
        reply_line: 40,
        reply_lines: 3,
        reply: 100,
        ..Limits::BEFORE_LOGIN
    };

    fn read(octets: &[u8]) -> Result<Vec<Bytes>, Error> {
        let mut input = BytesMut::from(octets);
        let mut replies = Replies::new(LIMITS);
        let mut read = Vec::new();
        while let Some(reply) = replies.next(&mut input)? {
            read.push(reply);
        }
        Ok(read)
    }

    #[test]
    fn a_reply_ends_with_the_first_line_without_a_hyphen() {
        let stream = b"250-a\r\n250-\r\n250 b\r\n334\r\n250\tx\r\nno code\r\n25\r\n\r\n250 not whole\r";
        let expected = [
            &b"250-a\r\n250-\r\n250 b\r\n"[..],
            b"334\r\n",
            b"250\tx\r\n",
            b"no code\r\n",
            b"25\r\n",
            b"\r\n",
        ];
        assert_eq!(read(stream).unwrap(), expected);
    }

    #[test]
    fn lf_alone_is_an_error_or_forgiven() {
        assert_eq!(read(b"250 a\n"), Err(Error::peer(5, Rule::BareLf)));
        assert_eq!(read(b"250-a\r\n250 b\n"), Err(Error::peer(12, Rule::BareLf)));
        let mut replies = Replies::new(LIMITS).lenient(Leniency::ALL);
        let mut input = BytesMut::from("250-a\n250-b\r\n250 c\nx");
        assert_eq!(
            replies.next(&mut input).unwrap().unwrap(),
            "250-a\n250-b\r\n250 c\n"
        );
        assert_eq!(input, "x");
    }

    #[test]
    fn an_error_stays() {
        let mut replies = Replies::new(LIMITS);
        let mut input = BytesMut::from("250-a\r\n250 b\n");
        for _ in 0..2 {
            assert_eq!(replies.next(&mut input), Err(Error::peer(12, Rule::BareLf)));
        }
        assert_eq!(input, "250-a\r\n250 b\n");
    }

    #[test]
    fn limits_hold_before_and_behind_the_end_of_a_line() {
        let line = |length: usize| [b"250 ", &b"x".repeat(length - 4)[..]].concat();
        assert_eq!(read(&[&line(40)[..], b"\r\n"].concat()).unwrap().len(), 1);
        assert_eq!(read(&[&line(40)[..], b"\r"].concat()), Ok(vec![]));
        for end in [&b""[..], b"\r", b"\r\n", b"\n"] {
            let long = [&line(41)[..], end].concat();
            let error = Err(Error::Limit(Limit::ReplyLine));
            assert_eq!(read(&long), error, "{}", end.escape_ascii());
        }
        assert!(read(b"250-a\r\n250-b\r\n250 c\r\n").is_ok());
        let error = Err(Error::Limit(Limit::ReplyLines));
        assert_eq!(read(b"250-a\r\n250-b\r\n250-c\r\n250 d\r\n"), error);
    }

    #[test]
    fn a_whole_reply_has_a_limit_of_its_own() {
        let line = |last, length: usize| format!("250{last}{}\r\n", "x".repeat(length - 4));
        let within = [line('-', 40), line('-', 40), line(' ', 16)].concat();
        assert_eq!(within.len(), LIMITS.reply + 2);
        assert!(read(within.as_bytes()).is_ok());
        let beyond = [line('-', 40), line('-', 40), line(' ', 17)].concat();
        for end in [beyond.len() - 2, beyond.len()] {
            let error = Err(Error::Limit(Limit::Reply));
            assert_eq!(read(&beyond.as_bytes()[..end]), error);
        }
    }

    #[test]
    fn a_full_input_is_the_end() {
        let mut input = Input::new(20);
        let mut replies = Replies::new(LIMITS);
        input.feed(b"250-a\r\n250-b\r\n250-c").unwrap();
        assert_eq!(replies.next(&mut input), Ok(None));
        input.feed(b"\r").unwrap();
        assert_eq!(replies.next(&mut input), Err(Error::Limit(Limit::Reply)));
    }

    /// Octet by octet each is looked at as often as in one piece: once.
    #[test]
    fn no_octet_is_looked_at_twice() {
        let reply = [&b"250-0123456789abcdef\r\n".repeat(1000)[..], b"250 end\r\n"].concat();
        let limits = Limits {
            reply_lines: 2000,
            reply: 1 << 20,
            ..LIMITS
        };
        for size in [1, 7, 1448, reply.len()] {
            let mut replies = Replies::new(limits);
            let mut input = BytesMut::new();
            let mut read = None;
            for piece in reply.chunks(size) {
                input.extend_from_slice(piece);
                read = read.or_else(|| replies.next(&mut input).unwrap());
            }
            assert_eq!(read.unwrap(), reply, "in pieces of {size}");
            assert_eq!(replies.line_ends.looked_at, reply.len(), "in pieces of {size}");
        }
    }
}
