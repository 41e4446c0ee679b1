//! When a changed file is read again, and what is kept.

use std::time::{Duration, Instant, SystemTime};

use gatepost_directory::ClaimKinds;
use gatepost_directory::file::{Reloader, Stamp, Step};

use crate::file_of;

fn stamp(size: u64, written: u64) -> Option<Stamp> {
    Some(Stamp {
        size,
        modified: SystemTime::UNIX_EPOCH + Duration::from_secs(written),
    })
}

/// A reloader of a file with the stamp (10, 0), and its clock in milliseconds.
struct Watch {
    reloader: Reloader,
    start: Instant,
}

impl Watch {
    #[expect(clippy::disallowed_methods, reason = "no other way to an instant")]
    fn new() -> Self {
        Self {
            reloader: Reloader::new(stamp(10, 0)),
            start: Instant::now(),
        }
    }

    fn sees(&mut self, seen: Option<Stamp>, at: u64) -> Step {
        self.reloader
            .observe(seen, self.start + Duration::from_millis(at))
    }
}

#[test]
fn an_unchanged_file_is_not_read() {
    let mut watch = Watch::new();
    for at in [0, 1_000, 10_000, 1_000_000] {
        assert_eq!(watch.sees(stamp(10, 0), at), Step::Keep);
    }
}

#[test]
fn a_change_is_read_once_when_it_has_held_still_for_a_second() {
    let mut watch = Watch::new();
    assert_eq!(watch.sees(stamp(11, 1), 5_000), Step::Keep);
    assert_eq!(watch.sees(stamp(11, 1), 5_999), Step::Keep);
    assert_eq!(watch.sees(stamp(11, 1), 6_000), Step::Read);
    assert_eq!(watch.sees(stamp(11, 1), 6_001), Step::Keep);
    assert_eq!(watch.sees(stamp(11, 1), 60_000), Step::Keep);
}

#[test]
fn size_and_time_count_alone() {
    for changed in [stamp(11, 0), stamp(10, 1)] {
        let mut watch = Watch::new();
        assert_eq!(watch.sees(changed, 0), Step::Keep);
        assert_eq!(watch.sees(changed, 1_000), Step::Read);
    }
}

/// Also when the looks are so far apart that each sees another state.
#[test]
fn a_file_that_goes_on_changing_is_not_read() {
    let mut watch = Watch::new();
    for second in 1..100 {
        assert_eq!(watch.sees(stamp(10 + second, second), second * 1_500), Step::Keep);
    }
    assert_eq!(watch.sees(stamp(109, 99), 150_000), Step::Read);
}

#[test]
fn a_change_that_is_taken_back_is_no_change() {
    let mut watch = Watch::new();
    assert_eq!(watch.sees(stamp(11, 1), 0), Step::Keep);
    assert_eq!(watch.sees(stamp(10, 0), 500), Step::Keep);
    assert_eq!(
        watch.sees(stamp(11, 1), 1_000),
        Step::Keep,
        "counted from here again"
    );
    assert_eq!(watch.sees(stamp(11, 1), 2_000), Step::Read);
}

#[test]
fn a_file_that_was_never_read_is_read() {
    let mut watch = Watch {
        reloader: Reloader::new(None),
        ..Watch::new()
    };
    assert_eq!(watch.sees(stamp(10, 0), 0), Step::Keep);
    assert_eq!(watch.sees(stamp(10, 0), 1_000), Step::Read);
    assert_eq!(watch.sees(stamp(10, 0), 2_000), Step::Keep);
}

#[test]
fn an_older_file_put_in_place_is_read() {
    let mut watch = Watch {
        reloader: Reloader::new(stamp(10, 50)),
        ..Watch::new()
    };
    assert_eq!(watch.sees(stamp(10, 40), 0), Step::Keep);
    assert_eq!(watch.sees(stamp(10, 40), 1_000), Step::Read);
}

#[test]
fn a_missing_file_is_told_once_and_read_when_it_is_back() {
    let mut watch = Watch::new();
    assert_eq!(watch.sees(None, 0), Step::Keep);
    assert_eq!(watch.sees(None, 1_000), Step::Missing);
    assert_eq!(watch.sees(None, 2_000), Step::Keep);
    assert_eq!(watch.sees(stamp(10, 0), 3_000), Step::Keep);
    assert_eq!(watch.sees(stamp(10, 0), 4_000), Step::Read);
}

#[test]
fn an_editor_that_removes_and_writes_is_not_told_of() {
    let mut watch = Watch::new();
    assert_eq!(watch.sees(None, 0), Step::Keep);
    assert_eq!(watch.sees(stamp(12, 1), 900), Step::Keep);
    assert_eq!(watch.sees(stamp(12, 1), 1_899), Step::Keep);
    assert_eq!(watch.sees(stamp(12, 1), 1_900), Step::Read);
}

#[test]
fn a_clock_that_stands_still_reads_nothing() {
    let mut watch = Watch::new();
    assert_eq!(watch.sees(stamp(11, 1), 5_000), Step::Keep);
    assert_eq!(watch.sees(stamp(11, 1), 5_000), Step::Keep);
    assert_eq!(watch.sees(stamp(11, 1), 1_000), Step::Keep);
}

#[test]
fn new_content_is_judged() {
    let users = Reloader::judge(&file_of("{PLAIN}x"), ClaimKinds::PASSWORD).unwrap();
    assert_eq!(users.len(), 1);
    let none = Reloader::judge("", ClaimKinds::PASSWORD).unwrap_err();
    assert_eq!(
        none.to_string(),
        "line 1: no users; expected at least one [[user]]"
    );
    let broken = Reloader::judge(&file_of("x"), ClaimKinds::PASSWORD).unwrap_err();
    assert_eq!((broken.line(), broken.key()), (Some(3), "user[0].secret"));
}

#[test]
fn a_look_at_a_real_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.toml");
    assert_eq!(Stamp::of(&path), None);
    std::fs::write(&path, "12345").unwrap();
    let first = Stamp::of(&path).unwrap();
    assert_eq!(first.size, 5);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(first.modified + Duration::from_secs(2))
        .unwrap();
    assert_ne!(Stamp::of(&path), Some(first));
}
