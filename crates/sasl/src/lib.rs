//! SASL mechanisms (RFC 4422) for mail servers, clients and test tools, without I/O: PLAIN, LOGIN, CRAM-MD5 and NTLM, both
//! sides of each.
//!
//! Every server exchange ends in a [`Claim`]: what the client says of itself and the proof it gave. Nothing in this
//! crate says "authenticated"; that word belongs to the directory that judges the claim.
//!
//! # The main types
//!
//! - [`server::start`] begins the server's side of a [`Mechanism`]. It is a value, not a callback: what comes out is a
//!   [`server::Exchange::Challenge`] to send, whose response goes to [`server::Challenge::respond`], or a
//!   [`server::Exchange::Verify`] with the claim. Between two steps the caller may wait for whatever it wants.
//! - [`Claim`] is what a directory judges. A [`Password`] is compared or tried; [`CramMd5::is_of`] and [`Ntlm::is_of`] take
//!   what is stored ([`cram_md5::State`], [`ntlm::NtHash`]), and an NTLM response may be judged elsewhere
//!   ([`Ntlm::finish`]).
//! - [`client::start`] makes the client's side, a mechanism of the [`sasl`] crate: `initial` once, then `response` for each
//!   challenge.
//! - [`adapter::Judged`] makes the server's side a mechanism of the `sasl` crate, for programs that drive those.
//! - [`ntlm`] has NTLM's messages, for proxies and test tools that read or make them.
//!
//! # Mechanisms
//!
//! | mechanism | specification | who speaks first | the client sends | whoever judges needs |
//! |---|---|---|---|---|
//! | [PLAIN](Mechanism::Plain) | RFC 4616 | client | the password | the password, a hash of it, or a bind |
//! | [LOGIN](Mechanism::Login) | draft-murchison-sasl-login-00 | server | the password | the same |
//! | [CRAM-MD5](Mechanism::CramMd5) | RFC 2195 | server | HMAC-MD5 of a challenge | the password, or Dovecot's `{CRAM-MD5}` |
//! | [NTLM](Mechanism::Ntlm) | MS-NLMP, version 2 alone | client | HMAC-MD5 of a challenge, names, time and channel | the password, its NT hash, or a domain controller |
//!
//! Left out are security layers (RFC 4422 section 3.7), NTLM's signing and sealing among them, since mail protocols have
//! TLS; `SASLprep` (RFC 4013): names and passwords are UTF-8 as they come, since directories compare in their own ways; and
//! every other mechanism. SCRAM is in the `sasl` crate.
//!
//! # What octets, and whose base64
//!
//! Challenges and responses are octets before base64. Around them every protocol has lines of its own; see RFC 4954 section
//! 4 for SMTP and RFC 9051 section 6.2.2 for IMAP: `=` is an empty initial response, `*` cancels. The decoder in
//! [`gatepost_wire::base64`] is strict and gives a [`gatepost_wire::Secret`].
//!
//! # Threats
//!
//! - **Whoever listens** learns the password of PLAIN and LOGIN, and can guess that of CRAM-MD5 and NTLM at leisure. Neither
//!   side here knows whether there is TLS: begin after it.
//! - **Whoever has the directory** logs in with what it stores. A slow hash is no use without guessing, but judges PLAIN and
//!   LOGIN alone; the `{CRAM-MD5}` state and the NT hash are as good as the password for their mechanism.
//! - **Whoever stands between** can pass NTLM messages on to another server, unless the server requires channel bindings
//!   ([`ntlm::Bindings::Required`]); CRAM-MD5 has nothing against that. Messages with a MIC cannot be
//!   changed; those without one, as most mail clients send them, can, except for user, domain, channel and response.
//! - **Whoever guesses** is for the caller to slow down. A claim of nobody should take as long as one of somebody: judge it
//!   against a random [`cram_md5::State`] or [`ntlm::NtHash`]. Proofs are compared in constant time.
//! - **Whoever replays** needs the same challenge: it is made of [`server::Fresh`], whose octets nobody must predict or see
//!   twice. A challenge is consumed by its response. How long it may wait for that is for the caller to limit.
//! - **Whoever sends nonsense** gets an [`Error`]: nothing panics, an exchange has three steps at most, and no message is
//!   kept beyond its claim. Names and passwords have limits ([`MAX_NAME_OCTETS`], [`MAX_PASSWORD_OCTETS`]), and so have
//!   NTLM's messages ([`ntlm::MAX_MESSAGE_OCTETS`]); the caller limits the line.
//! - **Whoever reads logs or memory** finds no secret of ours: passwords, keys and hashes are wiped when dropped and never
//!   printed, and no error holds what a peer sent. What the [`sasl`] crate's traits return as `Vec<u8>` is for the caller to
//!   wipe.
//!
//! # Both sides
//!
//! ```
//! use std::time::Duration;
//!
//! use gatepost_sasl::cram_md5::State;
//! use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
//! use gatepost_sasl::{Claim, ClaimKind, Mechanism, client};
//! use gatepost_wire::Secret;
//!
//! // Of a random generator and a clock, which are yours:
//! let fresh = |octet| Fresh { random: [octet; 16], since_epoch: Duration::from_secs(1_800_000_000) };
//! let settings = Settings::of_host("mail.example.com");
//!
//! // What a server offers, as a client may choose of it where passwords should not be sent:
//! let offered = ["SCRAM-SHA-256", "PLAIN", "CRAM-MD5"];
//! let known = offered.into_iter().filter_map(|name| name.parse::<Mechanism>().ok());
//! let mut proving = known.filter(|mechanism| mechanism.claim_kind() != ClaimKind::Password);
//! let Some(mechanism) = proving.next() else { panic!() };
//! assert_eq!(mechanism, Mechanism::CramMd5);
//!
//! let mut client = client::start(mechanism, "alice", &Secret::from("correct horse"), fresh(1))?;
//! let Exchange::Challenge(challenge) = start(mechanism, None, &settings, fresh(2))? else { panic!() };
//! let response = client.response(challenge.octets())?;
//! let Exchange::Verify(Claim::CramMd5(claim)) = challenge.respond(&response)? else { panic!() };
//!
//! // What the directory does:
//! assert_eq!(claim.name(), "alice");
//! assert!(claim.is_of(&State::of_password(&Secret::from("correct horse"))));
//! assert!(!claim.is_of(&State::of_password(&Secret::from("battery staple"))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whole servers, a client and the adapter are in the crate's `examples/`: `server` without a runtime, `server_tokio`,
//! `client`, `adapter`.
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
