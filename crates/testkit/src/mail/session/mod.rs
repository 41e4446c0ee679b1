//! A session after login (RFC 3501 section 6.2 to 6.4): one command in, its responses out. No I/O.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use super::cursor::{Cursor, Unexpected, is_atom};
use super::output::Output;
use super::store::Refused;
use super::store::name::{BadName, Name};
use super::store::user::User;

mod append;
mod expunge;
mod fetch;
mod flag;
mod identify;
mod list;
mod manage;
mod pattern;
mod search;
mod select;
mod selected;
mod status;
mod transfer;

pub(crate) use identify::{Identity, identity_in};
use selected::{Expunges, Numbering, Selected};

/// What a session knows beyond its user's mail.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// What CAPABILITY lists.
    pub(crate) capabilities: Arc<str>,
}

/// One user's session.
#[derive(Debug)]
pub(crate) struct Session {
    user: Arc<User>,
    manner: Manner,
    selected: Option<Selected>,
    /// The tag of an IDLE that DONE has not ended yet.
    idling: Option<Bytes>,
    /// What the client said of itself by ID and nobody asked for yet.
    identity: Option<Identity>,
}

/// What the driver does after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Reads on.
    Continue,
    /// Closes the connection: the client logged out.
    Close,
}

/// A command being executed.
struct Request<'a> {
    /// The whole of it.
    command: &'a Bytes,
    /// What follows the verb.
    arguments: Cursor<'a>,
    numbering: Numbering,
}

/// What the tagged OK says.
struct Done {
    code: Option<String>,
    text: &'static str,
}

/// What the tagged NO or BAD says.
#[derive(Debug)]
enum Failure {
    Bad(Unexpected),
    /// The command is not allowed in this state, or not known.
    Misplaced(&'static str),
    No {
        code: Option<&'static str>,
        text: &'static str,
    },
}

type Answer = Result<Done, Failure>;

impl Done {
    fn new(text: &'static str) -> Self {
        Self { code: None, text }
    }

    fn with_code(code: String, text: &'static str) -> Self {
        Self {
            code: Some(code),
            text,
        }
    }
}

impl Failure {
    fn no(code: &'static str, text: &'static str) -> Self {
        Self::No {
            code: Some(code),
            text,
        }
    }
}

impl From<Unexpected> for Failure {
    fn from(error: Unexpected) -> Self {
        Self::Bad(error)
    }
}

impl From<BadName> for Failure {
    fn from(_: BadName) -> Self {
        Refused::BadName.into()
    }
}

/// The codes are those of RFC 5530.
impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoUser | Refused::Missing => Self::no("NONEXISTENT", "no such mailbox"),
            Refused::Exists => Self::no("ALREADYEXISTS", "the mailbox exists"),
            Refused::BadName => Self::no("CANNOT", "not a mailbox name"),
            Refused::HasChildren => Self::no("HASCHILDREN", "the mailbox has mailboxes below it"),
            Refused::Inbox => Self::no("CANNOT", "INBOX cannot be deleted"),
            Refused::BelowItself => Self::no("CANNOT", "a mailbox cannot be moved below itself"),
        }
    }
}

impl Session {
    pub(crate) fn new(user: Arc<User>, manner: Manner) -> Self {
        Self {
            user,
            manner,
            selected: None,
            idling: None,
            identity: None,
        }
    }

    /// Executes one whole command, its literals inline and without its last CRLF.
    pub(crate) fn execute(&mut self, command: &Bytes, out: &mut Output) -> After {
        if let Some(tag) = self.idling.take() {
            self.end_idle(&tag, command, out);
            return After::Continue;
        }
        if command.is_empty() {
            // Some clients send an empty line before a command.
            return After::Continue;
        }
        let mut arguments = Cursor::new(command);
        let tag = match tag(&mut arguments) {
            Ok(tag) => tag,
            Err(error) => {
                let _ = write!(out, "* BAD {error}\r\n");
                return After::Continue;
            }
        };
        match Verb::parse(&mut arguments) {
            Ok(verb) => {
                let numbering = verb.numbering;
                self.answer(
                    tag,
                    &verb,
                    Request {
                        command,
                        arguments,
                        numbering,
                    },
                    out,
                )
            }
            Err(error) => {
                out.push(tag);
                write_status(&Err(error.into()), out);
                After::Continue
            }
        }
    }

