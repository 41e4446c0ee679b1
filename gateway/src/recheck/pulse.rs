//! The sessions of one account, each by itself: how many there are, and which of them was idle for longest.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::config::Protocol;

/// How many sessions an account may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PerUser {
    /// That read, and as many that send; 0: no limit.
    pub(crate) sessions: u32,
    /// Who has moved no octets for so long is idle.
    pub(crate) idle_after: Duration,
}

/// A moment, in sixteenths of a second since a time that all share; the last one is eight years away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick(u32);

impl Tick {
    const TIME: Duration = Duration::from_micros(62_500);

    /// So long after the time that all share. It is asked for whenever octets move.
    pub(super) fn after(time: Duration) -> Self {
        let parts = time.subsec_nanos() / Self::TIME.subsec_nanos();
        let ticks = time.as_secs().saturating_mul(16).saturating_add(parts.into());
        Self(u32::try_from(ticks).unwrap_or(u32::MAX))
    }

    /// How long ago `before` was, at least: parts of a tick are not counted, so it may be two ticks longer.
    fn since(self, before: Self) -> Duration {
        Self::TIME * self.0.saturating_sub(before.0).saturating_sub(1)
    }
}

/// One session's signs of life, and the means to end it alone. There is one for every sleeping session: it is small.
#[derive(Debug)]
pub(super) struct Pulse {
    protocol: Protocol,
    /// The [`Tick`] in which octets moved last.
    moved: AtomicU32,
    let_go: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Pulse {
    pub(super) fn new(protocol: Protocol, now: Tick) -> Arc<Self> {
        Arc::new(Self {
            protocol,
            moved: AtomicU32::new(now.0),
            let_go: AtomicBool::new(false),
            waker: Mutex::default(),
        })
    }

    /// Octets have moved.
    pub(super) fn moved(&self, now: Tick) {
        self.moved.store(now.0, Ordering::Relaxed);
    }

    pub(super) fn is_let_go(&self) -> bool {
        self.let_go.load(Ordering::Acquire)
    }

    /// Waits until it has to make room for a newer one.
    pub(super) async fn let_go(&self) {
        poll_fn(|cx| {
            let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
            if self.is_let_go() {
                return Poll::Ready(());
            }
            match &mut *waker {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
            Poll::Pending
        })
        .await;
    }

    fn end(&self) {
        let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        self.let_go.store(true, Ordering::Release);
        if let Some(waker) = waker.take() {
            waker.wake();
        }
    }

    /// For how long nothing has moved, at least.
    fn idle(&self, now: Tick) -> Duration {
        now.since(Tick(self.moved.load(Ordering::Relaxed)))
    }
}

/// The account has as many sessions as it may, and every one of them is in use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AllBusy;

/// What came of making room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// There was room.
    Enough,
    /// An idle session was let go.
    Made,
}

/// The sessions of one account.
#[derive(Debug, Default)]
pub(super) struct Pulses(Vec<Arc<Pulse>>);

impl Pulses {
    /// Sees to it that there is room for one more. The one that was idle for longest leaves if there is none.
    pub(super) fn make_room(
        &mut self,
        protocol: Protocol,
        limit: PerUser,
        now: Tick,
    ) -> Result<Room, AllBusy> {
        let alike = self.0.iter().enumerate();
        let alike = alike.filter(|(_, pulse)| pulse.protocol == protocol);
        if limit.sessions == 0 || alike.clone().count() < limit.sessions as usize {
            return Ok(Room::Enough);
        }
        let idle = alike.map(|(index, pulse)| (pulse.idle(now), index));
        // Of several that are idle for equally long, the one that came first.
        let longest = idle.max_by_key(|(idle, index)| (*idle, usize::MAX - index));
        match longest {
            Some((idle, index)) if idle >= limit.idle_after => {
                self.0.remove(index).end();
                Ok(Room::Made)
            }
            _ => Err(AllBusy),
        }
    }

    pub(super) fn add(&mut self, pulse: Arc<Pulse>) {
        self.0.push(pulse);
    }

