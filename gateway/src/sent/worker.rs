//! Takes what is due from the queue and has it filed.
//!
//! A copy leaves the spool only when it is filed, or found to be there, and removing it is the last thing that is done:
//! a gateway that dies before files it again, and the search in the mailbox finds what was filed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use super::entry::{CopyId, Metadata};
use super::queue::{Fault, Next, Origin, Retry};
use super::shared::Shared;
use super::source::Source;
use super::{blocking, lines};
use crate::gateway::Stop;

/// How often the folder is looked at for what was put back into the queue by hand.
const LOOK: Duration = Duration::from_secs(5);
/// How many copies that clients filed are removed at once.
const REMOVALS: usize = 4;

/// Files copies.
pub(crate) trait Filer: Send + Sync + 'static {
    /// Files a message in its sender's mailbox of sent mail, unless it is there.
    fn file(&self, copy: &Metadata, message: Source) -> impl Future<Output = Outcome> + Send;
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is filed.
    Filed {
        /// As the mail server spells it.
        mailbox: String,
        /// UIDVALIDITY and UID, if the server tells them.
        uid: Option<(u32, u32)>,
    },
    /// It was there.
    Present {
        /// As the mail server spells it.
        mailbox: String,
    },
    /// It may work later.
    Retry {
        /// In words for an administrator.
        reason: String,
        /// Whose fault it is.
        fault: Fault,
    },
    /// It will never work.
    Fail {
        /// In words for an administrator.
        reason: String,
    },
}

/// Runs until the gateway stops. Filings that are under way may end in its grace; later they are broken off.
pub(crate) async fn run<F: Filer>(shared: Arc<Shared>, filer: Arc<F>, stop: Stop) {
    let worker = Worker {
        shared,
        filer,
        end: stop.end,
        removals: Arc::new(Semaphore::new(REMOVALS)),
        tasks: TaskTracker::new(),
    };
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let until = worker.hand_out();
        tokio::select! {
            () = stop.begin.cancelled() => break,
            () = worker.shared.changed.notified() => {}
            () = sleep_for_ever_or(until) => {}
            _ = looks.tick() => worker.look().await,
        }
    }
    worker.tasks.close();
    worker.tasks.wait().await;
}

async fn sleep_for_ever_or(until: Option<std::time::Instant>) {
    match until {
        Some(until) => sleep_until(Instant::from_std(until)).await,
        None => std::future::pending().await,
    }
}

struct Worker<F> {
    shared: Arc<Shared>,
    filer: Arc<F>,
    end: CancellationToken,
    removals: Arc<Semaphore>,
    tasks: TaskTracker,
}

impl<F: Filer> Worker<F> {
    /// Starts everything that is due, and says when there is more.
    fn hand_out(&self) -> Option<std::time::Instant> {
        loop {
            match self.shared.next() {
                Next::File(id) => self.file(id),
                Next::Remove(id) => self.remove(id),
                Next::Wait(until) => return until,
            }
        }
    }

    fn file(&self, id: CopyId) {
        let (filer, end) = (Arc::clone(&self.filer), self.end.clone());
        let attempt = Attempt {
            shared: Arc::clone(&self.shared),
            id: Some(id),
        };
        self.tasks.spawn(async move {
            end.run_until_cancelled(attempt.run(&*filer)).await;
        });
    }

    fn remove(&self, id: CopyId) {
        let (shared, removals) = (Arc::clone(&self.shared), Arc::clone(&self.removals));
        self.tasks.spawn(async move {
            // It fails only if the semaphore is closed, which nobody does.
            let _permit = removals.acquire().await;
            info!(%id, "sent-own");
            shared.remove(&id).await;
        });
    }

    async fn look(&self) {
        let shared = Arc::clone(&self.shared);
        let looked = blocking(move || shared.adopt(Origin::Hand)).await;
        if let Err(reason) = looked.and_then(|adopted| adopted) {
            warn!(%reason, "sent-unread");
        }
    }
}

/// A copy that was taken from the queue. However it ends, the queue hears of it.
struct Attempt {
    shared: Arc<Shared>,
    /// Taken when the queue has heard.
    id: Option<CopyId>,
}

