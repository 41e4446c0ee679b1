//! Virtual time: seconds since a start.

use std::time::{Duration, Instant, SystemTime};

use super::*;
use crate::config::{SentConfig, SentMode};
use crate::sent::entry::Metadata;
use crate::sent::entry::tests::metadata;

struct Rig {
    queue: Queue,
    start: Instant,
}

const MIDDLE: Jitter = Jitter(0x8000);

fn rig(filings: u32) -> Rig {
    let config = SentConfig {
        filings,
        ..SentConfig::default()
    };
    Rig {
        queue: Queue::new(Schedule::new(&config)),
        start: Instant::now(),
    }
}

fn key(name: &str) -> AccountKey {
    AccountKey {
        directory: "users".into(),
        id: format!("id-of-{name}").into(),
    }
}

impl Rig {
    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    fn add(&mut self, name: &str, seconds: u64, change: impl FnOnce(&mut Metadata)) -> CopyId {
        let mut metadata = metadata(name);
        metadata.received = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        metadata.id = CopyId::new(metadata.received).unwrap();
        change(&mut metadata);
        let arrival = Arrival {
            metadata: &metadata,
            age: Duration::ZERO,
            tried: Duration::ZERO,
            origin: Origin::Hand,
        };
        let now = self.at(seconds);
        self.queue.add(arrival, now);
        metadata.id
    }

    fn add_due(&mut self, name: &str, seconds: u64) -> CopyId {
        self.add(name, seconds, |metadata| {
            metadata.envelope.mode = SentMode::Always
        })
    }

    fn next(&mut self, seconds: u64) -> Next {
        let now = self.at(seconds);
        self.queue.next(now)
    }

    fn retry(&mut self, id: &CopyId, fault: &Fault, seconds: u64) -> Retry {
        let now = self.at(seconds);
        self.queue.retry(id, fault, now, MIDDLE)
    }

    fn wait(&self, seconds: u64) -> Next {
        Next::Wait(Some(self.at(seconds)))
    }

    /// What is to be removed, and is.
    fn remove(&mut self, seconds: u64) -> CopyId {
        let Next::Remove(id) = self.next(seconds) else {
            panic!("nothing to remove")
        };
        self.queue.removed(&id);
        id
    }

    fn filed(&mut self, id: &CopyId) {
        self.queue.filed(id);
        self.queue.removed(id);
    }

    fn assert_empty(&mut self, seconds: u64) {
        assert_eq!(self.next(seconds), Next::Wait(None));
        assert_eq!(self.queue.len(), 0);
        assert!(self.queue.accounts.is_empty() && self.queue.backends.is_empty());
        assert!(self.queue.held.is_empty());
        assert_eq!(self.queue.filing, 0);
    }
}

fn down() -> Fault {
    Fault::Backend("main".to_owned())
}

fn about(retry: &Retry, seconds: u64) -> bool {
    matches!(retry, Retry::In(pause) if pause.as_secs_f64().round() as u64 == seconds)
}

#[test]
fn a_copy_waits_for_the_clients_own_and_is_then_filed() {
    let mut rig = rig(4);
    let id = rig.add("alice", 0, |_| {});
    assert_eq!(rig.next(0), rig.wait(60));
    assert_eq!(rig.next(59), rig.wait(60));
    assert_eq!(rig.next(60), Next::File(id.clone()));
    assert_eq!(rig.queue.attempts(&id), 1);
    assert_eq!(rig.next(60), Next::Wait(None));
    rig.filed(&id);
    rig.assert_empty(61);
}

#[test]
fn always_is_at_once_and_what_is_old_enough_waits_no_more() {
    let mut rig = rig(4);
    let id = rig.add_due("alice", 0);
    assert_eq!(rig.next(0), Next::File(id));
    let metadata = metadata("bob");
    let arrival = Arrival {
        metadata: &metadata,
        age: Duration::from_secs(45),
        tried: Duration::ZERO,
        origin: Origin::Hand,
    };
    rig.queue.add(arrival, rig.start);
    assert_eq!(rig.next(0), rig.wait(15));
}

#[test]
fn what_took_long_to_come_waits_for_a_client_that_takes_as_long_again() {
    for (came_in, until) in [(100, 100 + 60 + 200), (86_400, 86_400 + 60 + 4 * 3600)] {
        let mut rig = rig(4);
        let mut slow = metadata("alice");
        slow.received += Duration::from_secs(came_in);
        let mut always = metadata("bob");
        always.received = slow.received;
        always.envelope.mode = SentMode::Always;
        for metadata in [&slow, &always] {
            let arrival = Arrival {
                metadata,
                age: Duration::ZERO,
                tried: Duration::ZERO,
                origin: Origin::Session(rig.start),
            };
            rig.queue.add(arrival, rig.at(came_in));
        }
        assert_eq!(rig.next(came_in), Next::File(always.id));
        assert_eq!(rig.next(came_in), rig.wait(until));
    }
}

