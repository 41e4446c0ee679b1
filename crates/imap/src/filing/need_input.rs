//! Reading responses until one needs the caller.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use bytes::BytesMut;
use gatepost_wire::Input;

use super::command::{Begun, Command};
use super::core::Core;
use super::fetch::{self, Found};
use super::list::{Listing, Question};
use super::namespace::Namespaces;
use super::search::Hits;
use super::states::{Refused, Stage};
use super::{Step, course};
use crate::frame::literal::Mode;
use crate::response::{Completion, Response, StatusText};
use crate::{Error, ResponseCode, Rule, Status, Tag};

/// The server's turn: read from it and call [`NeedInput::process`].
#[derive(Debug)]
pub struct NeedInput {
    core: Core,
    tag: Tag,
    /// Pieces of the command that wait for `+`.
    unsent: VecDeque<BytesMut>,
    phase: Phase,
}

/// What the server is expected to answer. Mailboxes are as they stand on the wire.
#[derive(Debug)]
pub(super) enum Phase {
    Namespace,
    List(Question, Listing),
    /// CREATE of the first of these mailboxes.
    Create(VecDeque<Vec<u8>>),
    Subscribe(Vec<u8>),
    Open(Access, Vec<u8>),
    /// FETCH of the newest messages.
    Recent(Found, Vec<u8>),
    Search(Hits, Vec<u8>),
    Fetch(Found, Vec<u8>),
    Append(Message, Vec<u8>),
}

/// How the mailbox is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// EXAMINE.
    ReadOnly,
    /// SELECT.
    ReadWrite,
}

/// The literal of APPEND.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    Announced(Mode),
    Sent,
}

/// A status with the tag that is outstanding.
struct Answer {
    status: Completion,
    text: StatusText,
}

pub(super) type Flow = ControlFlow<Step, NeedInput>;

impl NeedInput {
    /// The whole message was sent.
    pub(super) fn sent(core: Core, tag: Tag, mailbox: Vec<u8>) -> Self {
        Self {
            core,
            tag,
            unsent: VecDeque::new(),
            phase: Phase::Append(Message::Sent, mailbox),
        }
    }

    pub(super) fn begin(core: Core, command: Command, phase: Phase, out: &mut BytesMut) -> Self {
        let Begun { tag, unsent } = command.send(out);
        Self {
            core,
            tag,
            unsent,
            phase,
        }
    }

    /// Consumes what it needs of `input` for the next step, sending the commands that need no decision.
    ///
    /// # Errors
    /// The server broke the protocol or says too much. Close the connection.
    pub fn process(self, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
        let mut state = self;
        loop {
            let Some(response) = state.core.response(input)? else {
                return Ok(Step::NeedInput(state));
            };
            match state.handle(response, out)? {
                ControlFlow::Continue(next) => state = next,
                ControlFlow::Break(step) => return Ok(step),
            }
        }
    }

    fn handle(mut self, response: Response, out: &mut BytesMut) -> Result<Flow, Error> {
        match response {
            Response::Tagged { tag, status, text } => {
                if tag != self.tag {
                    return Err(Error::peer(Rule::UnknownTag));
                }
                self.answered(Answer { status, text }, out)
            }
            Response::Status {
                status: Status::Bye,
                text,
            } => {
                let refused = Refused::new(self.phase.stage(), Status::Bye, text);
                Ok(Flow::Break(Step::Refused(refused)))
            }
            Response::Status {
                status: Status::Preauth,
                ..
            } => Err(Error::peer(Rule::Preauth)),
            Response::Continuation(_) => self.continued(out),
            other => {
                self.hear(&other);
                Ok(Flow::Continue(self))
            }
        }
    }

    fn hear(&mut self, response: &Response) {
        let order = &self.core.order;
        match (&mut self.phase, response) {
            (Phase::Namespace, Response::Namespaces(said)) => {
                self.core.namespaces = Namespaces::said(said);
            }
            (Phase::List(_, listing), Response::List(list)) => {
                listing.hear(list, order, &self.core.namespaces);
            }
            (Phase::Search(hits, _), found) => hits.hear(found),
            (Phase::Recent(found, _) | Phase::Fetch(found, _), response) => {
                if let Some(message_id) = &order.message_id {
                    *found = fetch::found(response, message_id, order.date.as_ref()).max(*found);
                }
            }
            (Phase::Open(..), Response::Exists(number)) => self.core.exists = *number,
            _ => {}
        }
    }

