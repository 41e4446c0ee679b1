//! What real servers send and the grammar does not know. Each is refused strictly, and forgiven if that is allowed.

use gatepost_imap::parse::{Allowance, Leniency, Options};
use gatepost_imap::response::fetch::{BodyStructure, Encoding, Item, Media, Recipient};
use gatepost_imap::response::{self, Response};

use crate::{envelope, fetched, lenient, structure, written};

/// The items of a line that is refused strictly, and read if these allowances are given. All of them are needed.
#[track_caller]
fn forgiven<const N: usize>(line: &str, allowances: [Allowance; N]) -> Vec<Item> {
    let octets = line.as_bytes().to_vec();
    assert!(response::parse(&octets).is_err(), "{line}");
    let given = allowances
        .iter()
        .fold(Leniency::STRICT, |set, &one| set.with(one));
    let options = |leniency| Options {
        leniency,
        ..Options::default()
    };
    let parsed = match response::parse_with(&octets, &options(given)) {
        Ok(parsed) => parsed,
        Err(error) => panic!("{line}: {error}"),
    };
    for allowance in allowances {
        assert!(parsed.forgiven.contains(allowance), "{line}: {allowance:?}");
        let without = response::parse_with(&octets, &options(given.without(allowance)));
        assert!(without.is_err(), "{line}: {allowance:?}");
    }
    // What is known of all servers at once reads it the same.
    let parsed_by_all = response::parse_with(&octets, &lenient()).unwrap();
    assert_eq!(parsed_by_all.value, parsed.value, "{line}");
    let again = response::parse_with(&written(&parsed.value), &lenient()).unwrap();
    assert_eq!(again.value, parsed.value, "{line}");
    fetched(parsed.value).items.into_vec()
}

/// The body structure of a line with it alone.
#[track_caller]
fn forgiven_body<const N: usize>(body: &str, allowances: [Allowance; N]) -> BodyStructure {
    let items = forgiven(&format!("* 1 FETCH (BODYSTRUCTURE {body})"), allowances);
    structure(&items).clone()
}

const NIL: [Allowance; 1] = [Allowance::Nil];
const SHORT: [Allowance; 1] = [Allowance::Short];
const NO_PARTS: [Allowance; 1] = [Allowance::NoParts];
const NUMBER: [Allowance; 1] = [Allowance::Number];

/// mail.ru and hydroxide (swift-nio-imap #821, rust-imap #166).
#[test]
fn empty_lists_of_addresses() {
    let items = forgiven(
        "* 1 FETCH (ENVELOPE (\"Wed, 11 Oct 2023 02:11:04 +0000\" \"x\" ((\"Tn\" NIL \"info\" \"example.ru\")) \
         () \"\" () NIL NIL \"\" \"<1@example.ru>\"))",
        NIL,
    );
    let envelope = envelope(&items);
    assert!(envelope.sender.is_empty() && envelope.reply_to.is_empty() && envelope.to.is_empty());
    assert_eq!(envelope.in_reply_to.as_ref().unwrap(), "");
}

/// A server of MailKit #991.
#[test]
fn nil_among_addresses() {
    let items = forgiven(
        "* 1 FETCH (ENVELOPE (NIL \"x\" (NIL (\"a\" NIL \"b\" \"c\")NIL) NIL NIL NIL NIL NIL NIL NIL))",
        [Allowance::Nil, Allowance::Spaces],
    );
    assert_eq!(envelope(&items).from.len(), 1);
}

/// QQ leaves out what a header does not have (MailKit #669, #932, #279).
#[test]
fn envelopes_without_their_end() {
    let short = "* 1 FETCH (ENVELOPE (\"Mon, 30 Oct 2017 11:05:21 +0800\" \"x\" ((NIL NIL \"10000\" \"qq.example\")) \
                 NIL NIL NIL NIL NIL";
    let items = forgiven(&format!("{short} \"<1@qq.example>\"))"), SHORT);
    assert_eq!(envelope(&items).in_reply_to.as_ref().unwrap(), "<1@qq.example>");
    let items = forgiven(&format!("{short}))"), SHORT);
    assert_eq!(envelope(&items).message_id, None);
}

