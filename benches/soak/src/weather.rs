//! Whether everything has been up for a while: what happens then is the gateway's doing.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So long after an outage things may still go wrong because of it.
const SETTLING: Duration = Duration::from_secs(8);

/// The state of all servers together.
#[derive(Debug)]
pub(crate) struct Weather(Mutex<State>);

#[derive(Debug, Clone, Copy)]
struct State {
    up_since: Option<Instant>,
    outages: u64,
}

/// A calm moment. Another one with the same number means that it was calm between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Calm(u64);

impl Weather {
    /// All is up, and was never down.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State {
            up_since: Instant::now().checked_sub(SETTLING),
            outages: 0,
        }))
    }

    pub(crate) fn outage(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.up_since = None;
        state.outages += 1;
    }

    pub(crate) fn up(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.up_since = Some(Instant::now());
    }

    /// `None` while something is down, and for a while after that.
    pub(crate) fn calm(&self) -> Option<Calm> {
        let state = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = state.up_since.is_some_and(|since| since.elapsed() >= SETTLING);
        settled.then_some(Calm(state.outages))
    }

    /// Whether it has been calm since that moment.
    pub(crate) fn still(&self, calm: Option<Calm>) -> bool {
        calm.is_some() && self.calm() == calm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_calm_during_an_outage_and_shortly_after() {
        let weather = Weather::new();
        let calm = weather.calm();
        assert!(weather.still(calm));
        weather.outage();
        assert!(!weather.still(calm) && weather.calm().is_none());
        weather.up();
        assert!(weather.calm().is_none());
        assert!(!weather.still(None));
    }
}
