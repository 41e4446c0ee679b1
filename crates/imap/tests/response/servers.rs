//! What real servers send, and the grammar does not know. Each line was seen by somebody, who is named.

use gatepost_imap::parse::Allowance;
use gatepost_imap::response::{self, Response};
use gatepost_imap::types::{By, Flag, StatusValue};
use gatepost_imap::{Capabilities, ResponseCode, Status};

use crate::{forgiving, lenient, mailbox};

/// What is read of a line that is refused strictly, and for which `allowance` is enough.
#[track_caller]
fn forgiven(line: &str, allowance: Allowance) -> Response {
    let octets = line.as_bytes().to_vec();
    assert!(response::parse(&octets).is_err(), "{line}");
    let parsed = forgiving(&octets);
    assert!(
        parsed.forgiven.contains(allowance),
        "{line}: {:?}",
        parsed.forgiven
    );
    let mut options = lenient();
    options.leniency = options.leniency.without(allowance).without(Allowance::Unreadable);
    assert!(response::parse_with(&octets, &options).is_err(), "{line}");
    parsed.value
}

#[track_caller]
fn numbers(line: &str, allowance: Allowance) -> Vec<u32> {
    match forgiven(line, allowance) {
        Response::Search(search) | Response::Sort(search) => search.numbers.iter().collect(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn searches_end_in_spaces() {
    // GreenMail (djc/imap-proto#34), Yahoo (djc/imap-proto#108), global-mail.cn (modern-email/defects#26).
    assert_eq!(numbers("* SEARCH ", Allowance::TrailingSpaces), [0; 0]);
    assert_eq!(
        numbers("* SEARCH 169654 169655 ", Allowance::TrailingSpaces),
        [169_654, 169_655]
    );
}

#[test]
fn searches_have_odd_numbers() {
    assert_eq!(numbers("* SEARCH 1  2", Allowance::Spaces), [1, 2]);
    assert_eq!(numbers("* SEARCH 0 5", Allowance::Number), [5]);
    assert_eq!(numbers("* SEARCH 5 4294967296", Allowance::Number), [5]);
}

#[test]
fn modseq_of_esearch_stands_in_parentheses() {
    // MailKit#323
    let line = "* ESEARCH (TAG \"A00000012\") UID ALL 33866,33897,33906 (MODSEQ 284535)";
    let Response::ESearch(search) = forgiven(line, Allowance::Nil) else {
        panic!()
    };
    assert_eq!(search.results.len(), 2);
}

#[test]
fn spaces_before_uid_of_esearch_make_no_result_of_it() {
    let Response::ESearch(search) = forgiven("* ESEARCH  UID ALL 5", Allowance::Spaces) else {
        panic!()
    };
    assert_eq!((search.numbers, search.results.len()), (By::Uid, 1));
    for line in ["* ESEARCH  UID ALL 5", "* ESEARCH COUNT 1 UID 5"] {
        assert!(response::parse(line.as_bytes()).is_err(), "{line}");
    }
}

#[test]
fn statuses_of_mailboxes_end_in_spaces() {
    // Exchange (modern-email/defects#9, djc/imap-proto#152).
    let line = "* STATUS INBOX (MESSAGES 0) ";
    let Response::MailboxStatus(status) = forgiven(line, Allowance::TrailingSpaces) else {
        panic!()
    };
    assert_eq!(status.items, [StatusValue::Messages(0)]);
}

#[test]
fn lists_have_spaces_inside() {
    // SurgeMail (chatmail/async-imap#123).
    let line = "* FLAGS (\\Answered \\Seen $Forwarded )";
    let Response::Flags(flags) = forgiven(line, Allowance::Spaces) else {
        panic!()
    };
    assert_eq!(flags.len(), 3);
    for line in [
        "* STATUS x ( MESSAGES 1)",
        "* STATUS x (MESSAGES 1 )",
        "* LIST ( ) NIL x",
        "* FLAGS ( )",
        "* FLAGS ( a  b)",
    ] {
        let response = forgiven(line, Allowance::Spaces);
        assert!(!matches!(response, Response::Other(_)), "{line}");
    }
}

#[test]
fn numbers_of_messages_stand_behind_two_spaces() {
    // DavMail (python/cpython#117152).
    assert_eq!(
        forgiven("*  1843 EXISTS", Allowance::Spaces),
        Response::Exists(1843)
    );
}

#[test]
fn flags_are_no_atoms() {
    let kept = |line, allowance| match forgiven(line, allowance) {
        Response::Flags(flags) => flags,
        other => panic!("{line}: {other:?}"),
    };
    // Gmail (djc/imap-proto#36, ruby/net-imap#241); the label has a space in it.
    let line = "* FLAGS (\\Seen OIB-Seen-[Gmail]/All Mail OIB-Seen-[Gmail]/Spam Redirected)";
    let keywords = ["Mail", "Redirected"].map(|name| Flag::new(name).unwrap());
    let expected = [vec![Flag::Seen], keywords.to_vec()].concat();
    assert_eq!(kept(line, Allowance::Atom), expected);
    // InterMail (MailKit#771).
    let line = "* FLAGS (\"\\\\Deleted\" \\Answered)";
    assert_eq!(kept(line, Allowance::Atom), [Flag::Deleted, Flag::Answered]);
}

#[test]
fn a_new_keyword_is_allowed_in_flags() {
    // Zoho (modern-email/defects#44). The grammar has it in PERMANENTFLAGS alone.
    let parsed = response::parse(b"* FLAGS (\\Seen \\*)").unwrap();
    assert_eq!(parsed, Response::Flags(vec![Flag::Seen, Flag::Any]));
}

#[test]
fn mailbox_names_stand_without_quotes() {
    let name = |line: &str| match forgiven(line, Allowance::Unquoted) {
        Response::List(list) => list.mailbox.name().into_owned(),
        other => panic!("{line}: {other:?}"),
    };
    // Lotus Domino (IndySockets/Indy#329).
    assert_eq!(
        name("* LIST (\\HasNoChildren) \"\\\\\" Folder\\Subfolder 1"),
        "Folder\\Subfolder 1"
    );
    // Exchange (MailKit#945).
    assert_eq!(
        name("* LIST (\\HasNoChildren) \"/\" INBOX/Da\tOggetto\tRicevuto\t"),
        "INBOX/Da\tOggetto\tRicevuto"
    );
    assert_eq!(name("* LIST () \"/\" a%b"), "a%b");
    assert_eq!(name("* LIST () \"/\" a (b)"), "a (b)");
}

#[test]
fn delimiters_are_empty() {
    let Response::List(list) = forgiven("* LIST () \"\" x", Allowance::Nil) else {
        panic!()
    };
    assert_eq!((list.delimiter, list.mailbox), (None, mailbox("x")));
}

#[test]
fn uids_are_zero_or_too_large() {
    // MailKit#1010; neomutt#3830. The largest number in their place would be one UIDVALIDITY for all mailboxes.
    for line in [
        "* STATUS x (UIDVALIDITY 0 MESSAGES 1 UIDNEXT 0)",
        "* STATUS \"folder_0\" (UIDVALIDITY 1666390893380 MESSAGES 1)",
    ] {
        let Response::MailboxStatus(status) = forgiven(line, Allowance::Number) else {
            panic!()
        };
        assert_eq!(status.items, [StatusValue::Messages(1)]);
    }
    // SmarterMail (MailKit#150), GreenMail (greenmail#247).
    for code in ["UIDVALIDITY 0", "UIDVALIDITY 1528896777421"] {
        let parsed = forgiving(format!("* OK [{code}] UIDs valid").as_bytes());
        assert!(parsed.forgiven.contains(Allowance::Unreadable));
        let Response::Status { text, .. } = parsed.value else {
            panic!()
        };
        assert!(matches!(text.code(), Some(ResponseCode::Other(raw)) if *raw == code));
    }
}

#[test]
fn capability_lists_are_odd() {
    let list = |line, allowance| match forgiven(line, allowance) {
        Response::Capability(list) => list.to_string(),
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(
        list("* CAPABILITY IMAP4rev1 IDLE ", Allowance::TrailingSpaces),
        "IMAP4rev1 IDLE"
    );
    assert_eq!(
        list("* CAPABILITY IMAP4rev1  IDLE", Allowance::Spaces),
        "IMAP4rev1 IDLE"
    );
    assert_eq!(
        list("* CAPABILITY IMAP4rev1 B]AR X(Y IDLE", Allowance::Atom),
        "IMAP4rev1 IDLE"
    );
}

#[test]
fn namespaces_have_spaces_between_them() {
    let line = "* NAMESPACE ((\"\" \"/\") (\"~\" \"/\")) NIL NIL";
    let Response::Namespaces(said) = forgiven(line, Allowance::Spaces) else {
        panic!()
    };
    assert_eq!(said.personal.len(), 2);
    let line = "* NAMESPACE ((\"\" \"/\")) () NIL";
    assert!(matches!(forgiven(line, Allowance::Nil), Response::Namespaces(_)));
}

#[test]
fn texts_are_missing() {
    for line in ["* OK", "a1 OK", "a1 NO [ALERT]", "+", "* BYE"] {
        let response = forgiven(line, Allowance::MissingText);
        let text = match response {
            Response::Status { text, .. } | Response::Tagged { text, .. } => text,
            Response::Continuation(continuation) => continuation.text().clone(),
            other => panic!("{other:?}"),
        };
        assert!(text.text().is_empty(), "{line}");
    }
    let Response::Tagged { text, .. } = forgiven("a1 NO [ALERT]look", Allowance::Spaces) else {
        panic!()
    };
    assert_eq!(*text.text(), "look");
}

#[test]
fn texts_are_no_utf8_and_hold_controls() {
    let parsed = forgiving(b"* OK caf\xe9");
    assert!(parsed.forgiven.contains(Allowance::EightBit));
    let parsed = forgiving(b"* OK a\r\nb\0");
    assert!(parsed.forgiven.contains(Allowance::Controls));
    let Response::Status {
        status: Status::Ok,
        text,
    } = parsed.value
    else {
        panic!()
    };
    assert_eq!(*text.text(), "a\x7f\x7fb\x7f");
    let parsed = forgiving(b"* X a\rb");
    assert!(parsed.forgiven.contains(Allowance::Controls));
    assert!(matches!(parsed.value, Response::Other(other) if other.arguments().as_bytes() == "a\x7fb"));
    // What cannot hold a control is not read without it.
    for line in [
        &b"* QUOTA \"\"\0 (STORAGE 1 2)"[..],
        b"* LIST () NIL a\0b",
        b"* \rOK x",
    ] {
        assert!(
            matches!(forgiving(line).value, Response::Other(_)),
            "{}",
            line.escape_ascii()
        );
    }
    let value = forgiving(b"* LIST () NIL a (X (\"b\0\"))").value;
    assert!(matches!(value, Response::List(list) if list.extended.len() == 1));
    let Response::Status { text, .. } = forgiving(b"* OK [ALERT\0] x").value else {
        panic!()
    };
    assert!(matches!(text.code(), Some(ResponseCode::Other(raw)) if *raw == "ALERT\x7f"));
}

#[test]
fn what_cannot_be_read_is_kept() {
    for line in [
        &b"* LIST"[..],
        b"* LIST (x",
        b"* SEARCH x",
        b"* SEARCH 0 -1 +x 4294967296 *",
        b"* 5 EXISTS x",
        b"* 0 EXPUNGE",
        b"* NAMESPACE NIL",
        b"* (",
        b"* \xff\xfe",
        b"* MYRIGHTS x L",
        b"* THREAD ((1))",
        b"* VANISHED *",
    ] {
        assert!(response::parse(&line.to_vec()).is_err());
        let parsed = forgiving(line);
        assert!(parsed.forgiven.contains(Allowance::Unreadable));
        let Response::Other(other) = parsed.value else {
            panic!("{}", line.escape_ascii())
        };
        assert_eq!(&other.raw().as_bytes()[..], &line[2..]);
    }
    for line in [&b"*"[..], b"* ", b"", b"a1 FOO", b"* LIST {5}"] {
        assert!(response::parse_with(&line.to_vec(), &lenient()).is_err());
    }
}

#[test]
fn what_follows_the_grammar_needs_no_forgiveness() {
    for line in [
        "* OK [ALERT] x",
        "* LIST (\\Sent) \"/\" \"Sent Items\"",
        "* FLAGS (\\Seen)",
        "* CAPABILITY IMAP4rev1",
    ] {
        assert!(forgiving(line.as_bytes()).forgiven.is_empty(), "{line}");
    }
    let list = Capabilities::parse(b"IMAP4rev1");
    assert_eq!(
        forgiving(b"* CAPABILITY IMAP4rev1").value,
        Response::Capability(list)
    );
}