    fn answer(&mut self, tag: &[u8], verb: &Verb, request: Request<'_>, out: &mut Output) -> After {
        if verb.name == "IDLE" {
            self.idle(tag, request, out);
            return After::Continue;
        }
        let answer = self.run(&verb.name, request, out);
        self.update(verb.expunges(), out);
        out.push(tag);
        write_status(&answer, out);
        match verb.name.as_str() {
            "LOGOUT" if answer.is_ok() => After::Close,
            _ => After::Continue,
        }
    }

    fn run(&mut self, verb: &str, mut request: Request<'_>, out: &mut Output) -> Answer {
        let request = &mut request;
        match verb {
            "CAPABILITY" => self.capability(request, out),
            "NOOP" => request.finish("nothing done"),
            "LOGOUT" => logout(request, out),
            "ID" => self.id(request, out),
            "ENABLE" => enable(request, out),
            "NAMESPACE" => namespace(request, out),
            "LIST" => self.list(request, out),
            "LSUB" => self.lsub(request, out),
            "STATUS" => self.status(request, out),
            "CREATE" => self.create(request),
            "DELETE" => self.delete(request),
            "RENAME" => self.rename(request),
            "SUBSCRIBE" => self.subscribe(request),
            "UNSUBSCRIBE" => self.unsubscribe(request),
            "APPEND" => self.append(request),
            "SELECT" => self.select(request, selected::Access::ReadWrite, out),
            "EXAMINE" => self.select(request, selected::Access::ReadOnly, out),
            _ => self.run_selected(verb, request, out),
        }
    }

    /// The commands that need a selected mailbox.
    fn run_selected(&mut self, verb: &str, request: &mut Request<'_>, out: &mut Output) -> Answer {
        match verb {
            "CHECK" => self.check(request),
            "CLOSE" => self.close(request),
            "UNSELECT" => self.unselect(request),
            "EXPUNGE" => self.expunge(request),
            "FETCH" => self.fetch(request, out),
            "STORE" => self.store(request, out),
            "SEARCH" => self.search(request, out),
            "COPY" => self.copy(request),
            "MOVE" => self.move_messages(request, out),
            _ => Err(Failure::Misplaced("unknown command")),
        }
    }

    /// Tells the client what changed in the selected mailbox since it was told last.
    fn update(&mut self, expunges: Expunges, out: &mut Output) {
        if let Some(selected) = &mut self.selected {
            selected.update(expunges, out);
        }
    }

    fn selected(&mut self) -> Result<&mut Selected, Failure> {
        self.selected
            .as_mut()
            .ok_or(Failure::Misplaced("no mailbox is selected"))
    }

    /// The selected mailbox, if it may be changed.
    fn writable(&mut self) -> Result<&mut Selected, Failure> {
        let selected = self.selected()?;
        match selected.access() {
            selected::Access::ReadWrite => Ok(selected),
            selected::Access::ReadOnly => Err(Failure::no("CANNOT", "the mailbox is read-only")),
        }
    }

    fn capability(&self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        request.arguments.end()?;
        let _ = write!(out, "* CAPABILITY {}\r\n", self.manner.capabilities);
        Ok(Done::new("capabilities listed"))
    }

    /// IDLE (RFC 2177).
    fn idle(&mut self, tag: &[u8], mut request: Request<'_>, out: &mut Output) {
        if let Err(error) = request.arguments.end() {
            out.push(tag);
            return write_status(&Err(error.into()), out);
        }
        self.idling = Some(Bytes::copy_from_slice(tag));
        out.push("+ idling\r\n");
        self.update(Expunges::Told, out);
    }