/// maddy and iCloud (foxcpp/maddy #756, swift-nio-imap #684).
#[test]
fn no_transfer_encoding() {
    let body = forgiven_body(
        "(\"text\" \"plain\" (\"CHARSET\" \"UTF-8\") NIL NIL NIL 1423 44 NIL NIL NIL NIL)",
        NIL,
    );
    assert_eq!(body.root().fields().unwrap().encoding, Encoding::SevenBit);
}

/// mail.ru (modern-email/defects #50, kisli/vmime #159, MailKit #124).
#[test]
fn parameters_without_a_value() {
    let body = forgiven_body(
        "((\"text\" \"html\" NIL NIL NIL \"8bit\" 7130 0) \"alternative\" (\"boundary\" NIL))",
        NIL,
    );
    assert_eq!(body.root().parameter("boundary").unwrap(), "");
}

/// mail.ru (go-imap #557) and dbmail (#36).
#[test]
fn empty_and_odd_lists_of_parameters() {
    let body = forgiven_body("(\"message\" \"delivery-status\" () NIL NIL \"7bit\" 340)", NIL);
    assert!(body.root().parameters.is_empty());
    let body = forgiven_body("(\"message\" \"delivery-status\" \"\" NIL NIL \"7bit\" 340)", NIL);
    assert!(body.root().parameters.is_empty());
    let body = forgiven_body(
        "(\"image\" \"png\" (\"charset\" \"UTF-8\" \"\") NIL NIL \"7bit\" 340)",
        SHORT,
    );
    assert_eq!(body.root().parameters.len(), 2);
}

/// mail.ru (go-imap #557).
#[test]
fn messages_without_envelope_and_body() {
    let body = forgiven_body(
        "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 23925) \"report\")",
        SHORT,
    );
    let message = body.part("2").unwrap();
    assert!(message.is("message", "rfc822") && matches!(message.media, Media::Other { .. }));
    assert_eq!(body.part("2.1"), None);
}

/// Migadu (alps #45) wrote NIL, others leave them out (go-imap #557).
#[test]
fn texts_without_lines() {
    let body = forgiven_body(
        "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1234 NIL NIL NIL NIL)",
        NIL,
    );
    assert!(matches!(body.root().media, Media::Text { lines: 0, .. }));
    forgiven_body("(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1234)", SHORT);
    let body = forgiven_body(
        "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1234 \"md5\" NIL)",
        SHORT,
    );
    assert_eq!(body.root().fields().unwrap().md5.as_ref().unwrap(), "md5");
}

/// Gmail, if a boundary never comes (MailKit #205, #777, #1841), and another server (MailKit #1393, #944, #371).
#[test]
fn multiparts_without_parts() {
    for (body, subtype) in [
        ("(\"ALTERNATIVE\" (\"BOUNDARY\" \"==x\") NIL NIL)", "ALTERNATIVE"),
        ("(\"RELATED\" NIL (\"ATTACHMENT\" NIL) NIL)", "RELATED"),
        ("(\"ALTERNATIVE\")", "ALTERNATIVE"),
        (
            "(NIL \"alternative\" (\"boundary\" \"x\") NIL NIL NIL)",
            "alternative",
        ),
        ("( \"X-ZIP\" (\"BOUNDARY\" \"\"))", "X-ZIP"),
        ("()", ""),
    ] {
        let body = forgiven_body(body, NO_PARTS);
        assert!(body.root().is("multipart", subtype) && body.root().parts().next().is_none());
    }
    let body = forgiven_body(
        "((\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 787 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) () 0 NIL NIL NIL)\
         (\"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL)(\"TEXT\" \"HTML\" NIL NIL NIL \"7BIT\" 6769 171 NIL NIL NIL) \
         \"report\" NIL NIL)",
        NO_PARTS,
    );
    assert_eq!(body.root().parts().count(), 3);
    assert!(body.part("3").unwrap().is("text", "html"));
}

