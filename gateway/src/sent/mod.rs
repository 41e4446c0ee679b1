//! Sent copies: a message that the MTA accepted is filed in its sender's mailbox of sent mail, exactly once.
//!
//! The order is the guarantee (`docs/sent.md` says what it means for each moment at which something may die):
//!
//! 1. The message is written to the spool as it streams to the MTA, and is durable before the MTA hears its end:
//!    `Pending::append`, `Pending::sync`.
//! 2. The MTA answers 250.
//! 3. The copy is queued, by a rename: `Synced::queue`.
//! 4. The client hears 250.
//! 5. Once it is due (`queue`), the worker has it filed: the filer logs in on the account's behalf, searches the mailbox for the
//!    Message-ID, and appends the message if it is not there.
//! 6. It is removed from the spool.
//!
//! Whoever dies between 1 and 3 leaves a copy in doubt: it is kept and never filed by itself. Whoever dies between 3
//! and 6 leaves it queued: it is filed, or found, after the next start.

pub mod command;
mod copies;
mod entry;
mod filer;
mod files;
mod lines;
mod own;
mod queue;
mod shared;
mod source;
mod spool;
#[cfg(test)]
mod tests;
mod visits;
mod worker;

use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use visits::Visits;

pub(crate) use copies::{Copies, Pending, Synced};
pub(crate) use entry::Envelope;
pub(crate) use filer::MailServers;
pub(crate) use spool::SpoolError;

/// Visits to the spool. The runtime's threads for what blocks are eight times as many, and look up names too.
static VISITS: LazyLock<Visits> = LazyLock::new(|| Visits::new(64));

/// Runs work where it may block, in its turn, even if nobody waits for it any more.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    VISITS.make(work).await
}

/// Runs work where it may block, for somebody who does not wait longer than that.
async fn blocking_within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    VISITS.make_within(limit, work).await
}
