//! The program as an administrator uses it: `gatepost run`, `check`, `auth`, `passwd` and `demo`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod auth;
mod check;
mod demo;
mod manual;
mod passwd;
mod run;

use std::process::{Command, Output};

/// The program under test.
fn gatepost(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.args(arguments);
    command
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// Fails with what the program said, if it did not succeed.
fn succeeded(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}
