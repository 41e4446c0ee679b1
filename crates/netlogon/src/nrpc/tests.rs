use super::*;
use crate::answer::Identity;
use crate::fake::{granted, sid};
use crate::ndr::Writer;

fn identity(groups: Vec<u32>) -> Identity {
    Identity {
        user: "müller".to_owned(),
        domain: "CORP".to_owned(),
        dns_domain: "corp.example.test".to_owned(),
        upn: String::new(),
        sid: sid(1104),
        groups,
        session_key: [7; 16],
    }
}

#[test]
fn an_identity_is_read() {
    for groups in [vec![], vec![513], (0..1000).collect()] {
        let identity = identity(groups);
        let stub = granted(&identity, 0x20);
        assert_eq!(reply(&stub), Ok(Reply::Granted(Box::new(identity))));
    }
}

#[test]
fn an_identity_cut_off_anywhere_is_none() {
    let stub = granted(&identity(vec![513]), 0x20);
    for length in 0..stub.len() {
        assert!(reply(&stub[..length]).is_err(), "{length}");
    }
}

/// Zeros behind an answer are padding, whose length anybody can change; they are no success.
#[test]
fn a_status_is_where_it_has_to_be() {
    let mut stub = crate::fake::refused(crate::NtStatus::WRONG_PASSWORD);
    stub.extend([0; 16]);
    assert_eq!(reply(&stub), Ok(Reply::Refused(crate::NtStatus::WRONG_PASSWORD)));
    let nobody = crate::fake::refused(crate::NtStatus::SUCCESS);
    assert_eq!(reply(&nobody).unwrap_err().what, "a success without an identity");
}

#[test]
fn an_identity_needs_a_domain() {
    let identity = identity(vec![]);
    let mut stub = granted(&identity, 0);
    // The pointer to LogonDomainId.
    let at = 4 + 4 + 48 + 48 + 4 + 4 + 4 + 4 + 4 + 4 + 16 + 16;
    assert_ne!(stub[at..at + 4], [0; 4]);
    stub[at..at + 4].fill(0);
    assert!(reply(&stub).is_err());
}

fn mapped(towers: &[Vec<u8>]) -> Vec<u16> {
    let mut stub = Writer::new();
    stub.octets(&[0; 20]);
    stub.count(towers.len());
    stub.count(8);
    stub.u32(0);
    stub.count(towers.len());
    towers.iter().for_each(|_| stub.pointer());
    for tower in towers {
        stub.count(tower.len());
        stub.count(tower.len());
        stub.octets(tower);
    }
    stub.u32(0);
    super::towers(&stub.into_octets()).unwrap().ports
}

#[test]
fn towers_of_netlogon_over_tcp_are_found() {
    let good = tower(49676);
    let changed = |at: usize| {
        let mut other = good.clone();
        other[at] ^= 1;
        other
    };
    assert_eq!(mapped(&[good.clone(), tower(49667)]), [49676, 49667]);
    // The UUID, its version, NDR, the RPC protocol, TCP: each of them another.
    for at in [4, 5, 21, 30, 54, 61] {
        assert_eq!(mapped(&[changed(at), good.clone()]), [49676], "{at}");
    }
    assert_eq!(mapped(&[tower(0), vec![], good[..65].to_vec()]), []);
}

/// From a Windows server (the towers of a recorded answer).
#[test]
fn a_tower_of_windows() {
    let recorded = b"\x05\x00\x13\x00\x0dxV4\x124\x12\xcd\xab\xef\x00\x01#Eg\xcf\xfb\x01\x00\x02\x00\x00\x00\x13\x00\x0d\x04]\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00+\x10H`\x02\x00\x02\x00\x00\x00\x01\x00\x0b\x02\x00\x00\x00\x01\x00\x07\x02\x00\xc2\x0c\x01\x00\x09\x04\x00\xc0\xa8z\x11";
    assert_eq!(mapped(&[recorded.to_vec()]), [49676]);
}
