//! The framer: lines.

mod literals;

use std::ops::ControlFlow;

use gatepost_wire::{Input, wipe};

use super::drain::Drain;
use super::literal::{self, Announced, TooLarge};
use super::part::{Part, Streamed, Streaming};
use super::scan::{self, Scan};
use super::{Frame, Refused, bad_octet, discard, is_text_response};
use crate::types::Tag;
use crate::{Error, Limit, Limits};

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
    streaming: Option<Streaming>,
    /// Where the first line of a message has to end at the latest.
    first: usize,
    state: State,
    collect: Collect,
    /// While a synchronizing literal is awaited: how much of its command is at the front of the input.
    awaited: Option<usize>,
    /// Whether the server answered the current command already.
    answered: bool,
    /// If a literal of the current message is or was streamed.
    streamed: Option<Box<Streamed>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

#[derive(Debug)]
enum State {
    /// The first line of a message piles up at the front of the input.
    First,
    /// Further lines, and literals that are not streamed, pile up there.
    Further,
    /// So they did, and the last of them announces this literal, which is streamed.
    Open(Announced),
    /// So many octets of a streamed literal are still to come.
    Literal(u64),
    /// A command over a limit goes by.
    Drain(Box<Drain>),
    /// Nothing is read any more.
    Failed(Box<Error>),
}

/// What is known of what piles up.
#[derive(Debug, Clone, Copy, Default)]
struct Collect {
    /// Where the current line starts. Behind a literal that has not arrived this is ahead of the input.
    line: usize,
    /// From where its end has to be searched.
    search: usize,
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

    /// With large literals given as [`Part`]s. Without it there are none.
    #[must_use]
    pub fn streaming(mut self, streaming: Streaming) -> Self {
        self.streaming = Some(streaming);
        self
    }

    fn new(side: Side, limits: Limits) -> Self {
        Self {
            side,
            limits,
            streaming: None,
            first: limits.line.min(limits.message),
            state: State::First,
            collect: Collect::default(),
            awaited: None,
            answered: false,
            streamed: None,
        }
    }

    /// The next frame; `None` if more input is needed.
    ///
    /// # Errors
    /// The connection cannot go on: it is not known where the next message starts. An error is given again whenever
    /// more is asked for.
    pub fn next(&mut self, input: &mut Input) -> Result<Option<Frame>, Error> {
        if !matches!(self.state, State::First) {
            return self.go_on(input, None);
        }
        let octets = input.as_slice();
        let search = self.collect.search;
        let (found, cr) = match self.side {
            Side::Client => {
                let special = scan::special(octets, search);
                (special, special)
            }
            Side::Server => {
                let lf = scan::newline(octets, search);
                (lf, lf.and_then(|lf| lf.checked_sub(1)))
            }
        };
        // Most messages are one line.
        if let Some(cr) = cr.filter(|&cr| cr <= self.first && announces_nothing(octets, cr)) {
            self.collect.search = 0;
            self.answered = false;
            let mut message = input.take(cr + 2);
            message.truncate(cr);
            return Ok(Some(Frame::Message(message)));
        }
        // Long ones come in many pieces. This is what `scanned` asks too, but for a first line.
        if found.is_none() && octets.len() <= self.first.saturating_add(1) && input.room() > 0 {
            self.collect.search = octets.len();
            return Ok(None);
        }
        let scan = match self.side {
            Side::Client => scan::strict_at(octets, found),
            Side::Server => scan::lenient_at(octets, 0, found),
        };
        self.go_on(input, Some(scan))
    }

    /// The next frame in any state. What is known of the current line is not searched again.
    #[inline(never)]
    fn go_on(&mut self, input: &mut Input, scan: Option<Scan>) -> Result<Option<Frame>, Error> {
        let result = self.run(input, scan);
        if let Err(error) = &result {
            self.state = State::Failed(Box::new(error.clone()));
        }
        result
    }

    fn run(&mut self, input: &mut Input, mut scan: Option<Scan>) -> Result<Option<Frame>, Error> {
        if self.answered
            && let Some(front) = self.awaited
        {
            return Ok(Some(self.end(input, front)));
        }
        loop {
            match &mut self.state {
                State::First | State::Further => {
                    let scan = scan.take().unwrap_or_else(|| self.scan(input));
                    if let ControlFlow::Break(frame) = self.scanned(input, scan)? {
                        return Ok(frame);
                    }
                }
                State::Open(literal) => {
                    let literal = *literal;
                    return Ok(Some(Frame::Part(self.open(input, literal))));
                }
                State::Literal(left) => {
                    let left = *left;
                    return Ok(self.stream(input, left).map(Frame::Part));
                }
                State::Drain(drain) => {
                    let refused = drain.run(input)?;
                    if refused.is_some() {
                        self.reset();
                    }
                    return Ok(refused.map(Frame::Refused));
                }
                State::Failed(error) => return Err(Error::clone(error)),
            }
        }
    }

