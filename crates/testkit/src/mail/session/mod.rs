//! A session after login (RFC 3501 section 6.2 to 6.4): one command in, its responses out. No I/O.

use std::sync::Arc;

use bytes::Bytes;
use gatepost_imap::command::{self, Body, By, Done};
use gatepost_imap::parse::{Allowance, Leniency, Options};
use gatepost_imap::response::{Completion, Namespace, Namespaces, StatusText};
use gatepost_imap::types::{Capabilities, Delimiter, IdParameters, Status, Text};
use gatepost_imap::{Command, Response, ResponseCode, Tag};
use tokio::sync::watch;

use super::connection::LIMITS;
use super::output::Output;
use super::store::Refused;
use super::store::name::{BadName, SEPARATOR};
use super::store::user::User;

mod append;
mod expunge;
mod fetch;
mod flag;
mod list;
mod manage;
mod matching;
mod pattern;
mod search;
mod select;
mod selected;
mod status;
mod transfer;

use selected::{Access, Expunges, Selected};

/// How commands are read: real clients are forgiven, and messages with NUL taken.
const READING: Options = Options {
    leniency: Leniency::CLIENTS
        .with(Allowance::Spaces)
        .with(Allowance::Controls),
    ..Options::strict(&LIMITS)
};

/// Shorter commands are copied, lest a message or a flag that is kept of them keeps a whole read buffer alive.
const KEPT_IN_PLACE: usize = 64 * 1024;

/// What a session knows beyond its user's mail.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// What CAPABILITY lists.
    pub(crate) capabilities: Capabilities,
}

/// One user's session.
#[derive(Debug)]
pub(crate) struct Session {
    user: Arc<User>,
    manner: Manner,
    selected: Option<Selected>,
    /// The tag of an IDLE that DONE has not ended yet.
    idling: Option<Tag>,
    /// What the client said of itself by ID and nobody asked for yet.
    identity: Option<IdParameters>,
}

/// What the driver does after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Reads on.
    Continue,
    /// Closes the connection: the client logged out.
    Close,
}

/// What the tagged OK says.
struct Success {
    code: Option<ResponseCode>,
    text: &'static str,
}

/// What the tagged NO or BAD says.
#[derive(Debug)]
enum Failure {
    /// The command is not allowed in this state, or not known.
    Bad(&'static str),
    No(ResponseCode, &'static str),
}

type Answer = Result<Success, Failure>;

fn done(text: &'static str) -> Answer {
    Ok(Success { code: None, text })
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
            Refused::NoUser | Refused::Missing => Self::No(ResponseCode::NonExistent, "no such mailbox"),
            Refused::Exists => Self::No(ResponseCode::AlreadyExists, "the mailbox exists"),
            Refused::BadName => Self::No(ResponseCode::Cannot, "not a mailbox name"),
            Refused::HasChildren => Self::No(ResponseCode::HasChildren, "the mailbox has mailboxes below it"),
            Refused::Inbox => Self::No(ResponseCode::Cannot, "INBOX cannot be deleted"),
            Refused::BelowItself => Self::No(ResponseCode::Cannot, "a mailbox cannot be moved below itself"),
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
            self.end_idle(tag, command, out);
            return After::Continue;
        }
        if command.is_empty() {
            // Some clients send an empty line before a command.
            return After::Continue;
        }
        let command = match command.len() {
            ..KEPT_IN_PLACE => Bytes::copy_from_slice(command),
            _ => command.clone(),
        };
        match command::parse_with(&command, &READING) {
            Ok(parsed) => self.answer(parsed.value, out),
            Err(error) => {
                let text = error.to_string();
                out.refuse(error.tag, &text);
                After::Continue
            }
        }
    }

    fn answer(&mut self, command: Command, out: &mut Output) -> After {
        let Command { tag, body } = command;
        if body == Body::Idle {
            self.idle(tag, out);
            return After::Continue;
        }
        let expunges = expunges(&body);
        let leaves = body == Body::Logout;
        let answer = self.run(&tag, body, out);
        self.update(expunges, out);
        let (status, text) = match answer {
            Ok(Success { code, text }) => (Completion::Ok, StatusText::shown(code, text)),
            Err(Failure::No(code, text)) => (Completion::No, StatusText::shown(Some(code), text)),
            Err(Failure::Bad(text)) => (Completion::Bad, StatusText::shown(None, text)),
        };
        out.tell(&Response::Tagged { tag, status, text });
        if leaves { After::Close } else { After::Continue }
    }

