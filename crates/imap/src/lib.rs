//! IMAP without I/O: framing, all commands and responses as types, a server session and a client session up to the
//! login, and the relay that lies between the two behind it.
//!
//! - [`frame::Framer`] cuts a stream into whole commands or responses, literals included, under caps. Large literals may
//!   be streamed.
//! - [`command::parse`] and [`response::parse`] read them into values that own their strings, and keep the offset and
//!   the expected rule of what is wrong. What real peers get wrong can be forgiven ([`parse::Leniency`]).
//! - [`server::greet`] starts a session with a client, a chain of owned states that ends in a login.
//! - [`client::start`] starts a session with a mail server in the same way.
//! - [`filing::start`] starts a session behind such a login, which files one sent message in the user's `\Sent` mailbox.
//! - [`relay::Relay`] passes on what a logged-in client and its mail server send each other, and changes little.
//! - [`utf7`] is how mailbox names stand on the wire.
//! - [`types`] are the words that both sides use: [`Tag`], [`Capabilities`], [`Status`], [`ResponseCode`].
//!
//! The caller owns both buffers: a [`gatepost_wire::Input`] that it fills, and a `BytesMut` that is appended to and
//! has to be sent even if the call failed.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]

pub mod client;
#[cfg(feature = "codec")]
pub mod codec;
pub mod command;
mod error;
pub mod filing;
pub mod frame;
mod limits;
mod message_id;
pub mod parse;
mod reader;
pub mod relay;
pub mod response;
pub mod server;
mod tags;
pub mod types;
pub mod utf7;
mod write;

pub use gatepost_wire::{Escaped, Input};

pub use command::Command;
pub use error::{Error, Limit, PeerError, Reply, Rule};
pub use frame::{Frame, Framer};
pub use limits::Limits;
pub use parse::ParseError;
pub use response::Response;
pub use types::{Capabilities, Capability, Identity, ResponseCode, Status, Tag};
pub use write::{Literals, Pauses};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
