use super::*;

#[test]
fn what_is_too_large_is_not_sent() {
    let begin = [
        (LIST, LISTED),
        (EXAMINE, OPENED),
        (RECENT, OTHERS),
        (SEARCH, "* SEARCH\r\nT OK\r\n"),
    ];
    let refused = "T LOGOUT\r\nAPPEND refused: NO [TOOBIG] the message has 25 octets, and APPENDLIMIT is 24";
    ends(&format!("{FULL} AppendLimit=24"), &order(), &begin, refused);
    for limit in ["=25", "", "=x", "=18446744073709551616"] {
        let filed = [&begin[..], &[(APPENDED, "T OK [APPENDUID 7 6]\r\n")]].concat();
        ends(&format!("{FULL} APPENDLIMIT{limit}"), &order(), &filed, FILED);
    }
}

#[test]
fn a_literal_waits_for_the_plus() {
    let announced = "T APPEND \"Sent Items\" (\\Seen) \" 5-Nov-2025 10:00:00 +0100\" {25}\r\n";
    let message = "Message-ID: <1@a>\r\n\r\nhi\r\n\r\n";
    let begin = [
        ("T LIST \"\" \"*\"\r\n", LISTED),
        (EXAMINE, OPENED),
        (RECENT, OTHERS),
        (SEARCH, "* SEARCH\r\nT OK\r\n"),
    ];
    let script = |rest: &[(&'static str, &'static str)]| [&begin[..], rest].concat();
    let filed = "T LOGOUT\r\nFiled { mailbox: \"Sent Items\", uid: None, namesake: Absent }";
    ends(
        "IMAP4rev1",
        &order(),
        &script(&[(announced, "+ go\r\n"), (message, "T OK {5}\r\n")]),
        filed,
    );
    for (answer, end) in [
        (
            "T NO [OVERQUOTA] full\r\n",
            "T LOGOUT\r\nAPPEND refused: NO [OVERQUOTA] full",
        ),
        (
            "T BAD [TOOBIG] x\r\n",
            "T LOGOUT\r\nAPPEND refused: BAD [TOOBIG] x",
        ),
        (
            "* BYE [UNAVAILABLE] x\x1b\r\n",
            "APPEND refused: BYE [UNAVAILABLE] x\\x1b",
        ),
        (
            "T OK early\r\n",
            "command answered OK before its literal was sent at octet 0",
        ),
    ] {
        ends("IMAP4rev1", &order(), &script(&[(announced, answer)]), end);
    }
    let twice = script(&[(announced, "+ go\r\n"), (message, "+ go\r\n")]);
    ends(
        "IMAP4rev1",
        &order(),
        &twice,
        "continuation request that nothing asked for at octet 0",
    );
}

#[test]
fn literal_minus_is_for_small_ones() {
    let append = |size: u64| {
        let mut rig = Rig::new(
            "IMAP4rev1 LITERAL-",
            Order {
                message_id: None,
                size,
                ..order()
            },
        );
        rig.receive("* LIST () NIL Sent\r\n", &[usize::MAX]);
        rig.input.feed(format!("{} OK\r\n", rig.tag).as_bytes()).unwrap();
        let step = rig
            .state
            .take()
            .unwrap()
            .process(&mut rig.input, &mut rig.out)
            .unwrap();
        (matches!(step, Step::Send(_)), rig.out.ends_with(b"+}\r\n"))
    };
    assert_eq!(append(4096), (true, true));
    assert_eq!(append(4097), (false, false));
}

#[test]
fn names_that_cannot_be_quoted_are_literals() {
    let order = Order {
        message_id: None,
        date_time: "\"x".to_owned(),
        ..order()
    };
    let listed = "* LIST (\\Sent) \"/\" {5}\r\nS\r\n\u{e9}\r\nT OK\r\n";
    let script = [
        ("T LIST \"\" \"*\"\r\n", listed),
        ("T APPEND {5}\r\n", "+\r\n"),
        ("S\r\n\u{e9} (\\Seen) {25}\r\n", "+ go\r\n"),
        ("Message-ID: <1@a>\r\n\r\nhi\r\n\r\n", "T OK\r\n"),
    ];
    let filed = "T LOGOUT\r\nFiled { mailbox: \"S\\\\r\\\\n\\\\xc3\\\\xa9\", uid: None, namesake: Absent }";
    ends("IMAP4rev1", &order, &script, filed);
    let refused = [script[0], (script[1].0, "T NO no\r\n")];
    ends("IMAP4rev1", &order, &refused, "T LOGOUT\r\nAPPEND refused: NO no");
    let early = [script[0], (script[1].0, "T OK\r\n")];
    let error = "command answered OK before its literal was sent at octet 0";
    ends("IMAP4rev1", &order, &early, error);
}

#[test]
fn wrong_sizes_are_noticed() {
    let mut rig = Rig::new(
        FULL,
        Order {
            message_id: None,
            size: 4,
            ..order()
        },
    );
    rig.input.feed(rig.tagged(LISTED).as_bytes()).unwrap();
    let Step::Send(mut send) = rig
        .state
        .take()
        .unwrap()
        .process(&mut rig.input, &mut rig.out)
        .unwrap()
    else {
        panic!()
    };
    rig.out.clear();
    assert_eq!(send.left(), 4);
    assert_eq!(send.append(b"abcde", &mut rig.out), Err(WrongSize));
    assert!(rig.out.is_empty());
    send.append(b"abc", &mut rig.out).unwrap();
    assert_eq!(send.left(), 1);
    assert_eq!(send.sent(&mut rig.out).unwrap_err(), WrongSize);
    assert_eq!(rig.out, &b"abc"[..]);
}
