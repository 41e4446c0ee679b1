//! APPEND (RFC 3501 section 6.3.11, RFC 4315 for APPENDUID).

use std::sync::Arc;

use gatepost_imap::ResponseCode;
use gatepost_imap::command::{Append, Data};
use gatepost_imap::types::{Mailbox as MailboxName, UidSet};

use super::{Answer, Failure, Session, Success, flag};
use crate::mail::date;
use crate::mail::message::Content;
use crate::mail::store::mailbox::{Draft, Mailbox};
use crate::mail::store::name::Name;

impl Session {
    /// One message, without options.
    pub(super) fn append(&self, append: Append) -> Answer {
        let mailbox = self.destination(&append.mailbox)?;
        let mut messages = append.messages.into_iter();
        let (Some(message), None) = (messages.next(), messages.next()) else {
            return Err(Failure::Bad("expected one message"));
        };
        let octets = match message.data {
            Data::Literal(text) => text.into_bytes(),
            Data::Literal8(octets) => octets,
            _ => return Err(Failure::Bad("expected a literal")),
        };
        if !message.options.is_empty() {
            return Err(Failure::Bad("APPEND takes no options"));
        }
        flag::check(&message.flags)?;
        let uid = mailbox.append([Draft {
            content: Arc::new(Content::new(octets)),
            flags: message.flags.into_iter().collect(),
            date: message.date.unwrap_or_else(date::now),
        }]);
        Ok(Success {
            code: Some(ResponseCode::AppendUid {
                validity: mailbox.uid_validity(),
                uids: UidSet::one(uid),
            }),
            text: "message appended",
        })
    }

    /// Where messages are to be put; TRYCREATE if that is nowhere.
    pub(super) fn destination(&self, mailbox: &MailboxName) -> Result<Arc<Mailbox>, Failure> {
        let missing = |_| Failure::No(ResponseCode::TryCreate, "no such mailbox");
        self.user.mailbox(&Name::of(mailbox)?).map_err(missing)
    }
}
