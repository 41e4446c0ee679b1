//! The words that commands and responses are made of.

mod capability;
mod code;
mod identity;
mod status;
mod tag;

pub use capability::{Capabilities, Capability};
pub use code::ResponseCode;
pub use identity::Identity;
pub use status::Status;
pub use tag::Tag;

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
