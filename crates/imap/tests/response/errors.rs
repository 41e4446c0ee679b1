//! What is no response, and what is too much.

use gatepost_imap::parse::{ErrorKind, Options};
use gatepost_imap::response;
use gatepost_imap::{Limit, Tag};

fn error(message: &str) -> (usize, &'static str) {
    let error = response::parse(&message.as_bytes().to_vec()).unwrap_err();
    (error.offset, error.expected)
}

#[test]
fn errors_say_where_and_what() {
    for (message, offset, expected) in [
        ("", 0, "a tag, * or +"),
        ("*", 1, "a space"),
        ("* ", 2, "a response"),
        ("*  OK x", 2, "a response"),
        ("+", 1, "a space"),
        ("* OK", 4, "a space"),
        ("a1 LIST", 3, "OK, NO or BAD"),
        ("a1 BYE x", 3, "OK, NO or BAD"),
        ("a1", 2, "a space"),
        ("a1 OK", 5, "a space"),
        ("a1 NO [ALERT]", 13, "a space"),
        ("a1 NO [ALERT]x", 13, "a space"),
        ("* SEARCH ", 8, "the end of the line"),
        ("* SEARCH 1  2", 11, "a number, or MODSEQ in parentheses"),
        ("* SEARCH 0", 9, "a number from 1 to 4294967295"),
        ("* SEARCH 4294967296", 9, "a number from 1 to 4294967295"),
        ("* SEARCH x", 9, "a number, or MODSEQ in parentheses"),
        ("* LIST (\\A) \"/\" a b", 18, "extended data in parentheses"),
        ("* LIST (A) \"/\" a", 8, "an attribute"),
        ("* LIST () \"//\" a", 10, "a quoted character or NIL"),
        ("* LIST () / a", 10, "a quoted character or NIL"),
        ("* STATUS x (MESSAGES)", 20, "a space"),
        ("* STATUS x (UIDNEXT 0)", 20, "a number from 1 to 4294967295"),
        ("* NAMESPACE () NIL NIL", 13, "an opening parenthesis"),
        ("* NAMESPACE NIL NIL", 19, "a space"),
        ("* FLAGS (\\Seen )", 15, "a flag"),
        ("* CAPABILITY IDLE ", 17, "the end of the line"),
        ("* 0 EXPUNGE", 2, "a number above 0"),
        ("* 5 EXISTS x", 10, "the end of the line"),
        ("* VANISHED 1:*", 11, "a set of UIDs"),
        ("* ACL x y L", 10, "rights"),
        ("* METADATA x ()", 14, "an entry"),
        ("* X\r\ny", 3, "a space"),
        ("* X y\r\nz", 5, "no end of a line"),
        ("* ESEARCH (X 1)", 11, "TAG, MAILBOX or UIDVALIDITY"),
        (
            "* ESEARCH (TAG \"a\" TAG \"b\")",
            19,
            "TAG, MAILBOX or UIDVALIDITY",
        ),
        ("* ESEARCH MIN 07", 14, "a number without zeros before it"),
        ("* 1 FETCH (UID 07)", 15, "a number without zeros before it"),
        ("* QUOTA x (STORAGE 1)", 20, "a space"),
    ] {
        assert_eq!(error(message), (offset, expected), "{message}");
    }
}

#[test]
fn the_tag_is_told_if_there_is_one() {
    let tag = |message: &'static [u8]| {
        response::parse_with(message, &Options::default())
            .unwrap_err()
            .tag
    };
    assert_eq!(tag(b"a1 FOO"), Tag::parse(b"a1").ok());
    assert_eq!(tag(b"* SEARCH x"), None);
}

#[test]
fn limits_have_names() {
    let options = Options {
        elements: 3,
        nesting: 2,
        ..Options::default()
    };
    for message in [
        "* LIST (\\A \\B \\C \\D) NIL x",
        "* FLAGS (a b c d)",
        "* CAPABILITY a b c d",
        "* ESEARCH COUNT 1 COUNT 1 COUNT 1 COUNT 1",
        "* THREAD (1)(2)(3)(4)",
        "* STATUS x (MESSAGES 1 MESSAGES 1 MESSAGES 1 MESSAGES 1)",
        "* OK [PERMANENTFLAGS (a b c d)] x",
    ] {
        let parsed = response::parse_with(&message.as_bytes().to_vec(), &options);
        match parsed {
            Err(error) => assert_eq!(error.kind, ErrorKind::Limit(Limit::Elements), "{message}"),
            // A code is never an error of the response.
            Ok(parsed) => assert!(message.contains('[') && !parsed.forgiven.is_empty()),
        }
    }
    let deep = response::parse_with(b"* THREAD ((1)((2)((3)(4))))", &options).unwrap_err();
    assert_eq!(deep.kind, ErrorKind::Limit(Limit::Nesting));
}

#[test]
fn a_hundred_thousand_parentheses_are_no_trouble() {
    for start in [
        "* THREAD ",
        "* LIST () NIL x ",
        "* X ",
        "* NAMESPACE ",
        "* OK [BADEVENT ",
    ] {
        let deep = format!("{start}{}", "(".repeat(100_000));
        let _ = response::parse(&deep.into_bytes());
    }
    let value = format!(
        "* LIST () NIL x (y {}{})",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    let response = response::parse(&value.into_bytes()).unwrap();
    assert_eq!(response.clone(), response);
}
