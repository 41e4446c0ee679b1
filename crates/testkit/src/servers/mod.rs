//! The real servers that tests talk to: Debian's [`Dovecot`], [`Postfix`], OpenLDAP ([`Slapd`]) and [`Samba`] as a
//! domain controller of Active Directory, on loopback.
//!
//! Each server runs in the foreground in a temporary directory of its own, with a configuration made on the spot, and
//! ends when its value is dropped. All of a process's servers listen on one loopback address that no other living
//! process uses ([`address`]), so tests run side by side, and a server that comes back gets its ports again. Each
//! Samba has an address to itself, as its ports cannot be chosen.
//!
//! `scripts/install-test-deps` installs them. A machine without them fails the tests; it does not skip them.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls;

mod address;
mod certificates;
mod dovecot;
mod postfix;
mod process;
mod samba;
mod slapd;

pub use address::{address, reserve};
pub use certificates::{Authority, Certificate, Identity};
pub use dovecot::{Dovecot, DovecotBuilder, Message};
pub use postfix::{Postfix, PostfixBuilder, Stage};
pub use samba::{DomainUser, Hindrance, Samba, SambaBuilder};
pub use slapd::{Person, Slapd, SlapdBuilder};

/// Why a server cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program is not there.
    #[error("{program} is not installed: run scripts/install-test-deps")]
    Missing {
        /// Its name.
        program: &'static str,
    },
    /// The server ended, or did not listen in time.
    #[error("{program} did not come up; its log ends with\n{log}")]
    NotUp {
        /// Its name.
        program: &'static str,
        /// The end of its log.
        log: String,
    },
    /// A line that was waited for did not come.
    #[error("the log has no line with {wanted:?}; it ends with\n{log}")]
    NotLogged {
        /// What was waited for.
        wanted: String,
        /// The end of the log.
        log: String,
    },
    /// A helper program refused.
    #[error("{program} failed: {output}")]
    Failed {
        /// Its name.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// No port is free.
    #[error("no free port on {0}")]
    NoPort(std::net::Ipv4Addr),
    /// A file cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The connection to a server failed.
    #[error("the connection failed: {0}")]
    Connection(io::Error),
    /// The server did not do what it was asked by IMAP.
    #[error("{0}")]
    Client(crate::client::Error),
    /// There is no such user.
    #[error("there is no user {0}")]
    NoUser(String),
    /// Mail that was waited for did not come.
    #[error("{mailbox} holds {there} messages, not {wanted}")]
    NotArrived {
        /// Where it was to come to.
        mailbox: String,
        /// How many messages were to be there.
        wanted: usize,
        /// How many there are.
        there: usize,
    },
    /// A certificate cannot be made.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Lets other users of the machine in.
fn open_up(path: &Path, mode: u32) -> Result<(), Error> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(Error::file(path))
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Error> {
    std::fs::write(path, content).map_err(Error::file(path))
}
