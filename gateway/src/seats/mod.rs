//! How many connections there may be: in all, of a listener, from a network, from an address; and of those not logged in
//! fewer, for that is what floods are made of.
//!
//! When those that are not logged in have all the places they may have, a client from elsewhere still gets in: the one
//! that has waited longest of the most crowded network makes room for it, as long as that network stays the more crowded
//! one. So a flood from one network shuts itself out, and where all networks are alike nobody is pushed out: who came
//! first is served first.

mod network;
mod taken;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::config::Limits;
use crate::refusals::Reason;

pub(crate) use network::{Address, Network};
pub(crate) use taken::Count;
use taken::{Place, Taken};

/// All seats of a gateway.
#[derive(Debug)]
pub(crate) struct Seats {
    limits: SeatLimits,
    taken: Mutex<Taken>,
}

/// How many there are.
#[derive(Debug, Clone)]
struct SeatLimits {
    total: u32,
    per_network: u32,
    per_address: u32,
    waiting: u32,
    waiting_per_address: u32,
    /// Of each listener.
    listeners: Vec<u32>,
}

/// A taken seat; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    place: Place,
    /// `None`: logged in.
    waiting: Option<Waiting>,
}

/// A seat's number among those that are not logged in, and what it hears when it has to make room.
#[derive(Debug, Clone)]
struct Waiting {
    number: u64,
    pushed_out: Arc<Notify>,
}

/// It was not logged in, and had to leave.
#[derive(Debug, thiserror::Error)]
#[error("made room for a client from a less crowded network")]
pub(crate) struct PushedOut;

impl Seats {
    /// `listeners`: how many each may have, where fewer than all.
    pub(crate) fn new(limits: &Limits, listeners: impl IntoIterator<Item = Option<u32>>) -> Arc<Self> {
        let listeners = listeners.into_iter();
        let listeners: Vec<u32> = listeners.map(|seats| seats.unwrap_or(u32::MAX)).collect();
        let taken = Mutex::new(Taken::new(listeners.len()));
        let limits = SeatLimits {
            total: limits.connections,
            per_network: limits.connections_per_network,
            per_address: limits.connections_per_address,
            waiting: limits.connections_before_login,
            waiting_per_address: limits.before_login_per_address,
            listeners,
        };
        Arc::new(Self { limits, taken })
    }

    /// Takes a seat for a client that is not logged in, if there is one. `None`: who it is, its proxy has yet to say.
    pub(crate) fn take(self: &Arc<Self>, listener: usize, client: Option<IpAddr>) -> Result<Seat, Reason> {
        let place = Place {
            listener,
            address: client.map(Address::of),
        };
        let waiting = self.taken().take(&self.limits, place)?;
        Ok(Seat {
            seats: Arc::clone(self),
            place,
            waiting: Some(waiting),
        })
    }

    /// How many are taken, in all and of each listener.
    pub(crate) fn counts(&self) -> (Count, Vec<Count>) {
        self.taken().counts()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The proxy has said who it is.
    pub(crate) fn identify(&mut self, client: IpAddr) -> Result<(), Reason> {
        let address = Address::of(client);
        if let Some(waiting) = &self.waiting {
            self.seats
                .taken()
                .identify(&self.seats.limits, self.place, address, waiting)?;
            self.place.address = Some(address);
        }
        Ok(())
    }

    /// It is logged in: the tighter limits do not concern it any more.
    ///
    /// # Errors
    /// If it was pushed out at the same moment.
    pub(crate) fn logged_in(&mut self) -> Result<(), PushedOut> {
        match self.waiting.take() {
            Some(waiting) if self.seats.taken().log_in(self.place, waiting.number) => Ok(()),
            // Its seat is somebody else's by now, and dropping it must not free it again.
            Some(waiting) => {
                self.waiting = Some(waiting);
                Err(PushedOut)
            }
            None => Ok(()),
        }
    }

    /// Waits until it has to make room.
    pub(crate) async fn pushed_out(&self) {
        match &self.waiting {
            Some(waiting) => waiting.pushed_out.notified().await,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let number = self.waiting.as_ref().map(|waiting| waiting.number);
        self.seats.taken().free(self.place, number);
    }
}
