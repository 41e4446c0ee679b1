//! Passwords that are being judged: what several clients prove in the same moment is asked once.
//!
//! The devices of a user come back together, and all with the same password. The first one asks the directory, and
//! those that come before it has answered hear the same. Nobody joins afterwards: an answer is good for those who waited for it,
//! and whoever comes later is judged anew.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatepost_directory::{Entry, Verdict};
use tokio::sync::watch;

use crate::guard::Print;

/// Those that are in the air, in all directories. A print is of directory, entry, version of the secret and password.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Print, Known>>);

/// What whoever joins has to share, and where the answer will be.
struct Known {
    /// `None`: the name is nobody's.
    entry: Option<Entry>,
    answer: Answer,
}

type Answer = watch::Receiver<Option<Verdict>>;

/// Who asks.
pub(super) enum Flight {
    /// Whoever called.
    Ours(Ours),
    /// Somebody else, and what they hear is worth the same to us.
    Theirs(Theirs),
}

/// A flight to ask for. If it is dropped before it has landed, those who joined it have to ask for themselves.
pub(super) struct Ours {
    flights: Arc<Flights>,
    /// `None`: nobody can join.
    print: Option<Print>,
    answer: watch::Sender<Option<Verdict>>,
}

/// A flight that somebody else asks for.
pub(super) struct Theirs(Answer);

/// A flight that nobody joins any more.
pub(super) struct Landed(watch::Sender<Option<Verdict>>);

impl Flights {
    /// Joins the flight of the same proof for the very same entry, or begins one. Without a print, nobody can join it.
    pub(super) fn join(self: &Arc<Self>, print: Option<Print>, entry: Option<&Entry>) -> Flight {
        let (sender, answer) = watch::channel(None);
        let ours = |print| {
            Flight::Ours(Ours {
                flights: Arc::clone(self),
                print,
                answer: sender,
            })
        };
        let Some(print) = print else {
            return ours(None);
        };
        match self.known().entry(print) {
            Slot::Vacant(slot) => {
                let entry = entry.cloned();
                slot.insert(Known { entry, answer });
                ours(Some(print))
            }
            Slot::Occupied(known) if known.get().entry.as_ref() == entry => {
                Flight::Theirs(Theirs(known.get().answer.clone()))
            }
            // The same account and the same secret, but something else of it has changed: the answer would hold the old.
            Slot::Occupied(_) => ours(None),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Print, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ours {
    /// The directory has answered: from now on nobody joins.
    pub(super) fn landed(mut self) -> Landed {
        self.close();
        Landed(std::mem::replace(&mut self.answer, watch::Sender::new(None)))
    }

    fn close(&mut self) {
        if let Some(print) = self.print.take() {
            self.flights.known().remove(&print);
        }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.close();
    }
}

impl Landed {
    /// Tells those who have joined.
    pub(super) fn tell(self, verdict: &Verdict) {
        if self.0.receiver_count() > 0 {
            self.0.send_replace(Some(verdict.clone()));
        }
    }
}

impl Theirs {
    /// Waits for what the directory says to whoever asks; `None`: they did not ask.
    pub(super) async fn verdict(mut self) -> Option<Verdict> {
        let told = self.0.wait_for(Option::is_some).await;
        told.ok().and_then(|verdict| verdict.clone())
    }
}

#[cfg(test)]
mod tests {
    use gatepost_directory::{Account, Denial, EntryId};

    use super::*;
    use crate::guard::Seal;

    fn print(password: &str) -> Option<Print> {
        let id = EntryId("1".to_owned());
        Some(Seal::new([7; 64]).password("users", &id, None, &password.into()))
    }

    fn entry(name: &str) -> Entry {
        Entry {
            id: EntryId("1".to_owned()),
            handle: "cn=alice".to_owned(),
            secret_version: None,
            account: Account {
                id: EntryId("1".to_owned()),
                name: name.to_owned(),
                upstream_login: name.to_owned(),
                addresses: Vec::new(),
                attributes: Default::default(),
            },
        }
    }

    fn ours(flight: Flight) -> Ours {
        match flight {
            Flight::Ours(ours) => ours,
            Flight::Theirs(_) => panic!("somebody else asks"),
        }
    }

    fn theirs(flight: Flight) -> Theirs {
        match flight {
            Flight::Ours(_) => panic!("nobody else asks"),
            Flight::Theirs(theirs) => theirs,
        }
    }

    #[tokio::test]
    async fn those_who_wait_hear_the_answer_and_nobody_joins_behind_it() {
        let (flights, alice) = (Arc::new(Flights::default()), entry("alice"));
        let join = || flights.join(print("one"), Some(&alice));
        let first = ours(join());
        let (second, third) = (theirs(join()), theirs(join()));
        let landed = first.landed();
        let _next = ours(join());
        let verdict = Verdict::Denied(Denial::BadCredentials);
        landed.tell(&verdict);
        assert_eq!(second.verdict().await, Some(verdict.clone()));
        assert_eq!(third.verdict().await, Some(verdict));
        drop(_next);
        assert!(flights.known().is_empty());
    }

    #[tokio::test]
    async fn who_does_not_ask_after_all_leaves_it_to_the_others() {
        let (flights, alice) = (Arc::new(Flights::default()), entry("alice"));
        let join = || flights.join(print("one"), Some(&alice));
        let first = ours(join());
        let second = theirs(join());
        drop(first);
        assert_eq!(second.verdict().await, None);
        ours(join());
    }

    #[test]
    fn another_password_another_entry_and_another_kind_of_proof_are_asked_about() {
        let (flights, alice) = (Arc::new(Flights::default()), entry("alice"));
        let _first = ours(flights.join(print("one"), Some(&alice)));
        let _others = [
            ours(flights.join(print("two"), Some(&alice))),
            ours(flights.join(print("one"), Some(&entry("alicia")))),
            ours(flights.join(print("one"), None)),
            ours(flights.join(None, Some(&alice))),
        ];
        // None of these took the place of the first.
        theirs(flights.join(print("one"), Some(&alice)));
    }
}
