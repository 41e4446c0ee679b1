//! A population of phones against the gateway, real mail servers and a real directory, while all of them are restarted.
//!
//! `scripts/soak [MINUTES]` builds what it needs and runs it. It ends with a summary, and with an error if a message was
//! lost, doubled or shown to somebody else, something has leaked, or a right password was called wrong.

mod chaos;
mod gateway;
mod ledger;
mod letter;
mod memory;
mod people;
mod phone;
mod random;
mod report;
mod rest;
mod run;
mod servers;
mod tally;
mod verdict;
mod weather;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Builder;

/// Phones against Gatepost, for a while.
#[derive(Debug, Parser)]
#[command(about)]
struct Options {
    /// How long the phones live.
    #[arg(default_value_t = 60.0)]
    minutes: f64,
    /// The program that is tried.
    #[arg(long, default_value = "target/release/gatepost")]
    gatepost: PathBuf,
    /// What everybody does; printed, if it is not given.
    #[arg(long)]
    seed: Option<u64>,
    #[arg(long, default_value_t = 20)]
    users: usize,
    #[arg(long, default_value_t = 48)]
    phones: usize,
    /// Where configuration, spool and logs are. They are kept if anything is wrong.
    #[arg(long, default_value = "target/soak")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    let done = Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run::run(&Options::parse())));
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}
