//! A client session behind the login that files one message in the mailbox of what the user sent.
//!
//! [`start`] follows [`crate::client::Step::Authenticated`], [`NeedInput::process`] gives the next [`Step`]:
//!
//! ```text
//!  start
//!    |                  the literal of APPEND is due
//!    v               +------------------------------> Send
//!  NeedInput --------+                                  |
//!    ^               |                                  |
//!    +---------------|--------- sent -------------------+
//!                    |  APPEND OK, or the message is there
//!                    +------------------------------> Done
//!                    |  NO, BAD or BYE
//!                    +------------------------------> Refused
//! ```
//!
//! The order on the wire: NAMESPACE if it is offered; LIST; CREATE and SUBSCRIBE if there is no such mailbox; EXAMINE
//! (SELECT if that is refused), FETCH of the newest 20 messages, UID SEARCH and, if there are hits, UID FETCH; APPEND
//! if none of them is the message; LOGOUT.
//!
//! **Which mailbox.** The one with the attribute `\Sent` (RFC 6154), else the first of [`Order::names`] that exists,
//! as it is or below `INBOX` or the user's namespace, else [`Order::create`]. Among several with the attribute those in
//! [`Order::names`] come first, then the one with the fewest mailboxes above it, then the shorter name, so that two
//! sessions choose the same. Names go back to the server as they came.
//!
//! **Whose mailbox.** What is below the prefixes of other users and shared mailboxes (RFC 2342) is never chosen: it is
//! theirs to read. A server without NAMESPACE does not tell; then what begins with `#` is not chosen, and what has two
//! mailboxes above it only if there is nothing else.
//!
//! **Exactly once.** The mailbox is searched for the Message-ID right before the APPEND, so a message that is there
//! is not filed again. A server's search finds parts of words, and its index may lag behind; what counts is the field
//! itself, of the newest messages and of the hits, fetched and compared. Where both have a Date, that has to be the
//! same, too: there are programs that give all messages one Message-ID.
//! If the connection ends between the last octet of the message and the answer to APPEND, nobody knows whether the
//! message was filed: run the session again, and its search will tell. Only a message without a Message-ID, for which
//! nothing is searched, may then be filed twice.
//!
//! The server is not trusted more than needed: answers with a tag that is not outstanding, a `+` that nothing asked for
//! and an OK before the literal was sent are errors. Other responses are ignored, but not without end.
//!
//! Whatever is in the output has to be sent, whether a call succeeded or not.
//!
//! ```
//! use std::error::Error;
//! use std::io::{Read, Write};
//!
//! use bytes::BytesMut;
//! use gatepost_imap::filing::{NeedInput, Step};
//! use gatepost_wire::Input;
//!
//! /// Runs a session that was started with these buffers to its end.
//! fn file(
//!     mut state: NeedInput,
//!     (input, out): (&mut Input, &mut BytesMut),
//!     message: &[u8],
//!     server: &mut (impl Read + Write),
//! ) -> Result<Step, Box<dyn Error>> {
//!     loop {
//!         state = match state.process(input, out)? {
//!             Step::NeedInput(state) => {
//!                 server.write_all(&out.split())?;
//!                 let mut octets = vec![0; input.room().min(4096)];
//!                 let count = server.read(&mut octets)?;
//!                 if count == 0 {
//!                     return Err("the server is gone".into());
//!                 }
//!                 input.feed(&octets[..count])?;
//!                 state
//!             }
//!             Step::Send(mut send) => {
//!                 send.append(message, out)?;
//!                 send.sent(out)?
//!             }
//!             end => {
//!                 server.write_all(&out.split())?;
//!                 return Ok(end);
//!             }
//!         };
//!     }
//! }
//! ```

mod command;
mod core;
mod course;
mod date;
mod fetch;
mod list;
mod namespace;
mod need_input;
mod search;
mod states;
#[cfg(test)]
mod tests;

use bytes::BytesMut;

use self::core::Core;
pub use self::date::Date;
pub use self::need_input::NeedInput;
pub use self::states::{Refused, Send, Stage, WrongSize};
use crate::{Limits, client};

/// What has to be filed, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Names of mailboxes for a server that does not say which is `\Sent`; the first that exists is taken.
    pub names: Vec<String>,
    /// The mailbox that is created if there is none; it is looked for behind [`Order::names`].
    pub create: Option<String>,
    /// The body of the message's Message-ID field. Without it nothing is searched.
    pub message_id: Option<Vec<u8>>,
    /// The message's Date. A message that has the same Message-ID and another Date is another message.
    pub date: Option<Date>,
    /// Year, month and day from which on the message may have been filed: at least the day before it was sent, since
    /// servers do not care about time zones (RFC 3501 section 6.4.4). A client that was offline for long may have
    /// filed it with an earlier date. What is no date is left out, and all is searched.
    pub since: (i32, u8, u8),
    /// The message's date as a `date-time` without its quotes (RFC 3501 section 9). What is none is left out, and the
    /// server takes its own.
    pub date_time: String,
    /// How many octets the message has.
    pub size: u64,
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// Read more and call [`NeedInput::process`].
    NeedInput(NeedInput),
    /// Send the message.
    Send(Send),
    /// The message is filed. A LOGOUT is in the output; its answer is of no interest.
    Done(Done),
    /// The server refuses. Unless it closed the connection, a LOGOUT is in the output.
    Refused(Refused),
}

/// How it ended well. Mailboxes are shown as the server spells them, escaped where that is not printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The server took the message.
    Filed {
        /// The mailbox.
        mailbox: String,
        /// Its UIDVALIDITY and the message's UID, if the server tells them (RFC 4315).
        uid: Option<(u32, u32)>,
        /// Whether there was another message with the same Message-ID.
        namesake: Namesake,
    },
    /// The message was there.
    Present {
        /// The mailbox.
        mailbox: String,
    },
}

/// Another message in the mailbox that has the same Message-ID, but another Date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namesake {
    /// None was found.
    Absent,
    /// Some program gives several messages the same Message-ID.
    Present,
}

/// Starts, behind a login and with an `Input` that may hold responses already.
pub fn start(
    server: client::Authenticated,
    order: Order,
    limits: Limits,
    tag_seed: [u8; 8],
    out: &mut BytesMut,
) -> NeedInput {
    course::begin(Core::new(server, order, limits, tag_seed), out)
}
