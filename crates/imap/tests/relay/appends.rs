//! The client's own APPENDs, of which the caller hears.

use gatepost_imap::relay::{EmptyLiteral, Rules};

use crate::rig::{Case, Rig, c, s};

const MESSAGE: &str = "From: a\r\nMessage-ID: <1@a>\r\n\r\nhi\r\n";

/// A literal with its announcement.
fn literal(plus: &str, octets: &str) -> String {
    format!("{{{}{plus}}}\r\n{octets}", octets.len())
}

fn append(tag: &str, arguments: &str, message: &str) -> String {
    format!("{tag} APPEND {arguments} {}\r\n", literal("+", message))
}

#[test]
fn a_message_is_reported_when_it_is_taken() {
    let command = append("a", "Sent (\\Seen) \" 5-Nov-2025 10:00:00 +0100\"", MESSAGE);
    Case::new([c(&command)]).reports(&[]);
    Case::new([c(&command), s("* 1 EXISTS\r\na OK [APPENDUID 1 2] done\r\n")]).reports(&["Sent: <1@a>"]);
    Case::new([c(&command.replace("APPEND", "append")), s("a ok\r\n")]).reports(&["Sent: <1@a>"]);
    for answer in [
        "a NO [OVERQUOTA] full",
        "a BAD no",
        "b OK",
        "a OKAY",
        "* OK",
        "+ OK",
        "aa OK",
    ] {
        Case::new([c(&command), s(&format!("{answer}\r\n"))]).reports(&[]);
    }
}

#[test]
fn a_synchronizing_literal_is_watched_as_well() {
    let announcement = format!("a APPEND \"Sent Items\" {{{}}}\r\n", MESSAGE.len());
    let taken = [
        c(&announcement),
        s("+ go\r\n"),
        c(&format!("{MESSAGE}\r\n")),
        s("a OK done\r\n"),
    ];
    Case::new(taken).reports(&["Sent Items: <1@a>"]);
    // What follows a refused literal is a command.
    let refused = [
        c(&announcement),
        s("a NO [TRYCREATE] no\r\n"),
        c("b NOOP\r\n"),
        s("a OK\r\nb OK\r\n"),
    ];
    Case::new(refused).reports(&[]);
}

#[test]
fn several_commands_are_told_apart_by_their_tags() {
    let other = MESSAGE.replace("<1@a>", "\r\n <2@a>");
    let turns = [
        c(&append("a", "Sent", MESSAGE)),
        c("b NOOP\r\n"),
        c(&append("c", "Sent", &other)),
        s("b OK\r\nc OK\r\na NO\r\n"),
    ];
    Case::new(turns).reports(&["Sent: <2@a>"]);
}

#[test]
fn each_message_of_a_multiappend_is_reported() {
    let messages: Vec<String> = ["<1@a>", "<2@a>", "none"]
        .map(|id| {
            literal(
                "+",
                &MESSAGE.replace("<1@a>", id).replace("Message-ID: none\r\n", ""),
            )
        })
        .into();
    let command = format!("a APPEND Sent {}\r\n", messages.join(" (\\Seen) "));
    Case::new([c(&command), s("a OK [APPENDUID 1 1:3]\r\n")]).reports(&["Sent: <1@a>", "Sent: <2@a>"]);
}

#[test]
fn a_mailbox_in_a_literal_is_no_message() {
    for mailbox in ["Sent", "Message-ID: <0@a>"] {
        let command = append("a", &literal("+", mailbox), MESSAGE);
        let expected = format!("{mailbox}: <1@a>");
        Case::new([c(&command), s("a OK\r\n")]).reports(&[&expected]);
    }
}

