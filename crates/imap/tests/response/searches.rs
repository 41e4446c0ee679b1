//! SEARCH, SORT, ESEARCH, THREAD and VANISHED.

use std::num::{NonZeroU32, NonZeroU64};

use gatepost_imap::response::{ESearch, Gone, OtherSearchResult, Response, SearchResult, Threads};
use gatepost_imap::types::{Atom, By, PartialRange, UidSet, Value};

use crate::{mailbox, same, text};

fn set(set: &'static str) -> UidSet {
    UidSet::new(set).unwrap()
}

fn nz(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

#[test]
fn search_and_sort() {
    let Response::Search(search) = same("* SEARCH 2 84 882") else {
        panic!()
    };
    assert_eq!(search.numbers.iter().collect::<Vec<_>>(), [2, 84, 882]);
    assert!(matches!(same("* SEARCH"), Response::Search(search) if search.numbers.is_empty()));
    // RFC 7162 section 3.1.5
    let Response::Search(search) = same("* SEARCH 2 5 6 7 11 12 18 19 20 23 (MODSEQ 917162500)") else {
        panic!()
    };
    assert_eq!(search.mod_seq, NonZeroU64::new(917_162_500));
    // RFC 5256 section 3
    let Response::Sort(sort) = same("* SORT 2 84 882") else {
        panic!()
    };
    assert_eq!(sort.numbers.iter().count(), 3);
    same("* SORT");
    same("* SORT 2 (MODSEQ 7)");
}

fn esearch(line: &str) -> ESearch {
    match same(line) {
        Response::ESearch(search) => search,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn esearch_of_rfc_9051() {
    let found = esearch("* ESEARCH (TAG \"A282\") MIN 2 COUNT 3");
    assert_eq!(found.tag, Some(text("A282")));
    assert_eq!(found.numbers, By::Sequence);
    assert_eq!(found.results, [SearchResult::Min(nz(2)), SearchResult::Count(3)]);
    let found = esearch("* ESEARCH (TAG \"A283\") UID ALL 2,10:11");
    assert_eq!(found.numbers, By::Uid);
    assert_eq!(found.all(), Some(&set("2,10:11")));
    assert!(esearch("* ESEARCH (TAG \"A284\")").results.is_empty());
    assert!(esearch("* ESEARCH").tag.is_none());
    assert_eq!(esearch("* ESEARCH UID COUNT 5 ALL 4:19,21,28").results.len(), 2);
}

#[test]
fn esearch_of_extensions() {
    // RFC 4731 section 3.2
    let mod_seq = NonZeroU64::new(1_236_745).unwrap();
    let found = esearch("* ESEARCH (TAG \"a\") MIN 1 MAX 9 ALL 1:3,5 MODSEQ 1236745");
    assert_eq!(found.results[1], SearchResult::Max(nz(9)));
    assert_eq!(found.results[3], SearchResult::ModSeq(mod_seq));
    // RFC 9394 section 3.1
    let found = esearch("* ESEARCH (TAG \"A01\") UID PARTIAL (-1:-100 55500:55000)");
    let range = PartialRange::Last(nz(1), nz(100));
    assert_eq!(
        found.results,
        [SearchResult::Partial(range, Some(set("55500:55000")))]
    );
    let found = esearch("* ESEARCH (TAG \"A02\") UID PARTIAL (24000:24500 NIL)");
    let range = PartialRange::First(nz(24000), nz(24500));
    assert_eq!(found.results, [SearchResult::Partial(range, None)]);
    // RFC 7377 section 2.1
    let found = esearch("* ESEARCH (TAG \"tag1\" MAILBOX \"folder 1\" UIDVALIDITY 1) UID ALL 4001,4003,4005");
    assert_eq!(
        (found.mailbox, found.uid_validity),
        (Some(mailbox("folder 1")), Some(nz(1)))
    );
    // RFC 6203 section 4, RFC 5267 section 4.3
    let found = esearch("* ESEARCH (TAG \"B01\") UID ADDTO (0 32768:32769) RELEVANCY (4 99)");
    let (name, value) = (Atom::new("RELEVANCY").unwrap(), Value::new("(4 99)").unwrap());
    let other = OtherSearchResult::new(name, value.clone()).unwrap();
    assert_eq!(found.results[1], SearchResult::Other(other));
    assert!(OtherSearchResult::new(Atom::new("uid").unwrap(), value).is_err());
}

#[test]
fn threads_of_rfc_5256() {
    for line in [
        "* THREAD",
        "* THREAD (2)(3 6 (4 23)(44 7 96))",
        "* THREAD (166)(167)(168)(169)(172)((170)(179))",
    ] {
        assert!(matches!(same(line), Response::Thread(_)));
    }
    assert_eq!(same("* THREAD"), Response::Thread(Threads::default()));
}

#[test]
fn vanished_of_rfc_7162() {
    let Response::Vanished(gone) = same("* VANISHED (EARLIER) 300:310,405,411") else {
        panic!()
    };
    assert_eq!((gone.when, gone.uids), (Gone::Earlier, set("300:310,405,411")));
    let Response::Vanished(gone) = same("* VANISHED 405,407,410,425") else {
        panic!()
    };
    assert_eq!(gone.when, Gone::Now);
}
