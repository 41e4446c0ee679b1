//! `gatepost passwd`: makes a secret for the file directory.
#![allow(clippy::print_stdout, reason = "the secret is the program's output")]

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};
use gatepost_directory::file::secret::{self, Kind};
use gatepost_wire::Secret;

/// The longest password that is read from standard input, in octets.
const MAX_OCTETS: usize = 4096;

/// What `gatepost passwd` is told.
#[derive(Args)]
pub struct Options {
    /// How the password is kept. `nt-hash`, `cram-md5` and `plain` are as good as the password itself to whoever reads
    /// the file: nobody but the gateway may.
    #[arg(long, value_enum, default_value = "argon2id")]
    kind: KindName,
}

#[derive(Clone, Copy, ValueEnum)]
enum KindName {
    Argon2id,
    Bcrypt,
    Sha512Crypt,
    /// For NTLM, and as good as the password itself there; belongs beside a slow hash in `secrets`.
    NtHash,
    /// For CRAM-MD5, and as good as the password itself there; belongs beside a slow hash in `secrets`.
    CramMd5,
    /// In the clear; only for tests and for mechanisms that need it.
    Plain,
}

/// Asks for a password, twice on a terminal, and prints the line for the file.
///
/// # Errors
/// If the two differ, if there is none, or if it cannot be kept.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let password = if std::io::stdin().is_terminal() {
        ask()?
    } else {
        read_line()?
    };
    ensure!(!password.is_empty(), "the password is empty");
    let kind = match options.kind {
        KindName::Argon2id => Kind::Argon2id,
        KindName::Bcrypt => Kind::Bcrypt,
        KindName::Sha512Crypt => Kind::Sha512Crypt,
        KindName::NtHash => Kind::NtHash,
        KindName::CramMd5 => Kind::CramMd5,
        KindName::Plain => Kind::Plain,
    };
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let made = secret::make(kind, &password, &salt)?;
    println!("secret = {}", toml::Value::String(made));
    Ok(())
}

/// Asks for a password, once, or reads a line of standard input that is not a terminal.
pub(crate) fn once() -> anyhow::Result<Secret> {
    let password = if std::io::stdin().is_terminal() {
        Secret::new(rpassword::prompt_password("Password: ")?.into_bytes())
    } else {
        read_line()?
    };
    ensure!(!password.is_empty(), "the password is empty");
    Ok(password)
}

fn ask() -> anyhow::Result<Secret> {
    let first = Secret::new(rpassword::prompt_password("Password: ")?.into_bytes());
    let second = Secret::new(rpassword::prompt_password("Again: ")?.into_bytes());
    ensure!(first == second, "the two passwords differ");
    Ok(first)
}

fn read_line() -> anyhow::Result<Secret> {
    let mut line = Vec::new();
    let mut input = std::io::Read::take(std::io::stdin().lock(), MAX_OCTETS as u64);
    input
        .read_until(b'\n', &mut line)
        .context("cannot read the password")?;
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(Secret::new(line))
}
