//! Cutting a stream into whole commands or responses.
//!
//! A message is one line, or several with literals between them: a line that ends in `{n}` is followed by n octets
//! of any kind and by the rest of the message. Framing comes before grammar, so it knows nothing else about IMAP but
//! one thing: the text of a status response or of a continuation request never announces a literal.
//!
//! Nothing is searched twice, and literals are counted, not searched. A [`Framer`] decides by its [`Limits`] before
//! it lets anything pile up:
//!
//! | what a client sends | what becomes of it |
//! |---|---|
//! | a command within the limits | [`Frame::Message`] |
//! | `{n}` within the limits | [`Frame::LiteralWanted`], once; the caller writes `+` or calls [`Framer::refuse_literal`] |
//! | `{n}` over a limit | [`Frame::Refused`] at once: the client waits for `+` and sends nothing |
//! | `{n+}` over a limit, n at most 4,096 | drained with all that follows, then [`Frame::Refused`] |
//! | `{n+}` over a limit, n larger | [`Error`] |
//! | a line over a limit | drained to the end of its command, then [`Frame::Refused`] |
//! | a bare CR, bare LF or NUL outside literals | [`Error`] |
//!
//! Octets that are drained are consumed and overwritten as they come; they are never taken for a command. From
//! servers bare CR, bare LF and NUL are tolerated, and whatever is over a limit is an [`Error`].

mod drain;
pub mod literal;

use bytes::BytesMut;
use gatepost_wire::{Input, LineError, check_octets, wipe};
use memchr::memchr;

use self::drain::Drain;
use self::literal::{Announced, Mode, TooLarge};
use crate::types::{Status, Tag};
use crate::{Error, Limit, Limits};

/// What a [`Framer`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// One whole command or response with its literals, without its final CRLF. It may hold a password: overwrite it
    /// with [`gatepost_wire::wipe`] when it has been read.
    Message(BytesMut),
    /// A client announced a synchronizing literal that is within the limits. It waits for a line that begins with
    /// `+`. Write one and go on, or call [`Framer::refuse_literal`].
    LiteralWanted {
        /// The size of the literal.
        octets: usize,
    },
    /// A client's command was over a limit and is over. Answer BAD.
    Refused(Refused),
}

/// A command that was too large to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The tag of the command, if it had one.
    pub tag: Option<Tag>,
    /// Which limit it exceeded.
    pub limit: Limit,
}

/// Cuts one direction of a connection into messages.
///
/// ```
/// use gatepost_imap::{Frame, Framer, Limits};
/// use gatepost_wire::Input;
///
/// let mut framer = Framer::commands(Limits::BEFORE_LOGIN);
/// let mut input = Input::new(Limits::BEFORE_LOGIN.input_capacity());
/// input.feed(b"a1 LOGIN {5}\r\n").unwrap();
/// assert_eq!(framer.next(&mut input).unwrap(), Some(Frame::LiteralWanted { octets: 5 }));
/// input.feed(b"alice secret\r\n").unwrap();
/// let Some(Frame::Message(command)) = framer.next(&mut input).unwrap() else { panic!() };
/// assert_eq!(command, &b"a1 LOGIN {5}\r\nalice secret"[..]);
/// ```
#[derive(Debug)]
pub struct Framer {
    side: Side,
    limits: Limits,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

#[derive(Debug)]
enum State {
    Collect(Collect),
    Drain(Drain),
}

/// A message piles up at the front of the input.
#[derive(Debug, Clone, Copy, Default)]
struct Collect {
    /// Where the current line starts. Behind a literal that has not arrived this is ahead of the input.
    line: usize,
    /// From where its end has to be searched.
    search: usize,
    /// Behind the last line that announced a literal.
    announced: usize,
}

impl Collect {
    /// The state behind a line that ended before `next` and announced `octets`.
    fn behind(next: usize, octets: usize) -> Self {
        let line = next.saturating_add(octets);
        Self {
            line,
            search: line,
            announced: next,
        }
    }
}

/// Where the current line has to end, and the limit that says so.
#[derive(Debug, Clone, Copy)]
struct Bound {
    end: usize,
    limit: Limit,
}

impl Framer {
    /// For what a client sends.
    pub fn commands(limits: Limits) -> Self {
        Self::new(Side::Client, limits)
    }