    fn continued(mut self, out: &mut BytesMut) -> Result<Flow, Error> {
        if let Some(piece) = self.unsent.pop_front() {
            out.extend_from_slice(&piece);
            return Ok(self.with_message_if_it_is_due());
        }
        match self.phase {
            Phase::Append(Message::Announced(_), mailbox) => Ok(course::due(self.core, self.tag, mailbox)),
            _ => Err(Error::peer(Rule::UnaskedContinuation)),
        }
    }

    /// A non-synchronizing literal follows its announcement at once.
    pub(super) fn with_message_if_it_is_due(self) -> Flow {
        match self.phase {
            Phase::Append(Message::Announced(Mode::NonSynchronizing), mailbox) if self.unsent.is_empty() => {
                course::due(self.core, self.tag, mailbox)
            }
            phase => Flow::Continue(Self { phase, ..self }),
        }
    }

    fn answered(self, answer: Answer, out: &mut BytesMut) -> Result<Flow, Error> {
        if answer.status != Completion::Ok {
            return Ok(self.refused(answer, out));
        }
        let is_announced = matches!(self.phase, Phase::Append(Message::Announced(_), _));
        if is_announced || !self.unsent.is_empty() {
            return Err(Error::peer(Rule::EarlyOk));
        }
        let core = self.core;
        Ok(match self.phase {
            Phase::Namespace => Flow::Continue(course::list(core, out)),
            Phase::List(_, listing) => course::listed(core, listing, out),
            Phase::Create(mailboxes) => course::created(core, mailboxes, out),
            Phase::Subscribe(mailbox) => course::found(core, mailbox, out),
            Phase::Open(_, mailbox) => course::recent(core, mailbox, out),
            Phase::Recent(found, mailbox) => course::behind_recent(core, found, mailbox, out),
            Phase::Search(hits, mailbox) => course::searched(core, &hits, mailbox, out),
            Phase::Fetch(found, mailbox) => course::fetched(core, found, mailbox, out),
            Phase::Append(_, mailbox) => course::filed(core, &mailbox, answer.text.code(), out),
        })
    }

    /// NO or BAD. Some refusals leave another way.
    fn refused(self, answer: Answer, out: &mut BytesMut) -> Flow {
        let stage = self.phase.stage();
        let mut core = self.core;
        match self.phase {
            Phase::Namespace => Flow::Continue(course::list(core, out)),
            Phase::List(Question::SpecialUse | Question::Xlist, _) => course::list_plainly(core, out),
            Phase::Create(mailboxes) if answer.text.code() == Some(&ResponseCode::AlreadyExists) => {
                course::created(core, mailboxes, out)
            }
            Phase::Create(mut mailboxes) if mailboxes.len() > 1 && answer.is_about_the_name() => {
                mailboxes.pop_front();
                course::create(core, mailboxes, out)
            }
            Phase::Subscribe(mailbox) => course::found(core, mailbox, out),
            Phase::Open(Access::ReadOnly, mailbox) => course::open(core, Access::ReadWrite, mailbox, out),
            Phase::Recent(found, mailbox) => course::behind_recent(core, found, mailbox, out),
            Phase::Fetch(Found::Message, mailbox) => course::present(core, &mailbox, out),
            _ => {
                core.log_out(out);
                let Answer { status, text } = answer;
                Flow::Break(Step::Refused(Refused::new(stage, status.into(), text)))
            }
        }
    }
}

impl Answer {
    /// Whether another name may be welcome where this one was not.
    fn is_about_the_name(&self) -> bool {
        use ResponseCode::{
            Alert, AuthenticationFailed, AuthorizationFailed, ContactAdmin, Corruption, Expired, InUse,
            Limit, OverQuota, PrivacyRequired, ServerBug, TooBig, Unavailable,
        };
        let other_reason = matches!(
            self.text.code(),
            Some(
                Alert
                    | AuthenticationFailed
                    | AuthorizationFailed
                    | ContactAdmin
                    | Corruption
                    | Expired
                    | InUse
                    | Limit
                    | OverQuota
                    | PrivacyRequired
                    | ServerBug
                    | TooBig
                    | Unavailable
            )
        );
        !other_reason
    }
}

impl Phase {
    fn stage(&self) -> Stage {
        match self {
            Self::Namespace | Self::List(..) => Stage::List,
            Self::Create(_) | Self::Subscribe(_) => Stage::Create,
            Self::Open(..) => Stage::Select,
            Self::Search(..) => Stage::Search,
            Self::Recent(..) | Self::Fetch(..) => Stage::Fetch,
            Self::Append(..) => Stage::Append,
        }
    }
}
