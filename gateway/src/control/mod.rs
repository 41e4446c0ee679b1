//! The control socket: a running gateway is asked and told things by its own user and by root.
//!
//! A Unix socket in the file system. One request for each connection, and text as it is to be shown; the last line says
//! whether it was done.
//!
//! ```text
//! request = "status" LF / "guard list" LF / "guard clear all" LF / "guard clear account " NAME-OR-ID LF
//! answer  = *(text LF) ("ok" / "error " text) LF
//! ```

mod accounts;
pub mod command;
mod request;
mod serve;
mod socket;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use serve::{Control, Status};
pub(crate) use socket::Socket;
pub(crate) use table::shown;

/// The longest request, its end included, in octets.
const REQUEST_OCTETS: usize = 4096;

/// The last line of an answer: it was done.
const OK: &str = "ok";

/// The begin of the last line of an answer: it was not, for the reason that follows.
const ERROR: &str = "error ";
