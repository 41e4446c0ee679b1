//! What Gatepost's demo, tests and benches talk to: an in-memory mail server and a small IMAP client.
//!
//! - [`mail`] is the mail server. It stands where a company's mail server stands: behind the gateway.
//! - [`client`] is the client. It stands where the phone stands.
//! - `servers` (feature `servers`) starts Debian's Dovecot and OpenLDAP on loopback: what is true of them is true.
//!
//! The first two are test doubles. The server serves real clients well enough to read mail with them, and keeps nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]

pub mod client;
pub mod mail;
#[cfg(feature = "servers")]
pub mod servers;
