//! What a session that sends uses: the copy of one message, from its first octet to the MTA's verdict.
//!
//! Disk work runs where it may block. A message that fits one piece costs two such visits: one writes it and makes it
//! durable, one queues it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use gatepost_directory::EntryId;
use tokio::time::Instant;
use tracing::{error, warn};

use super::entry::{Envelope, MAX_MESSAGE_ID};
use super::files::{Files, Limits, Place, Visit};
use super::own::{Noting, OwnMailboxes};
use super::queue::{AccountKey, Schedule};
use super::shared::Shared;
use super::source::PIECE;
use super::spool::{Draft, SpoolError};
use super::worker::{self, Filer};
use super::{blocking, blocking_within, lines};
use crate::config::{SentConfig, SentMode, UpstreamConfig};
use crate::gateway::Stop;

/// For how long a client waits to be told whether there is room. A disk that takes longer has none.
const PATIENCE: Duration = Duration::from_secs(20);

/// The copies of everything that is sent. Clones are the same.
#[derive(Clone)]
pub(crate) struct Copies {
    shared: Arc<Shared>,
    config: Arc<SentConfig>,
    own: Arc<OwnMailboxes>,
}

impl Copies {
    /// Opens the spool, and puts in order what an earlier run left in it. Blocks.
    pub(crate) fn open(config: &SentConfig) -> anyhow::Result<Self> {
        let open = || {
            let files = Files::open(&config.spool, Limits::new(config))?;
            Shared::new(Box::new(files), Schedule::new(config))
        };
        let shared = open().with_context(|| format!("the spool {}", config.spool.display()))?;
        Ok(Self::on(shared, config))
    }

    /// The copies that are left in a spool although none are kept any more; nothing if there are none. Blocks.
    ///
    /// What is wrong with them keeps nobody from anything else: it is logged.
    pub(crate) fn left(config: &SentConfig) -> Option<Self> {
        let spool = config.spool.display();
        let left = count_left(&config.spool).and_then(|copies| match copies {
            0 => Ok(None),
            copies => {
                warn!(%spool, copies, reason = "no copies are kept any more: these are still filed", "sent-left");
                Self::open(config).map(Some)
            }
        });
        left.unwrap_or_else(|error| {
            let reason = format!("{error:#}");
            error!(%spool, reason, "sent-left");
            None
        })
    }

    pub(super) fn on(shared: Shared, config: &SentConfig) -> Self {
        Self {
            shared: Arc::new(shared),
            config: Arc::new(config.clone()),
            own: Arc::new(OwnMailboxes::new(config)),
        }
    }

    /// Whether and when a message of the account is filed.
    pub(crate) fn mode_for(&self, account: &str, upstream: &UpstreamConfig) -> SentMode {
        self.config.mode_for(account, upstream)
    }

    /// How many copies wait to be filed.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.shared.len()
    }

    /// Whether there is room for a message of so many octets. It is asked before the client is told to send it.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) async fn room_for(&self, envelope: &Envelope, size: u64) -> Result<(), SpoolError> {
        let (shared, envelope) = (Arc::clone(&self.shared), envelope.clone());
        blocking_within(PATIENCE, move || shared.spool.room_for(&envelope, size)).await?
    }

    /// Begins a copy. Nothing is written yet.
    pub(crate) fn begin(&self, envelope: Envelope) -> Pending {
        Pending {
            shared: Arc::clone(&self.shared),
            envelope: Some(envelope),
            draft: None,
            buffer: Vec::new(),
            began: Instant::now(),
        }
    }

    /// A client of the account has filed a message with this Message-ID in a mailbox itself. It is a copy of what was
    /// sent if the mailbox is known to be for that; else the search tells, right before ours is filed.
    pub(crate) fn appended(&self, directory: &str, account: &EntryId, mailbox: &[u8], message_id: &[u8]) {
        let Some(message_id) = searchable(message_id) else {
            return;
        };
        let account = AccountKey {
            directory: directory.into(),
            id: account.0.as_str().into(),
        };
        if self.own.have(&account, mailbox) {
            self.shared.appended(account, &message_id);
        }
    }

    /// Files what is due, until the gateway stops.
    pub(crate) async fn work<F: Filer>(&self, filer: F, stop: Stop) {
        let own = Arc::clone(&self.own);
        let filer = Arc::new(Noting { filer, own });
        worker::run(Arc::clone(&self.shared), filer, stop).await;
    }
}

/// How many copies in a spool wait for something to be done, whether or not it is there.
fn count_left(spool: &Path) -> anyhow::Result<usize> {
    let visit = match Visit::open(spool) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        visit => visit?,
    };
    Ok(visit.count(Place::Queue)? + visit.count(Place::Pending)?)
}

