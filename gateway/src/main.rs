//! The gatepost program: `run`, `check`, `auth`, `demo`, `passwd`, `sent`, `status`, `guard`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use gatepost::config::Config;
use gatepost::{auth, check, control, demo, gateway, log, passwd, process, sent};
use sd_notify::NotifyState;
use tokio::runtime::{Builder, Runtime};
use tracing::info;

/// Security gateway for mail.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway until SIGTERM.
    Run {
        /// The configuration file.
        #[arg(long, short, default_value = "/etc/gatepost/gatepost.toml")]
        config: PathBuf,
    },
    /// Validate a configuration and say in plain words what is wrong.
    Check(check::Options),
    /// Make a login without a client, or say what is known of a user and what would work.
    Auth(auth::Options),
    /// Run a gateway, a directory and a mail server that need nothing but this program.
    Demo(demo::Options),
    /// Make a secret for the file directory.
    Passwd(passwd::Options),
    /// Show copies of sent messages that wait to be filed, and put failed ones back into the queue.
    Sent(sent::command::Options),
    /// Ask a running gateway how many connections it has and what it has refused.
    Status(control::command::Place),
    /// Ask a running gateway about failed logins, and have it forget them.
    Guard(control::command::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run { config } => run(&config),
        Command::Check(options) => runtime().and_then(|runtime| runtime.block_on(check::run(&options))),
        Command::Auth(options) => runtime().and_then(|runtime| runtime.block_on(auth::run(&options))),
        Command::Demo(options) => runtime().and_then(|runtime| runtime.block_on(demo::run(&options))),
        Command::Passwd(options) => passwd::run(&options),
        Command::Sent(options) => sent::command::run(&options),
        Command::Status(place) => control::command::status(&place),
        Command::Guard(options) => control::command::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gatepost: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn run(file: &std::path::Path) -> anyhow::Result<()> {
    let config = Config::load(file)?;
    log::start(&config.log);
    process::keep_secrets();
    process::raise_open_files(&config);
    runtime()?.block_on(async {
        let mut signals = process::StopSignals::listen()?;
        let running = gateway::start(&config).await?;
        for address in &running.addresses {
            info!(%address, "listening");
        }
        info!(version = env!("CARGO_PKG_VERSION"), "ready");
        process::notify(&[NotifyState::Ready]);
        signals.told().await;
        process::notify(&[NotifyState::Stopping]);
        running.stop().await;
        Ok(())
    })
}
