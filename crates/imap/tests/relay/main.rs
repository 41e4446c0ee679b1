//! The relay between a client and its mail server, by scripts whose turns arrive in pieces of every size.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod appends;
mod capabilities;
mod chunks;
mod commands;
mod id;
mod idle;
mod literals;
mod responses;
mod rig;
mod server;
mod smuggling;
