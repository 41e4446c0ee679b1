//! What all commands have in common, and how the tests of each read and write them.

use bytes::{Bytes, BytesMut};
use gatepost_wire::Secret;

use super::*;
use crate::Limit;
use crate::parse::{Allowance, ErrorKind, Leniency};
use crate::types::{IdParameters, Mailbox, Text};

/// The command `text` behind a tag.
pub(super) fn body(text: &str) -> Body {
    let message = format!("a {text}");
    match parse(message.as_bytes()) {
        Ok(command) => command.body,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// How the command is written where literals need not wait.
pub(super) fn written(body: &Body) -> String {
    let command = Command {
        tag: Tag::parse(b"a").unwrap(),
        body: body.clone(),
    };
    let mut out = BytesMut::new();
    assert!(command.encode(&mut out, Literals::Any).is_empty());
    let text = String::from_utf8(out.to_vec()).unwrap();
    text.strip_prefix("a ")
        .unwrap()
        .strip_suffix("\r\n")
        .unwrap()
        .to_owned()
}

/// Reads `text`, which is written as `canonical`, and is read as the same then; shared or copied.
pub(super) fn becomes(text: &str, canonical: &str) {
    let read = body(text);
    assert_eq!(written(&read), canonical);
    assert_eq!(body(canonical), read);
    let shared = Bytes::from(format!("a {text}"));
    assert_eq!(parse(&shared).unwrap().body, read);
    assert!(!matches!(read, Body::Other(_)), "{text}");
}

/// Each of `texts` is written as it is read.
pub(super) fn same(texts: &[&str]) {
    for text in texts {
        becomes(text, text);
    }
}

/// Each is refused, at this octet behind the tag, because that was expected.
pub(super) fn refused(texts: &[(&str, usize, &str)]) {
    for &(text, offset, expected) in texts {
        let message = format!("a {text}");
        let error = parse(message.as_bytes()).unwrap_err();
        assert_eq!((error.offset - 2, error.expected), (offset, expected), "{text}");
        assert_eq!(error.tag, Tag::parse(b"a").ok());
    }
}

/// The command with what real clients get wrong, and what was forgiven.
pub(super) fn forgiven(text: &str) -> (Body, Vec<Allowance>) {
    let options = Options {
        leniency: Leniency::CLIENTS,
        ..Options::default()
    };
    let message = format!("a {text}");
    assert!(parse(message.as_bytes()).is_err(), "{text}");
    let parsed = parse_with(message.as_bytes(), &options).unwrap();
    let allowances = parsed.forgiven.iter().map(|(allowance, _)| allowance);
    (parsed.value.body, allowances.collect())
}

fn error(message: &[u8]) -> (usize, &'static str, bool) {
    let error = parse(message).unwrap_err();
    (error.offset, error.expected, error.tag.is_some())
}

#[test]
fn words_are_commands_in_any_case() {
    for (text, command) in [
        ("CAPABILITY", Body::Capability),
        ("noop", Body::Noop),
        ("LOGOUT", Body::Logout),
        ("StartTLS", Body::StartTls),
        ("NAMESPACE", Body::Namespace),
        ("IDLE", Body::Idle),
        ("CHECK", Body::Check),
        ("CLOSE", Body::Close),
        ("UNSELECT", Body::Unselect),
        ("EXPUNGE", Body::Expunge),
        ("UNAUTHENTICATE", Body::Unauthenticate),
    ] {
        assert_eq!(body(text), command);
        assert_eq!(written(&command), text.to_ascii_uppercase());
        assert_eq!(error(format!("a {text} x").as_bytes()).1, "the end of the line");
    }
}

/// RFC 9051 sections 6.3, 6.4 and 6.3.1, RFC 3501 section 6.3.9, RFC 4978 section 5.
#[test]
fn commands_of_few_words() {
    same(&[
        "ENABLE CONDSTORE",
        "ENABLE IMAP4rev2 UTF8=ACCEPT UIDONLY",
        "COMPRESS DEFLATE",
        "DELETE blurdybloop",
        "DELETE \"\"",
        "RENAME blurdybloop sarasoop",
        "RENAME INBOX \"old mail\"",
        "SUBSCRIBE #news.comp.mail.mime",
        "UNSUBSCRIBE INBOX",
        "STATUS blurdybloop (UIDNEXT MESSAGES)",
        "STATUS \"nil\" (SIZE DELETED HIGHESTMODSEQ APPENDLIMIT MAILBOXID RECENT X-GUID)",
        "COPY 2:4 MEETING",
        "UID COPY 42:69 foo",
        "MOVE 1,5:* Trash",
        "UID MOVE $ \"Deleted Items\"",
        "UID EXPUNGE 3000:3002",
    ]);
    becomes("DELETE {7}\r\nFoo\r\n {", "DELETE {7+}\r\nFoo\r\n {");
    becomes(
        "uid move 112:113 \"Deleted Items\"",
        "UID MOVE 112:113 \"Deleted Items\"",
    );
    refused(&[
        ("ENABLE", 6, "a space"),
        ("ENABLE ", 7, "a capability"),
        ("DELETE", 6, "a space"),
        ("DELETE (", 7, "a mailbox"),
        ("RENAME a", 8, "a space"),
        ("STATUS a", 8, "a space"),
        ("STATUS a ()", 10, "a status item"),
        ("STATUS a MESSAGES", 9, "a list of status items"),
        ("STATUS a (MESSAGES", 18, "a space or a closing parenthesis"),
        ("COPY 0 a", 5, "a set of messages"),
        ("COPY 1", 6, "a space"),
        ("UID", 3, "a space"),
        ("UID EXPUNGE", 11, "a space"),
        ("COMPRESS DEFLATE x", 16, "the end of the line"),
    ]);
}

/// RFC 9208 section 4.
#[test]
fn quotas() {
    same(&[
        "GETQUOTA \"\"",
        "GETQUOTA !partition/sda4",
        "GETQUOTAROOT INBOX",
        "SETQUOTA #user/alice (STORAGE 510)",
        "SETQUOTA \"\" (STORAGE 18446744073709551615 MESSAGE 0 V-X 1)",
        "SETQUOTA a ()",
    ]);
    refused(&[
        ("GETQUOTA", 8, "a space"),
        ("SETQUOTA a", 10, "a space"),
        ("SETQUOTA a (STORAGE)", 19, "a space"),
        ("SETQUOTA a (STORAGE x)", 20, "a number"),
    ]);
}

/// RFC 2971 section 3.1.
#[test]
fn id_is_a_list_or_nil() {
    same(&[
        "ID (\"name\" \"sodr\" \"version\" \"19.34\" \"vendor\" \"Pink Floyd Music Limited\")",
        "ID NIL",
        "ID (\"event\" NIL)",
    ]);
    assert_eq!(body("ID ()"), Body::Id(IdParameters::default()));
    assert_eq!(error(b"a ID"), (4, "a space", true));
    assert_eq!(error(b"a ID x"), (5, "a list in parentheses or NIL", true));
    assert_eq!(error(b"a ID (\"x\")"), (9, "a space", true));
}

#[test]
fn the_tag_and_the_word_behind_it() {
    assert_eq!(error(b""), (0, "a tag", false));
    assert_eq!(error(b"* NOOP"), (0, "a tag", false));
    assert_eq!(error(b"+ NOOP"), (0, "a tag", false));
    assert_eq!(error(b"a%b NOOP"), (1, "a space", false));
    assert_eq!(error(b"AHQAdA=="), (8, "a space", false));
    assert_eq!(error(b"a  NOOP"), (2, "a command", true));
    assert_eq!(error(b"a NOOP "), (6, "the end of the line", true));
    let tagged = |count| [&b"t".repeat(count)[..], b" NOOP"].concat();
    assert!(parse(&tagged(64)).is_ok());
    assert_eq!(error(&tagged(65)), (0, "a tag", false));
    let (tag, verb) = head(b"a1 login {5}").unwrap();
    assert_eq!((tag.as_str(), verb), ("a1", &b"login"[..]));
    assert!(head(b"a1").is_none());
}

#[test]
fn what_is_not_known_is_kept() {
    for text in [
        "XAPPLEPUSHSERVICE aps-version 2 mailboxes (INBOX)",
        "NOTIFY NONE",
        "UID XFOO 1:*",
        "X {2+}\r\n\r\n",
        "X  (",
    ] {
        let Body::Other(other) = body(text) else { panic!() };
        assert_eq!(written(&Body::Other(other.clone())), text);
        assert_eq!(
            Other::new(other.name().clone(), other.arguments().clone()),
            Ok(other)
        );
    }
    assert_eq!(error(b"a X "), (3, "the end of the line", true));
    assert_eq!(error(b"a X a\nb"), (5, "no end of a line", true));
}

/// A second space is part of what is not known, and there is nothing to forgive.
#[test]
fn two_spaces_before_what_is_not_known() {
    let options = Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    };
    let parsed = parse_with(b"a X  (", &options).unwrap();
    assert!(parsed.forgiven.is_empty());
    assert_eq!(Ok(parsed.value), parse(b"a X  ("));
    let parsed = parse_with(b"a UID  X (", &options).unwrap();
    assert!(parsed.forgiven.contains(Allowance::Spaces));
    assert_eq!(Ok(parsed.value), parse(b"a UID X ("));
    assert_eq!(error(b"a UID  X ("), (6, "a command", true));
}

#[test]
fn nothing_known_is_an_other() {
    let other = |name: &'static str, arguments: &'static str| {
        Other::new(
            crate::types::Atom::new(name).unwrap(),
            crate::types::Raw::new(arguments).unwrap(),
        )
    };
    for (name, arguments) in [
        ("noop", ""),
        ("NOOP", "x"),
        ("LOGIN", "a"),
        ("Uid", "FETCH 1 FLAGS"),
        ("UID", "EXPUNGE"),
        ("X", " "),
    ] {
        assert!(other(name, arguments).is_err(), "{name} {arguments}");
    }
    assert!(other("UID", "X 1").is_ok());
}

/// What a parameter, an option or a modifier cannot be called, since it would be read as another.
#[test]
fn nothing_known_is_a_parameter() {
    for text in [
        "SELECT a (CONDSTORE QRESYNC (1 2))",
        "CREATE a (USE ())",
        "LIST (SUBSCRIBED REMOTE RECURSIVEMATCH SPECIAL-USE) \"\" *",
        "LIST \"\" * RETURN (CHILDREN MYRIGHTS STATUS (SIZE) METADATA (/a))",
        "SEARCH RETURN (MIN MAX ALL COUNT SAVE RELEVANCY PARTIAL 1:2) ALL",
        "FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED PARTIAL 1:2)",
        "STORE 1 (UNCHANGEDSINCE 1) FLAGS ()",
        "APPEND a UTF8 (~{0+}\r\n)",
        "APPEND a CATENATE ()",
    ] {
        same(&[text]);
        let words = text.split([' ', '(', ')']);
        let options = words.skip(2).filter(|word| {
            word.bytes()
                .all(|octet| octet.is_ascii_uppercase() || octet == b'-')
        });
        for option in options.filter(|word| word.len() > 2 && !["RETURN", "FLAGS", "SIZE"].contains(word)) {
            let name = crate::types::Atom::new(option.to_owned()).unwrap();
            assert!(crate::types::Parameter::new(name, None).is_err(), "{option}");
        }
    }
}

/// Where the server invites no literal, the client waits before each.
#[test]
fn pauses_are_behind_the_literals_that_need_them() {
    let command = Command {
        tag: Tag::parse(b"a").unwrap(),
        body: Body::Login {
            user: Text::new("al\r\n").unwrap(),
            password: Secret::from("\u{e9}"),
        },
    };
    let pauses = |literals| {
        let mut out = BytesMut::from("b NOOP\r\n");
        let pauses = command.encode(&mut out, literals);
        let ends: Vec<_> = pauses
            .iter()
            .map(|at| out[..at].ends_with(b"}\r\n") && !out[..at].ends_with(b"+}\r\n"))
            .collect();
        (out, ends)
    };
    let (out, ends) = pauses(Literals::Synchronizing);
    assert_eq!(out, "b NOOP\r\na LOGIN {4}\r\nal\r\n {2}\r\n\u{e9}\r\n");
    assert_eq!(ends, [true, true]);
    assert_eq!(pauses(Literals::Small).1, []);

    let raw = Command {
        tag: Tag::parse(b"a").unwrap(),
        body: body("X ({3+}\r\n{1} {1}\r\n\r~{0+}\r\n)"),
    };
    let mut out = BytesMut::new();
    let pauses = raw.encode(&mut out, Literals::Synchronizing);
    assert_eq!(out, "a X ({3}\r\n{1} {1}\r\n\r~{0}\r\n)\r\n");
    assert_eq!(pauses.iter().collect::<Vec<_>>(), [10, 19, 26]);
}

#[test]
fn mutt_leaves_a_space_behind() {
    let (_, forgiven) = forgiven("NOOP ");
    assert_eq!(forgiven, [Allowance::TrailingSpaces]);
}

/// imaplib quotes nothing that it does not have to.
#[test]
fn imaplib_does_not_quote_a_backslash() {
    let (read, forgiven) = forgiven("LOGIN CORP\\alice x");
    assert_eq!(forgiven, [Allowance::Unquoted]);
    assert!(matches!(read, Body::Login { user, .. } if user == "CORP\\alice"));
}

#[test]
fn many_parentheses_do_no_harm() {
    let message = [b"a ID ", &b"(".repeat(100_000)[..]].concat();
    assert_eq!(error(&message), (6, "a string or a closing parenthesis", true));
    for text in ["SEARCH ", "SEARCH NOT ", "SORT (DATE) X ", "THREAD X X "] {
        for repeated in ["(", "NOT ", "OR ALL ", "OR ", "FUZZY "] {
            let text = format!("a {text}{}", repeated.repeat(100_000));
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Limit(Limit::Nesting), "{repeated}");
        }
    }
    let many = format!("a ENABLE{}", " A".repeat(100_001));
    let error = parse(many.as_bytes()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit(Limit::Elements));
}

