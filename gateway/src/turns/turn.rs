//! The line before a target.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::pace::Pace;
use super::{Target, chance};
use crate::config::LineRules;

/// Those who have their turn, and those who wait for it.
#[derive(Debug)]
pub(super) struct Line {
    rules: LineRules,
    /// As many as may have their turn at once. It is fair: first come, first served.
    places: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    served: usize,
    /// Clients; work of our own is not sent away, and takes nobody's place in the line.
    waiting: usize,
    pace: Pace,
}

/// The right to turn to a target, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    target: Arc<Target>,
    since: Instant,
    waited: Duration,
}

/// Somebody was sent away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crowded {
    /// When to come back.
    pub(crate) again: Duration,
    target: String,
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Full { waiting: usize },
    TooLong { waited: Duration },
}

impl fmt::Display for Crowded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = &self.target;
        match self.why {
            Why::Full { waiting } => write!(f, "{target}: {waiting} logins are waiting already"),
            Why::TooLong { waited } => write!(f, "{target}: no turn within {:.1} s", waited.as_secs_f32()),
        }
    }
}

impl Line {
    pub(super) fn new(rules: LineRules) -> Self {
        Self {
            rules,
            places: Semaphore::new(rules.at_once as usize),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for one of the places. Who does not wait any more has left the line.
    async fn place(&self) {
        // It is never closed.
        if let Ok(place) = self.places.acquire().await {
            place.forget();
        }
    }

    fn has_place(&self) -> bool {
        self.places.try_acquire().map(|place| place.forget()).is_ok()
    }

    /// Counts one more in the line, if it is not too long.
    fn join(&self) -> Result<Waiting<'_>, usize> {
        let mut state = self.state();
        if state.waiting >= self.rules.waiting as usize {
            return Err(state.waiting);
        }
        state.waiting += 1;
        Ok(Waiting(self))
    }
}

/// Somebody in the line.
struct Waiting<'a>(&'a Line);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

impl Target {
    /// Waits in line for a client's turn: as long as the rules allow, and not beyond `latest`. Whoever is dropped while
    /// it waits leaves the line.
    pub(crate) async fn turn(self: &Arc<Self>, latest: Instant) -> Result<Turn, Crowded> {
        let (line, came) = (&self.line, Instant::now());
        if !line.has_place() {
            let waiting = line.join();
            let _waiting = waiting.map_err(|waiting| self.crowded(came, Why::Full { waiting }))?;
            let latest = latest.min(came + line.rules.patience);
            if timeout_at(latest, line.place()).await.is_err() {
                let waited = came.elapsed();
                return Err(self.crowded(came, Why::TooLong { waited }));
            }
        }
        Ok(self.begin(came))
    }

    /// Waits in line for the turn of work that no client waits for, however long it takes: those before it are there for
    /// as long as their patience lasts.
    pub(crate) async fn turn_of_ours(self: &Arc<Self>) -> Turn {
        let came = Instant::now();
        self.line.place().await;
        self.begin(came)
    }

    fn begin(self: &Arc<Self>, came: Instant) -> Turn {
        let now = Instant::now();
        let mut state = self.line.state();
        state.served += 1;
        let alone = state.served == 1;
        state.pace.begun(now, alone);
        drop(state);
        Turn {
            target: Arc::clone(self),
            since: now,
            waited: now - came,
        }
    }

    fn crowded(&self, came: Instant, why: Why) -> Crowded {
        let state = self.line.state();
        let line = (state.waiting, self.line.rules.at_once);
        let again = state
            .pace
            .come_back(line, came.elapsed(), Instant::now(), chance());
        Crowded {
            again,
            target: self.name.to_string(),
            why,
        }
    }
}

impl Turn {
    /// Whose turn it is to be asked.
    pub(crate) fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// How long it was waited for.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (line, now) = (&self.target.line, Instant::now());
        let mut state = line.state();
        state.served -= 1;
        state.pace.ended(now, now - self.since);
        drop(state);
        line.places.add_permits(1);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio::task::{JoinSet, yield_now};
    use tokio::time::sleep;

    use super::super::Targets;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn target(at_once: u32, waiting: u32, patience: Duration) -> Arc<Target> {
        let rules = LineRules {
            at_once,
            waiting,
            patience,
        };
        let targets = Targets::new(rules, Duration::ZERO);
        targets.named("mail:993")
    }

