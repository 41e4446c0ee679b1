//! The client's own APPENDs, of which the caller wants to hear.

use super::Sink;
use super::rules::Appends;
use crate::message_id::Finder;
use crate::{Status, Tag};

/// How many Message-IDs of one command are kept at most, and how many of all that the server has not answered.
const KEPT: usize = 8;

/// The longest name of a mailbox, in octets. What goes to one with a longer name is not reported.
const LONGEST: usize = 1024;

const DRAFT: &[u8] = b"\\draft";

/// Watches the APPENDs of a client. There is nothing on the heap while there is none.
#[derive(Debug)]
pub(super) enum Watch {
    /// Nobody wants to hear of any.
    Off,
    /// There is none.
    Idle,
    /// At least one is not answered.
    Busy(Box<Progress>),
}

#[derive(Debug)]
pub(super) struct Progress {
    current: Option<Append>,
    unanswered: Vec<Answerable>,
}

/// The messages of a whole command.
#[derive(Debug)]
struct Answerable {
    tag: Tag,
    /// As it stands between quotes, without escapes.
    mailbox: Vec<u8>,
    message_ids: Vec<Box<[u8]>>,
}

/// The command that goes by.
///
/// ```abnf
/// append         = "APPEND" SP mailbox 1*append-message              ; RFC 3502 section 6.3.11
/// append-message = [SP flag-list] [SP date-time] SP literal
/// ```
#[derive(Debug)]
struct Append {
    messages: Answerable,
    mailbox: Mailbox,
    flags: Flags,
    /// Looks into the literal that came last.
    finder: Option<Finder>,
}

/// Where in what the command has behind its name, a space and the mailbox, the next octet is.
///
/// ```abnf
/// mailbox = "INBOX" / astring                                        ; RFC 3501 section 9
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mailbox {
    /// Before the space.
    Before,
    /// At its first octet.
    Begins,
    Atom,
    Quoted,
    /// Behind a backslash.
    Escaped,
    /// In the announcement of a literal.
    Announced,
    Literal,
    /// Behind it.
    Read,
}

/// Whether `\Draft` is among the flags. So many octets of it have just gone by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flags {
    Others(usize),
    Draft,
}

impl Watch {
    pub(super) fn new(appends: Appends) -> Self {
        match appends {
            Appends::Ignored => Self::Off,
            Appends::Watched => Self::Idle,
        }
    }

    #[cfg(test)]
    pub(super) fn is_asleep(&self) -> bool {
        !matches!(self, Self::Busy(_))
    }

    /// A command begins. One that is not whole comes to nothing.
    pub(super) fn begins(&mut self, tag: &[u8], name: &[u8]) {
        let is_append = name.eq_ignore_ascii_case(b"APPEND");
        let append = is_append.then(|| Tag::parse(tag).ok()).flatten().map(Append::new);
        match self {
            Self::Busy(progress) => progress.current = append,
            Self::Idle if append.is_some() => {
                *self = Self::Busy(Box::new(Progress {
                    current: append,
                    unanswered: Vec::new(),
                }));
            }
            Self::Idle | Self::Off => {}
        }
        self.rest();
    }

    /// Octets of a line of the command, behind its name.
    pub(super) fn text(&mut self, octets: &[u8]) {
        if let Some(append) = self.current() {
            append.text(octets);
        }
    }

    /// A literal follows.
    pub(super) fn announced(&mut self) {
        if let Some(append) = self.current() {
            append.announced();
        }
    }

    /// Octets of a literal.
    pub(super) fn literal(&mut self, octets: &[u8]) {
        if let Some(append) = self.current() {
            append.literal(octets);
        }
    }

    /// The command is whole.
    pub(super) fn ends(&mut self) {
        if let Self::Busy(progress) = self {
            progress.ends();
        }
        self.rest();
    }

    /// The server answers the command with this tag.
    pub(super) fn answered(&mut self, tag: &[u8], status: Status, sink: &mut impl Sink) {
        if let Self::Busy(progress) = self {
            progress.answered(tag, status, sink);
        }
        self.rest();
    }

    fn current(&mut self) -> Option<&mut Append> {
        match self {
            Self::Busy(progress) => progress.current.as_mut(),
            Self::Off | Self::Idle => None,
        }
    }

    /// Frees what is not needed.
    fn rest(&mut self) {
        if let Self::Busy(progress) = self
            && progress.current.is_none()
            && progress.unanswered.is_empty()
        {
            *self = Self::Idle;
        }
    }
}

