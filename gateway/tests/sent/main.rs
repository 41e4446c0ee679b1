//! Copies of sent messages: the program itself between clients and the mail server in memory.
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

mod command;
mod course;
mod directories;
mod kill;
mod site;
