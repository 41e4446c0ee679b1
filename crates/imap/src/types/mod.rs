//! The words that commands and responses are made of.

mod capability;
mod code;
mod date;
mod flag;
mod identity;
mod mailbox;
mod raw;
mod set;
mod status;
mod tag;
mod text;

pub use capability::{Capabilities, Capability};
pub use code::ResponseCode;
pub use date::{Date, DateTime};
pub use flag::{Extension, Flag};
pub use identity::Identity;
pub use mailbox::Mailbox;
pub use raw::{Raw, Token, Tokens};
pub use set::{Bound, Numbers, SequenceSet};
pub use status::Status;
pub use tag::Tag;
pub use text::{Atom, Text};

/// The octets were not what the type holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}")]
pub struct Invalid {
    /// What was wanted.
    pub what: &'static str,
}

/// `ATOM-CHAR` of RFC 3501 section 9: visible ASCII but `atom-specials`.
pub(crate) fn is_atom_char(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}

/// `ASTRING-CHAR`: `ATOM-CHAR / "]"`.
pub(crate) fn is_astring_char(octet: u8) -> bool {
    is_atom_char(octet) || octet == b']'
}
