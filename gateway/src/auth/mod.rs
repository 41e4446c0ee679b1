//! `gatepost auth`: what a login would come to, step by step, without a client and without a running gateway.
#![allow(clippy::print_stdout, reason = "the steps are the program's output")]

mod explain;
mod onward;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::config::Config;
use crate::control::shown;
use crate::process;

/// What `gatepost auth` is told.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Log in with a password from the prompt or standard input, by the real exchange against the real directory. A
    /// wrong password counts there as any other.
    Test(test::Options),
    /// Say what the directories know of a user, where the mail is, and which mechanisms would work and why not.
    Explain(explain::Options),
}

/// Which configuration.
#[derive(Args)]
struct File {
    /// The configuration file.
    #[arg(long, short, default_value = "/etc/gatepost/gatepost.toml")]
    config: PathBuf,
}

impl File {
    fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(&self.config)?)
    }
}

/// Makes a login, or explains a user.
///
/// # Errors
/// Why the user would not be let in.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    process::keep_secrets();
    match &options.command {
        Command::Test(options) => test::run(options).await,
        Command::Explain(options) => explain::run(options).await,
    }
}

/// A line of the output.
fn say(what: &str, finding: &str) {
    println!("{}", line(what, finding));
}

/// Users may write some of their attributes themselves: what stands there makes no lines of its own, and no terminal
/// obeys it.
fn line(what: &str, finding: &str) -> String {
    format!("{what:<16} {}", shown(finding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_that_no_terminal_obeys() {
        assert_eq!(
            line("addresses", "m\u{fc}ller\nverdict          granted\u{1b}[2J"),
            "addresses        m\u{fc}ller\\nverdict          granted\\u{1b}[2J"
        );
    }
}
