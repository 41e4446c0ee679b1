//! The LDAP directory against OpenLDAP's slapd, and against servers that hang or talk nonsense.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod addresses;
#[path = "../claims/mod.rs"]
mod claims;
mod company;
mod fake;
mod hostile;
mod names;
mod outage;
mod passwords;
mod permission;
mod proofs;
mod proxy;
#[path = "../questions/mod.rs"]
mod questions;
mod secrecy;
mod tls;
