//! `gatepost status` and `gatepost guard`: how a running gateway is; what it knows of failed logins, and has it forget.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};

use super::request::Request;
use super::{ERROR, OK, REQUEST_OCTETS};
use crate::config::control_socket_of;

/// How long a gateway may take, which may have to ask directories.
const PATIENCE: Duration = Duration::from_secs(90);

/// The longest answer, in octets.
const ANSWER_OCTETS: u64 = 64 * 1024 * 1024;

/// Where the running gateway is asked.
#[derive(Args)]
pub struct Place {
    /// The configuration file, which says where the gateway's control socket is.
    #[arg(long, short, global = true, default_value = "/etc/gatepost/gatepost.toml")]
    config: PathBuf,
    /// The control socket, whatever the configuration says.
    #[arg(long, global = true)]
    socket: Option<PathBuf>,
}

/// What `gatepost guard` is told.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the accounts whose logins failed, how often, for how long the directory is not asked any more, and from where.
    List,
    /// Forget the failed logins and wrong passwords of an account: it is asked about in the directory again.
    Clear {
        /// Its name, as users type it, or its id, as `list` shows it.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        account: Option<String>,
        /// All of them.
        #[arg(long)]
        all: bool,
    },
}

/// Asks the running gateway, and writes what it says to standard output.
///
/// # Errors
/// If no socket is configured, or no gateway answers there, or it cannot do what it is told.
pub fn run(options: &Options) -> anyhow::Result<()> {
    options.place.ask(&request(&options.command)?)
}

/// Asks the running gateway how it is, and writes what it says to standard output.
///
/// # Errors
/// If no socket is configured, or no gateway answers there.
pub fn status(place: &Place) -> anyhow::Result<()> {
    place.ask(&Request::Status)
}

impl Place {
    fn ask(&self, request: &Request) -> anyhow::Result<()> {
        let socket = match &self.socket {
            Some(socket) => socket.clone(),
            None => control_socket_of(&self.config)?
                .ok_or_else(|| anyhow!("no [control] socket in {}", self.config.display()))?,
        };
        let answer = ask(&socket, request)?;
        show(&answer)
    }
}

fn request(command: &Command) -> anyhow::Result<Request> {
    let request = match command {
        Command::List => Some(Request::List),
        Command::Clear {
            account: Some(account),
            ..
        } => Request::clear(account),
        Command::Clear { account: None, .. } => Some(Request::ClearAll),
    };
    let fits = |request: &Request| request.to_string().len() < REQUEST_OCTETS;
    request
        .filter(fits)
        .context("that cannot be the name or id of an account")
}

fn ask(socket: &Path, request: &Request) -> anyhow::Result<String> {
    let place = || format!("the control socket {}", socket.display());
    let mut stream = UnixStream::connect(socket).map_err(|error| not_connected(socket, &error))?;
    stream.set_read_timeout(Some(PATIENCE)).with_context(place)?;
    stream.set_write_timeout(Some(PATIENCE)).with_context(place)?;
    let mut answer = String::new();
    let asked = stream
        .write_all(format!("{request}\n").as_bytes())
        .and_then(|()| stream.take(ANSWER_OCTETS).read_to_string(&mut answer));
    match asked {
        // What there is of an answer tells that it is not whole.
        Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
            Ok(answer)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => bail!("{}: no answer in time", place()),
        asked => asked.map(|_| answer).with_context(place),
    }
}

fn not_connected(socket: &Path, error: &io::Error) -> anyhow::Error {
    let socket = socket.display();
    match error.kind() {
        ErrorKind::NotFound => {
            anyhow!("the gateway does not run, or has another socket: there is no {socket}")
        }
        ErrorKind::ConnectionRefused => anyhow!("the gateway does not run: nobody listens at {socket}"),
        ErrorKind::PermissionDenied => {
            anyhow!("{socket}: permission denied; the gateway's own user and root may ask it")
        }
        _ => anyhow!("the control socket {socket}: {error}"),
    }
}

/// The last line says whether it was done.
fn show(answer: &str) -> anyhow::Result<()> {
    let whole = answer.strip_suffix('\n').unwrap_or_default();
    let (text, last) = whole.rsplit_once('\n').unwrap_or(("", whole));
    if last != OK {
        match last.strip_prefix(ERROR) {
            Some(why) => bail!("{why}"),
            None => bail!("the gateway ended before it had answered, or does not let this user ask"),
        }
    }
    let mut out = io::stdout().lock();
    let written = match text {
        "" => Ok(()),
        text => writeln!(out, "{text}").and_then(|()| out.flush()),
    };
    match written {
        // Whoever reads has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
