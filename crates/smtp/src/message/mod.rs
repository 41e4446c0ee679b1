//! The header of a message that passes by (RFC 5322).

mod header;
mod mailboxes;

pub use self::header::{From, Header};
pub use self::mailboxes::mailboxes;
