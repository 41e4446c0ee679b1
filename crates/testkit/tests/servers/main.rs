//! The real servers start, take a login, and come back after an outage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod certificates;
mod dovecot;
mod postfix;
mod samba;
mod slapd;
mod smtp;
mod verbs;
