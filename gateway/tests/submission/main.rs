//! Sending through the gateway: real clients' protocols, Postfix and Dovecot.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/mounted.rs"]
mod mounted;
#[path = "../common/setup.rs"]
mod setup;
#[path = "../mechanisms/talk.rs"]
mod talk;

mod commands;
mod listeners;
mod logins;
mod messages;
mod mta;
mod policy;
mod refusals;
mod sent;
