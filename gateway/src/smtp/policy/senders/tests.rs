use std::path::Path;

use bytes::BytesMut;
use gatepost_directory::{Attributes, EntryId};
use gatepost_smtp::message::Header;
use proptest::prelude::*;

use super::*;
use crate::config::Config;

fn config(keys: &str) -> SubmissionConfig {
    let text = format!(
        r#"
        [submission]
        {keys}
        [upstreams.main]
        address = "imap.example.org:993"
        login = {{ method = "same-credentials" }}
        [routing]
        default = "main"
        [certificates.main]
        chain = "chain"
        key = "key"
        [directories.users]
        kind = "file"
        path = "users"
        [[listeners]]
        protocol = "imap"
        addresses = ["127.0.0.1:0"]
        tls = "implicit"
        certificates = ["main"]
        directory = "users"
        "#
    );
    Config::parse(Path::new("g.toml"), &text).unwrap().submission
}

fn account(name: &str, addresses: &[&str]) -> Account {
    Account {
        id: EntryId("1".to_owned()),
        name: name.to_owned(),
        upstream_login: "u1".to_owned(),
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        attributes: Attributes::new(),
    }
}

fn alice(keys: &str) -> Senders {
    let addresses = [
        "alice@example.org",
        "A.Smith@example.org",
        "jörg@bücher.example",
        "no address",
    ];
    Senders::new(&account("alice", &addresses), &config(keys))
}

fn path(text: &str) -> ReversePath<'_> {
    match text {
        "" => ReversePath::Null,
        // As the session reads it.
        text => {
            let mailbox = Mailbox::parse_with(text.as_bytes(), &Options::CLIENTS);
            ReversePath::Mailbox(mailbox.unwrap().value)
        }
    }
}

/// The answer as the client gets it.
fn said(answer: Result<(), Reply>) -> String {
    let mut out = BytesMut::new();
    match answer {
        Ok(()) => "ok".to_owned(),
        Err(reply) => {
            reply.encode(&mut out);
            String::from_utf8(out.to_vec()).unwrap()
        }
    }
}

fn mail(senders: &Senders, from: &str) -> String {
    said(senders.check_path(&path(from)))
}

fn field(senders: &Senders, body: &str) -> String {
    said(senders.check_field(From::Body(body.as_bytes())))
}

#[test]
fn the_accounts_own_addresses_are_allowed_in_any_case() {
    let alice = alice("");
    for from in [
        "alice@example.org",
        "ALICE@Example.ORG",
        "a.smith@example.org",
        "\"alice\"@example.org",
        "jörg@bücher.example",
    ] {
        assert_eq!(mail(&alice, from), "ok", "{from}");
    }
}

#[test]
fn other_addresses_are_refused_with_a_text_that_helps() {
    let own = "553 5.7.1 Addresses of this account: alice@example.org, A.Smith@example.org, j?rg@b?cher.example\r\n";
    for (from, shown) in [
        ("bob@example.org", "bob@example.org"),
        ("nobody@example.org", "nobody@example.org"),
        ("alice@example.com", "alice@example.com"),
        ("alice@sub.example.org", "alice@sub.example.org"),
        ("alice+x@example.org", "alice+x@example.org"),
        ("\"alice \"@example.org", "\"alice \"@example.org"),
        (
            "\"alice@example.org\"@example.net",
            "\"alice@example.org\"@example.net",
        ),
        ("älice@example.org", "?lice@example.org"),
    ] {
        let expected = format!("553-5.7.1 alice may not send as {shown}\r\n{own}");
        assert_eq!(mail(&alice(""), from), expected);
    }
}

#[test]
fn of_many_addresses_the_first_three_are_shown() {
    let addresses = [
        "a@x.example",
        "b@x.example",
        "c@x.example",
        "d@x.example",
        "e@x.example",
    ];
    let shown = |count: usize| {
        let senders = Senders::new(&account("bob", &addresses[..count]), &config(""));
        let answer = mail(&senders, "z@x.example");
        answer
            .strip_prefix("553-5.7.1 bob may not send as z@x.example\r\n553 5.7.1 ")
            .unwrap()
            .to_owned()
    };
    let none = "The directory has no mail address of this account, which is for its administrator to add\r\n";
    assert_eq!(shown(0), none);
    assert_eq!(shown(1), "Addresses of this account: a@x.example\r\n");
    assert_eq!(
        shown(3),
        "Addresses of this account: a@x.example, b@x.example, c@x.example\r\n"
    );
    assert_eq!(
        shown(5),
        "Addresses of this account: a@x.example, b@x.example, c@x.example, and 2 more\r\n"
    );
}

#[test]
fn exceptions_are_for_the_accounts_that_they_name() {
    let keys = r#"exceptions = [
        { accounts = ["Alice", "carol"], senders = ["info@example.org", "*@lists.example.org"] },
        { accounts = ["bob"], senders = ["*"] },
        { accounts = ["*"], senders = ["team@example.org"] },
    ]"#;
    let alice = alice(keys);
    for from in [
        "INFO@example.org",
        "any@lists.example.org",
        "team@example.org",
        "alice@example.org",
    ] {
        assert_eq!(mail(&alice, from), "ok", "{from}");
    }
    for from in ["bob@example.org", "any@sub.lists.example.org", "any@example.org"] {
        assert!(mail(&alice, from).starts_with("553-5.7.1 "), "{from}");
    }
    let bob = Senders::new(&account("bob", &[]), &config(keys));
    assert_eq!(mail(&bob, "anybody@example.net"), "ok");
    let dave = Senders::new(&account("dave", &[]), &config(keys));
    assert_eq!(mail(&dave, "team@example.org"), "ok");
    assert!(mail(&dave, "info@example.org").starts_with("553-5.7.1 "));
}