#[test]
fn passwords_share_no_memory_with_the_message() {
    for line in ["a LOGIN alice \"hunter2\"", "a AUTHENTICATE PLAIN aHVudGVyMg=="] {
        let message = Bytes::from(line.to_owned());
        let command = parse(&message).unwrap();
        // Nothing else holds it, so it can be overwritten.
        let mut alone = message.try_into_mut().unwrap();
        gatepost_wire::wipe(&mut alone);
        assert_eq!(command, parse(line.as_bytes()).unwrap());
    }
    let message = Bytes::from_static(b"a DELETE shared");
    let shared = parse(&message).unwrap();
    let Body::Delete(mailbox) = shared.body else {
        panic!()
    };
    assert!(message.as_ptr_range().contains(&mailbox.as_bytes().as_ptr()));
    assert_eq!(mailbox, Mailbox::new("shared").unwrap());
}

#[test]
fn nothing_secret_is_printed() {
    let shown = format!(
        "{:?}{:?}",
        parse(b"a LOGIN alice hunter2"),
        parse(b"a AUTHENTICATE PLAIN aHVudGVyMg==")
    );
    assert!(!shown.contains("hunter2") && !shown.contains("aHVu"), "{shown}");
    assert!(!shown.contains("104, 117"), "{shown}");
}

#[test]
fn the_line_that_ends_idle() {
    assert_eq!(Done::parse(b"DONE"), Ok(Done));
    for wrong in [&b"DON"[..], b"DONE ", b"DONEX", b"", b"a DONE"] {
        assert!(Done::parse(wrong).is_err());
    }
    let mut out = BytesMut::new();
    Done.encode(&mut out);
    assert_eq!(out, "DONE\r\n");
}
