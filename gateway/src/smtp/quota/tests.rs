use proptest::prelude::*;

use super::*;

const HOUR: Duration = Duration::from_secs(60 * 60);
/// An hour and the rest of a bucket.
const FORGOTTEN: Duration = Duration::from_secs(65 * 60);

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn id(name: &(impl ToString + ?Sized)) -> EntryId {
    EntryId(name.to_string())
}

fn limits(messages: u32, recipients: u32) -> HourlyLimits {
    HourlyLimits { messages, recipients }
}

#[test]
fn the_limit_is_told_with_the_time_to_wait() {
    let start = Instant::now();
    let quotas = Quotas::new(limits(2, 3), start);
    let mut ledger = quotas.ledger(id("alice"));
    for minute in [1, 7] {
        ledger.begin(start + minutes(minute)).unwrap();
        ledger.accepted(start + minutes(minute));
    }
    let now = start + minutes(10);
    assert_eq!(
        ledger.begin(now),
        Err(Exceeded::Messages {
            limit: 2,
            again: minutes(55)
        })
    );
    for _ in 0..3 {
        ledger.recipient(now).unwrap();
    }
    let later = now + minutes(64) + Duration::from_secs(59);
    assert_eq!(
        ledger.recipient(later),
        Err(Exceeded::Recipients {
            limit: 3,
            again: Duration::from_secs(1)
        })
    );
    assert!(ledger.recipient(now + FORGOTTEN).is_ok());
}

#[test]
fn replies_are_temporary_and_name_the_limit() {
    let (limit, again) = (500, minutes(55) + Duration::from_secs(1));
    let messages = Exceeded::Messages { limit, again }.reply();
    let text = "The limit of 500 messages an hour is reached, try again in 56 minutes";
    assert_eq!(messages, Reply::new(450, "4.7.1", text));
    let (limit, again) = (1, Duration::ZERO);
    let recipients = Exceeded::Recipients { limit, again }.reply();
    let text = "The limit of 1 recipients an hour is reached, try again in 1 minute";
    assert_eq!(recipients, Reply::new(452, "4.5.3", text));
}

#[test]
fn another_account_is_another_count() {
    let now = Instant::now();
    let quotas = Quotas::new(limits(1, 1), now);
    for name in ["alice", "bob"] {
        let mut ledger = quotas.ledger(id(&name));
        assert_eq!((ledger.begin(now), ledger.recipient(now)), (Ok(()), Ok(())));
        ledger.accepted(now);
        assert!(ledger.begin(now).is_err() && ledger.recipient(now).is_err());
    }
}

#[test]
fn a_message_that_is_not_sent_does_not_count() {
    let now = Instant::now();
    let quotas = Quotas::new(limits(1, 0), now);
    let mut ledger = quotas.ledger(id("alice"));
    for _ in 0..3 {
        // A new MAIL, RSET, the end of the session.
        assert_eq!(ledger.begin(now), Ok(()));
        assert_eq!(ledger.begin(now), Ok(()));
        ledger.void();
        ledger.void();
    }
    assert_eq!(ledger.begin(now), Ok(()));
    drop(ledger);
    assert_eq!(quotas.ledger(id("alice")).begin(now), Ok(()));
}

#[test]
fn sessions_of_one_account_share_its_limit() {
    let now = Instant::now();
    let quotas = Quotas::new(limits(2, 0), now);
    let (mut one, mut two, mut three) = (
        quotas.ledger(id("alice")),
        quotas.ledger(id("alice")),
        quotas.ledger(id("alice")),
    );
    assert_eq!((one.begin(now), two.begin(now)), (Ok(()), Ok(())));
    let full = Exceeded::Messages {
        limit: 2,
        again: Duration::ZERO,
    };
    assert_eq!(three.begin(now), Err(full));
    one.accepted(now);
    assert!(three.begin(now).is_err());
    two.void();
    assert_eq!(three.begin(now), Ok(()));
    three.accepted(now);
    assert!(two.begin(now).is_err());
}

#[test]
fn zero_is_no_limit() {
    let now = Instant::now();
    let quotas = Quotas::new(limits(0, 0), now);
    let mut ledger = quotas.ledger(id("alice"));
    for _ in 0..10_000 {
        ledger.begin(now).unwrap();
        ledger.recipient(now).unwrap();
        ledger.accepted(now);
    }
    assert_eq!(lock(&quotas.0).len(), 0);
}

#[test]
fn accounts_are_forgotten_when_nothing_counts() {
    let start = Instant::now();
    let mut table = Table::new(limits(10, 10), start, 1000);
    for number in 0..500 {
        table.recipient(&id(&number), start).unwrap();
    }
    table.begin(&id("sending"), start).unwrap();
    assert_eq!(table.len(), 501);
    table.recipient(&id("late"), start + FORGOTTEN).unwrap();
    assert_eq!(table.len(), 2);
    table.void(&id("sending"));
    table
        .recipient(&id("later"), start + FORGOTTEN + FORGOTTEN)
        .unwrap();
    assert_eq!(table.len(), 1);
}

