//! Sessions that go on are looked at again: the running program with a file of users, and with slapd.
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

mod file;
mod sending;
mod site;
mod slapd;
