//! LIST, LSUB, XLIST, STATUS and NAMESPACE.

use std::num::NonZeroU32;

use gatepost_imap::response::{Attribute, List, ListItem, ListKind, OtherListItem, Response};
use gatepost_imap::types::{Atom, NonEmpty, ObjectId, StatusItem, StatusValue, Value};

use crate::{mailbox, read, same, text};

fn list(line: &str) -> List {
    match same(line) {
        Response::List(list) => list,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn lists_of_rfc_3501() {
    let listed = list("* LIST (\\Noselect) \"/\" foo");
    assert_eq!(listed.kind, ListKind::List);
    assert_eq!(listed.attributes, [Attribute::Noselect]);
    assert_eq!(listed.delimiter.unwrap().as_char(), '/');
    assert_eq!(listed.mailbox, mailbox("foo"));
    let subscribed = list("* LSUB () \".\" \"#news.comp.mail.misc misc\"");
    assert_eq!(subscribed.kind, ListKind::Lsub);
    assert_eq!(subscribed.mailbox, mailbox("#news.comp.mail.misc misc"));
    let flat = list("* LIST () NIL inbox");
    assert!(flat.delimiter.is_none() && flat.mailbox.is_inbox());
    let literal = list("* LIST () \"\\\\\" {5}\r\na\r\n\"b");
    assert_eq!(&literal.mailbox.as_bytes()[..], b"a\r\n\"b");
    assert_eq!(literal.delimiter.unwrap().as_char(), '\\');
}

#[test]
fn special_uses() {
    // RFC 6154 section 5.1
    let sent = list("* LIST (\\Marked \\Noinferiors \\Sent) \"/\" Sent");
    assert!(sent.has(&Attribute::Sent) && sent.has(&Attribute::Marked) && sent.has(&Attribute::Noinferiors));
    let all = list("* LIST (\\HasNoChildren \\All) \"/\" \"[Gmail]/All Mail\"");
    assert!(all.has(&Attribute::All) && all.has(&Attribute::HasNoChildren));
    // RFC 8457 section 3.2.2
    let important = list("* LIST (\\Important) \"/\" \"Important Messages\"");
    assert!(important.has(&Attribute::Important));
    let starred = list("* XLIST (\\HasNoChildren \\Starred) \"/\" [Gmail]/Starred");
    assert_eq!(starred.kind, ListKind::Xlist);
    assert!(starred.has(&Attribute::new(Atom::new("starred").unwrap())));
}

#[test]
fn extended_lists_of_rfc_5258() {
    let foo = list("* LIST (\\NonExistent) \"/\" Foo (CHILDINFO (\"SUBSCRIBED\"))");
    assert!(foo.has(&Attribute::NonExistent));
    let options = NonEmpty::of(text("SUBSCRIBED"));
    assert_eq!(foo.extended, [ListItem::ChildInfo(options)]);
    assert!(matches!(
        read("* LIST () \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))"),
        Response::List(list) if list.extended.len() == 1
    ));
    let renamed = list("* LIST () \"/\" NewMailbox (OLDNAME (\"Old Mailbox\"))");
    assert_eq!(renamed.extended, [ListItem::OldName(mailbox("Old Mailbox"))]);
    let color = list("* LIST (\\Remote) \"/\" x (color-value (red (\"a b\") 5) X 1:3)");
    let item = |name, value| {
        let value = Value::new(value).unwrap();
        ListItem::Other(OtherListItem::new(text(name), value).unwrap())
    };
    let items = [item("color-value", "(red (\"a b\") 5)"), item("X", "1:3")];
    assert_eq!(color.extended, items);
    assert!(OtherListItem::new(text("oldname"), Value::new("x").unwrap()).is_err());
    assert!(matches!(read("* LIST () \"/\" x ()"), Response::List(list) if list.extended.is_empty()));
}

#[test]
fn status() {
    let Response::MailboxStatus(status) = same("* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)") else {
        panic!()
    };
    assert_eq!(status.mailbox, mailbox("blurdybloop"));
    let next = NonZeroU32::new(44292).unwrap();
    assert_eq!(
        status.items,
        [StatusValue::Messages(231), StatusValue::UidNext(next)]
    );
    let Response::MailboxStatus(status) = same(
        "* STATUS \"a b\" (RECENT 1 UIDVALIDITY 3 UNSEEN 0 DELETED 1 SIZE 18446744073709551615 HIGHESTMODSEQ 0 \
         APPENDLIMIT NIL MAILBOXID (F2212ea87-6097-4256-9d51-71338625) DELETED-STORAGE 8 X-GUID (abc 1))",
    ) else {
        panic!()
    };
    let items: Vec<_> = status
        .items
        .iter()
        .map(|value| value.item().name().to_owned())
        .collect();
    assert_eq!(
        items.join(" "),
        "RECENT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ APPENDLIMIT MAILBOXID DELETED-STORAGE X-GUID"
    );
    assert_eq!(status.items[4], StatusValue::Size(u64::MAX));
    assert_eq!(status.items[6], StatusValue::AppendLimit(None));
    let id = ObjectId::new("F2212ea87-6097-4256-9d51-71338625").unwrap();
    assert_eq!(status.items[7], StatusValue::MailboxId(id));
    assert!(matches!(&status.items[9], StatusValue::Other(_, value) if value.as_bytes() == "(abc 1)"));
    assert_eq!(
        StatusItem::new(Atom::new("size").unwrap()),
        status.items[4].item()
    );
    same("* STATUS INBOX ()");
    same("* STATUS INBOX (APPENDLIMIT 257890)");
}

#[test]
fn namespaces_of_rfc_2342() {
    let Response::Namespaces(said) = same(
        "* NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\" \"X-PARAM\" (\"FLAG1\" \"FLAG2\"))) NIL ((\"Public Folders/\" \"/\"))",
    ) else {
        panic!()
    };
    assert_eq!(said.personal.len(), 2);
    assert_eq!(said.personal[1].prefix, "#mh/");
    let (name, values) = &said.personal[1].extensions[0];
    assert_eq!((name, values.len()), (&text("X-PARAM"), 2));
    assert!(said.other_users.is_empty());
    assert_eq!(said.shared[0].delimiter.unwrap().as_char(), '/');
    same("* NAMESPACE NIL NIL ((\"\" \".\"))");
    same("* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL");
    same(
        "* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\")) ((\"#shared/\" \"/\")(\"#public/\" \"/\")(\"#ftp/\" \"/\")(\"#news.\" \".\"))",
    );
    // Yahoo Japan (emailjs-imap-client#36).
    same("* NAMESPACE ((\"\" NIL)) NIL NIL");
}
