//! What failed logins cost the account in its directory: the running program with slapd and with a file of users.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/memory.rs"]
mod memory;

mod challenge;
mod file;
mod parallel;
mod site;
mod slapd;
mod spent;