    /// For what a server sends.
    pub fn responses(limits: Limits) -> Self {
        Self::new(Side::Server, limits)
    }

    fn new(side: Side, limits: Limits) -> Self {
        Self {
            side,
            limits,
            state: State::Collect(Collect::default()),
        }
    }

    /// The next frame; `None` if more input is needed.
    ///
    /// # Errors
    /// The connection cannot go on: it is not known where the next message starts.
    pub fn next(&mut self, input: &mut Input) -> Result<Option<Frame>, Error> {
        loop {
            match &mut self.state {
                State::Drain(drain) => {
                    let refused = drain.run(input)?;
                    if refused.is_some() {
                        self.state = State::Collect(Collect::default());
                    }
                    return Ok(refused.map(Frame::Refused));
                }
                State::Collect(collect) => {
                    let collect = *collect;
                    let bound = self.bound(collect.line, input);
                    let Some(lf) = self.line_end(collect, input, bound)? else {
                        return Ok(None);
                    };
                    if lf > bound.end.saturating_add(1) {
                        self.poison(input, collect.line, 0, bound)?;
                    } else if let Some(frame) = self.line(input, collect.line, lf)? {
                        return Ok(Some(frame));
                    }
                }
            }
        }
    }

    /// Behind [`Frame::LiteralWanted`]: the command so far, to decide whether its literal is worth a `+`.
    pub fn pending<'a>(&self, input: &'a Input) -> &'a [u8] {
        let end = match &self.state {
            State::Collect(collect) => collect.announced.saturating_sub(2),
            State::Drain(_) => 0,
        };
        input.as_slice().get(..end).unwrap_or_default()
    }

    /// Instead of `+`: ends the command whose literal was announced by [`Frame::LiteralWanted`], and overwrites what
    /// has arrived of it. Answer it tagged; the client then sends no literal (RFC 9051 section 4.3).
    pub fn refuse_literal(&mut self, input: &mut Input) {
        if let State::Collect(collect) = &mut self.state {
            discard(input, collect.announced);
            *collect = Collect::default();
        }
    }

    /// A line that starts at `start` must end here. A message has to fit the input, or it would never be whole.
    fn bound(&self, start: usize, input: &Input) -> Bound {
        let line = start.saturating_add(self.limits.line);
        let message = self.message_limit(input);
        if line <= message {
            Bound {
                end: line,
                limit: Limit::Line,
            }
        } else {
            Bound {
                end: message,
                limit: Limit::Message,
            }
        }
    }

    fn message_limit(&self, input: &Input) -> usize {
        let capacity = input.len().saturating_add(input.room());
        self.limits.message.min(capacity.saturating_sub(2))
    }

    /// The offset of the LF that ends the current line, or of any octet behind `bound` if the line is too long.
    fn line_end(
        &mut self,
        collect: Collect,
        input: &mut Input,
        bound: Bound,
    ) -> Result<Option<usize>, Error> {
        let mut search = collect.search;
        while let Some(lf) = input.find_lf(search) {
            let preceded = lf > collect.line && input.as_slice().get(lf - 1) == Some(&b'\r');
            if preceded || lf > bound.end.saturating_add(1) {
                return Ok(Some(lf));
            }
            if self.side == Side::Client {
                return Err(Error::line(LineError::BareLf { offset: lf }, 0));
            }
            search = lf + 1;
        }
        self.state = State::Collect(Collect { search, ..collect });
        let last = input.len().saturating_sub(1);
        Ok((last > bound.end).then_some(usize::MAX))
    }

    /// Handles the line from `start` to the LF at `lf`.
    fn line(&mut self, input: &mut Input, start: usize, lf: usize) -> Result<Option<Frame>, Error> {
        let line = input.as_slice().get(start..lf - 1).unwrap_or_default();
        if self.side == Side::Client {
            check_octets(line).map_err(|error| Error::line(error, start))?;
        }
        let text = self.side == Side::Server && start == 0 && is_text_response(line);
        match literal::announced(line).filter(|_| !text) {
            Some(announced) => self.literal(input, lf + 1, announced),
            None => {
                let mut message = input.take(lf + 1);
                message.truncate(lf - 1);
                self.state = State::Collect(Collect::default());
                Ok(Some(Frame::Message(message)))
            }
        }
    }

    /// Handles a literal that begins at `start`.
    fn literal(
        &mut self,
        input: &mut Input,
        start: usize,
        announced: Result<Announced, TooLarge>,
    ) -> Result<Option<Frame>, Error> {
        let mode = announced.map_or_else(|error| error.mode, |announced| announced.mode);
        let octets = announced.map_or(u64::MAX, |announced| announced.octets);
        let limit = match usize::try_from(octets) {
            Ok(octets) if octets > self.limits.literal => Limit::Literal,
            Ok(octets) if start.saturating_add(octets) > self.message_limit(input) => Limit::Message,
            Ok(octets) => return Ok(self.accept_literal(start, octets, mode)),
            Err(_) => Limit::Literal,
        };
        match mode {
            Mode::Synchronizing if self.side == Side::Client => {
                let tag = Tag::leading(input.as_slice());
                discard(input, start);
                self.state = State::Collect(Collect::default());
                Ok(Some(Frame::Refused(Refused { tag, limit })))
            }
            Mode::NonSynchronizing if octets <= literal::LITERAL_MINUS => {
                // At most 4,096, so it fits.
                let skip = usize::try_from(octets).unwrap_or_default();
                self.poison(input, start, skip, Bound { end: start, limit })?;
                Ok(None)
            }
            _ => Err(Error::Limit(limit)),
        }
    }

    fn accept_literal(&mut self, start: usize, octets: usize, mode: Mode) -> Option<Frame> {
        self.state = State::Collect(Collect::behind(start, octets));
        let wanted = self.side == Side::Client && mode == Mode::Synchronizing;
        wanted.then_some(Frame::LiteralWanted { octets })
    }

    /// Starts to drain a client's command: drops the first `count` octets, and `skip` octets that follow them.
    fn poison(&mut self, input: &mut Input, count: usize, skip: usize, bound: Bound) -> Result<(), Error> {
        if self.side == Side::Server {
            return Err(Error::Limit(bound.limit));
        }
        // Only octets before the bound: how many there are behind it depends on how they arrived.
        let head = input.as_slice();
        let tag = Tag::leading(head.get(..bound.end).unwrap_or(head));
        discard(input, count);
        let refused = Refused {
            tag,
            limit: bound.limit,
        };
        self.state = State::Drain(Drain::new(refused, count, skip));
        Ok(())
    }
}

/// Whether a response's first line is a status response or a continuation request, whose text is only text.
///
/// `a1 NO too big {10}` does not announce a literal; a framer that thinks so gets out of step.
pub fn is_text_response(line: &[u8]) -> bool {
    let Some(space) = memchr(b' ', line) else {
        return line == b"+";
    };
    let (first, rest) = line.split_at_checked(space).unwrap_or_default();
    let rest = rest.get(1..).unwrap_or_default();
    let second = rest.split(|&octet| octet == b' ').next().unwrap_or_default();
    first == b"+" || Status::parse(second).is_some()
}

/// Takes `count` octets off and overwrites them: they may be a part of a password.
fn discard(input: &mut Input, count: usize) {
    wipe(&mut input.take(count));
}

#[cfg(test)]
mod tests;
