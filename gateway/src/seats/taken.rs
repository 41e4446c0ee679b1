//! Who sits where. Nothing here waits.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;

use super::network::{Address, Network};
use super::{SeatLimits, Waiting};
use crate::refusals::Reason;

/// So many connections.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// All of them.
    pub(crate) all: u32,
    /// Those that are not logged in.
    pub(crate) waiting: u32,
}

/// What a connection counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) listener: usize,
    /// `None`: its proxy has not said yet.
    pub(super) address: Option<Address>,
}

impl Place {
    fn network(self) -> Option<Network> {
        self.address.map(Address::network)
    }
}

/// The seats that are taken.
#[derive(Debug)]
pub(super) struct Taken {
    total: Count,
    listeners: Vec<Count>,
    addresses: HashMap<Address, Count>,
    /// Those that their proxies have not identified are a network of their own, which has no limit.
    networks: HashMap<Option<Network>, Crowd>,
    /// The networks by how many of theirs are not logged in, if any is.
    crowded: BTreeSet<(usize, Option<Network>)>,
    next: u64,
}

/// The connections from one network.
#[derive(Debug, Default)]
struct Crowd {
    all: u32,
    /// Those that are not logged in, the oldest first.
    waiting: VecDeque<(Waiting, Place)>,
}

impl Taken {
    pub(super) fn new(listeners: usize) -> Self {
        Self {
            total: Count::default(),
            listeners: vec![Count::default(); listeners],
            addresses: HashMap::new(),
            networks: HashMap::new(),
            crowded: BTreeSet::new(),
            next: 0,
        }
    }

    pub(super) fn counts(&self) -> (Count, Vec<Count>) {
        (self.total, self.listeners.clone())
    }

    pub(super) fn take(&mut self, limits: &SeatLimits, place: Place) -> Result<Waiting, Reason> {
        let listener = self.listeners.get(place.listener).copied().unwrap_or_default();
        if limits
            .listeners
            .get(place.listener)
            .is_some_and(|limit| listener.all >= *limit)
        {
            return Err(Reason::Listener);
        }
        self.check(limits, place.address)?;
        if self.total.all >= limits.total {
            self.make_room(place.network()).ok_or(Reason::Connections)?;
        }
        if self.total.waiting >= limits.waiting {
            self.make_room(place.network()).ok_or(Reason::BeforeLogin)?;
        }
        self.next += 1;
        let waiting = Waiting {
            number: self.next,
            pushed_out: Arc::new(Notify::new()),
        };
        self.count(place, |count| {
            count.all += 1;
            count.waiting += 1;
        });
        self.join(place, waiting.clone());
        Ok(waiting)
    }

    /// Whether one more fits from there.
    fn check(&self, limits: &SeatLimits, address: Option<Address>) -> Result<(), Reason> {
        let Some(address) = address else {
            return Ok(());
        };
        let from_there = self.addresses.get(&address).copied().unwrap_or_default();
        if from_there.all >= limits.per_address {
            return Err(Reason::Address);
        }
        let network = self.networks.get(&Some(address.network()));
        if network.is_some_and(|crowd| crowd.all >= limits.per_network) {
            return Err(Reason::Network);
        }
        if from_there.waiting >= limits.waiting_per_address {
            return Err(Reason::BeforeLoginAddress);
        }
        Ok(())
    }

    /// The one that has waited longest of the most crowded network leaves, if that network is still the more crowded one
    /// when the newcomer is in.
    fn make_room(&mut self, newcomer: Option<Network>) -> Option<()> {
        let (most, network) = *self.crowded.last()?;
        let own = self.networks.get(&newcomer);
        let own = own.map_or(0, |crowd| crowd.waiting.len());
        if most <= own + 1 {
            return None;
        }
        let (waiting, place) = self.networks.get(&network)?.waiting.front()?.clone();
        self.free(place, Some(waiting.number));
        waiting.pushed_out.notify_one();
        Some(())
    }

    /// A proxy has said whose a connection is. It keeps its number.
    pub(super) fn identify(
        &mut self,
        limits: &SeatLimits,
        place: Place,
        address: Address,
        waiting: &Waiting,
    ) -> Result<(), Reason> {
        self.check(limits, Some(address))?;
        if !self.leave(place, waiting.number) {
            return Err(Reason::PushedOut);
        }
        self.forget(place.network());
        let place = Place {
            address: Some(address),
            ..place
        };
        let from_there = self.addresses.entry(address).or_default();
        from_there.all += 1;
        from_there.waiting += 1;
        self.join(place, waiting.clone());
        Ok(())
    }

