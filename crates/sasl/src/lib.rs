//! SASL mechanisms (RFC 4422) for mail servers and clients, without I/O.
//!
//! Every server exchange ends in a [`Claim`]: what the client says of itself and the proof it gave. Nothing in this
//! crate says "authenticated"; that word belongs to the directory that judges the claim.
//!
//! - [`server::start`] begins the server's side: [`server::Exchange::Challenge`] goes to the client,
//!   [`server::Exchange::Verify`] to a directory.
//! - [`cram_md5`] and [`ntlm`] have what a directory needs to judge those claims, and NTLM's messages.
//! - [`client`] is the client's side, as mechanisms of the [`sasl`] crate.
//! - [`adapter::Judged`] makes our server mechanisms those of the `sasl` crate.
//!
//! PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login), CRAM-MD5 (RFC 2195) and NTLM (MS-NLMP, version 2 alone) are
//! implemented, with UTF-8 names and passwords as they come: nothing is normalised (RFC 4013), since directories compare
//! in their own ways. Security layers (RFC 4422 section 3.7) are left out, NTLM's signing and sealing among them: mail
//! protocols have TLS.
//!
//! Clocks and random generators are arguments ([`server::Fresh`]); keys, hashes and passwords are wiped when dropped and
//! never printed; proofs are compared in constant time.
//!
//! ```
//! use gatepost_sasl::Claim;
//! use gatepost_sasl::server::{Exchange, login};
//!
//! let Exchange::Challenge(challenge) = login(None)? else { panic!() };
//! assert_eq!(challenge.octets(), b"Username:");
//! let Exchange::Challenge(challenge) = challenge.respond(b"alice")? else { panic!() };
//! let Exchange::Verify(claim) = challenge.respond(b"correct horse")? else { panic!() };
//! assert_eq!(claim.name(), "alice");
//! let Claim::Password(proof) = claim else { panic!() };
//! assert_eq!(proof.password().expose(), b"correct horse");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]

pub mod adapter;
mod claim;
pub mod client;
pub mod cram_md5;
mod error;
mod fresh;
mod hex;
mod key;
mod mechanism;
pub mod ntlm;
pub mod server;

pub use self::claim::{Claim, ClaimKind, ClaimKinds, MAX_NAME_OCTETS, MAX_PASSWORD_OCTETS, Password};
pub use self::cram_md5::CramMd5;
pub use self::error::{Error, ErrorKind, ParseError};
pub use self::mechanism::{Mechanism, Side, UnknownMechanism};
pub use self::ntlm::Ntlm;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
