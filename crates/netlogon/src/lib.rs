//! NTLM pass-through to an Active Directory domain controller by Netlogon (MS-NRPC), over RPC and TCP.
//!
//! A server that challenged a client by NTLM gives challenge and responses to [`Netlogon::logon`], and hears who it is
//! ([`Identity`]), that it is nobody or may not ([`Answer::Denied`]), or that no domain controller could be asked
//! ([`Unavailable`]): three things that must not be mixed up. [`Netlogon::probe`] says to an administrator what works.
//!
//! A controller is found by its endpoint mapper (ept_map, C706 appendix L and N). A secure channel is set up with a
//! computer account (NetrServerReqChallenge, NetrServerAuthenticate3, MS-NRPC 3.1.4.1): both sides prove that they know
//! its password. A logon is asked on a connection that is sealed with the channel's key (NetrLogonSamLogonEx, 3.5.4.5.1;
//! sealing with AES-128 and HMAC-SHA256, 3.3.4.2). Such connections are kept for further logons. Each has a key of its own,
//! and carries one request at a time.
//!
//! Left out are all algorithms but AES, and all operations but these.
//!
//! ```no_run
//! # async fn example(config: gatepost_netlogon::Config, logon: gatepost_netlogon::Logon<'_>) -> Result<(), Box<dyn std::error::Error>> {
//! use gatepost_netlogon::{Answer, Netlogon};
//!
//! let netlogon = Netlogon::new(config)?;
//! match netlogon.logon(&logon).await? {
//!     Answer::Granted(identity) => println!("{}\\{} is {}", identity.domain, identity.user, identity.sid),
//!     Answer::Denied(status) => println!("denied: {status}"),
//! }
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod answer;
mod client;
mod config;
mod crypto;
mod error;
#[cfg(test)]
mod fake;
#[doc(hidden)]
pub mod fuzzing;
mod ndr;
mod nrpc;
mod rpc;
mod sid;
mod status;
mod target;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Identity, Logon};
pub use client::{Finding, Netlogon, Report, Step};
pub use config::{Account, Config, ConfigError, Controller};
pub use error::Unavailable;
pub use sid::{InvalidSid, Sid};
pub use status::NtStatus;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
