//! Live sessions are looked at again, so that a stolen phone's does not live for ever.
//!
//! Every session that logs in enters the [`Sessions`] of its directory and leaves them by being dropped. One worker for
//! each directory looks at every account that has sessions once per interval, spread over it: is its entry still there,
//! may it use mail, has it still the password that the sessions logged in with? Sessions that must not go on are told
//! why; they say goodbye where their protocol allows it, and end. An outage of the directory ends nothing.
//!
//! An account has so many sessions and no more: for a newer one, the one that was idle for longest ends.

mod ending;
mod pulse;
mod register;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatepost_directory::{Account, Directory, EntryId, Resolution, Unavailable};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub(crate) use ending::Ending;
pub(crate) use pulse::{AllBusy, PerUser};

use crate::config::Protocol;
use crate::refusals::{Reason, Refusals};
use crate::turns::Target;
use ending::Finding;
use pulse::{Pulse, Room, Tick};
use register::{Look, Register, Watch};

/// How many accounts of a directory are looked at at once: logins need its connections too.
const AT_ONCE: usize = 2;

/// How long a directory may take, whatever its own limits are, before it counts as unavailable.
const LOOK_TIME: Duration = Duration::from_secs(60);

/// The live sessions of one directory's accounts.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// The directory's name in the configuration.
    directory: String,
    per_user: PerUser,
    register: Mutex<Register>,
    /// What the signs of life count from.
    began: Instant,
    refusals: Arc<Refusals>,
    /// Wakes the worker: an account is due before all others.
    sooner: Notify,
}

/// A live session; dropped when it is over.
#[derive(Debug)]
pub(crate) struct Live {
    sessions: Arc<Sessions>,
    watch: Arc<Watch>,
    pulse: Arc<Pulse>,
}

impl Sessions {
    /// Nobody has logged in yet. With an `interval` of zero nobody is ever looked at again.
    pub(crate) fn new(
        directory: &str,
        interval: Duration,
        per_user: PerUser,
        refusals: Arc<Refusals>,
    ) -> Arc<Self> {
        Arc::new(Self {
            directory: directory.to_owned(),
            per_user,
            register: Mutex::new(Register::new(interval)),
            began: Instant::now(),
            refusals,
            sooner: Notify::new(),
        })
    }

    /// A session has logged in, with a secret of that version. It ends with `end` too.
    ///
    /// # Errors
    /// If the account has as many sessions of the protocol as it may, and none of them is idle.
    pub(crate) fn enter(
        self: &Arc<Self>,
        protocol: Protocol,
        (account, version): (&Account, Option<&str>),
        end: &CancellationToken,
    ) -> Result<Live, AllBusy> {
        let (now, tick) = (Instant::now(), self.tick());
        let mut register = self.register();
        if let Some(pulses) = register.pulses(&account.id)
            && pulses.make_room(protocol, self.per_user, tick)? == Room::Made
        {
            self.refusals.count(Reason::LetGo);
        }
        let before = register.next();
        let watch = register.enter(now, account, version, end);
        let pulse = Pulse::new(protocol, tick);
        if let Some(pulses) = register.pulses(&account.id) {
            pulses.add(Arc::clone(&pulse));
        }
        let sooner = before.is_none_or(|before| register.next().is_some_and(|next| next < before));
        drop(register);
        if sooner {
            self.sooner.notify_one();
        }
        Ok(Live {
            sessions: Arc::clone(self),
            watch,
            pulse,
        })
    }

    fn tick(&self) -> Tick {
        Tick::after(self.began.elapsed())
    }

    /// Looks at the accounts when they are due, for ever. `target` is the directory's: logins come in turn too.
    pub(crate) async fn work(self: Arc<Self>, directory: Arc<dyn Directory>, target: Arc<Target>) {
        let mut looks = JoinSet::new();
        let mut down = false;
        loop {
            while looks.len() < AT_ONCE
                && let Some(due) = self.take_due()
            {
                let (directory, target) = (Arc::clone(&directory), Arc::clone(&target));
                looks.spawn(async move {
                    let _turn = target.turn_of_ours().await;
                    let finding = look(&*directory, &due.id).await;
                    (due, finding)
                });
            }
            let has_room = looks.len() < AT_ONCE;
            tokio::select! {
                Some(looked) = looks.join_next() => if let Ok((due, finding)) = looked {
                    self.log_outage(&mut down, finding.outage());
                    self.register().answered(&due, &finding);
                },
                () = self.due(), if has_room => {}
            }
        }
    }

    fn take_due(&self) -> Option<Look> {
        self.register().take_due(Instant::now())
    }

    /// Waits until an account is due.
    async fn due(&self) {
        loop {
            let next = self.register().next();
            let sooner = self.sooner.notified();
            let Some(next) = next else {
                sooner.await;
                continue;
            };
            tokio::select! {
                () = sleep_until(next) => return,
                () = sooner => {}
            }
        }
    }

    /// One line when a directory cannot be asked any more, and one when it can again.
    fn log_outage(&self, down: &mut bool, outage: Option<&Unavailable>) {
        match outage {
            Some(reason) if !*down => warn!(directory = self.directory, %reason, "recheck-unavailable"),
            None if *down => info!(directory = self.directory, "recheck-available"),
            _ => {}
        }
        *down = outage.is_some();
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Octets have moved: the session is not idle.
    pub(crate) fn moved(&self) {
        self.pulse.moved(self.sessions.tick());
    }

    /// Waits until the session has to end.
    pub(crate) async fn ended(&self) -> Ending {
        tokio::select! {
            biased;
            ending = self.watch.ended() => ending,
            () = self.pulse.let_go() => Ending::MakesRoom,
        }
    }

    /// Whether the session has to end by now, and why.
    pub(crate) fn has_ended(&self) -> Option<Ending> {
        let makes_room = || self.pulse.is_let_go().then_some(Ending::MakesRoom);
        self.watch.has_ended().or_else(makes_room)
    }

    /// The line of a session that ends for its account's sake.
    pub(crate) fn log(&self, session: &str, ending: Ending) {
        let (account, id, reason) = (self.watch.name(), self.watch.id(), ending.reason());
        match ending {
            Ending::Stop => {}
            Ending::MakesRoom => warn!(session, account, %id, reason, "let-go"),
            _ => {
                self.sessions.refusals.count(Reason::Rechecked);
                info!(session, account, %id, reason, "recheck");
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let mut register = self.sessions.register();
        if let Some(pulses) = register.pulses(self.watch.id()) {
            pulses.remove(&self.pulse);
        }
        register.leave(&self.watch);
    }
}

/// Asks a directory about one account.
async fn look(directory: &dyn Directory, id: &EntryId) -> Finding {
    let looked = timeout(LOOK_TIME, async {
        let entry = match directory.resolve_id(id).await {
            Resolution::Found(entry) => entry,
            Resolution::Unknown { why } => return Finding::Gone(why),
            Resolution::Unavailable(why) => return Finding::Unknown(why),
        };
        let standing = directory.standing(&entry).await;
        Finding::There {
            version: entry.secret_version,
            standing,
        }
    });
    let late = |_| Finding::Unknown(Unavailable("no answer within the time limit".to_owned()));
    looked.await.unwrap_or_else(late)
}
