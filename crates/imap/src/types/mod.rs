//! The words that commands and responses are made of.

mod by;
mod capability;
mod code;
mod date;
mod delimiter;
mod flag;
mod header_names;
mod id;
mod identity;
mod mailbox;
mod mailbox_status;
mod non_empty;
mod object_id;
mod parameter;
mod partial;
mod quota;
mod raw;
mod rights;
mod section;
mod set;
mod status;
mod tag;
mod text;
mod value;

pub use by::By;
pub use capability::{Capabilities, Capability};
pub use code::{Progress, ResponseCode};
pub use date::{Date, DateTime};
pub use delimiter::Delimiter;
pub use flag::{Extension, Flag};
pub use header_names::HeaderNames;
pub use id::IdParameters;
pub use identity::Identity;
pub use mailbox::Mailbox;
pub use mailbox_status::{OtherStatusItem, StatusItem, StatusValue};
pub use non_empty::NonEmpty;
pub use object_id::ObjectId;
pub use parameter::Parameter;
pub use partial::PartialRange;
pub use quota::{OtherResource, Resource, ResourceLimit, ResourceUsage};
pub(crate) use raw::INSTEAD;
pub use raw::{Raw, Token, Tokens};
pub use rights::{Right, Rights, RightsChange};
pub use section::{Part, Partial, Section, SectionText};
pub use set::{Bound, Numbers, SequenceSet, UidSet};
pub use status::Status;
pub use tag::Tag;
pub use text::{Atom, Text};
pub use value::Value;

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
