//! SMTP submission without I/O: commands, replies, the message on its way, and its header.
//!
//! - [`command::parse`] reads a client's line by the grammar of the RFCs. What else is forgiven, and how long things may
//!   be, is a value: [`parse::Options`].
//! - [`frame`] cuts streams into lines, messages, chunks and replies, under caps.
//! - [`reply::parse`] reads a server's reply.
//! - [`parse::Leniency`] is what both forgive: nothing, if nothing else is said.
//! - [`data::Decoder`] takes a message off the stream behind DATA. Nothing but CRLF.CRLF ends it.
//! - [`message::Header`] looks at the header of a message that passes by.
//! - [`Extensions`] are what EHLO tells.
//! - [`server::greet`] starts a session with a client, a chain of owned states that ends in a login.
//! - [`client::start`] starts a session with an MTA, a chain of owned states that ends where it takes MAIL.
//! - [`relay::Relay`] couples the transactions of a client that is logged in to those of an MTA.
//!
//! The caller owns both buffers: a [`gatepost_wire::Input`] that it fills, and a `BytesMut` that is appended to and
//! has to be sent even if the call failed.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]

pub mod address;
pub mod chunk;
pub mod client;
#[cfg(feature = "codec")]
pub mod codec;
pub mod command;
pub mod data;
mod error;
pub mod extensions;
pub mod frame;
mod grammar;
mod limits;
pub mod message;
pub mod parameter;
pub mod parse;
pub mod relay;
pub mod reply;
pub mod server;
pub mod xtext;

pub use gatepost_wire::Escaped;

pub use address::{ForwardPath, Mailbox, ReversePath};
pub use command::Command;
pub use error::{Error, Limit, PeerError, Rule};
pub use extensions::Extensions;
pub use limits::Limits;
pub use parameter::{Parameter, Parameters};
pub use parse::ParseError;
pub use reply::{Code, EnhancedCode, Reply};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
