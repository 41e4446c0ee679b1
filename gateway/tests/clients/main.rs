//! Clients that others wrote, and a scripted iPhone, reading mail on a real Dovecot through the gateway, and sending it
//! through a real Postfix.
//!
//! `scripts/install-test-deps` installs them. A machine without one of them fails its test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/setup.rs"]
mod setup;

mod curl;
mod iphone;
mod mbsync;
mod mutt;
mod offlineimap;
mod python;
mod send;

mod site;
