//! Fragments: what comes out is not longer than what went in and the same however often it is read; what is not sealed
//! with the key is never opened.
#![no_main]

use gatepost_netlogon::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    for is_sealed in [false, true] {
        if let Some(limit) = fuzzing::limit(octets, is_sealed) {
            assert!((1432..=5840).contains(&limit));
        }
    }
    let response = fuzzing::response(octets, None);
    if let Some(stub) = &response {
        assert!(stub.len() + 24 <= octets.len());
        // What stands behind the last fragment is not read.
        let longer = [octets, &[0xff; 16]].concat();
        assert_eq!(fuzzing::response(&longer, None), response);
    }
    assert_eq!(fuzzing::response(octets, Some(KEY)), None);
});

/// Nothing in the seeds is sealed with it.
const KEY: [u8; 16] = *b"a key of no seed";