#[test]
fn the_mailbox_is_told_however_it_is_spelled() {
    for (spelled, mailbox) in [
        ("Drafts", "Drafts"),
        ("INBOX.Gesendete&AMQ-", "INBOX.Gesendete&AMQ-"),
        (r#""Sent Items""#, "Sent Items"),
        (r#""a \"b\" \\ (\\Draft) {9}""#, r#"a "b" \ (\Draft) {9}"#),
        (r#""""#, ""),
        ("{0+}\r\n", ""),
        ("{13+}\r\nSent \"x\" {5}\\", r#"Sent "x" {5}\"#),
        ("{2+}\r\n\u{e9}", "\u{e9}"),
    ] {
        for arguments in [spelled.to_owned(), format!("{spelled} (\\Seen)")] {
            let turns = [c(&append("a", &arguments, MESSAGE)), s("a OK\r\n")];
            let expected = format!("{}: <1@a>", mailbox.as_bytes().escape_ascii());
            Case::new(turns).reports(&[&expected]);
        }
    }
}

#[test]
fn a_mailbox_with_an_endless_name_is_not_reported() {
    for (length, count) in [(1024, 1), (1025, 0), (5000, 0)] {
        for name in [
            "x".repeat(length),
            format!("\"{}\"", "x".repeat(length)),
            literal("+", &"x".repeat(length)),
        ] {
            let mut rig = watching();
            rig.take(&c(&append("a", &name, MESSAGE)), &[100]);
            rig.take(&s("a OK\r\n"), &[usize::MAX]);
            assert_eq!(rig.out.appended.len(), count);
        }
    }
}

#[test]
fn drafts_are_not_reported() {
    for flags in ["(\\Draft)", "(\\Seen \\draft)", "(\\\\Draft \\Seen)"] {
        let command = append("a", &format!("Drafts {flags}"), MESSAGE);
        Case::new([c(&command), s("a OK\r\n")]).reports(&[]);
    }
    for flags in ["(\\Seen)", "(Draft \\Drfat)", "(\\D\\raft)"] {
        let command = append("a", &format!("Sent {flags}"), MESSAGE);
        Case::new([c(&command), s("a OK\r\n")]).reports(&["Sent: <1@a>"]);
    }
    let drafts = literal("+", MESSAGE);
    let command = format!("a APPEND x (\\Draft) {drafts} (\\Seen) {drafts}\r\n");
    Case::new([c(&command), s("a OK\r\n")]).reports(&["x: <1@a>"]);
}

#[test]
fn other_commands_are_not_watched() {
    let command = append("a", "Sent", MESSAGE);
    for name in ["XAPPEND", "APPENDS", "REPLACE"] {
        Case::new([c(&command.replace("APPEND", name)), s("a OK\r\n")]).reports(&[]);
    }
    for message in ["", "\r\n\r\nMessage-ID: <1@a>\r\n", "Message-ID:\r\n\r\n"] {
        Case::new([c(&append("a", "Sent", message)), s("a OK\r\n")]).reports(&[]);
    }
}

#[test]
fn an_answer_before_the_end_of_the_command_takes_nothing() {
    let command = append("a", "Sent", MESSAGE);
    let (begun, rest) = command.split_at(command.len() - 3);
    Case::new([c(begun), s("a OK\r\n"), c(rest), s("a OK\r\n")]).reports(&[]);
}

fn watching() -> Rig {
    let rules = Rules::new([], EmptyLiteral::Keep).watching_appends();
    Rig::new("IMAP4rev1 LITERAL+", rules)
}

#[test]
fn the_start_of_a_long_message_is_enough() {
    let mut rig = watching();
    let filler = "x".repeat(16 << 10);
    let late = format!("X: {filler}\r\n{MESSAGE}");
    let early = format!("{MESSAGE}{}", filler.repeat(100));
    for (message, expected) in [(late, 0), (early, 1)] {
        rig.take(&c(&append("a", "Sent", &message)), &[1000]);
        rig.take(&s("a OK\r\n"), &[usize::MAX]);
        assert_eq!(rig.out.appended.len(), expected);
    }
}

#[test]
fn not_more_than_eight_wait_for_the_server() {
    let mut rig = watching();
    for number in 10..30 {
        let message = MESSAGE.replace("1@a", &number.to_string());
        rig.take(&c(&append(&number.to_string(), "Sent", &message)), &[usize::MAX]);
    }
    for number in 10..30 {
        rig.take(&s(&format!("{number} OK\r\n")), &[usize::MAX]);
    }
    let last: Vec<String> = (22..30).map(|number| format!("Sent: <{number}>")).collect();
    assert_eq!(rig.out.appended, last);
}

#[test]
fn without_the_rule_nothing_is_reported() {
    let mut rig = Rig::new("IMAP4rev1 LITERAL+", Rules::new([], EmptyLiteral::Keep));
    rig.take(&c(&append("a", "Sent", MESSAGE)), &[usize::MAX]);
    rig.take(&s("a OK\r\n"), &[usize::MAX]);
    assert_eq!(rig.out.appended, [""; 0]);
}
