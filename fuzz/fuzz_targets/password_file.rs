//! A file of users is read or refused. Every name of one that is read means one user, however it is spelled; no hash
//! is computed.
#![no_main]

use gatepost_directory::file::FileDirectory;
use gatepost_directory::{Entry, Resolution};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(directory) = FileDirectory::parse(text) else {
        return;
    };
    assert!(!directory.is_empty() && directory.names().count() >= directory.len());
    for name in directory.names() {
        let entry = found(&directory, name);
        assert_eq!(found(&directory, &entry.handle), entry);
        assert_eq!(found(&directory, &entry.id.0), entry);
    }
});

fn found(directory: &FileDirectory, name: &str) -> Entry {
    match directory.resolve(name) {
        Resolution::Found(entry) => entry,
        other => panic!("{name:?}: {other:?}"),
    }
}