    /// Handles what is known of the current line: gives a frame, or none until there is more input, or goes on.
    fn scanned(&mut self, input: &mut Input, scan: Scan) -> Result<ControlFlow<Option<Frame>>, Error> {
        match scan {
            Scan::End(cr) if self.allows(cr) => {
                return match self.announced(input, cr) {
                    None => Ok(ControlFlow::Break(Some(self.message(input, cr)))),
                    Some(announced) => {
                        let frame = self.literal(input, cr + 2, announced)?;
                        Ok(frame.map_or(ControlFlow::Continue(()), |frame| ControlFlow::Break(Some(frame))))
                    }
                };
            }
            Scan::Incomplete(search) if input.len() <= self.bound(input).saturating_add(1) => {
                self.wait(input, search);
                return Ok(ControlFlow::Break(None));
            }
            Scan::Bad(offset) if offset <= self.bound(input) => {
                return Err(bad_octet(input, offset, self.gone()));
            }
            _ => self.drain_line(input)?,
        }
        Ok(ControlFlow::Continue(()))
    }

    /// While a synchronizing literal is awaited: the command so far, to decide whether its literal is worth a `+`. Of
    /// a command with streamed literals it is the outline.
    ///
    /// A literal is awaited from [`Frame::LiteralWanted`] until octets of it are taken.
    pub fn pending<'a>(&'a self, input: &'a Input) -> &'a [u8] {
        let command = match (self.awaited, &self.streamed) {
            (None, _) => return b"",
            (Some(_), Some(streamed)) => &streamed.outline.octets,
            (Some(front), None) => input.as_slice().get(..front).unwrap_or_default(),
        };
        command.strip_suffix(b"\r\n").unwrap_or_default()
    }

    /// Instead of `+`: ends the command whose literal is awaited, and overwrites what is kept of it. Answer it tagged;
    /// the client then sends no literal (RFC 9051 section 4.3). If none is awaited this does nothing.
    pub fn refuse_literal(&mut self, input: &mut Input) {
        if let Some(front) = self.awaited {
            discard(input, front);
            self.reset();
        }
    }

    /// For a proxy, whose server answered the command `tag`. If that command is not over, an answer comes instead of the
    /// `+` for its synchronizing literal: the command ends behind the announcement, and is given as one that does.
    ///
    /// Servers may answer early, when the announcement has not arrived here. Call this before the answer is passed on,
    /// and [`Framer::next`] before what the client sends is.
    ///
    /// ```
    /// use gatepost_imap::{Frame, Framer, Input, Limits};
    ///
    /// let mut framer = Framer::commands(Limits::AFTER_LOGIN);
    /// let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    /// input.feed(b"a1 APPEND nowhere {5000}\r\n").unwrap();
    /// assert_eq!(framer.next(&mut input).unwrap(), Some(Frame::LiteralWanted { octets: 5000 }));
    /// // The server says: a1 NO [TRYCREATE] no such mailbox
    /// framer.answered(b"a1", &input);
    /// input.feed(b"a2 NOOP\r\n").unwrap();
    /// let Some(Frame::Message(refused)) = framer.next(&mut input).unwrap() else { panic!() };
    /// assert_eq!(refused, &b"a1 APPEND nowhere {5000}"[..]);
    /// let Some(Frame::Message(next)) = framer.next(&mut input).unwrap() else { panic!() };
    /// assert_eq!(next, &b"a2 NOOP"[..]);
    /// ```
    pub fn answered(&mut self, tag: &[u8], input: &Input) {
        let command = match &self.streamed {
            Some(streamed) => &streamed.outline.octets,
            None => input.as_slice(),
        };
        let rest = command.strip_prefix(tag);
        self.answered |= rest.is_some_and(|rest| rest.starts_with(b" "));
    }

    /// Whether nothing of a message has come that is not over: a connection that is closed now is not cut off.
    pub fn is_between_messages(&self, input: &Input) -> bool {
        input.is_empty() && matches!(self.state, State::First)
    }

    /// Begins a message.
    fn reset(&mut self) {
        self.state = State::First;
        self.collect = Collect::default();
        self.awaited = None;
        self.answered = false;
        if let Some(mut streamed) = self.streamed.take() {
            wipe(&mut streamed.outline.octets);
        }
    }

