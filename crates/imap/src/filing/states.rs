//! The state in which the caller acts, and the ends.

use std::fmt;

use bytes::BytesMut;

use super::NeedInput;
use super::core::Core;
use crate::response::StatusText;
use crate::{Escaped, ResponseCode, Status, Tag};

/// The server waits for the message.
#[derive(Debug)]
pub struct Send {
    core: Core,
    tag: Tag,
    mailbox: Vec<u8>,
    left: u64,
}

impl Send {
    pub(super) fn new(core: Core, tag: Tag, mailbox: Vec<u8>) -> Self {
        let left = core.order.size;
        Self {
            core,
            tag,
            mailbox,
            left,
        }
    }

    /// How many octets of the message were not appended yet.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Appends the next octets of the message to the output, which may be sent before the next.
    ///
    /// # Errors
    /// If these are more than [`Send::left`]. None of them is appended. Close the connection: the message is not
    /// filed.
    pub fn append(&mut self, octets: &[u8], out: &mut BytesMut) -> Result<(), WrongSize> {
        self.left = self.left.checked_sub(octets.len() as u64).ok_or(WrongSize)?;
        out.extend_from_slice(octets);
        Ok(())
    }

    /// Ends the command behind the whole message.
    ///
    /// # Errors
    /// If octets are missing. Close the connection: the message is not filed.
    pub fn sent(self, out: &mut BytesMut) -> Result<NeedInput, WrongSize> {
        if self.left > 0 {
            return Err(WrongSize);
        }
        out.extend_from_slice(b"\r\n");
        Ok(NeedInput::sent(self.core, self.tag, self.mailbox))
    }
}

/// The message has more or fewer octets than [`super::Order::size`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message has not the size that was announced")]
pub struct WrongSize;

/// The server said NO, BAD or BYE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it refused.
    pub stage: Stage,
    /// NO, BAD or BYE; NO for [`Stage::NoMailbox`].
    pub status: Status,
    /// The code in brackets.
    pub code: Option<ResponseCode>,
    /// The text: printable ASCII, the rest escaped, and not long.
    pub text: String,
}

impl Refused {
    pub(super) fn new(stage: Stage, status: Status, text: StatusText) -> Self {
        let (code, text) = text.into_parts();
        Self {
            stage,
            status,
            code,
            text: Escaped(&text).to_string(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused: {}", self.stage, self.status.as_str())?;
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        write!(f, " {}", self.text)
    }
}

/// What was going on when the server refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// LIST, or NAMESPACE before it.
    List,
    /// Nothing was refused, but there is no mailbox for the message, and none may be created.
    NoMailbox,
    /// CREATE, or SUBSCRIBE behind it.
    Create,
    /// EXAMINE and SELECT.
    Select,
    /// UID SEARCH.
    Search,
    /// FETCH and UID FETCH.
    Fetch,
    /// APPEND. With BYE in place of NO it is not known whether the message was filed.
    Append,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "LIST",
            Self::NoMailbox => "filing",
            Self::Create => "CREATE",
            Self::Select => "SELECT",
            Self::Search => "SEARCH",
            Self::Fetch => "FETCH",
            Self::Append => "APPEND",
        })
    }
}
