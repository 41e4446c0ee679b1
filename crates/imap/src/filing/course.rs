//! The course of a session: which command follows which.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use bytes::BytesMut;

use super::command::Command;
use super::core::Core;
use super::fetch::{self, Found};
use super::list::{Listing, Question};
use super::need_input::{Access, Flow, Message, NeedInput, Phase};
use super::search::{self, Hits};
use super::states::{Refused, Send, Stage};
use super::{Done, Namesake, Step};
use crate::response::StatusText;
use crate::{Escaped, ResponseCode, Status, Tag};

/// How many of the newest messages are looked at, whatever the search says: an index may lag behind.
const RECENT: u32 = 20;

/// The first command.
pub(super) fn begin(mut core: Core, out: &mut BytesMut) -> NeedInput {
    if core.has(&["NAMESPACE", "IMAP4rev2"]) {
        let command = core.command("NAMESPACE").end();
        return NeedInput::begin(core, command, Phase::Namespace, out);
    }
    list(core, out)
}

pub(super) fn list(mut core: Core, out: &mut BytesMut) -> NeedInput {
    let question = if core.has(&["SPECIAL-USE", "LIST-EXTENDED", "IMAP4rev2"]) {
        Question::SpecialUse
    } else if core.has(&["XLIST"]) {
        Question::Xlist
    } else {
        Question::Plain
    };
    let command = all_mailboxes(&mut core, question);
    NeedInput::begin(core, command, Phase::List(question, Listing::default()), out)
}

/// Asks again, behind a question that the server does not understand after all.
pub(super) fn list_plainly(mut core: Core, out: &mut BytesMut) -> Flow {
    let command = all_mailboxes(&mut core, Question::Plain);
    let phase = Phase::List(Question::Plain, Listing::default());
    go_on(core, command, phase, out)
}

fn go_on(core: Core, command: Command, phase: Phase, out: &mut BytesMut) -> Flow {
    ControlFlow::Continue(NeedInput::begin(core, command, phase, out))
}

fn all_mailboxes(core: &mut Core, question: Question) -> Command {
    let all = |command: Command| command.string(b"").string(b"*");
    let command = match question {
        Question::SpecialUse => all(core.command("LIST")).words("RETURN (SPECIAL-USE)"),
        Question::Xlist => all(core.command("XLIST")),
        Question::Plain => all(core.command("LIST")),
    };
    command.end()
}

pub(super) fn listed(mut core: Core, mut listing: Listing, out: &mut BytesMut) -> Flow {
    if let Some(mailbox) = listing.mailbox() {
        return found(core, mailbox, out);
    }
    let mailboxes = listing.to_create(&core.order, &core.namespaces);
    if !mailboxes.is_empty() {
        return create(core, mailboxes, out);
    }
    core.log_out(out);
    let text = StatusText::shown(None, "no mailbox for sent messages");
    let refused = Refused::new(Stage::NoMailbox, Status::No, text);
    ControlFlow::Break(Step::Refused(refused))
}

pub(super) fn create(mut core: Core, mailboxes: VecDeque<Vec<u8>>, out: &mut BytesMut) -> Flow {
    let first = mailboxes.front().map_or(&b""[..], Vec::as_slice);
    let command = core.command("CREATE").string(first).end();
    go_on(core, command, Phase::Create(mailboxes), out)
}

/// Clients show the mailboxes that are subscribed to. If that fails, the message can be filed all the same.
pub(super) fn created(mut core: Core, mut mailboxes: VecDeque<Vec<u8>>, out: &mut BytesMut) -> Flow {
    let mailbox = mailboxes.pop_front().unwrap_or_default();
    let command = core.command("SUBSCRIBE").string(&mailbox).end();
    go_on(core, command, Phase::Subscribe(mailbox), out)
}

/// The mailbox is known.
pub(super) fn found(core: Core, mailbox: Vec<u8>, out: &mut BytesMut) -> Flow {
    match core.order.message_id {
        Some(_) => open(core, Access::ReadOnly, mailbox, out),
        None => append(core, mailbox, out),
    }
}

pub(super) fn open(mut core: Core, access: Access, mailbox: Vec<u8>, out: &mut BytesMut) -> Flow {
    core.exists = 0;
    let verb = match access {
        Access::ReadOnly => "EXAMINE",
        Access::ReadWrite => "SELECT",
    };
    let command = core.command(verb).string(&mailbox).end();
    go_on(core, command, Phase::Open(access, mailbox), out)
}