impl Progress {
    fn ends(&mut self) {
        let messages = self.current.take().map(Append::whole);
        let worth = messages.filter(|messages| !messages.message_ids.is_empty());
        self.unanswered.extend(worth);
        // The oldest may be some that the server has forgotten.
        while self.kept() > KEPT {
            self.unanswered.remove(0);
        }
    }

    fn kept(&self) -> usize {
        let unanswered = self.unanswered.iter();
        unanswered.map(|messages| messages.message_ids.len()).sum()
    }

    fn answered(&mut self, tag: &[u8], status: Status, sink: &mut impl Sink) {
        let is_it = |messages: &Answerable| messages.tag.as_bytes() == tag;
        let Some(at) = self.unanswered.iter().position(is_it) else {
            // Of a command that is not whole the server does not want the rest.
            self.current.take_if(|append| is_it(&append.messages));
            return;
        };
        let messages = self.unanswered.remove(at);
        if status == Status::Ok {
            let appended = messages.message_ids.iter();
            appended.for_each(|message_id| sink.appended(&messages.mailbox, message_id));
        }
    }
}

impl Append {
    fn new(tag: Tag) -> Self {
        Self {
            messages: Answerable {
                tag,
                mailbox: Vec::new(),
                message_ids: Vec::new(),
            },
            mailbox: Mailbox::Before,
            flags: Flags::Others(0),
            finder: None,
        }
    }

    fn text(&mut self, octets: &[u8]) {
        for &octet in octets {
            match self.mailbox.at(octet) {
                Part::Name(next) => {
                    self.mailbox = next;
                    self.name(octet);
                }
                Part::Other(next) => self.mailbox = next,
                Part::Behind => {
                    self.mailbox = Mailbox::Read;
                    self.flags = self.flags.behind(octet);
                }
            }
        }
    }

    fn name(&mut self, octet: u8) {
        let mailbox = &mut self.messages.mailbox;
        if mailbox.len() <= LONGEST {
            mailbox.push(octet);
        }
    }

    /// A literal is a message unless it is the mailbox. What is a draft is not a message that was sent.
    fn announced(&mut self) {
        self.settle();
        let is_message = self.mailbox == Mailbox::Read && self.flags != Flags::Draft;
        self.finder = is_message.then(Finder::new);
        self.mailbox = match self.mailbox {
            Mailbox::Announced => Mailbox::Literal,
            _ => Mailbox::Read,
        };
        self.flags = Flags::Others(0);
    }

    fn literal(&mut self, octets: &[u8]) {
        if let Some(finder) = &mut self.finder {
            finder.push(octets);
        } else if self.mailbox == Mailbox::Literal {
            octets.iter().for_each(|&octet| self.name(octet));
        }
    }

    /// The literal that came last is whole.
    fn settle(&mut self) {
        let found = self.finder.take().and_then(|finder| finder.finish());
        let room = self.messages.message_ids.len() < KEPT;
        self.messages.message_ids.extend(found.filter(|_| room));
    }

    fn whole(mut self) -> Answerable {
        self.settle();
        if self.messages.mailbox.len() > LONGEST {
            self.messages.message_ids.clear();
        }
        self.messages
    }
}

/// What an octet is, and where the next one is.
enum Part {
    /// One of the mailbox's name.
    Name(Mailbox),
    /// One around it.
    Other(Mailbox),
    /// One behind it.
    Behind,
}

impl Mailbox {
    fn at(self, octet: u8) -> Part {
        match (self, octet) {
            (Self::Before, _) => Part::Other(Self::Begins),
            (Self::Begins, b'"') => Part::Other(Self::Quoted),
            (Self::Begins | Self::Announced, b'{') | (Self::Announced, _) => Part::Other(Self::Announced),
            (Self::Begins | Self::Atom, b' ') | (Self::Quoted, b'"') => Part::Other(Self::Read),
            (Self::Quoted, b'\\') => Part::Other(Self::Escaped),
            (Self::Begins | Self::Atom, _) => Part::Name(Self::Atom),
            (Self::Quoted | Self::Escaped, _) => Part::Name(Self::Quoted),
            (Self::Literal | Self::Read, _) => Part::Behind,
        }
    }
}

impl Flags {
    fn behind(self, octet: u8) -> Self {
        match self {
            Self::Others(seen) if DRAFT.get(seen) == Some(&octet.to_ascii_lowercase()) => match seen + 1 {
                all if all == DRAFT.len() => Self::Draft,
                seen => Self::Others(seen),
            },
            // Only its first octet is a backslash.
            Self::Others(_) => Self::Others(usize::from(octet == b'\\')),
            Self::Draft => Self::Draft,
        }
    }
}
