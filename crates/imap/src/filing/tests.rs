use bytes::BytesMut;
use gatepost_wire::{Input, Secret};

use super::*;
use crate::client;

const MESSAGE: &[u8] = b"Message-ID: <1@a>\r\n\r\nhi\r\n";

const FULL: &str = "IMAP4rev1 SPECIAL-USE LIST-EXTENDED LITERAL+ UIDPLUS";

const LISTED: &str =
    "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\Sent) \"/\" \"Sent Items\"\r\nT OK\r\n";

const OPENED: &str = "* 30 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nT OK [READ-ONLY] done\r\n";

/// What a session hears in a line behind `* `.
pub(super) fn heard(line: &str) -> Option<crate::Response> {
    use crate::parse::{Leniency, Options};

    let options = Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    };
    let octets = format!("* {line}").into_bytes();
    let parsed = crate::response::parse_with(&octets, &options);
    parsed.ok().map(|parsed| parsed.value)
}

fn order() -> Order {
    Order {
        names: vec!["Sent".to_owned()],
        create: None,
        message_id: Some(b"<1@a>".to_vec()),
        date: None,
        since: (2025, 11, 4),
        date_time: " 5-Nov-2025 10:00:00 +0100".to_owned(),
        size: MESSAGE.len() as u64,
    }
}

/// A login with a server that then offers `capabilities`.
fn logged_in(capabilities: &str) -> client::Authenticated {
    let config = client::Config {
        security: client::Security::Tls,
        methods: vec![client::Method::login("u", Secret::from("p")).unwrap()],
        id: Vec::new(),
        limits: Limits::BEFORE_LOGIN,
        tag_seed: [1; 8],
    };
    let (mut input, mut out) = (Input::new(20_000), BytesMut::new());
    input.feed(b"* OK [CAPABILITY IMAP4rev1] hi\r\n").unwrap();
    let client::Step::NeedInput(state) = client::start(config).process(&mut input, &mut out).unwrap() else {
        panic!()
    };
    let tag = String::from_utf8(out[..8].to_vec()).unwrap();
    let answer = format!("{tag} OK [CAPABILITY {capabilities}] in\r\n");
    input.feed(answer.as_bytes()).unwrap();
    match state.process(&mut input, &mut out).unwrap() {
        client::Step::Authenticated(state) => state,
        other => panic!("{other:?}"),
    }
}

/// A session whose server says what a script has it say.
struct Rig {
    input: Input,
    out: BytesMut,
    tag: String,
    sent: String,
    /// `None` once it is over.
    state: Option<NeedInput>,
    end: String,
}

impl Rig {
    fn new(capabilities: &str, order: Order) -> Self {
        let mut out = BytesMut::new();
        let state = start(logged_in(capabilities), order, Limits::FILING, [2; 8], &mut out);
        let mut rig = Self {
            input: Input::new(Limits::FILING.input_capacity()),
            out,
            tag: String::new(),
            sent: String::new(),
            state: Some(state),
            end: "waits".to_owned(),
        };
        rig.note();
        rig
    }

    /// Remembers what was sent, with `T` for tags.
    fn note(&mut self) {
        let sent = String::from_utf8(self.out.split().to_vec()).unwrap();
        for line in sent.split_inclusive('\n') {
            match line.split_once(' ') {
                Some((tag, rest))
                    if tag.len() == 8 && tag.bytes().all(|octet| octet.is_ascii_alphanumeric()) =>
                {
                    assert_ne!(tag, self.tag, "a tag is used twice");
                    self.tag = tag.to_owned();
                    self.sent.push_str(&format!("T {rest}"));
                }
                _ => self.sent.push_str(line),
            }
        }
    }

    /// `said` with the last tag for each `T` that begins a line.
    fn tagged(&self, said: &str) -> String {
        let lines = said
            .split_inclusive('\n')
            .map(|line| match line.strip_prefix("T ") {
                Some(rest) => format!("{} {rest}", self.tag),
                None => line.to_owned(),
            });
        lines.collect()
    }

