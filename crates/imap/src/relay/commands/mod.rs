//! What the client sends.

mod head;
mod tag;

use memchr::memchr3;

use self::head::{Head, Verb, broken};
use self::tag::InlineTag;
use super::Sink;
use super::line::Line;
use super::partial::Partial;
use crate::frame::literal::{Announced, LITERAL_MINUS, Mode};
use crate::{Capabilities, Error, Limit, PeerError, Rule};

/// The one line that a client may send while it idles.
const DONE: &[u8] = b"DONE\r\n";

/// The direction from the client to the mail server.
#[derive(Debug)]
pub(super) struct Commands {
    state: State,
    literals: Literals,
    verb: Verb,
    tag: InlineTag,
    line: Line,
    /// Octets of the command that went by.
    offset: usize,
    partial: Partial,
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

/// Which non-synchronizing literals the client may send (RFC 7888).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Literals {
    None,
    /// LITERAL-, which is a part of IMAP4rev2 (RFC 9051 section 4.3).
    Small,
    /// LITERAL+.
    Any,
}

impl Literals {
    fn offered(told: &Capabilities) -> Self {
        if told.contains("LITERAL+") {
            Self::Any
        } else if told.contains("LITERAL-") || told.contains("IMAP4rev2") {
            Self::Small
        } else {
            Self::None
        }
    }

    /// A server that takes no such literals would run their octets as commands.
    fn check(self, octets: u64) -> Result<(), Rule> {
        match self {
            Self::Any => Ok(()),
            Self::Small if octets <= LITERAL_MINUS => Ok(()),
            Self::Small | Self::None => Err(Rule::LiteralUnoffered),
        }
    }
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
    /// For a client that was `told` of these capabilities.
    pub(super) fn new(told: &Capabilities) -> Self {
        Self {
            state: State::Head,
            literals: Literals::offered(told),
            verb: Verb::Any,
            tag: InlineTag::NONE,
            line: Line::default(),
            offset: 0,
            partial: Partial::default(),
        }
    }

    /// Whether nothing can be taken before the server has said more.
    pub(super) fn holds(&self) -> bool {
        matches!(self.state, State::Waiting(_) | State::Refused)
    }

    /// The tag of a command whose answer decides what the client's next octets are.
    pub(super) fn awaited(&self) -> Option<&[u8]> {
        matches!(self.state, State::Waiting(_) | State::Idling).then(|| self.tag.as_bytes())
    }

    /// The server said `+`, and had not begun to say it before it was awaited.
    pub(super) fn continued(&mut self) {
        self.state = match self.state {
            State::Waiting(Wait::Literal(octets)) => State::literal(octets),
            State::Waiting(Wait::Idle) => State::Idling,
            state => state,
        };
    }

    /// The server ended the awaited command.
    pub(super) fn answered(&mut self) {
        if self.awaited().is_some() {
            self.state = State::Head;
        }
    }

    /// Answers a refused command, if there is one. This has to be a place where a response may begin.
    pub(super) fn answer_refused(&mut self, sink: &mut impl Sink) {
        if let (State::Refused, Verb::Refused(text)) = (self.state, self.verb) {
            sink.to_client(self.tag.or_star());
            sink.to_client(b" BAD ");
            sink.to_client(text.as_bytes());
            sink.to_client(b"\r\n");
            self.state = State::Head;
        }
    }

    /// Takes the first octets, at least one unless [`Commands::holds`], and says how many.
    pub(super) fn step(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        match self.state {
            State::Head => self.head(octets, sink),
            State::Line => self.line(octets, sink),
            State::Literal(left) => Ok(self.literal(left, octets, sink)),
            State::Idling => self.idling(octets, sink),
            State::Waiting(_) | State::Refused => Ok(0),
        }
    }

    fn head(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        let mut partial = std::mem::take(&mut self.partial);
        let known = partial.len();
        let joined = partial.join(octets, head::CAP);
        let length = match Head::parse(joined)? {
            Head::Partial => {
                let taken = partial.keep(known, octets, head::CAP);
                self.partial = partial;
                return Ok(taken);
            }
            // Phones send blank lines between commands; a server might answer them BAD.
            Head::Blank => return Ok(2 - known),
            Head::Word(word) => {
                (self.verb, self.tag) = (Verb::Word, InlineTag::NONE);
                word.len()
            }
            Head::Command { tag, name } => {
                (self.verb, self.tag) = Verb::of(tag, name);
                tag.len() + 1 + name.len()
            }
        };
        self.offset = 0;
        self.line = Line::default();
        self.state = State::Line;
        self.text(joined.get(..length).unwrap_or_default(), sink);
        Ok(length.saturating_sub(known))
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
        self.pass(octets, sink);
    }

    /// The line's CRLF passes when it is known what follows it.
    fn line_end(&mut self, sink: &mut impl Sink) -> Result<(), Error> {
        self.state = match self.line.announced() {
            None => self.behind_command(),
            Some(Ok(announced)) => self.behind_announcement(announced)?,
            Some(Err(_)) => return Err(Error::Limit(Limit::Literal)),
        };
        self.pass(b"\r\n", sink);
        self.line = Line::default();
        Ok(())
    }

    fn behind_command(&self) -> State {
        match self.verb {
            Verb::Refused(_) => State::Refused,
            Verb::Idle => State::Waiting(Wait::Idle),
            Verb::Any | Verb::Bare | Verb::Word => State::Head,
        }
    }

    fn behind_announcement(&self, announced: Announced) -> Result<State, Error> {
        let rule = |rule| broken(rule, self.offset);
        match (announced.mode, self.verb) {
            (_, Verb::Bare | Verb::Idle | Verb::Word) => Err(rule(Rule::LiteralMisplaced)),
            // The answer says that the literal is not wanted (RFC 9051 section 4.3).
            (Mode::Synchronizing, Verb::Refused(_)) => Ok(State::Refused),
            (Mode::Synchronizing, Verb::Any) => Ok(State::Waiting(Wait::Literal(announced.octets))),
            // A server that reports the broken string would run the literal as commands.
            (Mode::NonSynchronizing, _) if self.line.in_quotes() => Err(rule(Rule::LiteralMisplaced)),
            (Mode::NonSynchronizing, Verb::Any | Verb::Refused(_)) => {
                self.literals.check(announced.octets).map_err(rule)?;
                Ok(State::literal(announced.octets))
            }
        }
    }

    fn literal(&mut self, left: u64, octets: &[u8], sink: &mut impl Sink) -> usize {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(octets.len());
        self.pass(octets.get(..count).unwrap_or_default(), sink);
        self.state = State::literal(left.saturating_sub(count as u64));
        count
    }

    fn pass(&mut self, octets: &[u8], sink: &mut impl Sink) {
        self.offset = self.offset.saturating_add(octets.len());
        if !matches!(self.verb, Verb::Refused(_)) && !octets.is_empty() {
            sink.to_server(octets);
        }
    }

    /// Between the `+` to IDLE and DONE (RFC 2177 section 3) whatever else a client sends is for a server that thinks
    /// otherwise.
    fn idling(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        let mut partial = std::mem::take(&mut self.partial);
        let known = partial.len();
        let line = partial.join(octets, DONE.len());
        let expected = DONE.get(..line.len()).unwrap_or(DONE);
        if line.starts_with(b"\r\n") {
            return Ok(2 - known);
        }
        if line != b"\r" && !line.eq_ignore_ascii_case(expected) {
            return Err(Error::Peer(PeerError {
                offset: 0,
                rule: Rule::Idling,
                tag: None,
            }));
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
