//! What a client asks for.
//!
//! [`parse`] reads a command strictly, [`parse_with`] forgives what it is told to. Every command of RFC 3501, of
//! RFC 9051 and of the extensions that clients use is typed; the table in the README of the crate lists them. What is
//! not known is [`Body::Other`]: a name, and arguments that can be read word by word.
//!
//! ```
//! use bytes::BytesMut;
//! use gatepost_imap::Literals;
//! use gatepost_imap::command::{self, Attribute, Body, By, FetchItems};
//!
//! let command = command::parse(b"A1 UID FETCH 2301:2325 (UID FLAGS)").unwrap();
//! assert_eq!(command.tag.as_str(), "A1");
//! let Body::Fetch(By::Uid, fetch) = &command.body else { panic!() };
//! assert!(matches!(&fetch.items, FetchItems::These(items) if **items == [Attribute::Uid, Attribute::Flags]));
//!
//! let mut out = BytesMut::new();
//! let pauses = command.encode(&mut out, Literals::Synchronizing);
//! assert_eq!(out, "A1 UID FETCH 2301:2325 (UID FLAGS)\r\n");
//! assert!(pauses.is_empty());
//! ```

mod acl;
mod append;
mod authenticate;
mod body;
mod create;
mod criterion;
mod done;
mod encode;
mod fetch;
mod list;
mod metadata;
mod other;
mod query;
mod search;
mod select;
mod sort;
mod store;
#[cfg(test)]
mod tests;
mod verb;

use bytes::BytesMut;

pub use self::append::{Append, Data, Message, Replace};
pub use self::authenticate::Initial;
pub use self::body::Body;
pub use self::create::{Create, CreateParameter};
pub use self::criterion::{Criterion, EntryType};
pub use self::done::Done;
pub use self::fetch::{Attribute, Fetch, FetchItems, FetchModifier, OtherAttribute};
pub use self::list::{List, ReturnOption, SelectionOption};
pub use self::metadata::{Depth, Entry, GetMetadata, MetadataOption, MetadataValue};
pub use self::other::Other;
pub use self::query::{Key, Keys, Query};
pub use self::search::{Search, SearchReturn};
pub use self::select::{Known, QuickResync, Select, SelectParameter};
pub use self::sort::{Algorithm, OtherAlgorithm, OtherSortKey, Sort, SortCriterion, SortKey, Thread};
pub use self::store::{Change, Store, StoreModifier, Stored};

use crate::parse::{Cursor, Options, ParseError, Parsed, Parsing, Source};
pub use crate::types::By;
use crate::types::Tag;
use crate::write::{Write as _, Writer};
use crate::{Literals, Pauses};

/// One command.
///
/// ```abnf
/// command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF     ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What its answer will carry.
    pub tag: Tag,
    /// What it asks for.
    pub body: Body,
}

/// Reads a command as [`crate::Framer`] delivers it: with its literals, without its final CRLF. Nothing is forgiven.
///
/// The strings of a [`bytes::Bytes`] are shared and not copied, but for LOGIN and AUTHENTICATE: these share nothing
/// with the message, so that it can be overwritten.
///
/// # Errors
/// [`ParseError`] with the offset, what was expected there, and the tag if it could be read.
pub fn parse<'a>(message: impl Into<Source<'a>>) -> Result<Command, ParseError> {
    parse_with(message, &Options::default()).map(|parsed| parsed.value)
}

/// Reads a command like [`parse`], under these limits, and forgives what they say.
///
/// # Errors
/// [`ParseError`] with the offset, what was expected there, and the tag if it could be read.
pub fn parse_with<'a>(
    message: impl Into<Source<'a>>,
    options: &Options,
) -> Result<Parsed<Command>, ParseError> {
    let mut cursor = Cursor::new(message.into(), *options);
    let Ok(tag) = cursor.leading_tag() else {
        return Err(cursor.error(None));
    };
    match cursor.command_body() {
        Ok(body) => {
            let tag = if body.is_secret() { tag.copied() } else { tag };
            Ok(cursor.parsed(Command { tag, body }))
        }
        Err(_) => Err(cursor.error(Some(tag.copied()))),
    }
}

/// The tag and the verb of a command that may not have arrived whole.
pub fn head(command: &[u8]) -> Option<(Tag, &[u8])> {
    let mut cursor = Cursor::new(Source::Borrowed(command), Options::default());
    let tag = cursor.leading_tag().ok()?;
    let verb = cursor.word("a command").ok()?;
    Some((tag, verb))
}

impl Cursor<'_> {
    /// A tag that no space follows is not taken: it may as well be a line of a SASL exchange that was refused.
    fn leading_tag(&mut self) -> Parsing<Tag> {
        let tag = self.tag("a tag")?;
        self.space()?;
        Ok(tag)
    }
}

impl Command {
    /// Appends the command with its final CRLF, and says where to wait for the server.
    pub fn encode(&self, out: &mut BytesMut, literals: Literals) -> Pauses {
        let mut writer = Writer::client(out, literals);
        writer.put(self.tag.as_bytes());
        writer.put(b" ");
        self.body.write(&mut writer);
        writer.put(b"\r\n");
        writer.pauses()
    }
}
