//! What the client sends.

mod head;
mod id;
mod verb;

use memchr::memchr3;

use self::head::{Head, broken};
use self::verb::Verb;
use super::Sink;
use super::line::Line;
use super::partial::Partial;
use super::watch::Watch;
use crate::Literals;
use crate::frame::literal::{Announced, Mode};
use crate::{Capabilities, Error, Limit, Rule};

/// The one line that a client may send while it idles.
const DONE: &[u8] = b"DONE\r\n";

/// The direction from the client to the mail server.
#[derive(Debug)]
pub(super) struct Commands {
    state: State,
    literals: Literals,
    verb: Verb,
    line: Line,
    /// Octets of the current command that went by.
    offset: usize,
    /// Commands that the server has not answered, among them the current one once its head has passed.
    unanswered: u32,
    partial: Partial,
    pub(super) watch: Watch,
}

/// What the next octets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The start of a command, up to its name.
    Head,
    /// A line of the command, behind its name or behind a literal.
    Line,
    /// A literal, of which so many octets are to come.
    Literal(u64),
    /// Not known until the server says `+` or ends the command.
    Waiting(Wait),
    /// The same, but the CRLF that makes the server say it has not passed: other commands are not answered yet.
    ///
    /// So `+` and a tagged answer are always about the command that waits for them, whatever tags a client chose.
    Queueing(Wait),
    /// DONE.
    Idling,
    /// The start of a command. But first the answer to a refused one has to find its place.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// A literal of so many octets was announced.
    Literal(u64),
    Idle,
}

impl State {
    /// With so many octets of a literal to come.
    fn literal(left: u64) -> Self {
        if left == 0 {
            Self::Line
        } else {
            Self::Literal(left)
        }
    }
}

impl Commands {
    /// For a client that was `told` of these capabilities, and whose commands are watched.
    pub(super) fn new(told: &Capabilities, watch: Watch) -> Self {
        Self {
            state: State::Head,
            literals: Literals::offered(told),
            verb: Verb::Any,
            line: Line::default(),
            offset: 0,
            unanswered: 0,
            partial: Partial::default(),
            watch,
        }
    }

    #[cfg(test)]
    pub(super) fn buffered(&self) -> usize {
        let line = match &self.verb {
            Verb::Id(line) => line.capacity(),
            _ => 0,
        };
        self.partial.capacity() + line
    }

    /// Whether nothing can be taken before the server has said more.
    pub(super) fn holds(&self) -> bool {
        matches!(
            self.state,
            State::Waiting(_) | State::Queueing(_) | State::Refused
        )
    }

    /// The server said `+`.
    pub(super) fn continued(&mut self) {
        self.state = match self.state {
            State::Waiting(Wait::Literal(octets)) => State::literal(octets),
            State::Waiting(Wait::Idle) => State::Idling,
            state => state,
        };
    }

    /// The server answered a command.
    pub(super) fn answered(&mut self, sink: &mut impl Sink) {
        self.unanswered = self.unanswered.saturating_sub(1);
        match self.state {
            State::Waiting(_) | State::Idling => self.state = State::Head,
            State::Queueing(wait) => self.ask(wait, sink),
            State::Head | State::Line | State::Literal(_) | State::Refused => {}
        }
    }

    /// Answers a refused command, if there is one. This has to be a place where a response may begin.
    pub(super) fn answer_refused(&mut self, sink: &mut impl Sink) {
        if let (State::Refused, Verb::Refused(refusal)) = (self.state, &self.verb) {
            sink.to_client(refusal.line().as_bytes());
            self.state = State::Head;
            self.verb = Verb::Any;
        }
    }

    /// Takes the first octets, at least one unless [`Commands::holds`], and says how many.
    pub(super) fn step(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        match self.state {
            State::Head => self.head(octets, sink),
            State::Line => self.line(octets, sink),
            State::Literal(left) => Ok(self.literal(left, octets, sink)),
            State::Idling => self.idling(octets, sink),
            State::Waiting(_) | State::Queueing(_) | State::Refused => Ok(0),
        }
    }

    fn head(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        let mut partial = std::mem::take(&mut self.partial);
        let known = partial.len();
        let joined = partial.join(octets, head::CAP);
        let head = Head::parse(joined)?;
        let (verb, length) = match head {
            Head::Partial => {
                let taken = partial.keep(known, octets, head::CAP);
                self.partial = partial;
                return Ok(taken);
            }
            // Phones send blank lines between commands; a server might answer them BAD.
            Head::Blank => return Ok(2 - known),
            Head::Word(word) => (Verb::alone(word), word.len()),
            Head::Command { tag, name } => (Verb::of(tag, name), tag.len() + 1 + name.len()),
        };
        self.begin(verb);
        self.text(joined.get(..length).unwrap_or_default(), sink);
        match head {
            Head::Command { tag, name } => self.watch.begins(tag, name),
            _ => self.watch.begins(b"", b""),
        }
        Ok(length.saturating_sub(known))
    }

