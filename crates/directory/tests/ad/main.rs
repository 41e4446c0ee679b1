//! Active Directory against Samba as a domain controller. Only root can start it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod company;
mod dns;
mod explanations;
mod forest;
mod made_responses;
mod names;
mod ntlm;
mod outage;
mod passwords;
mod probe;
#[path = "../questions/mod.rs"]
mod questions;
mod srv;
mod standing;
