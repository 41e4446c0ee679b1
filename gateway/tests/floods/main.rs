//! Floods and malice: what hostile clients, mail servers and circumstances may cost the gateway. Each test runs the
//! program itself, so that memory, descriptors and processor time are its own, and an honest client logs in, reads and
//! sends all the while. docs/operations.md, "Under attack", lists the cases.
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

mod crowd;
mod honest;
mod meter;
mod site;
mod upstream;

mod clock;
mod descriptors;
mod disk;
mod handshakes;
mod logins;
mod octets;
mod readers;
mod seats;
mod sending;
mod silence;
mod stalls;
mod torrents;
mod words;
