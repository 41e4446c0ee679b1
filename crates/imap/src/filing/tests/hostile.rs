use super::*;

#[test]
fn what_nobody_asked_for_is_ignored_or_an_error() {
    let chatter = "* OK [ALERT] a\r\n* NO b\r\n* BAD c\r\n* CAPABILITY X\r\n* 3 EXISTS\r\n* 1 FETCH (FLAGS ())\r\n\
        * SEARCH 4 5\r\n* FLAGS (\\Seen)\r\n";
    let script = [
        (LIST, &format!("{chatter}{LISTED}")[..]),
        (EXAMINE, &format!("{chatter}{OPENED}")[..]),
        (RECENT, &format!("{chatter}{OTHERS}")[..]),
        (SEARCH, "* SEARCH 5\r\n* SEARCH 4\r\nT OK\r\n"),
        (FETCH, &format!("{chatter}T OK\r\n")[..]),
        (APPENDED, &format!("{chatter}T OK [APPENDUID 7 6]\r\n")[..]),
    ];
    ends(FULL, &order(), &script, FILED);
    for (said, end) in [
        (
            "+ go\r\n",
            "continuation request that nothing asked for at octet 0",
        ),
        ("X OK\r\n", "answer with a tag that is not outstanding at octet 0"),
        ("* PREAUTH x\r\n", "PREAUTH greeting refused at octet 0"),
        ("* BYE [ALERT] x\r\n", "LIST refused: BYE [ALERT] x"),
        ("T LIST\r\n", "expected OK, NO or BAD at octet 9"),
        ("* LIST () NIL {65537}\r\n", "over the limit: literal too large"),
    ] {
        ends(FULL, &order(), &[(LIST, said)], end);
    }
}

#[test]
fn chatter_has_an_end() {
    let limits = Limits {
        commands: 3,
        ..Limits::FILING
    };
    let mut out = BytesMut::new();
    let state = start(logged_in(FULL), order(), limits, [2; 8], &mut out);
    let mut input = Input::new(1000);
    input.feed(&b"* 3 EXISTS\r\n".repeat(4)).unwrap();
    let error = state.process(&mut input, &mut out).unwrap_err();
    assert_eq!(error.to_string(), "over the limit: too many responses");
}
