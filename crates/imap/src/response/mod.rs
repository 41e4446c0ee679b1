//! What a server answers.
//!
//! [`parse`] reads a response as it should be, [`parse_with`] one of a real server, and tells what was wrong with it.
//! What is not known is [`Response::Other`]: its parts can be had one by one.
//!
//! ```
//! use gatepost_imap::ResponseCode;
//! use gatepost_imap::response::{self, Completion, Response};
//!
//! let response = response::parse(b"A1 NO [AUTHENTICATIONFAILED] try again").unwrap();
//! let Response::Tagged { tag, status: Completion::No, text } = response else { panic!() };
//! assert_eq!(tag.as_str(), "A1");
//! assert_eq!(text.code(), Some(&ResponseCode::AuthenticationFailed));
//! assert_eq!(*text.text(), "try again");
//! ```

mod acl;
pub mod fetch;
mod mailbox_list;
mod mailbox_status;
mod metadata;
mod namespace;
mod other;
mod quota;
mod read;
mod search;
mod status;
mod thread;
mod vanished;
mod write;

use std::num::NonZeroU32;

pub use self::acl::{Acl, ListRights, MyRights};
use self::fetch::Fetch;
pub use self::mailbox_list::{Attribute, List, ListItem, ListKind, OtherAttribute, OtherListItem};
pub use self::mailbox_status::MailboxStatus;
pub use self::metadata::{Metadata, MetadataEntries};
pub use self::namespace::{Namespace, Namespaces};
pub use self::other::OtherResponse;
pub use self::quota::{Quota, QuotaRoot};
pub use self::search::{ESearch, OtherSearchResult, Search, SearchResult};
pub(crate) use self::status::printable;
pub use self::status::{Completion, Continuation, StatusText};
pub use self::thread::{Threaded, Threads};
pub use self::vanished::{Gone, Vanished};
use crate::parse::{Cursor, Options, ParseError, Parsed, Source};
use crate::types::{Capabilities, Flag, IdParameters, Status, Tag};

/// One response.
///
/// ```abnf
/// response-tagged = tag SP resp-cond-state CRLF                                             ; RFC 9051 section 9
/// response-data   = "*" SP (resp-cond-state / resp-cond-bye / mailbox-data / message-data / capability-data /
///                   enable-data / id-response) CRLF
/// greeting        = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
/// continue-req    = "+" SP (resp-text / base64) CRLF
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Response {
    /// How a command went.
    Tagged {
        /// The command's tag.
        tag: Tag,
        /// How it went.
        status: Completion,
        /// Code and text.
        text: StatusText,
    },
    /// `* OK ..` and so on: what is going on. The greeting is one, too: only its place in the stream says what it is.
    Status {
        /// The status word.
        status: Status,
        /// Code and text.
        text: StatusText,
    },
    /// `+`: the client may go on.
    Continuation(Continuation),
    /// `* CAPABILITY ..`
    Capability(Capabilities),
    /// `* ENABLED ..`: what is enabled now (RFC 5161).
    Enabled(Capabilities),
    /// `* ID ..`: what the server says that it is (RFC 2971).
    Id(IdParameters),
    /// `* LIST ..`, `* LSUB ..`, `* XLIST ..`: a mailbox.
    List(List),
    /// `* STATUS ..`: of a mailbox.
    MailboxStatus(MailboxStatus),
    /// `* NAMESPACE ..`: where mailboxes are (RFC 2342).
    Namespaces(Namespaces),
    /// `* SEARCH ..`: what was found.
    Search(Search),
    /// `* SORT ..`: what was found, in order (RFC 5256).
    Sort(Search),
    /// `* ESEARCH ..`: what was found (RFC 4731).
    ESearch(ESearch),
    /// `* THREAD ..`: what answers what (RFC 5256).
    Thread(Threads),
    /// `* FLAGS ..`: the flags that the mailbox has.
    Flags(Vec<Flag>),
    /// `* n EXISTS`: how many messages there are.
    Exists(u32),
    /// `* n RECENT`: how many messages are new (RFC 3501).
    Recent(u32),
    /// `* n EXPUNGE`: a message is gone, and the numbers of those behind it become one less.
    Expunge(NonZeroU32),
    /// `* VANISHED ..`: messages are gone (RFC 7162).
    Vanished(Vanished),
    /// `* n FETCH ..`: a message.
    Fetch(Fetch),
    /// `* n UIDFETCH ..`: a message, by its UID (RFC 9586).
    UidFetch(Fetch),
    /// `* QUOTA ..` (RFC 9208).
    Quota(Quota),
    /// `* QUOTAROOT ..` (RFC 9208).
    QuotaRoot(QuotaRoot),
    /// `* ACL ..`: who may do what (RFC 4314).
    Acl(Acl),
    /// `* LISTRIGHTS ..`: what somebody could be allowed to do (RFC 4314).
    ListRights(ListRights),
    /// `* MYRIGHTS ..`: what the user may do (RFC 4314).
    MyRights(MyRights),
    /// `* METADATA ..`: what is noted (RFC 5464).
    Metadata(Metadata),
    /// Any other.
    Other(OtherResponse),
}

/// Reads a response as [`crate::Framer`] delivers it: with its literals, without its final CRLF. It has to follow the
/// grammar.
///
/// # Errors
/// [`ParseError`] with the offset and what was expected there.
pub fn parse<'a>(message: impl Into<Source<'a>>) -> Result<Response, ParseError> {
    parse_with(message, &Options::default()).map(|parsed| parsed.value)
}

/// As [`parse`], within the limits and with the leniency of `options`.
///
/// ```
/// use gatepost_imap::parse::{Allowance, Leniency, Options};
/// use gatepost_imap::response::{self, Response};
///
/// let options = Options { leniency: Leniency::SERVERS, ..Options::default() };
/// let parsed = response::parse_with(b"* STATUS INBOX (MESSAGES 0) ", &options).unwrap();
/// assert!(matches!(parsed.value, Response::MailboxStatus(_)));
/// assert!(parsed.forgiven.contains(Allowance::TrailingSpaces));
/// ```
///
/// # Errors
/// [`ParseError`] with the offset and what was expected there.
pub fn parse_with<'a>(
    message: impl Into<Source<'a>>,
    options: &Options,
) -> Result<Parsed<Response>, ParseError> {
    let mut cursor = Cursor::new(message.into(), *options);
    match cursor.response() {
        Ok(response) => Ok(cursor.parsed(response)),
        Err(_) => {
            let tag = Tag::leading(cursor.whole()).filter(|_| cursor.whole().first() != Some(&b'*'));
            Err(cursor.error(tag))
        }
    }
}
