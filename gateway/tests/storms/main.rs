//! Many clients at once: the running program, with a mail server in memory that needs its time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/memory.rs"]
mod memory;

mod crowd;
mod dead;
mod directory;
mod leaving;
mod release;
mod site;
