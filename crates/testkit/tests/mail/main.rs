//! The mail server over a stream in memory and over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod changes;
mod clients;
mod fetch;
mod filing;
mod idle;
mod login;
mod mailboxes;
mod pair;
mod search;
mod submission;
mod submission_switches;
mod switches;
mod transport;
