//! Sending through the gateway: real clients' protocols, slapd, Postfix and Dovecot.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;

mod listeners;
mod setup;
