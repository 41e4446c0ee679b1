//! Each thing that can go wrong is done to mailboxes in which all is well, and has to be found.

use std::collections::BTreeSet;

use super::judge::{Fault, Violation};
use super::*;
use crate::letter::Seen;

fn found(user: User, place: Place, id: &str, queue_id: Option<&str>) -> Found {
    let seen = Seen {
        id: id.to_owned(),
        queue_id: queue_id.map(str::to_owned),
        fault: None,
    };
    Found {
        user,
        place,
        seen: Ok(seen),
    }
}

/// What there is if all goes well: 0 sends to 1 and 2, and each letter has another fate.
struct Case {
    ledger: Ledger,
    found: Vec<Found>,
    doubt: BTreeSet<String>,
}

impl Case {
    fn good() -> Self {
        let mut case = Self {
            ledger: Ledger::default(),
            found: Vec::new(),
            doubt: BTreeSet::new(),
        };
        case.letter("accepted", Heard::Accepted);
        case.delivered("accepted");
        case.found.push(found(0, Place::Sent, "accepted", None));
        case.letter("open and filed", Heard::Nothing);
        case.delivered("open and filed");
        case.found.push(found(0, Place::Sent, "open and filed", None));
        let later = Heard::Refused {
            code: 451,
            whole: true,
        };
        case.letter("in doubt and sent", later.clone());
        case.delivered("in doubt and sent");
        case.letter("in doubt and not sent", later);
        case.doubt.insert("in doubt and sent".to_owned());
        case.doubt.insert("in doubt and not sent".to_owned());
        case.letter("open and not sent", Heard::Nothing);
        case.letter(
            "refused",
            Heard::Refused {
                code: 550,
                whole: true,
            },
        );
        case.letter(
            "cut off",
            Heard::Refused {
                code: 451,
                whole: false,
            },
        );
        case
    }

    fn letter(&mut self, id: &str, heard: Heard) {
        self.ledger.begin(id, 0, vec![1, 2], 100);
        self.ledger.hear(id, heard);
    }

    fn delivered(&mut self, id: &str) {
        self.found.push(found(1, Place::Inbox, id, Some("Q1")));
        self.found.push(found(2, Place::Inbox, id, Some("Q1")));
    }

    /// Takes away what was found of a letter in a mailbox.
    fn take(mut self, user: User, place: Place, id: &str) -> Self {
        let before = self.found.len();
        let is = |found: &Found| {
            let seen = found.seen.as_ref().unwrap();
            (found.user, found.place, seen.id.as_str()) == (user, place, id)
        };
        self.found.retain(|found| !is(found));
        assert_eq!(self.found.len(), before - 1);
        self
    }

    fn put(mut self, user: User, place: Place, id: &str, queue_id: Option<&str>) -> Self {
        self.found.push(found(user, place, id, queue_id));
        self
    }

    fn judge(&self) -> Judgement {
        judge(self.ledger.letters(), &self.found, &self.doubt)
    }

    fn assert_only(&self, id: &str, fault: Fault) {
        let id = Some(id.to_owned());
        let judged = self.judge().violations;
        assert_eq!(judged.into_iter().collect::<Vec<_>>(), [Violation { id, fault }]);
    }
}

#[test]
fn what_went_well_is_no_violation() {
    let judgement = Case::good().judge();
    let expected = Judgement {
        arrived: 6,
        copies: 2,
        unheard: 2,
        ..Judgement::default()
    };
    assert_eq!(judgement, expected);
}

#[test]
fn a_lost_letter_is_found() {
    let case = Case::good().take(2, Place::Inbox, "accepted");
    case.assert_only("accepted", Fault::Lost(2));
    let case = Case::good().take(1, Place::Inbox, "open and filed");
    case.assert_only("open and filed", Fault::Partly(1));
}

#[test]
fn a_doubled_letter_is_found_and_a_redelivery_is_not_one() {
    for id in ["accepted", "open and filed", "in doubt and sent"] {
        let case = Case::good().put(1, Place::Inbox, id, Some("Q2"));
        case.assert_only(id, Fault::Doubled { user: 1, times: 2 });
    }
    let judgement = Case::good().put(1, Place::Inbox, "accepted", Some("Q1")).judge();
    assert!(judgement.violations.is_empty());
    assert_eq!(judgement.redelivered, 1);
}

#[test]
fn what_was_refused_and_came_is_found() {
    for id in ["refused", "cut off"] {
        let case = Case::good().put(1, Place::Inbox, id, Some("Q1"));
        case.assert_only(id, Fault::Refused(1));
    }
}

#[test]
fn copies_are_counted() {
    let case = Case::good().take(0, Place::Sent, "accepted");
    case.assert_only("accepted", Fault::Copies(0));
    let case = Case::good().put(0, Place::Sent, "accepted", None);
    case.assert_only("accepted", Fault::Copies(2));
    let case = Case::good().put(0, Place::Sent, "open and filed", None);
    case.assert_only("open and filed", Fault::Copies(2));
    for id in ["open and not sent", "in doubt and not sent", "refused", "cut off"] {
        let case = Case::good().put(0, Place::Sent, id, None);
        case.assert_only(id, Fault::CopyOfNothing);
    }
}

#[test]
fn a_clients_own_late_copy_may_be_a_second_one_but_no_third() {
    let mut case = Case::good().put(0, Place::Sent, "accepted", None);
    case.ledger.filed("accepted", Own::InTime);
    case.assert_only("accepted", Fault::Copies(2));
    case.ledger.filed("accepted", Own::Perhaps);
    assert!(case.judge().violations.is_empty());
    assert_eq!(case.judge().known_doubles, 1);
    let case = case.put(0, Place::Sent, "accepted", None);
    case.assert_only("accepted", Fault::Copies(3));
}

#[test]
fn doubt_is_for_what_nobody_knows() {
    for id in ["accepted", "open and filed", "refused", "cut off"] {
        let mut case = Case::good();
        case.doubt.insert(id.to_owned());
        case.assert_only(id, Fault::InDoubt);
    }
    let mut case = Case::good();
    case.doubt.remove("in doubt and sent");
    case.assert_only("in doubt and sent", Fault::NotInDoubt);
}

#[test]
fn what_is_not_addressed_to_somebody_is_found() {
    let case = Case::good().put(0, Place::Inbox, "accepted", Some("Q1"));
    case.assert_only("accepted", Fault::Foreign(0, Place::Inbox));
    let case = Case::good().put(1, Place::Sent, "accepted", None);
    case.assert_only("accepted", Fault::Foreign(1, Place::Sent));
    let case = Case::good().put(0, Place::Empty, "accepted", None);
    case.assert_only("accepted", Fault::Foreign(0, Place::Empty));
}

#[test]
fn what_nobody_sent_and_what_is_broken_is_found() {
    let case = Case::good().put(1, Place::Inbox, "unknown", Some("Q1"));
    case.assert_only(
        "unknown",
        Fault::Unexpected(1, Place::Inbox, "never sent".to_owned()),
    );
    let mut case = Case::good();
    let seen = Err("31 octets".to_owned());
    case.found.push(Found {
        user: 1,
        place: Place::Inbox,
        seen,
    });
    let fault = Fault::Unexpected(1, Place::Inbox, "31 octets".to_owned());
    let violation = Violation { id: None, fault };
    assert!(case.judge().violations.contains(&violation));
    let mut case = Case::good();
    case.found[0].seen.as_mut().unwrap().fault = Some("other octets".to_owned());
    case.assert_only("accepted", Fault::Broken(1, "other octets".to_owned()));
}
