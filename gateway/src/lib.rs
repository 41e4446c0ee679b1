//! Gatepost, a security gateway for mail: authenticates users against the company's directory, logs in to the right
//! mail server in its own way, and relays.
//!
//! This library is the program's inside: listeners, TLS, clock and configuration around the pure protocol crates.
//! Read [`gateway`] for what runs, `imap/mod.rs` for the story of one connection, `docs/architecture.md` for the whole.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)
)]

mod answer;
pub mod auth;
pub mod check;
pub mod config;
mod connect;
pub mod control;
mod credentials;
pub mod demo;
mod directory;
mod exchange;
pub mod gateway;
mod guard;
mod imap;
mod listen;
pub mod log;
mod login;
mod mta;
pub mod passwd;
pub mod process;
mod proxy_protocol;
mod pump;
mod recheck;
mod refusals;
mod route;
mod seats;
pub mod sent;
mod smtp;
mod stream;
mod tls;
mod turns;
mod upstream;
mod watch;