    fn begin(&mut self, verb: Verb) {
        self.unanswered = self.unanswered.saturating_add(u32::from(verb.passes()));
        self.verb = verb;
        self.offset = 0;
        self.line = Line::default();
        self.state = State::Line;
    }

    /// Takes the octets up to the line's end and its CR, or the LF behind the CR.
    fn line(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        if self.line.cr {
            return match octets.first() {
                Some(b'\n') => self.line_end(sink).map(|()| 1),
                _ => Err(broken(Rule::BareCr, self.offset)),
            };
        }
        let end = memchr3(b'\r', b'\n', 0, octets).unwrap_or(octets.len());
        self.text(octets.get(..end).unwrap_or_default(), sink);
        match octets.get(end) {
            None => Ok(end),
            Some(b'\r') => {
                self.line.cr = true;
                Ok(end + 1)
            }
            Some(b'\n') => Err(broken(Rule::BareLf, self.offset)),
            Some(_) => Err(broken(Rule::Nul, self.offset)),
        }
    }

    /// Octets of a line, without its end.
    fn text(&mut self, octets: &[u8], sink: &mut impl Sink) {
        self.line.push(octets);
        if let Verb::Id(line) = &mut self.verb {
            id::keep(line, octets);
        }
        self.watch.text(octets);
        self.pass(octets, sink);
    }

    /// The line's CRLF passes only when it is known what follows it.
    fn line_end(&mut self, sink: &mut impl Sink) -> Result<(), Error> {
        let next = match self.line.announced() {
            None => {
                self.watch.ends();
                self.behind_command(sink)
            }
            Some(Ok(announced)) => {
                self.watch.announced();
                self.behind_announcement(announced)?
            }
            Some(Err(_)) => return Err(Error::Limit(Limit::Literal)),
        };
        self.line = Line::default();
        self.state = next;
        match next {
            State::Queueing(wait) => self.ask(wait, sink),
            _ => self.pass(b"\r\n", sink),
        }
        Ok(())
    }

    /// Ends the line that makes the server say `+`, as soon as no other command is unanswered.
    fn ask(&mut self, wait: Wait, sink: &mut impl Sink) {
        if self.unanswered <= 1 {
            self.pass(b"\r\n", sink);
            self.state = State::Waiting(wait);
        }
    }

    fn behind_command(&mut self, sink: &mut impl Sink) -> State {
        match &mut self.verb {
            Verb::Refused(_) => State::Refused,
            Verb::Idle => State::Queueing(Wait::Idle),
            Verb::Id(line) => {
                if let Some(identity) = id::read(&std::mem::take(line)) {
                    sink.identified(&identity);
                }
                State::Head
            }
            Verb::Any | Verb::Bare | Verb::LateDone => State::Head,
        }
    }

    fn behind_announcement(&self, announced: Announced) -> Result<State, Error> {
        let rule = |rule| broken(rule, self.offset);
        match (announced.mode, &self.verb) {
            (_, Verb::Bare | Verb::Idle | Verb::LateDone) => Err(rule(Rule::LiteralMisplaced)),
            // The answer says that the literal is not wanted (RFC 9051 section 4.3).
            (Mode::Synchronizing, Verb::Refused(_)) => Ok(State::Refused),
            (Mode::Synchronizing, Verb::Any | Verb::Id(_)) => {
                Ok(State::Queueing(Wait::Literal(announced.octets)))
            }
            // A server that reports the broken string would run the literal as commands.
            (Mode::NonSynchronizing, _) if self.line.in_quotes() => Err(rule(Rule::LiteralMisplaced)),
            (Mode::NonSynchronizing, Verb::Any | Verb::Id(_) | Verb::Refused(_)) => {
                self.literals.check(announced.octets).map_err(rule)?;
                Ok(State::literal(announced.octets))
            }
        }
    }

    fn literal(&mut self, left: u64, octets: &[u8], sink: &mut impl Sink) -> usize {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(octets.len());
        let octets = octets.get(..count).unwrap_or_default();
        self.watch.literal(octets);
        self.pass(octets, sink);
        self.state = State::literal(left.saturating_sub(count as u64));
        count
    }

    fn pass(&mut self, octets: &[u8], sink: &mut impl Sink) {
        self.offset = self.offset.saturating_add(octets.len());
        if self.verb.passes() && !octets.is_empty() {
            sink.to_server(octets);
        }
    }

    /// Whatever but DONE a client sends between the `+` to IDLE and its end (RFC 2177 section 3) is a command only to
    /// a server that does not idle.
    fn idling(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        let mut partial = std::mem::take(&mut self.partial);
        let known = partial.len();
        let line = partial.join(octets, DONE.len());
        if line.starts_with(b"\r\n") {
            return Ok(2 - known);
        }
        let expected = DONE.get(..line.len()).unwrap_or(DONE);
        if line != b"\r" && !line.eq_ignore_ascii_case(expected) {
            return Err(broken(Rule::Idling, 0));
        }
        if line.len() == DONE.len() {
            sink.to_server(line);
            self.state = State::Head;
            return Ok(DONE.len() - known);
        }
        let taken = partial.keep(known, octets, DONE.len());
        self.partial = partial;
        Ok(taken)
    }
}