#[test]
fn what_the_client_filed_is_removed_and_not_filed() {
    let mut rig = rig(4);
    let id = rig.add("alice", 0, |_| {});
    let other = rig.add("bob", 0, |_| {});
    rig.queue.appended(key("alice"), "<2@example.com>", rig.at(5));
    assert_eq!(rig.next(5), rig.wait(60));
    rig.queue.appended(key("alice"), "<1@example.com>", rig.at(5));
    assert_eq!(rig.remove(5), id);
    assert_eq!(rig.next(60), Next::File(other));
}

#[test]
fn what_the_client_filed_while_the_message_came_counts_and_what_it_filed_before_is_searched_for() {
    for (appended, began, skipped) in [(5, 3, true), (5, 5, true), (2, 3, false)] {
        let mut rig = rig(4);
        let mut metadata = metadata("alice");
        metadata.envelope.mode = SentMode::Always;
        rig.queue
            .appended(key("alice"), "<1@example.com>", rig.at(appended));
        let arrival = Arrival {
            metadata: &metadata,
            age: Duration::ZERO,
            tried: Duration::ZERO,
            origin: Origin::Session(rig.at(began)),
        };
        rig.queue.add(arrival, rig.at(6));
        let id = metadata.id.clone();
        let expected = if skipped { Next::Remove(id) } else { Next::File(id) };
        assert_eq!(rig.next(6), expected);
    }
}

#[test]
fn what_the_client_filed_while_we_tried_is_not_tried_again() {
    let mut rig = rig(4);
    let id = rig.add_due("alice", 0);
    assert_eq!(rig.next(0), Next::File(id.clone()));
    rig.queue.appended(key("alice"), "<1@example.com>", rig.at(1));
    assert_eq!(rig.next(1), Next::Wait(None));
    assert_eq!(rig.retry(&id, &Fault::Copy, 2), Retry::In(Duration::ZERO));
    assert_eq!(rig.remove(2), id);
    rig.assert_empty(2);
}

#[test]
fn pauses_grow_and_life_ends() {
    let mut rig = rig(4);
    let id = rig.add_due("alice", 0);
    let (mut now, mut pauses) = (0, Vec::new());
    for _ in 0..3 {
        assert_eq!(rig.next(now), Next::File(id.clone()));
        let Retry::In(pause) = rig.retry(&id, &Fault::Copy, now) else {
            panic!("given up")
        };
        pauses.push(pause.as_secs_f64().round() as u64);
        now += pause.as_secs() + 1;
    }
    assert_eq!(pauses, [30, 60, 120]);
    let end = 5 * 86_400;
    assert_eq!(rig.next(end), Next::File(id.clone()));
    assert_eq!(rig.queue.attempts(&id), 4);
    assert_eq!(rig.retry(&id, &Fault::Copy, end), Retry::GivenUp);
    assert_eq!(rig.next(2 * end), Next::Wait(None));
    rig.queue.removed(&id);
    rig.assert_empty(2 * end);
}

#[test]
fn what_is_past_its_life_at_the_start_has_time_for_some_attempts() {
    let mut rig = rig(4);
    let metadata = metadata("alice");
    let week = Duration::from_secs(7 * 86_400);
    let arrival = Arrival {
        metadata: &metadata,
        age: week,
        tried: week,
        origin: Origin::Hand,
    };
    rig.queue.add(arrival, rig.start);
    // The machine was off, say, and the mail server is not up yet either.
    assert_eq!(rig.next(0), Next::File(metadata.id.clone()));
    assert!(matches!(rig.retry(&metadata.id, &down(), 0), Retry::In(_)));
    assert!(rig.queue.expired(rig.start).is_empty());
    let end = 2 * 1800;
    assert_eq!(rig.next(end), Next::File(metadata.id.clone()));
    assert_eq!(rig.retry(&metadata.id, &Fault::Copy, end), Retry::GivenUp);
}

#[test]
fn one_copy_of_an_account_at_a_time_and_not_too_many_in_all() {
    let mut rig = rig(3);
    let first = rig.add_due("alice", 0);
    let second = rig.add_due("alice", 1);
    let others: Vec<CopyId> = (2..5).map(|n| rig.add_due(&format!("user{n}"), n)).collect();
    assert_eq!(rig.next(9), Next::File(first.clone()));
    assert_eq!(rig.next(9), Next::File(others[0].clone()));
    assert_eq!(rig.next(9), Next::File(others[1].clone()));
    assert_eq!(rig.next(9), Next::Wait(None), "three are enough");
    rig.filed(&others[0]);
    assert_eq!(rig.next(9), Next::File(others[2].clone()), "alice is busy");
    rig.filed(&first);
    assert_eq!(rig.next(9), Next::File(second));
}