impl Attempt {
    async fn run<F: Filer>(mut self, filer: &F) {
        let Some(id) = self.id.clone() else { return };
        let shared = Arc::clone(&self.shared);
        let opening = id.clone();
        let opened = blocking(move || shared.spool.open(&opening)).await;
        match opened.and_then(|opened| opened) {
            Ok(opened) if opened.marked => self.doubt(&opened.metadata).await,
            Ok(opened) => {
                let message = self.source(&opened.metadata, opened.message);
                let outcome = filer.file(&opened.metadata, message).await;
                self.settle(&opened.metadata, outcome).await;
            }
            Err(error) => self.unopened(&id, &error).await,
        }
    }

    /// The message. If nobody will be able to look for it, it is marked before a mail server has the whole of it.
    fn source(&self, copy: &Metadata, message: Box<dyn io::Read + Send>) -> Source {
        let source = Source::new(message, copy.size);
        if copy.message_id.is_some() {
            return source;
        }
        let (shared, id) = (Arc::clone(&self.shared), copy.id.clone());
        source.with(move || shared.spool.mark(&id))
    }

    /// It may be filed, and nobody can look.
    async fn doubt(&mut self, copy: &Metadata) {
        self.id = None;
        lines::in_doubt(copy, lines::MAYBE_FILED);
        self.shared.doubt(&copy.id).await;
    }

    async fn settle(&mut self, copy: &Metadata, outcome: Outcome) {
        if copy.message_id.is_none()
            && let Outcome::Retry { fault, .. } = &outcome
        {
            if *fault == Fault::Unanswered {
                return self.doubt(copy).await;
            }
            self.unmark(&copy.id).await;
        }
        self.id = None;
        let attempts = self.shared.attempts(&copy.id);
        match outcome {
            Outcome::Filed { mailbox, uid } => {
                lines::filed(copy, &mailbox, uid, attempts);
                self.shared.filed(&copy.id).await;
            }
            Outcome::Present { mailbox } => {
                lines::present(copy, &mailbox, attempts);
                self.shared.filed(&copy.id).await;
            }
            Outcome::Retry { reason, fault } => {
                let retry = self.shared.retry(&copy.id, &fault);
                lines::unfiled(copy, &reason, attempts, &retry);
                self.wait_or_give_up(&copy.id, &fault, &retry).await;
            }
            Outcome::Fail { reason } => {
                lines::unfiled(copy, &reason, attempts, &Retry::GivenUp);
                self.shared.fail(&copy.id).await;
            }
        }
    }

    /// If that fails, the next attempt puts it in doubt.
    async fn unmark(&self, id: &CopyId) {
        let (shared, unmarked) = (Arc::clone(&self.shared), id.clone());
        let unmarked = blocking(move || shared.spool.unmark(&unmarked)).await;
        if let Err(reason) = unmarked.and_then(|unmarked| unmarked) {
            error!(%id, %reason, "sent-unmarked");
        }
    }

    async fn wait_or_give_up(&self, id: &CopyId, fault: &Fault, retry: &Retry) {
        if *retry == Retry::GivenUp {
            self.shared.fail(id).await;
        }
        if matches!(fault, Fault::Copy | Fault::Unanswered) {
            return;
        }
        for id in self.shared.expired() {
            error!(%id, reason = "its mail server or directory was down for too long", "sent-failed");
            self.shared.fail(&id).await;
        }
    }

    async fn unopened(&mut self, id: &CopyId, reason: &io::Error) {
        self.id = None;
        match reason.kind() {
            io::ErrorKind::NotFound => {
                warn!(%id, "sent-gone");
                self.shared.forget(id);
            }
            io::ErrorKind::InvalidData => {
                error!(%id, %reason, "sent-broken");
                self.shared.fail(id).await;
            }
            _ => {
                warn!(%id, %reason, "sent-unread");
                let retry = self.shared.retry(id, &Fault::Copy);
                self.wait_or_give_up(id, &Fault::Copy, &retry).await;
            }
        }
    }
}

impl Drop for Attempt {
    /// Broken off, or a bug: it is tried again, if it has not been for too long.
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        let retry = self.shared.retry(&id, &Fault::Copy);
        if retry != Retry::GivenUp {
            return;
        }
        error!(%id, reason = "its filing broke off, and it was tried for too long", "sent-failed");
        let shared = Arc::clone(&self.shared);
        // Without a runtime the gateway is at its end, and the next one goes on.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { shared.fail(&id).await });
        }
    }
}