#[test]
fn the_null_sender_can_be_refused() {
    assert_eq!(mail(&alice(""), ""), "ok");
    assert_eq!(
        mail(&alice("null_sender = false"), ""),
        "553 5.7.1 Mail without a sender (<>) is not taken here\r\n"
    );
    let keys = "null_sender = false\nexceptions = [{ accounts = [\"alice\"], senders = [\"*\"] }]";
    assert!(
        mail(&alice(keys), "").starts_with("553 "),
        "* is every mailbox, and <> is none"
    );
}

#[test]
fn the_from_field_is_not_looked_at_unless_that_is_configured() {
    let alice = alice("");
    for body in ["bob@example.org", "nonsense", ""] {
        assert_eq!(field(&alice, body), "ok", "{body:?}");
    }
    assert_eq!(said(alice.check_field(From::Missing)), "ok");
}

#[test]
fn every_mailbox_of_the_from_field_must_be_the_accounts_own() {
    let alice = alice(
        "check_from_field = true\nexceptions = [{ accounts = [\"alice\"], senders = [\"x@y.example\"] }]",
    );
    for body in [
        "alice@example.org",
        " Alice Smith <ALICE@example.org>",
        " \"Smith, Alice\" <a.smith@example.org>\r\n",
        " alice@example.org (bob@example.org)",
        " \"bob@example.org\" <alice@example.org>",
        " =?utf-8?q?bob=40example=2Eorg?= <alice@example.org>",
        " alice@example.org,\r\n X <x@y.example>",
        " us: alice@example.org, x@y.example;",
    ] {
        assert_eq!(field(&alice, body), "ok", "{body:?}");
    }
    for body in [
        " bob@example.org",
        " alice@example.org <bob@example.org>",
        " Alice <alice@example.org>, Bob <bob@example.org>",
        " us: alice@example.org, bob@example.org;",
        " (alice@example.org) bob@example.org",
        " alice@example.org (, bob@example.org\\), x), bob@example.org",
    ] {
        let expected = "550-5.7.1 alice may not send with bob@example.org in the From field\r\n";
        let said = field(&alice, body);
        assert!(said.starts_with(expected), "{body:?}: {said}");
        assert!(
            said.contains("\r\n550 5.7.1 Addresses of this account: alice@example.org, "),
            "{said}"
        );
    }
}

#[test]
fn a_from_field_that_cannot_be_understood_is_refused() {
    let alice = alice("check_from_field = true");
    let list = "550 5.7.1 The From field is not a list of mail addresses (RFC 5322 section 3.4)\r\n";
    for body in [
        " alice@example.org <",
        " alice@example.org bob@example.org",
        " <alice@example.org> bob",
        " Alice",
        " alice@example.org, (",
        " \"alice@example.org",
        " <alice@example.org>@example.net",
    ] {
        assert_eq!(field(&alice, body), list, "{body:?}");
    }
    assert_eq!(
        field(&alice, " undisclosed:;"),
        "550 5.7.1 The From field names no mail address\r\n"
    );
    assert_eq!(
        said(alice.check_field(From::Missing)),
        "550 5.7.1 The message has no From field\r\n"
    );
    assert_eq!(
        said(alice.check_field(From::TooLong)),
        "550 5.7.1 The From field is too long to be checked\r\n"
    );
}

/// Each field by itself could not be understood, both together could, and a reader may show the second alone.
#[test]
fn two_from_fields_do_not_hide_an_address_in_a_comment() {
    let message = b"From: alice@example.org (\r\nFrom: bob@example.org)\r\n\r\n";
    let mut header = Header::new();
    header.push(message, |_| {});
    assert_eq!(
        said(alice("check_from_field = true").check_field(header.from())),
        "550 5.7.1 The message has more than one From field\r\n"
    );
}

proptest! {
    /// Whatever names and addresses there are, the client gets lines that it can read.
    #[test]
    fn refusals_are_short_lines_of_ascii(
        name in ".{0,200}",
        local in prop::collection::vec("[a-zä]{1,200}", 0..6),
        from in "[a-zé]{1,120}",
    ) {
        let addresses: Vec<String> = local.iter().map(|local| format!("{local}@ü.example.org")).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let senders = Senders::new(&account(&name, &addresses), &config("check_from_field = true"));
        let from = format!("{from}@example.net");
        for answer in [mail(&senders, &from), field(&senders, &from)] {
            let lines: Vec<&str> = answer.split_inclusive("\r\n").collect();
            prop_assert_eq!(lines.len(), 2, "{}", answer);
            for line in lines {
                let text = line.strip_suffix("\r\n").unwrap();
                prop_assert!(line.len() <= 512 && text.bytes().all(|octet| matches!(octet, b' '..=b'~')), "{}", line);
            }
        }
    }

    /// Only what is the account's own goes through.
    #[test]
    fn a_sender_is_allowed_if_and_only_if_it_is_an_address(
        own in prop::collection::vec("[ab]{1,2}@[xy]\\.example", 0..4),
        from in "[abAB]{1,2}@[xyXY]\\.example",
    ) {
        let addresses: Vec<&str> = own.iter().map(String::as_str).collect();
        let senders = Senders::new(&account("alice", &addresses), &config(""));
        let expected = own.iter().any(|own| own.eq_ignore_ascii_case(&from));
        prop_assert_eq!(mail(&senders, &from) == "ok", expected);
    }
}
