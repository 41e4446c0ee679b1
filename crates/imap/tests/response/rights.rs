//! QUOTA, ACL and METADATA.

use gatepost_imap::response::{MetadataEntries, Response};
use gatepost_imap::types::{Resource, ResourceUsage, Right, Rights};

use crate::{mailbox, read, same, text};

#[test]
fn quotas_of_rfc_9208() {
    let Response::Quota(quota) = same("* QUOTA !partition/sda4 (STORAGE 104 10923847)") else {
        panic!()
    };
    let usage = ResourceUsage {
        resource: Resource::Storage,
        usage: 104,
        limit: 10_923_847,
    };
    assert_eq!(
        (quota.root, quota.resources),
        (text("!partition/sda4"), vec![usage])
    );
    same(
        "* QUOTA \"\" (STORAGE 10 512 MESSAGE 20 100 MAILBOX 1 2 ANNOTATION-STORAGE 0 18446744073709551615 X 1 2)",
    );
    same("* QUOTA \"\" ()");
    let Response::QuotaRoot(roots) = same("* QUOTAROOT INBOX \"\" !partition/sda4") else {
        panic!()
    };
    assert_eq!(roots.roots, [text(""), text("!partition/sda4")]);
    same("* QUOTAROOT comp.mail.mime");
}

#[test]
fn rights_of_rfc_4314() {
    let Response::Acl(acl) = read("* ACL INBOX Fred rwipslda -Bob x \"an other\" \"\"") else {
        panic!()
    };
    let (who, rights) = &acl.entries[0];
    assert_eq!((who, rights.to_string().as_str()), (&text("Fred"), "adilprsw"));
    assert_eq!(acl.entries[2], (text("an other"), Rights::NONE));
    let Response::ListRights(list) = same("* LISTRIGHTS ~/Mail/saved smith al r cdeikstwx") else {
        panic!()
    };
    assert_eq!(list.identifier, text("smith"));
    assert_eq!(list.optional.len(), 2);
    let Response::MyRights(mine) = read("* MYRIGHTS INBOX rwiptsldaex") else {
        panic!()
    };
    assert_eq!(mine.mailbox, mailbox("inbox"));
    assert!(mine.rights.contains(Right::EXPUNGE) && !mine.rights.contains(Right::CREATE));
}

#[test]
fn metadata_of_rfc_5464() {
    let Response::Metadata(metadata) =
        same("* METADATA INBOX (/private/comment \"My own comment\" /shared/comment NIL)")
    else {
        panic!()
    };
    let MetadataEntries::Values(values) = metadata.entries else {
        panic!()
    };
    let comment = values[0].1.as_deref();
    assert_eq!(comment, Some(&b"My own comment"[..]));
    assert_eq!(values[1], (text("/shared/comment"), None));
    let Response::Metadata(changed) = same("* METADATA \"\" /shared/comment /private/comment") else {
        panic!()
    };
    assert!(matches!(changed.entries, MetadataEntries::Changed(entries) if entries.len() == 2));
    same("* METADATA \"\" (/shared/x {4}\r\na\r\nb /shared/y ~{2}\r\n\0\0)");
}