    fn run(&mut self, tag: &Tag, body: Body, out: &mut Output) -> Answer {
        match body {
            Body::Capability => self.capability(out),
            Body::Noop => done("nothing done"),
            Body::Logout => logout(out),
            Body::Id(identity) => self.id(identity, out),
            Body::Enable(_) => enable(out),
            Body::Namespace => namespace(out),
            Body::List(list) => self.list(&list, out),
            Body::Lsub { reference, pattern } => self.lsub(&reference, &pattern, out),
            Body::Status { mailbox, items } => self.status(&mailbox, &items, out),
            Body::Create(create) => self.create(&create),
            Body::Delete(mailbox) => self.delete(&mailbox),
            Body::Rename { from, to } => self.rename(&from, &to),
            Body::Subscribe(mailbox) => self.subscribe(&mailbox),
            Body::Unsubscribe(mailbox) => self.unsubscribe(&mailbox),
            Body::Append(append) => self.append(append),
            Body::Select(select) => self.select(&select.mailbox, Access::ReadWrite, out),
            Body::Examine(select) => self.select(&select.mailbox, Access::ReadOnly, out),
            Body::Check => self.check(),
            Body::Close => self.close(),
            Body::Unselect => self.unselect(),
            Body::Expunge => self.expunge(None),
            Body::UidExpunge(uids) => self.expunge(Some(&uids)),
            Body::Fetch(by, fetch) => self.fetch(by, fetch, out),
            Body::Store(by, store) => self.store(by, store, out),
            Body::Search(by, search) => self.search(tag, by, &search, out),
            Body::Copy(by, set, mailbox) => self.copy(by, &set, &mailbox),
            Body::Move(by, set, mailbox) => self.move_messages(by, &set, &mailbox, out),
            _ => Err(Failure::Bad("unknown command")),
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
            .ok_or(Failure::Bad("no mailbox is selected"))
    }

    /// The selected mailbox, if it may be changed.
    fn writable(&mut self) -> Result<&mut Selected, Failure> {
        let selected = self.selected()?;
        match selected.access() {
            Access::ReadWrite => Ok(selected),
            Access::ReadOnly => Err(Failure::No(ResponseCode::Cannot, "the mailbox is read-only")),
        }
    }

    fn capability(&self, out: &mut Output) -> Answer {
        out.tell(&Response::Capability(self.manner.capabilities.clone()));
        done("capabilities listed")
    }

    /// ID (RFC 2971).
    fn id(&mut self, identity: IdParameters, out: &mut Output) -> Answer {
        self.identity = Some(identity);
        let mut own = IdParameters::default();
        // No NUL is in it.
        let _ = own.push("name", Some("gatepost-testkit"));
        out.tell(&Response::Id(own));
        done("pleased to meet you")
    }

    /// IDLE (RFC 2177).
    fn idle(&mut self, tag: Tag, out: &mut Output) {
        self.idling = Some(tag);
        out.invite("idling");
        self.update(Expunges::Told, out);
    }

    fn end_idle(&mut self, tag: Tag, line: &Bytes, out: &mut Output) {
        self.update(Expunges::Told, out);
        let (status, text) = match Done::parse(line) {
            Ok(Done) => (Completion::Ok, "idle ended"),
            Err(_) => (Completion::Bad, "expected DONE"),
        };
        let text = StatusText::shown(None, text);
        out.tell(&Response::Tagged { tag, status, text });
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
    pub(crate) fn take_identity(&mut self) -> Option<IdParameters> {
        self.identity.take()
    }
}

/// No EXPUNGE may answer a command that names messages by their numbers (RFC 3501 section 7.4.1).
fn expunges(body: &Body) -> Expunges {
    match body {
        Body::Fetch(By::Sequence, _) | Body::Store(By::Sequence, _) | Body::Search(By::Sequence, _) => {
            Expunges::Held
        }
        _ => Expunges::Told,
    }
}

fn logout(out: &mut Output) -> Answer {
    out.tell(&Response::Status {
        status: Status::Bye,
        text: StatusText::shown(None, "until next time"),
    });
    done("logged out")
}

/// ENABLE (RFC 5161): there is nothing to enable.
fn enable(out: &mut Output) -> Answer {
    out.tell(&Response::Enabled(Capabilities::default()));
    done("nothing enabled")
}

/// NAMESPACE (RFC 2342): personal mailboxes alone.
fn namespace(out: &mut Output) -> Answer {
    let personal = Namespace {
        prefix: Text::EMPTY,
        delimiter: Delimiter::new(SEPARATOR).ok(),
        extensions: Vec::new(),
    };
    out.tell(&Response::Namespaces(Namespaces {
        personal: vec![personal],
        other_users: Vec::new(),
        shared: Vec::new(),
    }));
    done("namespaces listed")
}
