//! Stub data: whatever a controller answers to a logon or to the search for its port, no more comes out than went in.
#![no_main]

use gatepost_netlogon::{Sid, fuzzing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stub: &[u8]| {
    if let Some(ports) = fuzzing::ports(stub) {
        assert!(ports.len() * 64 <= stub.len());
        assert!(!ports.contains(&0));
    }
    let Some(identity) = fuzzing::identity(stub) else {
        return;
    };
    let names = [
        &identity.user,
        &identity.domain,
        &identity.dns_domain,
        &identity.upn,
    ];
    let units: usize = names.iter().map(|name| name.encode_utf16().count()).sum();
    assert!(units * 2 + identity.groups.len() * 8 <= stub.len());
    assert_eq!(
        Sid::from_octets(&identity.sid.to_octets()).as_ref(),
        Ok(&identity.sid)
    );
    // What stands behind the answer is padding.
    let longer = [stub, &[0; 16]].concat();
    assert_eq!(fuzzing::identity(&longer), Some(identity));
});
