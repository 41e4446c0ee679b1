//! CRAM-MD5 and NTLM through the gateway, by IMAP and SMTP: who gets in, who does not, and what is said meanwhile. Mail
//! server and MTA are in memory, and take nothing but the gateway's own account.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;

mod channel_binding;
mod clients;
mod cram_md5;
mod framing;
mod log;
mod ntlm;
mod offers;
mod passwords;
mod site;
mod talk;
mod tamper;
mod upstream;
