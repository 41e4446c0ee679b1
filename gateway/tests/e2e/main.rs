//! The gateway between clients and the real servers: slapd, and one Dovecot or several.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../mechanisms/talk.rs"]
mod talk;

mod challenge;
mod check;
mod forms;
mod load;
mod log;
mod logins;
mod outages;
mod refusals;
mod relay;
mod routing;
mod setup;
mod tap;
