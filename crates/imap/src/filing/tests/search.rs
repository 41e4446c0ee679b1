use super::*;

#[test]
fn a_message_that_is_not_there_is_filed() {
    ends(
        FULL,
        &order(),
        &[
            (LIST, LISTED),
            (EXAMINE, OPENED),
            (RECENT, OTHERS),
            (SEARCH, "* SEARCH\r\nT OK\r\n"),
            (APPENDED, "* 4 EXISTS\r\nT OK [APPENDUID 7 6] done\r\n"),
        ],
        FILED,
    );
}

#[test]
fn a_message_that_is_there_is_not_filed_again() {
    let there = "* 4 FETCH (UID 4 BODY[HEADER.FIELDS (MESSAGE-ID)] {24}\r\nMessage-ID: <11@a>x\r\n\r\n\r\n)\r\n\
        * 5 FETCH (BODY[HEADER.FIELDS (MESSAGE-ID)] {22}\r\nmessage-id:\r\n\t<1@a>\r\n\r\n UID 5)\r\nT OK done\r\n";
    let script = [
        (LIST, LISTED),
        (EXAMINE, OPENED),
        (RECENT, OTHERS),
        (SEARCH, "* SEARCH 4 5\r\nT OK\r\n"),
        (FETCH, there),
    ];
    let present = "T LOGOUT\r\nPresent { mailbox: \"Sent Items\" }";
    ends(FULL, &order(), &script, present);
    let expunged = there.replace("T OK", "T NO some were expunged,");
    let script = [
        script[0],
        script[1],
        script[2],
        script[3],
        (FETCH, expunged.as_str()),
    ];
    ends(FULL, &order(), &script, present);
}

#[test]
fn a_message_that_only_looks_alike_does_not_count() {
    let other = "* 4 FETCH (UID 4 BODY[HEADER.FIELDS (MESSAGE-ID)] {23}\r\nMessage-ID: <1@a>.b\r\n\r\n)\r\n";
    let script = [
        (LIST, LISTED),
        (EXAMINE, OPENED),
        (RECENT, OTHERS),
        (SEARCH, "* ESEARCH (TAG \"T\") UID ALL 4:5\r\nT OK\r\n"),
        (FETCH, &format!("{other}T OK\r\n")),
        (APPENDED, "T OK [APPENDUID 7 6]\r\n"),
    ];
    ends(FULL, &order(), &script, FILED);
    // Nobody knows what the others are.
    let script = [
        script[0],
        script[1],
        script[2],
        script[3],
        (FETCH, &format!("{other}T NO [SERVERBUG] oh\r\n")),
    ];
    ends(
        FULL,
        &order(),
        &script,
        "T LOGOUT\r\nFETCH refused: NO [SERVERBUG] oh",
    );
}

#[test]
fn what_the_search_does_not_find_yet_is_found_among_the_newest() {
    let there = OTHERS.replace("<1@a>.b", " <1@a> ");
    let begin = [(LIST, LISTED), (EXAMINE, OPENED)];
    for answer in ["T OK", "T NO some were expunged", "T BAD"] {
        let there = there.replace("T OK", answer);
        let script = [begin[0], begin[1], (RECENT, there.as_str())];
        ends(
            FULL,
            &order(),
            &script,
            "T LOGOUT\r\nPresent { mailbox: \"Sent Items\" }",
        );
        // If it was not among those, the search decides.
        let others = OTHERS.replace("T OK", answer);
        let script = [begin[0], begin[1], (RECENT, others.as_str())];
        ends(FULL, &order(), &script, &format!("{SEARCH}waits"));
    }
    for (exists, first) in [
        (0, None),
        (1, Some(1)),
        (20, Some(1)),
        (21, Some(2)),
        (u32::MAX, Some(u32::MAX - 19)),
    ] {
        let opened = OPENED.replace("30", &exists.to_string());
        let script = [begin[0], (EXAMINE, opened.as_str())];
        let next = first.map_or_else(
            || SEARCH.to_owned(),
            |first| RECENT.replace("11", &first.to_string()),
        );
        ends(FULL, &order(), &script, &format!("{next}waits"));
    }
    let select = "T SELECT \"Sent Items\"\r\n";
    let script = [
        begin[0],
        (EXAMINE, "* 30 EXISTS\r\nT NO no\r\n"),
        (select, "T OK\r\n"),
    ];
    ends(FULL, &order(), &script, &format!("{SEARCH}waits"));
}

#[test]
fn another_message_with_the_same_message_id_is_told() {
    let order = Order {
        date: Date::of(b"Date: Wed, 5 Nov 2025 10:00:00 +0100\r\n\r\n"),
        ..order()
    };
    let dated = |date: &str| {
        let header = format!("Message-ID: <1@a>\r\nDate: {date}\r\n\r\n");
        format!(
            "* 4 FETCH (UID 4 BODY[HEADER.FIELDS (MESSAGE-ID DATE)] {{{}}}\r\n{header})\r\nT OK\r\n",
            header.len()
        )
    };
    let other = dated("Tue, 4 Nov 2025 10:00:00 +0100");
    let same = dated("Wed, 5 Nov 2025 09:00:00 GMT");
    let begin = [(LIST, LISTED), (EXAMINE, OPENED)];
    let hits = "* SEARCH 4 5\r\nT OK\r\n";
    let filed = FILED.replace("Absent", "Present");
    let present = "T LOGOUT\r\nPresent { mailbox: \"Sent Items\" }";
    for (recent, hit, end) in [
        (OTHERS, &other, filed.as_str()),
        (other.as_str(), &other, &filed),
        (OTHERS, &same, present),
        (&other, &same, present),
    ] {
        let all = [
            begin[0],
            begin[1],
            (RECENT, recent),
            (SEARCH, hits),
            (FETCH, hit.as_str()),
            (APPENDED, "T OK [APPENDUID 7 6]\r\n"),
        ];
        let script = if end == present { &all[..5] } else { &all };
        ends(FULL, &order, script, end);
    }
}

#[test]
fn without_a_message_id_nothing_is_searched() {
    for message_id in [None, Some(b" \r\n ".to_vec())] {
        let order = Order {
            message_id,
            ..order()
        };
        let script = [(LIST, LISTED), (APPENDED, "T OK [APPENDUID 7 6]\r\n")];
        ends(FULL, &order, &script, FILED);
    }
}

#[test]
fn select_is_for_servers_that_refuse_examine() {
    let select = "T SELECT \"Sent Items\"\r\n";
    let script = [
        (LIST, LISTED),
        (EXAMINE, "T BAD what\r\n"),
        (select, OPENED),
        (RECENT, OTHERS),
        (SEARCH, ""),
    ];
    ends(FULL, &order(), &script[..4], &format!("{SEARCH}waits"));
    let script = [
        (LIST, LISTED),
        (EXAMINE, "T NO no\r\n"),
        (select, "T NO [INUSE] locked\r\n"),
    ];
    ends(
        FULL,
        &order(),
        &script,
        "T LOGOUT\r\nSELECT refused: NO [INUSE] locked",
    );
}

#[test]
fn a_search_that_fails_files_nothing() {
    let script = [
        (LIST, LISTED),
        (EXAMINE, OPENED),
        (RECENT, OTHERS),
        (SEARCH, "T NO [BADCHARSET] x\r\n"),
    ];
    ends(
        FULL,
        &order(),
        &script,
        "T LOGOUT\r\nSEARCH refused: NO [BADCHARSET] x",
    );
}
