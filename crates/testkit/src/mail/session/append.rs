//! APPEND (RFC 3501 section 6.3.11, RFC 4315 for APPENDUID).

use std::sync::Arc;

use bytes::Bytes;

use super::{Answer, Done, Failure, Request, Session};
use crate::mail::date::DateTime;
use crate::mail::flags::Flags;
use crate::mail::message::Content;
use crate::mail::store::mailbox::{Draft, Mailbox};
use crate::mail::store::name::Name;

/// Shorter messages are copied, lest they keep a whole read buffer alive.
const KEPT_IN_PLACE: usize = 64 * 1024;

impl Session {
    /// `append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal`
    pub(super) fn append(&self, request: &mut Request<'_>) -> Answer {
        let mailbox = self.destination(&request.mailbox()?)?;
        let arguments = &mut request.arguments;
        arguments.space()?;
        let mut flags = Flags::default();
        if arguments.peek() == Some(b'(') {
            flags = Flags::parse_list(arguments)?;
            arguments.space()?;
        }
        let mut date = None;
        if arguments.peek() == Some(b'"') {
            date = Some(DateTime::parse(arguments)?);
            arguments.space()?;
        }
        let octets = message(request)?;
        request.arguments.end()?;
        let date = date.unwrap_or_else(DateTime::now);
        let uid = mailbox.append([Draft {
            content: Arc::new(Content::new(octets)),
            flags,
            date,
        }]);
        Ok(Done::with_code(
            format!("APPENDUID {} {uid}", mailbox.uid_validity()),
            "message appended",
        ))
    }

    /// Where messages are to be put; TRYCREATE if that is nowhere.
    pub(super) fn destination(&self, name: &Name) -> Result<Arc<Mailbox>, Failure> {
        let missing = |_| Failure::no("TRYCREATE", "no such mailbox");
        self.user.mailbox(name).map_err(missing)
    }
}

fn message(request: &mut Request<'_>) -> Result<Bytes, Failure> {
    let range = request.arguments.literal()?;
    if range.len() < KEPT_IN_PLACE {
        return Ok(Bytes::copy_from_slice(request.arguments.slice(range)));
    }
    Ok(request.command.slice(range))
}
