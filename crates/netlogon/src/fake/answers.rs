//! What a controller writes into the stub data of a logon's answer.

use crate::answer::Identity;
use crate::ndr::{Writer, utf16};
use crate::sid::Sid;
use crate::status::NtStatus;

/// S-1-5-21-1-2-3 and a relative id.
pub(crate) fn sid(relative: u32) -> Sid {
    let mut octets = vec![1, 5, 0, 0, 0, 0, 0, 5];
    for part in [21, 1, 2, 3, relative] {
        octets.extend(u32::to_le_bytes(part));
    }
    Sid::from_octets(&octets).unwrap()
}

pub(crate) fn refused(status: NtStatus) -> Vec<u8> {
    let mut stub = Writer::new();
    stub.u16(6);
    stub.null();
    end(&mut stub, status);
    stub.into_octets()
}

/// Authoritative, ExtraFlags, the status.
fn end(stub: &mut Writer, status: NtStatus) {
    stub.octets(&[1]);
    stub.u32(0);
    stub.u32(status.0);
}

/// NETLOGON_VALIDATION_SAM_INFO4, with one group of another domain.
pub(crate) fn granted(identity: &Identity, flags: u32) -> Vec<u8> {
    let mut stub = Writer::new();
    stub.u16(6);
    stub.pointer();
    let texts = [
        &identity.user,
        &identity.domain,
        &identity.dns_domain,
        &identity.upn,
    ];
    let [user, domain, dns_domain, upn] = texts.map(|text| utf16(text));
    let server = utf16("DC1");
    let sid = identity.sid.to_octets();
    let (domain_id, relative) = sid.split_at(sid.len() - 4);

    times(&mut stub);
    stub.text(&user);
    (0..5).for_each(|_| stub.text(&[]));
    stub.u16(3);
    stub.u16(4);
    stub.octets(relative);
    stub.u32(513);
    stub.count(identity.groups.len());
    stub.pointer();
    stub.u32(flags);
    stub.octets(&identity.session_key);
    stub.text(&server);
    stub.text(&domain);
    stub.pointer();
    stub.octets(&[0; 40]);
    stub.count(1);
    stub.pointer();
    stub.text(&dns_domain);
    stub.text(&upn);
    (0..10).for_each(|_| stub.text(&[]));

    stub.counted(&user, 2);
    stub.count(identity.groups.len());
    for group in &identity.groups {
        stub.u32(*group);
        stub.u32(7);
    }
    stub.counted(&server, 2);
    stub.counted(&domain, 2);
    stub.u32(4);
    stub.octets(&[1, 4]);
    stub.octets(&domain_id[2..]);
    stub.count(1);
    stub.pointer();
    stub.u32(7);
    stub.u32(5);
    stub.octets(&sid);
    stub.counted(&dns_domain, 2);
    stub.counted(&upn, 2);
    end(&mut stub, NtStatus::SUCCESS);
    stub.into_octets()
}

fn times(stub: &mut Writer) {
    (0..12).for_each(|_| stub.u32(0x1234_5678));
}
