//! NTLM pass-through to an Active Directory domain controller by Netlogon (MS-NRPC).
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