#[test]
fn a_mail_server_that_is_down_is_left_alone_and_then_tried_with_one() {
    let mut rig = rig(4);
    let ids: Vec<CopyId> = (0..10).map(|n| rig.add_due(&format!("user{n}"), n)).collect();
    let taken: Vec<Next> = (0..4).map(|_| rig.next(10)).collect();
    assert_eq!(
        taken,
        ids[..4].iter().cloned().map(Next::File).collect::<Vec<_>>()
    );
    for id in &ids[..4] {
        assert!(about(&rig.retry(id, &down(), 10), 30));
    }
    // Four failures at once are one.
    let Next::Wait(Some(until)) = rig.next(11) else {
        panic!("tried at once")
    };
    let open = until.duration_since(rig.start).as_secs() + 1;
    assert!((39..42).contains(&open), "{open}");
    assert_eq!(
        rig.next(open),
        Next::File(ids[4].clone()),
        "not one that has failed"
    );
    assert_eq!(rig.next(open), Next::Wait(None), "until that one is back");
    assert!(about(&rig.retry(&ids[4], &down(), open), 30));
    let Next::Wait(Some(until)) = rig.next(open) else {
        panic!("tried at once")
    };
    assert!(until >= rig.at(open + 59), "the pause has doubled");
    // Another server has nothing to do with it.
    let elsewhere = rig.add("bob", open, |metadata| {
        metadata.envelope.mode = SentMode::Always;
        metadata.envelope.backend = "other".into();
    });
    assert_eq!(rig.next(open), Next::File(elsewhere));
    // It is up again: all of them.
    let open = open + 61;
    assert_eq!(rig.next(open), Next::File(ids[5].clone()));
    rig.filed(&ids[5]);
    let taken: Vec<Next> = (0..3).map(|_| rig.next(open)).collect();
    assert_eq!(
        taken,
        ids[6..9].iter().cloned().map(Next::File).collect::<Vec<_>>()
    );
}

#[test]
fn a_copy_that_fails_alone_holds_nobody_up() {
    let mut rig = rig(1);
    let bad = rig.add_due("alice", 0);
    let good = rig.add_due("bob", 1);
    assert_eq!(rig.next(1), Next::File(bad.clone()));
    rig.retry(&bad, &Fault::Copy, 1);
    assert_eq!(rig.next(1), Next::File(good));
}

#[test]
fn an_account_that_moves_waits_for_its_new_server() {
    let mut rig = rig(4);
    let id = rig.add_due("alice", 0);
    assert_eq!(rig.next(0), Next::File(id.clone()));
    rig.retry(&id, &Fault::Backend("new".to_owned()), 0);
    assert_eq!(rig.queue.backends.keys().collect::<Vec<_>>(), ["new"]);
    assert_eq!(rig.next(40), Next::File(id.clone()));
    rig.filed(&id);
    rig.assert_empty(40);
}

#[test]
fn while_a_server_is_down_what_is_past_its_life_is_given_up() {
    let mut rig = rig(1);
    let ids: Vec<CopyId> = (0..3).map(|n| rig.add_due(&format!("user{n}"), n)).collect();
    let end = 5 * 86_400 + 1;
    assert_eq!(rig.next(end), Next::File(ids[0].clone()));
    assert_eq!(rig.queue.expired(rig.at(end)), [], "nobody knows that it is down");
    assert_eq!(rig.retry(&ids[0], &down(), end), Retry::GivenUp);
    assert_eq!(rig.queue.expired(rig.at(end)), [ids[1].clone()]);
    assert_eq!(rig.queue.expired(rig.at(end)), []);
    assert_eq!(rig.queue.len(), 3, "until they are put aside");
}

#[test]
fn a_server_that_refuses_several_accounts_is_left_alone() {
    let mut rig = rig(1);
    let refused = Fault::Login("main".to_owned());
    let ids: Vec<CopyId> = (0..6).map(|n| rig.add_due(&format!("user{n}"), n)).collect();
    for id in &ids[..3] {
        assert_eq!(rig.next(10), Next::File(id.clone()));
        rig.retry(id, &refused, 10);
    }
    let Next::Wait(Some(until)) = rig.next(10) else {
        panic!("the master password is tried with everybody")
    };
    let open = until.duration_since(rig.start).as_secs() + 1;
    assert!((39..42).contains(&open), "{open}");
    assert_eq!(rig.next(open), Next::File(ids[3].clone()));
    rig.retry(&ids[3], &refused, open);
    let Next::Wait(Some(until)) = rig.next(open) else {
        panic!("tried at once")
    };
    assert!(until >= rig.at(open + 59), "the pause has doubled");
    let open = open + 61;
    assert_eq!(rig.next(open), Next::File(ids[4].clone()));
    rig.filed(&ids[4]);
    assert_eq!(rig.next(open), Next::File(ids[5].clone()));
    rig.retry(&ids[5], &refused, open);
    assert!(matches!(rig.next(open), Next::File(_)), "it is one alone by now");
}

