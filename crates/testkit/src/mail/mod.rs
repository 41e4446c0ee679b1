//! Placeholder.
#![allow(dead_code)]
mod cursor;
mod date;
mod flags;
mod message;
mod output;
mod sequence;
mod session;
mod special_use;
mod store;

pub use date::DateTime;
pub use flags::{Flag, Flags};
pub use special_use::SpecialUse;
pub use store::{Refused, Store, StoredMessage};