    fn end_idle(&mut self, tag: &Bytes, command: &Bytes, out: &mut Output) {
        self.update(Expunges::Told, out);
        out.push(tag);
        match command.eq_ignore_ascii_case(b"DONE") {
            true => out.push(" OK idle ended\r\n"),
            false => out.push(" BAD expected DONE\r\n"),
        }
    }

    /// Wakes when there is something to tell an idling client; `None` if the client does not idle.
    pub(crate) fn changes(&mut self) -> Option<&mut watch::Receiver<u64>> {
        self.idling.as_ref()?;
        self.selected.as_mut().map(Selected::changes)
    }

    /// Tells an idling client what changed.
    pub(crate) fn announce(&mut self, out: &mut Output) {
        self.update(Expunges::Told, out);
    }

    /// What the client said of itself since this was asked before.
    pub(crate) fn take_identity(&mut self) -> Option<Identity> {
        self.identity.take()
    }
}

impl Request<'_> {
    /// A command without (further) arguments, or with none but what was read.
    fn finish(&mut self, text: &'static str) -> Answer {
        self.arguments.end()?;
        Ok(Done::new(text))
    }

    /// `SP mailbox`
    fn mailbox(&mut self) -> Result<Name, Failure> {
        self.arguments.space()?;
        Ok(Name::parse(&self.arguments.astring()?)?)
    }
}

/// `tag SP`
fn tag<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Unexpected> {
    let tag = cursor.run(|octet| is_atom(octet) && octet != b'+', "a tag")?;
    cursor.space()?;
    Ok(tag)
}

/// What a command does, and whether UID stands before it.
struct Verb {
    name: String,
    numbering: Numbering,
}

impl Verb {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let name = cursor.keyword("a command")?;
        if name != "UID" {
            return Ok(Self {
                name,
                numbering: Numbering::Sequence,
            });
        }
        cursor.space()?;
        let name = cursor.keyword("a command")?;
        match name.as_str() {
            "FETCH" | "STORE" | "SEARCH" | "COPY" | "MOVE" | "EXPUNGE" => Ok(Self {
                name,
                numbering: Numbering::Uid,
            }),
            _ => cursor.unexpected_word(name.len(), "a command with UIDs"),
        }
    }

    /// No EXPUNGE may answer a command that names messages by their numbers (RFC 3501 section 7.4.1).
    fn expunges(&self) -> Expunges {
        let by_number = self.numbering == Numbering::Sequence;
        match self.name.as_str() {
            "FETCH" | "STORE" | "SEARCH" if by_number => Expunges::Held,
            _ => Expunges::Told,
        }
    }
}

/// The tagged response behind its tag.
fn write_status(answer: &Answer, out: &mut Output) {
    let _ = match answer {
        Ok(Done {
            code: Some(code),
            text,
        }) => write!(out, " OK [{code}] {text}\r\n"),
        Ok(Done { code: None, text }) => write!(out, " OK {text}\r\n"),
        Err(Failure::No {
            code: Some(code),
            text,
        }) => write!(out, " NO [{code}] {text}\r\n"),
        Err(Failure::No { code: None, text }) => write!(out, " NO {text}\r\n"),
        Err(Failure::Misplaced(text)) => write!(out, " BAD {text}\r\n"),
        Err(Failure::Bad(error)) => write!(out, " BAD {error}\r\n"),
    };
}

fn logout(request: &mut Request<'_>, out: &mut Output) -> Answer {
    request.arguments.end()?;
    out.push("* BYE until next time\r\n");
    Ok(Done::new("logged out"))
}

/// ENABLE (RFC 5161): there is nothing to enable.
fn enable(request: &mut Request<'_>, out: &mut Output) -> Answer {
    while !request.arguments.rest().is_empty() {
        request.arguments.space()?;
        request.arguments.keyword("a capability")?;
    }
    out.push("* ENABLED\r\n");
    Ok(Done::new("nothing enabled"))
}

/// NAMESPACE (RFC 2342): personal mailboxes alone.
fn namespace(request: &mut Request<'_>, out: &mut Output) -> Answer {
    request.arguments.end()?;
    out.push("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
    Ok(Done::new("namespaces listed"))
}