    fn never() -> Instant {
        Instant::now() + SECOND * 3600
    }

    fn waiting(target: &Target) -> usize {
        target.line.state().waiting
    }

    #[tokio::test(start_paused = true)]
    async fn five_thousand_are_served_in_the_order_of_their_arrival_and_so_many_at_once() {
        let target = target(32, 5000, SECOND * 60);
        let (served, mut order) = mpsc::unbounded_channel();
        let mut clients = JoinSet::new();
        for number in 0..5000 {
            let (target, served) = (Arc::clone(&target), served.clone());
            clients.spawn(async move {
                let _turn = target.turn(never()).await.unwrap();
                served.send(number).unwrap();
                assert!(target.line.state().served <= 32);
                sleep(SECOND / 200).await;
            });
            yield_now().await;
        }
        clients.join_all().await;
        drop(served);
        for number in 0..5000 {
            assert_eq!(order.recv().await, Some(number));
        }
        assert_eq!((waiting(&target), target.line.state().served), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_would_make_the_line_too_long_is_sent_away_with_a_hint() {
        let target = target(1, 2, SECOND * 10);
        let first = target.turn(never()).await.unwrap();
        assert_eq!(first.waited(), Duration::ZERO);
        let mut line = JoinSet::new();
        for _ in 0..2 {
            let target = Arc::clone(&target);
            line.spawn(async move { target.turn(never()).await.map(|turn| turn.waited()) });
        }
        yield_now().await;
        sleep(SECOND * 8).await;
        let crowded = target.turn(never()).await.unwrap_err();
        // The first has taken eight seconds and goes on, and two wait: that is three times as long at least.
        assert!(
            crowded.again >= SECOND * 24 && crowded.again <= SECOND * 36,
            "{crowded:?}"
        );
        assert_eq!(crowded.to_string(), "mail:993: 2 logins are waiting already");
        drop(first);
        for waited in line.join_all().await {
            assert_eq!(waited, Ok(SECOND * 8));
        }
        assert_eq!(waiting(&target), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_by_the_rules_or_with_the_clients_own_time() {
        let target = target(1, 5, SECOND * 10);
        let _first = target.turn(never()).await.unwrap();
        for (latest, expected) in [(SECOND * 60, 10), (SECOND * 3, 3)] {
            let came = Instant::now();
            let crowded = target.turn(came + latest).await.unwrap_err();
            assert_eq!(came.elapsed().as_secs(), expected);
            assert_eq!(
                crowded.to_string(),
                format!("mail:993: no turn within {expected}.0 s")
            );
            assert!(crowded.again >= SECOND * 5);
        }
        assert_eq!(waiting(&target), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_the_line_makes_room_at_once_and_holds_nobody_up() {
        let target = target(1, 1, SECOND * 10);
        let first = target.turn(never()).await.unwrap();
        let gone = tokio::spawn({
            let target = Arc::clone(&target);
            async move { target.turn(never()).await.map(drop) }
        });
        yield_now().await;
        assert_eq!(waiting(&target), 1);
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        assert_eq!(waiting(&target), 0);
        let next = target.turn(never());
        tokio::pin!(next);
        assert!(tokio::time::timeout(SECOND, next.as_mut()).await.is_err());
        drop(first);
        assert_eq!(next.await.unwrap().waited(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn work_of_our_own_waits_longer_but_in_the_same_line() {
        let target = target(1, 1, SECOND * 10);
        let first = target.turn(never()).await.unwrap();
        let ours = tokio::spawn({
            let target = Arc::clone(&target);
            async move { target.turn_of_ours().await.waited() }
        });
        yield_now().await;
        // It takes no client's place, and a client that came behind it is served behind it.
        let behind = tokio::spawn({
            let target = Arc::clone(&target);
            async move { target.turn(never()).await.map(drop) }
        });
        yield_now().await;
        assert_eq!(waiting(&target), 1);
        sleep(SECOND * 60).await;
        assert!(behind.await.unwrap().is_err());
        drop(first);
        assert_eq!(ours.await.unwrap(), SECOND * 60);
    }

    /// What 5,000 who wait cost besides their connections.
    #[tokio::test]
    async fn a_place_in_the_line_is_small() {
        let target = target(1, 5000, SECOND);
        assert!(size_of_val(&target.turn(never())) <= 512);
    }
}
