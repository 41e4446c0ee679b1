//! What many may turn to at once: mail servers, MTAs, directories. None of them is stampeded.
//!
//! After an outage all clients come back in the same moment, and each costs its mail server far more while it logs in
//! than ever after. So whoever wants to log in takes a [`Turn`] first: so many at once, the others in the order of their
//! arrival, and not for ever. Work of our own stands in the same line, but has the patience to come to its end.

mod losses;
mod pace;
mod turn;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;
pub(crate) use turn::{Crowded, Turn};

use crate::config::{Limits, LineRules};
use losses::Losses;
use turn::Line;

/// The targets of one kind that somebody turns to at the moment, by name.
#[derive(Debug)]
pub(crate) struct Targets {
    rules: LineRules,
    /// Over which time the clients of a lost target are let go.
    release_over: Duration,
    known: Mutex<HashMap<Box<str>, Weak<Target>>>,
}

/// The targets of a gateway.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    mail_servers: Arc<Targets>,
    mtas: Arc<Targets>,
    directories: Arc<Targets>,
}

impl Lines {
    pub(crate) fn new(limits: &Limits) -> Self {
        let targets = |rules| Targets::new(rules, limits.release_over);
        Self {
            mail_servers: targets(limits.upstream_logins),
            mtas: targets(limits.upstream_logins),
            directories: targets(limits.directory_logins),
        }
    }

    /// The mail server at `host:port`, which several upstreams may lead to.
    pub(crate) fn mail_server(&self, address: &str) -> Arc<Target> {
        self.mail_servers.named(&address.to_ascii_lowercase())
    }

    /// The MTA of that name in the configuration, whatever its hosts.
    pub(crate) fn mta(&self, name: &str) -> Arc<Target> {
        self.mtas.named(name)
    }

    /// The directory of that name in the configuration.
    pub(crate) fn directory(&self, name: &str) -> Arc<Target> {
        self.directories.named(name)
    }
}

/// A mail server, an MTA or a directory. It is forgotten when nobody holds it any more.
#[derive(Debug)]
pub(crate) struct Target {
    name: Box<str>,
    line: Line,
    losses: Mutex<Losses>,
    release_over: Duration,
    home: Weak<Targets>,
}

impl Targets {
    pub(crate) fn new(rules: LineRules, release_over: Duration) -> Arc<Self> {
        Arc::new(Self {
            rules,
            release_over,
            known: Mutex::default(),
        })
    }

    /// The target of that name, the same for all who hold it.
    pub(crate) fn named(self: &Arc<Self>, name: &str) -> Arc<Target> {
        let mut known = self.known();
        if let Some(target) = known.get(name).and_then(Weak::upgrade) {
            return target;
        }
        let target = Arc::new(Target {
            name: name.into(),
            line: Line::new(self.rules),
            losses: Mutex::default(),
            release_over: self.release_over,
            home: Arc::downgrade(self),
        });
        known.insert(name.into(), Arc::downgrade(&target));
        target
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Box<str>, Weak<Target>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Target {
    /// A session has lost it: how long its client is kept, so that not all of them are let go in the same moment.
    pub(crate) fn lost(&self) -> Duration {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        losses.one_more(Instant::now(), self.release_over, chance())
    }
}

/// Hosts come from a directory, so there may be any number of them in a year.
impl Drop for Target {
    fn drop(&mut self) {
        let Some(home) = self.home.upgrade() else { return };
        let mut known = home.known();
        // Another one may have taken its place by now.
        if known
            .get(&self.name)
            .is_some_and(|known| known.strong_count() == 0)
        {
            known.remove(&self.name);
        }
    }
}

/// A number that nobody can foresee, for what must not happen to all at once.
pub(crate) fn chance() -> u32 {
    let mut octets = [0; 4];
    // Without random numbers nothing is spread; there is no TLS then either.
    let _ = getrandom::fill(&mut octets);
    u32::from_be_bytes(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_one_for_all_and_forgotten_when_nobody_holds_it() {
        let rules = LineRules {
            at_once: 1,
            waiting: 1,
            patience: Duration::from_secs(1),
        };
        let targets = Targets::new(rules, Duration::ZERO);
        let one = targets.named("a:993");
        assert!(Arc::ptr_eq(&one, &targets.named("a:993")));
        let other = targets.named("b:993");
        assert!(!Arc::ptr_eq(&one, &other));
        assert_eq!(targets.known().len(), 2);
        drop(other);
        assert_eq!(targets.known().len(), 1);
        drop(one);
        assert_eq!(targets.known().len(), 0);
        drop(targets.named("a:993"));
        assert_eq!(targets.known().len(), 0);
    }
}