    pub(super) fn remove(&mut self, pulse: &Arc<Pulse>) {
        self.0.retain(|other| !Arc::ptr_eq(other, pulse));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE_S: u64 = 30;

    fn at_second(number: u64) -> Tick {
        Tick::after(Duration::from_secs(number))
    }

    fn room(pulses: &mut Pulses, protocol: Protocol, sessions: u32, now_s: u64) -> Result<Room, AllBusy> {
        let idle_after = Duration::from_secs(IDLE_S);
        let limit = PerUser { sessions, idle_after };
        pulses.make_room(protocol, limit, at_second(now_s))
    }

    fn entered(pulses: &mut Pulses, protocol: Protocol, now_s: u64) -> Arc<Pulse> {
        let pulse = Pulse::new(protocol, at_second(now_s));
        pulses.add(Arc::clone(&pulse));
        pulse
    }

    #[test]
    fn the_one_that_was_idle_for_longest_is_let_go_and_the_busy_are_not() {
        let mut pulses = Pulses::default();
        let [first, second, third] = [0, 1, 2].map(|now| entered(&mut pulses, Protocol::Imap, now));
        assert_eq!(room(&mut pulses, Protocol::Imap, 4, 100), Ok(Room::Enough));
        assert_eq!(room(&mut pulses, Protocol::Imap, 0, 100), Ok(Room::Enough));
        first.moved(at_second(99));
        assert_eq!(room(&mut pulses, Protocol::Imap, 3, 100), Ok(Room::Made));
        let let_go = [&first, &second, &third].map(|pulse| pulse.is_let_go());
        assert_eq!(let_go, [false, true, false]);
        third.moved(at_second(100));
        assert_eq!(room(&mut pulses, Protocol::Imap, 2, 99 + IDLE_S), Err(AllBusy));
        assert_eq!(room(&mut pulses, Protocol::Imap, 2, 101 + IDLE_S), Ok(Room::Made));
        assert!(first.is_let_go() && !third.is_let_go());
        pulses.remove(&third);
        assert!(pulses.0.is_empty());
    }

    #[test]
    fn of_those_that_are_alike_the_first_is_let_go() {
        let mut pulses = Pulses::default();
        let [first, second] = [0, 0].map(|now| entered(&mut pulses, Protocol::Imap, now));
        assert_eq!(room(&mut pulses, Protocol::Imap, 2, 100), Ok(Room::Made));
        assert!(first.is_let_go() && !second.is_let_go());
    }

    #[test]
    fn who_reads_leaves_room_for_who_sends() {
        let mut pulses = Pulses::default();
        let reading = entered(&mut pulses, Protocol::Imap, 0);
        assert_eq!(room(&mut pulses, Protocol::Smtp, 1, 100), Ok(Room::Enough));
        let sending = entered(&mut pulses, Protocol::Smtp, 100);
        assert_eq!(room(&mut pulses, Protocol::Smtp, 1, 100), Err(AllBusy));
        assert!(!reading.is_let_go() && !sending.is_let_go());
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let mut pulses = Pulses::default();
        let pulse = entered(&mut pulses, Protocol::Imap, 0);
        let waiting = tokio::spawn(async move { pulse.let_go().await });
        tokio::task::yield_now().await;
        room(&mut pulses, Protocol::Imap, 1, IDLE_S + 1).unwrap();
        waiting.await.unwrap();
    }

    #[test]
    fn a_moment_is_told_to_two_ticks_and_never_too_long_ago() {
        let millis = Duration::from_millis;
        for (before, time) in [(0, 0), (0, 1000), (62, 1000), (63, 937), (990, 30_000), (999, 1)] {
            let told = Tick::after(millis(before + time)).since(Tick::after(millis(before)));
            let time = millis(time);
            assert!(told <= time && told + 2 * Tick::TIME > time, "{before}: {told:?}");
        }
        assert_eq!(at_second(1).since(at_second(2)), Duration::ZERO);
        assert_eq!(Tick::after(Duration::MAX), Tick(u32::MAX));
    }

    #[test]
    fn a_pulse_is_small() {
        assert!(size_of::<Pulse>() <= 32, "{}", size_of::<Pulse>());
    }
}
