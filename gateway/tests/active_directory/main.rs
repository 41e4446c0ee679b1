//! The gateway between clients and a domain of Active Directory, with a mail server and an MTA behind it: Samba, Dovecot
//! and Postfix as they run in companies.
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

mod commands;
mod computers;
mod guessing;
mod names;
mod outages;
mod passwords;
mod program;
mod sessions;
mod site;
mod states;
mod tampering;
