//! Which controller is tried first.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Controller;

/// How long a controller that failed is tried after the others.
const BACK_OFF: Duration = Duration::from_secs(60);

/// The controllers as configured or found, the preferred ones first.
pub(super) struct Controllers(Mutex<Vec<Listed>>);

struct Listed {
    controller: Controller,
    failed: Option<Instant>,
}

impl Controllers {
    pub(super) fn new(controllers: Vec<Controller>) -> Self {
        let listed = controllers.into_iter().map(|controller| Listed {
            controller,
            failed: None,
        });
        Self(Mutex::new(listed.collect()))
    }

    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn has(&self, controller: &Controller) -> bool {
        self.lock().iter().any(|listed| listed.controller == *controller)
    }

    /// Puts others in their place. Those that stay keep their failures.
    pub(super) fn replace(&self, controllers: Vec<Controller>) {
        let mut listed = self.lock();
        let failed = |controller: &Controller| {
            let old = listed.iter().find(|old| old.controller == *controller);
            old.and_then(|old| old.failed)
        };
        let new = controllers.into_iter().map(|controller| Listed {
            failed: failed(&controller),
            controller,
        });
        *listed = new.collect();
    }

    /// As configured, but those that failed lately last, the latest at the very end.
    pub(super) fn order(&self) -> Vec<Controller> {
        let now = Instant::now();
        let lately = |listed: &Listed| {
            let recent = |failed: &Instant| now.duration_since(*failed) < BACK_OFF;
            listed.failed.filter(recent)
        };
        let listed = self.lock();
        let mut order: Vec<_> = listed.iter().collect();
        order.sort_by_key(|listed| lately(listed));
        order
            .into_iter()
            .map(|listed| listed.controller.clone())
            .collect()
    }

    pub(super) fn mark_failed(&self, controller: &Controller) {
        self.mark(controller, Some(Instant::now()));
    }

    pub(super) fn mark_well(&self, controller: &Controller) {
        self.mark(controller, None);
    }

    fn mark(&self, controller: &Controller, failed: Option<Instant>) {
        for listed in self.lock().iter_mut() {
            if listed.controller == *controller {
                listed.failed = failed;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Listed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn named(names: &[&str]) -> Vec<Controller> {
        let controller = |name: &&str| Controller {
            host: (*name).to_owned(),
            port: None,
        };
        names.iter().map(controller).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_failed_lately_come_last() {
        let [a, b, c] = named(&["a", "b", "c"]).try_into().unwrap();
        let controllers = Controllers::new(vec![a.clone(), b.clone(), c.clone()]);
        controllers.mark_failed(&b);
        advance(Duration::from_secs(1)).await;
        controllers.mark_failed(&a);
        assert_eq!(controllers.order(), [c.clone(), b.clone(), a.clone()]);
        controllers.mark_well(&a);
        assert_eq!(controllers.order(), [a.clone(), c.clone(), b.clone()]);
        advance(BACK_OFF).await;
        assert_eq!(controllers.order(), [a, b, c]);
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_stay_keep_their_failures() {
        let controllers = Controllers::new(named(&["a", "b"]));
        controllers.mark_failed(&named(&["a"])[0]);
        controllers.replace(named(&["a", "c"]));
        assert_eq!(controllers.order(), named(&["c", "a"]));
    }
}
