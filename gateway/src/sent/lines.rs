//! The stable lines of a filing.

use std::time::{Duration, SystemTime};

use tracing::{error, info, warn};

use super::entry::Metadata;
use super::queue::Retry;

/// It is filed.
pub(super) fn filed(copy: &Metadata, mailbox: &str, uid: Option<(u32, u32)>, attempts: u32) {
    let (id, message_id, wait_ms) = (&copy.id, &copy.message_id, waited(copy));
    let (session, account) = (&copy.envelope.session, &copy.envelope.name);
    let uid = uid.map(|(_, uid)| uid);
    info!(%id, session, account, message_id, mailbox, uid, attempts, wait_ms, "sent-filed");
}

/// It was there.
pub(super) fn present(copy: &Metadata, mailbox: &str, attempts: u32) {
    let (id, message_id, wait_ms) = (&copy.id, &copy.message_id, waited(copy));
    let (session, account) = (&copy.envelope.session, &copy.envelope.name);
    info!(%id, session, account, message_id, mailbox, attempts, wait_ms, "sent-present");
}

/// It is not, and will be tried again, or not.
pub(super) fn unfiled(copy: &Metadata, reason: &str, attempts: u32, retry: &Retry) {
    let (id, message_id, wait_ms) = (&copy.id, &copy.message_id, waited(copy));
    let (session, account) = (&copy.envelope.session, &copy.envelope.name);
    match retry {
        Retry::In(pause) => {
            let next_ms = millis(*pause);
            warn!(%id, session, account, message_id, reason, attempts, wait_ms, next_ms, "sent-retry");
        }
        Retry::GivenUp => {
            error!(%id, session, account, message_id, reason, attempts, wait_ms, "sent-failed");
        }
    }
}

/// Why a copy that was being filed is in doubt.
pub(super) const MAYBE_FILED: &str =
    "a mail server may have filed it, and it has no Message-ID to be found by";

/// It is put in doubt.
pub(super) fn in_doubt(copy: &Metadata, reason: &str) {
    let (id, envelope, message_id) = (&copy.id, &copy.envelope, &copy.message_id);
    let (session, account, sender) = (&envelope.session, &envelope.name, &envelope.sender);
    warn!(%id, session, account, sender, message_id, reason, "sent-doubt");
}

/// Milliseconds since the message came.
fn waited(copy: &Metadata) -> u64 {
    let waited = SystemTime::now().duration_since(copy.received);
    millis(waited.unwrap_or_default())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
