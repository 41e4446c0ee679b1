//! The running program in front of an in-memory mail server: limits and what they refuse, certificates, PROXY
//! protocol, the control socket, the end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;

mod certificates;
mod control;
mod descriptors;
mod late;
mod limits;
mod proxy_protocol;
mod rules;
mod seats;
mod sending;
mod sessions;
mod shutdown;
mod site;
mod status;