    /// Receives `octets`, with the last tag for `T`, in pieces.
    fn receive(&mut self, octets: &str, sizes: &[usize]) {
        let tagged = self.tagged(octets);
        let mut rest = tagged.as_bytes();
        for &size in sizes.iter().cycle() {
            let (now, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            self.input.feed(now).unwrap();
            self.process();
            self.note();
            if rest.is_empty() {
                return;
            }
        }
    }

    fn process(&mut self) {
        while let Some(state) = self.state.take() {
            match state.process(&mut self.input, &mut self.out) {
                Ok(Step::NeedInput(state)) => {
                    self.state = Some(state);
                    return;
                }
                Ok(Step::Send(send)) => self.state = Some(self.message(send)),
                Ok(Step::Done(done)) => self.end = format!("{done:?}"),
                Ok(Step::Refused(refused)) => self.end = refused.to_string(),
                Err(error) => self.end = error.to_string(),
            }
        }
    }

    fn message(&mut self, mut send: Send) -> NeedInput {
        for piece in MESSAGE.chunks(10) {
            send.append(piece, &mut self.out).unwrap();
        }
        send.sent(&mut self.out).unwrap()
    }
}

/// Runs the whole script: what is sent, what the server then says, and so on.
fn run(
    capabilities: &str,
    order: Order,
    script: &[(&str, &str)],
    sizes: impl Fn(usize) -> Vec<usize>,
) -> String {
    let mut rig = Rig::new(capabilities, order);
    for (turn, (sent, said)) in script.iter().enumerate() {
        assert_eq!(std::mem::take(&mut rig.sent), *sent);
        rig.receive(said, &sizes(turn));
    }
    format!("{}{}", rig.sent, rig.end)
}

/// How the script ends, however what the server says arrives.
fn ends(capabilities: &str, order: &Order, script: &[(&str, &str)], end: &str) {
    let check = |sizes: &dyn Fn(usize) -> Vec<usize>| {
        assert_eq!(run(capabilities, order.clone(), script, sizes), end);
    };
    check(&|_| vec![usize::MAX]);
    check(&|_| vec![1]);
    for (split, (_, said)) in script.iter().enumerate() {
        for at in 1..said.len() {
            check(&|turn| {
                if turn == split {
                    vec![at, usize::MAX]
                } else {
                    vec![usize::MAX]
                }
            });
        }
    }
}

const LIST: &str = "T LIST \"\" \"*\" RETURN (SPECIAL-USE)\r\n";
const EXAMINE: &str = "T EXAMINE \"Sent Items\"\r\n";
const RECENT: &str = "T FETCH 11:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE)])\r\n";
const OTHERS: &str = "* 29 FETCH (UID 4 BODY[HEADER.FIELDS (MESSAGE-ID DATE)] {23}\r\nMessage-ID: <1@a>.b\r\n\r\n)\r\n\
    * 30 FETCH (UID 5 BODY[HEADER.FIELDS (MESSAGE-ID DATE)] {2}\r\n\r\n)\r\nT OK\r\n";
const SEARCH: &str = "T UID SEARCH SINCE 4-Nov-2025 HEADER Message-ID \"<1@a>\"\r\n";
const FETCH: &str = "T UID FETCH 4,5 (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE)])\r\n";
const APPENDED: &str = "T APPEND \"Sent Items\" (\\Seen) \" 5-Nov-2025 10:00:00 +0100\" {25+}\r\n\
    Message-ID: <1@a>\r\n\r\nhi\r\n\r\n";
const FILED: &str = "T LOGOUT\r\nFiled { mailbox: \"Sent Items\", uid: Some((7, 6)), namesake: Absent }";

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
fn the_namespaces_are_asked_for_first() {
    let offered = format!("{FULL} NAMESPACE");
    let listed = "* LIST (\\Sent) \"/\" Bob/Sent\r\n* LIST () \"/\" Sent\r\nT OK\r\n";
    for (answer, chosen) in [
        (
            "* NAMESPACE ((\"\" \"/\")) ((\"Bob/\" \"/\")) NIL\r\nT OK\r\n",
            "Sent",
        ),
        ("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\nT OK\r\n", "Bob/Sent"),
        ("T NO no\r\n", "Bob/Sent"),
    ] {
        let script = [("T NAMESPACE\r\n", answer), (LIST, listed)];
        ends(
            &offered,
            &order(),
            &script,
            &format!("T EXAMINE \"{chosen}\"\r\nwaits"),
        );
        // A server that does not understand LIST hears the same.
        let plain = ("T LIST \"\" \"*\"\r\n", listed);
        let script = [script[0], (LIST, "T BAD no\r\n"), plain];
        ends(
            &offered,
            &order(),
            &script,
            &format!("T EXAMINE \"{chosen}\"\r\nwaits"),
        );
    }
    let script = [("T NAMESPACE\r\n", "* BYE x\r\n")];
    ends(&offered, &order(), &script, "LIST refused: BYE x");
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

#[test]
fn the_question_fits_the_server() {
    let asked = |capabilities| Rig::new(capabilities, order()).sent;
    assert_eq!(asked("IMAP4rev1 LIST-EXTENDED"), LIST);
    assert_eq!(asked("IMAP4rev2"), "T NAMESPACE\r\n");
    assert_eq!(asked("IMAP4rev1 NAMESPACE XLIST"), "T NAMESPACE\r\n");
    assert_eq!(asked("IMAP4rev1 XLIST"), "T XLIST \"\" \"*\"\r\n");
    assert_eq!(asked("IMAP4rev1"), "T LIST \"\" \"*\"\r\n");
    // A server that does not understand after all.
    for capabilities in [FULL, "XLIST"] {
        let plain = "T LIST \"\" \"*\"\r\n";
        let script = [
            (
                if capabilities == FULL {
                    LIST
                } else {
                    "T XLIST \"\" \"*\"\r\n"
                },
                "T BAD x\r\n",
            ),
            (plain, LISTED),
        ];
        ends(capabilities, &order(), &script, &format!("{EXAMINE}waits"));
        let script = [script[0], (plain, "T NO [UNAVAILABLE] x\r\n")];
        ends(
            capabilities,
            &order(),
            &script,
            "T LOGOUT\r\nLIST refused: NO [UNAVAILABLE] x",
        );
    }
}

const INBOX: &str = "* LIST () \".\" INBOX\r\nT OK\r\n";

#[test]
fn a_missing_mailbox_is_created_if_it_may_be() {
    let refused = "T LOGOUT\r\nfiling refused: NO no mailbox for sent messages";
    ends(FULL, &order(), &[(LIST, INBOX)], refused);
    let order = Order {
        create: Some("Gesendet\u{e4}".to_owned()),
        message_id: None,
        ..order()
    };
    let (create, subscribe) = (
        "T CREATE \"Gesendet&AOQ-\"\r\n",
        "T SUBSCRIBE \"Gesendet&AOQ-\"\r\n",
    );
    let append = "T APPEND \"Gesendet&AOQ-\" (\\Seen) \" 5-Nov-2025 10:00:00 +0100\" {25+}\r\n\
        Message-ID: <1@a>\r\n\r\nhi\r\n\r\nwaits";
    for created in ["T OK\r\n", "T NO [ALREADYEXISTS] there\r\n"] {
        for subscribed in ["T OK\r\n", "T NO no\r\n"] {
            let script = [(LIST, INBOX), (create, created), (subscribe, subscribed)];
            ends(FULL, &order, &script, append);
        }
    }
    let script = [(LIST, INBOX), (create, "T NO [OVERQUOTA] full\r\n")];
    ends(
        FULL,
        &order,
        &script,
        "T LOGOUT\r\nCREATE refused: NO [OVERQUOTA] full",
    );
}

#[test]
fn a_mailbox_that_cannot_be_beside_inbox_is_created_below_it() {
    let order = Order {
        create: Some("Sent".to_owned()),
        ..order()
    };
    let (beside, below) = ("T CREATE \"Sent\"\r\n", "T CREATE \"INBOX.Sent\"\r\n");
    let begin = [(LIST, INBOX), (beside, "T NO [CANNOT] try INBOX.Sent\r\n")];
    let script = [
        begin[0],
        begin[1],
        (below, "T OK\r\n"),
        ("T SUBSCRIBE \"INBOX.Sent\"\r\n", "T OK\r\n"),
    ];
    ends(FULL, &order, &script, "T EXAMINE \"INBOX.Sent\"\r\nwaits");
    let script = [begin[0], begin[1], (below, "T NO [NOPERM] no\r\n")];
    ends(
        FULL,
        &order,
        &script,
        "T LOGOUT\r\nCREATE refused: NO [NOPERM] no",
    );
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