/// The mailbox is open.
pub(super) fn recent(mut core: Core, mailbox: Vec<u8>, out: &mut BytesMut) -> Flow {
    if core.exists == 0 {
        return search(core, mailbox, out);
    }
    let set = format!("{}:*", core.exists.saturating_sub(RECENT - 1).max(1));
    let command = core.command("FETCH").words(&set).words(fetch::ITEMS).end();
    let phase = Phase::Recent(Found::Nothing, mailbox);
    go_on(core, command, phase, out)
}

/// The newest messages were looked at, as far as the server told them.
pub(super) fn behind_recent(core: Core, found: Found, mailbox: Vec<u8>, out: &mut BytesMut) -> Flow {
    match noted(core, found) {
        (core, Found::Message) => present(core, &mailbox, out),
        (core, _) => search(core, mailbox, out),
    }
}

fn noted(mut core: Core, found: Found) -> (Core, Found) {
    if found == Found::Namesake {
        core.namesake = Namesake::Present;
    }
    (core, found)
}

pub(super) fn search(mut core: Core, mailbox: Vec<u8>, out: &mut BytesMut) -> Flow {
    let command = core.command("UID SEARCH");
    let message_id = core.order.message_id.as_deref().unwrap_or_default();
    let command = search::search(command, message_id, &core.order);
    let phase = Phase::Search(Hits::default(), mailbox);
    go_on(core, command, phase, out)
}

pub(super) fn searched(mut core: Core, hits: &Hits, mailbox: Vec<u8>, out: &mut BytesMut) -> Flow {
    let Some(set) = hits.set() else {
        return append(core, mailbox, out);
    };
    let command = core.command("UID FETCH").words(&set).words(fetch::ITEMS).end();
    let phase = Phase::Fetch(Found::Nothing, mailbox);
    go_on(core, command, phase, out)
}

/// All hits were looked at.
pub(super) fn fetched(core: Core, found: Found, mailbox: Vec<u8>, out: &mut BytesMut) -> Flow {
    match noted(core, found) {
        (core, Found::Message) => present(core, &mailbox, out),
        (core, _) => append(core, mailbox, out),
    }
}

/// ```abnf
/// append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal       ; RFC 3501 section 9
/// ```
pub(super) fn append(mut core: Core, mailbox: Vec<u8>, out: &mut BytesMut) -> Flow {
    let size = core.order.size;
    if let Some(limit) = core.append_limit().filter(|&limit| limit < size) {
        core.log_out(out);
        let text = format!("the message has {size} octets, and APPENDLIMIT is {limit}");
        let text = StatusText::shown(Some(ResponseCode::TooBig), &text);
        let refused = Refused::new(Stage::Append, Status::No, text);
        return ControlFlow::Break(Step::Refused(refused));
    }
    let command = core.command("APPEND").string(&mailbox).words("(\\Seen)");
    let date_time = &core.order.date_time;
    let command = if is_date_time(date_time) {
        command.words(&format!("\"{date_time}\""))
    } else {
        command
    };
    let (command, mode) = command.literal(core.order.size);
    let phase = Phase::Append(Message::Announced(mode), mailbox);
    NeedInput::begin(core, command, phase, out).with_message_if_it_is_due()
}

/// Whether the server has a chance to read it, and cannot read anything else.
fn is_date_time(text: &str) -> bool {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b" +-:".contains(&octet);
    !text.is_empty() && text.bytes().all(allowed)
}

/// The message's octets are due.
pub(super) fn due(core: Core, tag: Tag, mailbox: Vec<u8>) -> Flow {
    ControlFlow::Break(Step::Send(Send::new(core, tag, mailbox)))
}

pub(super) fn present(mut core: Core, mailbox: &[u8], out: &mut BytesMut) -> Flow {
    core.log_out(out);
    let mailbox = Escaped(mailbox).to_string();
    ControlFlow::Break(Step::Done(Done::Present { mailbox }))
}

pub(super) fn filed(mut core: Core, mailbox: &[u8], code: Option<&ResponseCode>, out: &mut BytesMut) -> Flow {
    core.log_out(out);
    let uid = match code {
        Some(ResponseCode::AppendUid { validity, uids }) => uids.single().map(|uid| (validity.get(), uid)),
        _ => None,
    };
    let mailbox = Escaped(mailbox).to_string();
    let namesake = core.namesake;
    ControlFlow::Break(Step::Done(Done::Filed {
        mailbox,
        uid,
        namesake,
    }))
}
