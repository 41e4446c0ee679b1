//! What Gatepost's demo, tests and benches talk to: an in-memory mail server, and small clients for IMAP and SMTP.
//!
//! - [`mail`] is the mail server. It stands where a company's mail server stands: behind the gateway.
//! - [`client`] is the IMAP client, [`smtp_client`] the SMTP client. They stand where the phone stands.
//! - `servers` (feature `servers`) starts Debian's Dovecot and OpenLDAP on loopback: what is true of them is true.
//!
//! All but the last are test doubles. The server serves real clients well enough to read mail with them, and keeps nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]

pub mod client;
pub mod mail;
#[cfg(feature = "servers")]
pub mod servers;
pub mod smtp_client;