/// Exchange (MailKit #919, javamail #278).
#[test]
fn dispositions_that_are_strings() {
    let body = forgiven_body(
        "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 850 31 NIL \"inline\" NIL NIL) \
         \"mixed\" (\"boundary\" \"x\") \"S/MIME Encrypted Message\" NIL)",
        NIL,
    );
    let kind = |part| body.part(part).unwrap().disposition.clone().unwrap().kind;
    assert_eq!(kind("1"), "inline");
    assert_eq!(
        body.root().disposition.clone().unwrap().kind,
        "S/MIME Encrypted Message"
    );
}

/// Not seen, but the same mistakes in other places.
#[test]
fn dispositions_and_languages_of_nothing() {
    let text = "\"text\" \"plain\" NIL NIL NIL \"7bit\" 850 31 NIL";
    assert_eq!(
        forgiven_body(&format!("({text} ())"), NIL).root().disposition,
        None
    );
    assert!(
        forgiven_body(&format!("({text} NIL ())"), NIL)
            .root()
            .language
            .is_empty()
    );
    let body = forgiven_body(&format!("({text} (\"inline\"))"), SHORT);
    assert_eq!(body.root().disposition.clone().unwrap().kind, "inline");
}

/// GMX and others tell a broken multipart as a part, and its parameters again (MailKit #878, libetpan #217).
#[test]
fn a_list_for_the_md5_sum() {
    let body = forgiven_body(
        "(\"multipart\" \"related\" (\"boundary\" \"x\") NIL NIL \"7BIT\" 400 (\"boundary\" \"x\") NIL NIL NIL)",
        NIL,
    );
    assert!(body.root().is("multipart", "related") && !body.root().is_multipart());
    forgiven_body(
        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"GB2312\") NIL NIL \"7BIT\" 0 0 (\"BOUNDARY\" \"x\") NIL NIL)",
        NIL,
    );
}

/// SmarterMail, mail.ru and another server (MailKit #385, #1838, #823).
#[test]
fn sizes_that_are_none() {
    let octets = |size: &str| {
        let body = forgiven_body(
            &format!("(\"text\" \"plain\" NIL NIL NIL \"7bit\" {size} 0 NIL NIL)"),
            NUMBER,
        );
        body.root().fields().unwrap().octets
    };
    assert_eq!(octets("-2"), 0);
    assert_eq!(octets("1.86931e+06"), 1_869_310);
    assert_eq!(octets("4294967296"), u32::MAX);
    let body = forgiven_body("(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 -1)", NUMBER);
    assert!(matches!(body.root().media, Media::Text { lines: 0, .. }));
    let body = forgiven_body("(\"text\" \"plain\" NIL NIL NIL \"7bit\" NIL 1)", NIL);
    assert_eq!(body.root().fields().unwrap().octets, 0);
    for none in ["inf", "nan", "x", "1x", "(1)"] {
        let line = format!("* 1 FETCH (BODY (\"text\" \"plain\" NIL NIL NIL \"7bit\" {none} 0))");
        let options = Options {
            leniency: Leniency::SERVERS.without(Allowance::Unreadable),
            ..Options::default()
        };
        assert!(response::parse_with(line.as_bytes(), &options).is_err(), "{none}");
    }
}

/// Dovecot of 2011 (in MailKit's tests), QQ (mail-api #209).
#[test]
fn spaces_between_bodies_and_before_an_end() {
    let text = "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1 NIL NIL NIL NIL)";
    let body = forgiven_body(
        &format!("( ({text} {text} \"alternative\" NIL) {text} \"mixed\" NIL )"),
        [Allowance::Spaces],
    );
    assert_eq!(body.root().parts().count(), 2);
    assert_eq!(body.part("1").unwrap().parts().count(), 2);
    let items = forgiven("* 11487 FETCH (UID 19436 )", [Allowance::Spaces]);
    assert!(matches!(items[..], [Item::Uid(uid)] if uid.get() == 19436));
}

/// Yandex, for a part of no octets (MailKit #1708).
#[test]
fn a_part_without_its_data() {
    let items = forgiven("* 1 FETCH (UID 5 BODY[2] )", NIL);
    assert!(matches!(items[1], Item::BodySection { data: None, .. }));
}