    /// Searches the end of the current line.
    fn scan(&self, input: &Input) -> Scan {
        let octets = input.as_slice();
        let Collect { line, search } = self.collect;
        match self.side {
            Side::Client => scan::strict(octets, search),
            Side::Server => scan::lenient(octets, line, search),
        }
    }

    /// Whether the current line may end at `cr`. Where there is an end it fits the input.
    fn allows(&self, cr: usize) -> bool {
        let outside = self.outside();
        cr.saturating_sub(self.collect.line) <= self.limits.line
            && cr.saturating_add(outside) <= self.limits.message
    }

    /// Where the current line has to end at the latest.
    fn bound(&self, input: &Input) -> usize {
        let line = self.collect.line.saturating_add(self.limits.line);
        line.min(self.message_bound(input))
    }

    /// Where the message has to end, but for what is streamed. It has to fit the input, or it would never be whole.
    fn message_bound(&self, input: &Input) -> usize {
        let capacity = input.len().saturating_add(input.room());
        let message = self.limits.message.saturating_sub(self.outside());
        message.min(capacity.saturating_sub(2))
    }

    /// How much is kept of the message that is not in the input any more.
    fn outside(&self) -> usize {
        self.streamed.as_ref().map_or(0, |streamed| streamed.outside())
    }

    /// How many octets of the message are not in the input any more.
    fn gone(&self) -> usize {
        self.streamed.as_ref().map_or(0, |streamed| streamed.gone)
    }

    /// The line has not arrived whole.
    fn wait(&mut self, input: &Input, search: usize) {
        self.collect.search = self.collect.search.max(search);
        if self.awaited.is_some_and(|front| input.len() > front) {
            self.awaited = None;
        }
    }

    /// The literal that the current line announces, whose CRLF is at `cr`.
    fn announced(&self, input: &Input, cr: usize) -> Option<Result<Announced, TooLarge>> {
        let line = input.as_slice().get(self.collect.line..cr).unwrap_or_default();
        literal::announced(line).filter(|_| !self.is_text(line))
    }

    /// Whether `line` is a response whose text is only text.
    fn is_text(&self, line: &[u8]) -> bool {
        let first = matches!(self.state, State::First);
        first && self.side == Side::Server && is_text_response(line)
    }

    /// Handles the end of a message, whose final CRLF is at `cr`.
    fn message(&mut self, input: &mut Input, cr: usize) -> Frame {
        self.state = State::First;
        self.collect = Collect::default();
        self.awaited = None;
        self.answered = false;
        let Some(mut streamed) = self.streamed.take() else {
            let mut message = input.take(cr + 2);
            message.truncate(cr);
            return Frame::Message(message);
        };
        streamed.copy(input.as_slice().get(..cr).unwrap_or_default());
        Frame::Part(Part::Close {
            octets: input.take(cr + 2),
            outline: streamed.outline,
        })
    }

    /// The current line does not end where it has to.
    fn drain_line(&mut self, input: &mut Input) -> Result<(), Error> {
        let bound = self.bound(input);
        let limit = match self.collect.line.saturating_add(self.limits.line) == bound {
            true => Limit::Line,
            false => Limit::Message,
        };
        // Only octets before the bound: how many there are behind it depends on how they arrived.
        let tag = self.tag(input.as_slice().get(..bound).unwrap_or_default());
        self.drain(input, self.collect.line, 0, Refused { tag, limit })
    }

    /// Starts to drain a client's command: drops the first `count` octets, and `skip` octets that follow them.
    fn drain(&mut self, input: &mut Input, count: usize, skip: usize, refused: Refused) -> Result<(), Error> {
        if self.side == Side::Server {
            return Err(Error::Limit(refused.limit));
        }
        let gone = self.gone().saturating_add(count);
        discard(input, count);
        self.reset();
        self.state = State::Drain(Box::new(Drain::new(refused, gone, skip)));
        Ok(())
    }

    /// The tag of the command, which `front` begins with if nothing of it is gone.
    fn tag(&self, front: &[u8]) -> Option<Tag> {
        match &self.streamed {
            Some(streamed) => Tag::leading(&streamed.outline.octets),
            None => Tag::leading(front),
        }
    }
}

/// Whether a message ends at `cr` if its line begins at the front of `octets`.
fn announces_nothing(octets: &[u8], cr: usize) -> bool {
    matches!(octets.get(..cr + 2), Some([.., last, b'\r', b'\n']) if *last != b'}')
}