#[test]
fn one_account_that_is_refused_holds_nobody_up() {
    let mut rig = rig(1);
    let bad = rig.add_due("alice", 0);
    for now in [0, 100, 1000, 3000] {
        assert_eq!(rig.next(now), Next::File(bad.clone()));
        rig.retry(&bad, &Fault::Login("main".to_owned()), now);
    }
    let good = rig.add_due("bob", 3000);
    assert_eq!(rig.next(3000), Next::File(good));
}

#[test]
fn a_directory_that_is_down_is_asked_with_one_and_others_go_on() {
    let mut rig = rig(4);
    let ids: Vec<CopyId> = (0..5).map(|n| rig.add_due(&format!("user{n}"), n)).collect();
    for id in &ids[..4] {
        assert_eq!(rig.next(10), Next::File(id.clone()));
    }
    for id in &ids[..4] {
        rig.retry(id, &Fault::Directory, 10);
    }
    let elsewhere = rig.add("bob", 11, |metadata| {
        metadata.envelope.mode = SentMode::Always;
        metadata.envelope.directory = "other".into();
    });
    assert_eq!(rig.next(11), Next::File(elsewhere.clone()));
    rig.filed(&elsewhere);
    let Next::Wait(Some(until)) = rig.next(11) else {
        panic!("asked at once")
    };
    let open = until.duration_since(rig.start).as_secs() + 1;
    assert!((39..42).contains(&open), "{open}");
    assert_eq!(rig.next(open), Next::File(ids[4].clone()));
    assert_eq!(rig.next(open), Next::Wait(None), "until that one is back");
    // It is known again, whatever came of the copy.
    rig.retry(&ids[4], &Fault::Copy, open);
    assert!(matches!(rig.next(open), Next::File(_)));
    assert!(matches!(rig.next(open), Next::File(_)));
}

#[test]
fn an_account_with_many_copies_costs_no_more_than_many_accounts() {
    const COPIES: u64 = 20_000;
    let mut rig = rig(4);
    let change = |number| {
        move |metadata: &mut Metadata| {
            metadata.envelope.mode = SentMode::Always;
            metadata.message_id = Some(format!("<{number}@example.com>"));
        }
    };
    for number in 0..COPIES {
        rig.add("alice", 0, change(number));
    }
    let Next::File(first) = rig.next(1) else {
        panic!("nothing is due")
    };
    let began = Instant::now();
    for number in 0..1000 {
        assert_eq!(rig.next(1), Next::Wait(None), "alice is busy");
        rig.queue
            .appended(key("alice"), &format!("<x{number}>"), rig.at(1));
    }
    // Walking over all copies takes some seconds.
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    rig.filed(&first);
    assert!(matches!(rig.next(1), Next::File(_)));
}

#[test]
fn servers_share_the_places() {
    let mut rig = rig(3);
    for n in 0..4 {
        rig.add_due(&format!("user{n}"), n);
    }
    let other = rig.add("bob", 9, |metadata| {
        metadata.envelope.mode = SentMode::Always;
        metadata.envelope.backend = "other".into();
    });
    assert!(matches!(rig.next(9), Next::File(_)));
    assert_eq!(
        rig.next(9),
        Next::File(other),
        "before the older ones of a busy server"
    );
}

#[test]
fn a_copy_is_known_from_when_it_is_expected_until_it_is_removed() {
    let mut rig = rig(1);
    let metadata = metadata("alice");
    assert!(!rig.queue.knows(&metadata.id));
    rig.queue.expect(&metadata.id);
    assert!(rig.queue.knows(&metadata.id));
    let arrival = Arrival {
        metadata: &metadata,
        age: Duration::ZERO,
        tried: Duration::ZERO,
        origin: Origin::Hand,
    };
    rig.queue.add(arrival, rig.start);
    rig.queue.add(arrival, rig.start);
    assert_eq!(rig.queue.len(), 1);
    assert!(rig.queue.knows(&metadata.id));
    rig.queue.removed(&metadata.id);
    assert!(!rig.queue.knows(&metadata.id));
    rig.assert_empty(0);
}

#[test]
fn what_cannot_be_removed_is_not_filed_again() {
    let mut rig = rig(1);
    let id = rig.add_due("alice", 0);
    assert_eq!(rig.next(0), Next::File(id.clone()));
    rig.queue.filed(&id);
    assert_eq!(rig.next(9999), Next::Wait(None));
    rig.queue.remove_later(&id, rig.at(10_000));
    assert_eq!(rig.next(10_000), rig.wait(10_030));
    assert_eq!(rig.remove(10_030), id);
    rig.assert_empty(10_030);
}