/// A header in an encoding of old, as it was sent.
#[test]
fn names_in_other_encodings() {
    let line =
        b"* 1 FETCH (ENVELOPE (NIL \"gr\xfc\xdfe\" NIL NIL NIL ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL))";
    assert!(response::parse(line).is_err());
    let parsed = response::parse_with(line, &lenient()).unwrap();
    assert!(parsed.forgiven.contains(Allowance::EightBit));
    let items = fetched(parsed.value).items.into_vec();
    assert_eq!(&envelope(&items).subject.as_ref().unwrap()[..], b"gr\xfc\xdfe");
}

/// A message that was sent with a NUL, as a literal that must not have any.
#[test]
fn messages_with_nul() {
    let items = forgiven("* 1 FETCH (BODY[] {3}\r\na\0b)", [Allowance::Controls]);
    assert!(matches!(&items[0], Item::BodySection { data: Some(data), .. } if data.octets() == 3));
}

/// Groups without an end, and ends without a start (himalaya #617).
#[test]
fn odd_groups() {
    let items = crate::same(
        "* 42 FETCH (ENVELOPE (NIL NIL NIL NIL NIL ((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL)) \
         ((NIL NIL \"a\" NIL)(NIL NIL \"b\" \"c\")(NIL NIL \"d\" NIL)) ((NIL NIL NIL NIL)(NIL NIL \"b\" \"c\")) NIL NIL))",
    );
    let envelope = envelope(&items);
    assert!(matches!(
        Recipient::all(&envelope.to).collect::<Vec<_>>()[..],
        [Recipient::Group { name, members: [] }] if *name == "undisclosed-recipients"
    ));
    assert!(matches!(
        Recipient::all(&envelope.cc).collect::<Vec<_>>()[..],
        [
            Recipient::Group { members: [_], .. },
            Recipient::Group { members: [], .. }
        ]
    ));
    assert!(matches!(
        Recipient::all(&envelope.bcc).collect::<Vec<_>>()[..],
        [Recipient::Address(_)]
    ));
}

/// What cannot be read does not take the rest of the response with it (swift-nio-imap #757).
#[test]
fn items_that_cannot_be_read() {
    let items = forgiven(
        "* 3 FETCH (UID 0 INTERNALDATE \"yesterday\" MODSEQ (0) ENVELOPE \"x\" BODYSTRUCTURE ((\"text\" 5)) FLAGS ())",
        [Allowance::Unreadable],
    );
    let unreadable = |item: &Item| match item {
        Item::Unreadable(item) => (item.name().to_owned(), item.value().as_bytes().to_vec()),
        other => panic!("{other:?}"),
    };
    let seen: Vec<_> = items[..5].iter().map(unreadable).collect();
    assert_eq!(seen[0], ("UID".to_owned(), b"0".to_vec()));
    assert_eq!(seen[1], ("INTERNALDATE".to_owned(), b"\"yesterday\"".to_vec()));
    assert_eq!(seen[2], ("MODSEQ".to_owned(), b"(0)".to_vec()));
    assert_eq!(seen[4], ("BODYSTRUCTURE".to_owned(), b"((\"text\" 5))".to_vec()));
    assert_eq!(items[5], Item::Flags(vec![]));
    // A date alone is forgiven by its own allowance.
    let date = forgiven("* 3 FETCH (INTERNALDATE \"yesterday\" UID 7)", [Allowance::Date]);
    assert_eq!(unreadable(&date[0]), seen[1]);
}

/// mail.ru puts bodies in a row (node-imap #904): that is beyond a value, so the response is unknown.
#[test]
fn bodies_in_a_row() {
    let line = "* 385 FETCH (UID 3342 BODYSTRUCTURE (\"text\" \"html\" NIL NIL NIL \"7bit\" 1840 0 NIL NIL NIL NIL)\
                ((\"text\" \"html\" NIL NIL NIL \"base64\" 168 0 NIL NIL NIL NIL) \"mixed\"))";
    let parsed = response::parse_with(line.as_bytes(), &lenient()).unwrap();
    assert!(matches!(parsed.value, Response::Other(_)));
    assert!(parsed.forgiven.contains(Allowance::Unreadable));
}
