//! The header of a message that passes by (RFC 5322).

mod field;
mod header;
mod mailboxes;
mod token;

pub use self::header::{From, Header};
pub use self::mailboxes::mailboxes;