/// A Message-ID that is kept and searched for.
fn searchable(message_id: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(message_id).ok()?.trim();
    let fits = !text.is_empty() && text.len() <= MAX_MESSAGE_ID && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// The copy of a message that is not whole. Dropping it forgets it.
pub(crate) struct Pending {
    shared: Arc<Shared>,
    /// Taken when the draft begins.
    envelope: Option<Envelope>,
    draft: Option<Box<dyn Draft>>,
    /// What is not written yet.
    buffer: Vec<u8>,
    began: Instant,
}

impl Pending {
    /// More of the message, as it goes to the MTA.
    ///
    /// # Errors
    /// If it cannot be kept. Then the message must not be sent.
    pub(crate) async fn append(&mut self, octets: &[u8]) -> Result<(), SpoolError> {
        self.buffer.extend_from_slice(octets);
        if self.buffer.len() < PIECE {
            return Ok(());
        }
        let mut writing = self.take()?;
        let written = blocking(move || {
            writing.write()?;
            Ok::<_, SpoolError>(writing)
        });
        let Writing { draft, buffer, .. } = written.await??;
        (self.draft, self.buffer) = (draft, buffer);
        self.buffer.clear();
        Ok(())
    }

    /// The message is whole: when this has returned, a copy of it is durable, and the MTA may hear its end.
    ///
    /// # Errors
    /// If it cannot be kept. Then the message must not be sent.
    pub(crate) async fn sync(mut self, message_id: Option<&[u8]>) -> Result<Synced, SpoolError> {
        let message_id = message_id.and_then(searchable);
        let (mut writing, began) = (self.take()?, self.began);
        let synced = blocking(move || {
            writing.write()?;
            let mut draft = writing.draft.take().ok_or_else(unusable)?;
            draft.sync(SystemTime::now(), message_id)?;
            Ok::<_, SpoolError>(Synced {
                shared: writing.shared,
                draft: Some(draft),
                began,
            })
        });
        synced.await?
    }

    /// The message was cut short or refused.
    pub(crate) async fn discard(mut self) {
        let Some(draft) = self.draft.take() else { return };
        if let Err(reason) = discard(draft).await {
            warn!(%reason, "sent-undiscarded");
        }
    }

    fn take(&mut self) -> Result<Writing, SpoolError> {
        if self.draft.is_none() && self.envelope.is_none() {
            return Err(unusable());
        }
        Ok(Writing {
            shared: Arc::clone(&self.shared),
            envelope: self.envelope.take(),
            draft: self.draft.take(),
            buffer: std::mem::take(&mut self.buffer),
        })
    }
}

/// It failed before.
fn unusable() -> SpoolError {
    SpoolError::Failed(io::ErrorKind::BrokenPipe.into())
}

/// A copy where it may block.
struct Writing {
    shared: Arc<Shared>,
    envelope: Option<Envelope>,
    draft: Option<Box<dyn Draft>>,
    buffer: Vec<u8>,
}

impl Writing {
    fn write(&mut self) -> Result<(), SpoolError> {
        if let Some(envelope) = self.envelope.take() {
            self.draft = Some(self.shared.spool.begin(envelope)?);
        }
        let draft = self.draft.as_mut().ok_or_else(unusable)?;
        if self.buffer.is_empty() {
            return Ok(());
        }
        draft.append(&self.buffer)
    }
}

async fn discard(draft: Box<dyn Draft>) -> io::Result<()> {
    blocking(move || draft.discard()).await?
}

/// The copy of a message that is whole and durable, and whose verdict is not known. Dropping it puts it in doubt.
pub(crate) struct Synced {
    shared: Arc<Shared>,
    draft: Option<Box<dyn Draft>>,
    began: Instant,
}

impl Synced {
    /// The MTA accepted the message: its copy is filed from now on. Only then may the client hear so.
    pub(crate) async fn queue(mut self) {
        let Some(draft) = self.draft.take() else { return };
        let (shared, began) = (Arc::clone(&self.shared), self.began);
        // Once begun it goes on, even if nobody waits for it.
        let _ = blocking(move || shared.enqueue(draft, began)).await;
    }

    /// The MTA refused the message.
    pub(crate) async fn discard(mut self) {
        let Some(draft) = self.draft.take() else { return };
        if let Err(reason) = discard(draft).await {
            warn!(%reason, "sent-undiscarded");
        }
    }

    /// The MTA's answer is lost: the copy is kept, and not filed.
    pub(crate) async fn doubt(mut self) {
        let Some(draft) = self.draft.take() else { return };
        let _ = blocking(move || put_in_doubt(draft)).await;
    }
}

impl Drop for Synced {
    fn drop(&mut self) {
        if let Some(draft) = self.draft.take() {
            // One rename and two fsyncs: rare enough to block for.
            put_in_doubt(draft);
        }
    }
}

fn put_in_doubt(draft: Box<dyn Draft>) {
    lines::in_doubt(draft.metadata(), "the MTA's answer was lost");
    let id = draft.metadata().id.clone();
    if let Err(reason) = draft.doubt() {
        error!(%id, %reason, "sent-unmoved");
    }
}