#[test]
fn no_more_accounts_are_held_than_the_cap_and_those_that_send() {
    let start = Instant::now();
    let mut table = Table::new(limits(1, 1), start, 10);
    for number in 0..5 {
        table.begin(&id(&number), start).unwrap();
    }
    for number in 5..1000 {
        let now = start + Duration::from_secs(number);
        table.recipient(&id(&number), now).unwrap();
        assert!(table.len() <= 10);
    }
    for number in 0..5 {
        assert!(table.begin(&id(&number), start + minutes(20)).is_err());
    }
    for number in 0..20 {
        table
            .begin(&id(&format!("s{number}")), start + minutes(20))
            .unwrap();
    }
    assert_eq!(table.len(), 25);
}

/// What may happen.
#[derive(Debug, Clone)]
enum Event {
    /// A session begins a message.
    Begin(usize),
    Recipient(usize),
    Accepted(usize),
    Void(usize),
    Lost(usize),
    Wait(Duration),
}

const SESSIONS: usize = 4;

fn event() -> impl Strategy<Value = Event> {
    let session = 0..SESSIONS;
    prop_oneof![
        4 => session.clone().prop_map(Event::Begin),
        4 => session.clone().prop_map(Event::Recipient),
        6 => session.clone().prop_map(Event::Accepted),
        1 => session.clone().prop_map(Event::Void),
        1 => session.prop_map(Event::Lost),
        3 => (0..1000_u64).prop_map(|seconds| Event::Wait(Duration::from_secs(seconds))),
        1 => (0..3_u64).prop_map(|hours| Event::Wait(HOUR * hours as u32)),
    ]
}

/// The most events that lie within any hour: whole hours that end with an event are enough to look at.
fn most_in_an_hour(times: &[Instant]) -> usize {
    let ends = times.iter();
    ends.map(|&end| {
        let earlier = times.iter().filter(|&&time| time <= end);
        earlier.filter(|&&time| time + HOUR > end).count()
    })
    .max()
    .unwrap_or(0)
}

fn later_than(times: &[Instant], now: Instant, age: Duration) -> usize {
    times.iter().filter(|time| **time + age > now).count()
}

/// Two accounts with two sessions each; which of them a session is of.
fn account_of(session: usize) -> usize {
    session % 2
}

proptest! {
    /// No hour sees more than the limit, and nothing is refused that an hour and a bucket would not see it exceed.
    #[test]
    fn no_hour_sees_more_than_the_limit(
        (messages, recipients) in (1..5_u32, 1..8_u32),
        first in 0..4000_u64,
        events in prop::collection::vec(event(), 0..300),
    ) {
        let start = Instant::now();
        let quotas = Quotas::new(limits(messages, recipients), start);
        let ledger = |session: usize| quotas.ledger(id(&account_of(session)));
        let mut ledgers: Vec<Ledger> = (0..SESSIONS).map(ledger).collect();
        let mut open = [false; SESSIONS];
        let (mut accepted, mut named) = ([vec![], vec![]], [vec![], vec![]]);
        let mut now = start + Duration::from_secs(first);
        for event in events {
            match event {
                Event::Wait(time) => now += time,
                Event::Begin(session) => {
                    let account = account_of(session);
                    open[session] = false;
                    let taken = later_than(&accepted[account], now, FORGOTTEN)
                        + (0..SESSIONS).filter(|other| account_of(*other) == account && open[*other]).count();
                    open[session] = ledgers[session].begin(now).is_ok();
                    prop_assert!(open[session] || taken >= messages as usize);
                }
                Event::Accepted(session) if open[session] => {
                    ledgers[session].accepted(now);
                    open[session] = false;
                    accepted[account_of(session)].push(now);
                }
                Event::Accepted(_) => {}
                Event::Recipient(session) => {
                    let account = account_of(session);
                    let taken = later_than(&named[account], now, FORGOTTEN);
                    match ledgers[session].recipient(now) {
                        Ok(()) => named[account].push(now),
                        Err(_) => prop_assert!(taken >= recipients as usize),
                    }
                }
                Event::Void(session) => {
                    ledgers[session].void();
                    open[session] = false;
                }
                Event::Lost(session) => {
                    ledgers[session] = ledger(session);
                    open[session] = false;
                }
            }
        }
        for account in 0..2 {
            prop_assert!(most_in_an_hour(&accepted[account]) <= messages as usize);
            prop_assert!(most_in_an_hour(&named[account]) <= recipients as usize);
        }
    }

    /// Who waits as long as the refusal says is not refused again.
    #[test]
    fn the_time_to_wait_is_long_enough(gaps in prop::collection::vec(0..1200_u64, 5..100)) {
        let start = Instant::now();
        let quotas = Quotas::new(limits(0, 5), start);
        let mut ledger = quotas.ledger(id("alice"));
        let mut now = start;
        for gap in gaps {
            now += Duration::from_secs(gap);
            if let Err(Exceeded::Recipients { again, .. }) = ledger.recipient(now) {
                prop_assert!(again <= FORGOTTEN);
                now += again;
                prop_assert_eq!(ledger.recipient(now), Ok(()));
            }
        }
    }
}