    /// Whether it still had its seat.
    pub(super) fn log_in(&mut self, place: Place, number: u64) -> bool {
        let was_there = self.leave(place, number);
        if was_there {
            self.count(place, |count| count.waiting -= 1);
            if let Some(crowd) = self.networks.get_mut(&place.network()) {
                crowd.all += 1;
            }
            self.forget(place.network());
        }
        was_there
    }

    /// `number`: of one that is not logged in. One that was pushed out has nothing to free.
    pub(super) fn free(&mut self, place: Place, number: Option<u64>) {
        let network = place.network();
        match number {
            Some(number) if !self.leave(place, number) => return,
            Some(_) => self.count(place, |count| {
                count.all -= 1;
                count.waiting -= 1;
            }),
            None => {
                self.count(place, |count| count.all -= 1);
                if let Some(crowd) = self.networks.get_mut(&network) {
                    crowd.all -= 1;
                }
            }
        }
        self.forget(network);
        if let Some(address) = place.address
            && let Entry::Occupied(from_there) = self.addresses.entry(address)
            && from_there.get().all == 0
        {
            from_there.remove();
        }
    }

    /// Changes what is counted of a connection, but for its network's.
    fn count(&mut self, place: Place, change: impl Fn(&mut Count)) {
        change(&mut self.total);
        self.listeners
            .get_mut(place.listener)
            .into_iter()
            .for_each(&change);
        if let Some(address) = place.address {
            change(self.addresses.entry(address).or_default());
        }
    }

    /// It waits among those of its network.
    fn join(&mut self, place: Place, waiting: Waiting) {
        let network = place.network();
        let crowd = self.networks.entry(network).or_default();
        crowd.all += 1;
        let before = crowd.waiting.len();
        let at = crowd
            .waiting
            .partition_point(|(other, _)| other.number < waiting.number);
        crowd.waiting.insert(at, (waiting, place));
        self.crowded.remove(&(before, network));
        self.crowded.insert((before + 1, network));
    }

    /// It is none of its network's any more, if it still was.
    fn leave(&mut self, place: Place, number: u64) -> bool {
        let network = place.network();
        let Some(crowd) = self.networks.get_mut(&network) else {
            return false;
        };
        let Ok(at) = crowd
            .waiting
            .binary_search_by_key(&number, |(waiting, _)| waiting.number)
        else {
            return false;
        };
        let before = crowd.waiting.len();
        crowd.waiting.remove(at);
        crowd.all -= 1;
        self.crowded.remove(&(before, network));
        if before > 1 {
            self.crowded.insert((before - 1, network));
        }
        true
    }

    fn forget(&mut self, network: Option<Network>) {
        if let Entry::Occupied(mut crowd) = self.networks.entry(network) {
            if crowd.get().all == 0 {
                crowd.remove();
            } else if crowd.get().waiting.is_empty() {
                // Memory of a crowd that is gone.
                crowd.get_mut().waiting = VecDeque::new();
            }
        }
    }

    /// Whether nothing is left of any connection.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let counts = self.listeners.iter().chain([&self.total]);
        counts.copied().all(|count| count == Count::default())
            && self.addresses.is_empty()
            && self.networks.is_empty()
            && self.crowded.is_empty()
    }
}

#[cfg(test)]
impl Taken {
    /// Every limit holds, and the counts agree.
    pub(super) fn check_all(&self, limits: &SeatLimits) {
        assert!(self.total.all <= limits.total && self.total.waiting <= limits.waiting);
        for (count, limit) in self.listeners.iter().zip(&limits.listeners) {
            assert!(count.all <= *limit);
        }
        for count in self.addresses.values() {
            assert!(count.all <= limits.per_address && count.waiting <= limits.waiting_per_address);
        }
        let mut waiting = 0;
        for (network, crowd) in &self.networks {
            assert!(network.is_none() || crowd.all <= limits.per_network);
            let here = crowd.waiting.len();
            assert_eq!(self.crowded.contains(&(here, *network)), here > 0);
            waiting += here;
        }
        assert_eq!(waiting, self.total.waiting as usize);
        let all: u32 = self.networks.values().map(|crowd| crowd.all).sum();
        assert_eq!(all, self.total.all);
        let with_crowd = self.networks.values().filter(|crowd| !crowd.waiting.is_empty());
        assert_eq!(self.crowded.len(), with_crowd.count());
    }
}
