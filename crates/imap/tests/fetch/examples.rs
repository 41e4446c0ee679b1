//! The examples of the RFCs.

use gatepost_imap::response::fetch::{Address, Data, Encoding, Item, Media, Recipient};
use gatepost_imap::response::{self, Response};
use gatepost_imap::types::{Flag, SectionText};

use crate::{envelope, same, structure};

/// RFC 9051 section 7.5.2 and RFC 3501 section 7.4.2.
#[test]
fn flags_and_a_size() {
    let items = same("* 23 FETCH (FLAGS (\\Seen) RFC822.SIZE 44827)");
    assert_eq!(items, [Item::Flags(vec![Flag::Seen]), Item::Rfc822Size(44827)]);
}

/// RFC 3501 section 8.
#[test]
fn a_whole_message() {
    let items = same(
        "* 12 FETCH (FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 \
         ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) \
         ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \
         \"<B27397-0100000@cac.washington.edu>\") \
         BODY (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028 92))",
    );
    let Item::InternalDate(moment) = items[1] else {
        panic!()
    };
    assert_eq!(moment.unix_seconds(), 837_596_665);
    let envelope = envelope(&items);
    assert_eq!(
        envelope.subject.as_ref().unwrap(),
        "IMAP4rev1 WG mtg summary and minutes"
    );
    assert_eq!(envelope.from, envelope.reply_to);
    assert_eq!(envelope.from[0].email().unwrap(), "gray@cac.washington.edu");
    assert_eq!(envelope.from[0].display(), "Terry Gray");
    assert_eq!(
        envelope.from[0].to_string(),
        "Terry Gray <gray@cac.washington.edu>"
    );
    assert_eq!(envelope.to[0].to_string(), "imap@cac.washington.edu");
    assert_eq!(envelope.cc.len(), 2);
    assert!(envelope.bcc.is_empty() && envelope.in_reply_to.is_none());
    assert_eq!(
        envelope.message_id.as_ref().unwrap(),
        "<B27397-0100000@cac.washington.edu>"
    );
    let body = structure(&items).root();
    assert!(body.is("text", "plain") && matches!(body.media, Media::Text { lines: 92, .. }));
}

/// RFC 3501 section 8, and what RFC 9051 section 7.5.2 says of partial FETCH.
#[test]
fn parts_of_messages() {
    let items = same("* 12 FETCH (BODY[HEADER] {14}\r\nDate: today\r\n\r)");
    let Item::BodySection {
        section,
        origin,
        data,
    } = &items[0]
    else {
        panic!()
    };
    assert_eq!((section.text(), *origin), (Some(&SectionText::Header), None));
    assert_eq!(*data, Some(Data::Here("Date: today\r\n\r".into())));
    let items = same("* 12 FETCH (BODY[TEXT]<40> {3}\r\nabc BODY[4.2.MIME] NIL)");
    assert!(matches!(items[0], Item::BodySection { origin: Some(40), .. }));
    assert!(matches!(items[1], Item::BodySection { data: None, .. }));
    let quoted = crate::items("* 12 FETCH (BODY[1] \"a \\\"b\\\"\")");
    assert!(
        matches!(&quoted[0], Item::BodySection { data: Some(Data::Here(data)), .. } if data == "a \"b\"")
    );
}

/// Groups as in RFC 9051 section 7.5.2, of the list of RFC 5322 appendix A.1.3.
#[test]
fn groups() {
    let items = same(
        "* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL \
         ((NIL NIL \"A Group\" NIL)(\"Ed Jones\" NIL \"joe\" \"where.test\")(NIL NIL \"john\" \"one.test\")\
         (NIL NIL NIL NIL)(\"Mary\" \"@x,@y\" \"mary\" \"example.net\")) NIL NIL NIL NIL))",
    );
    let to = &envelope(&items).to;
    let [Recipient::Group { name, members }, Recipient::Address(mary)] =
        Recipient::all(to).collect::<Vec<_>>()[..]
    else {
        panic!()
    };
    assert_eq!((name, members.len()), (to[0].group_start().unwrap(), 2));
    assert_eq!(mary.to_string(), "Mary <mary@example.net>");
    assert_eq!(mary.adl.as_ref().unwrap(), "@x,@y");
    assert_eq!((to[0].display().as_ref(), to[0].email()), ("A Group", None));
    assert!(to[3].is_group_end() && to[3] == Address::default() && to[3].display().is_empty());
}

/// RFC 9051 section 7.5.2.
#[test]
fn a_body_with_an_attachment() {
    let items = same(
        "* 1 FETCH (BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1152 23 NIL NIL NIL NIL)\
         (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\" \"NAME\" \"cc.diff\") \
         \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"BASE64\" 4554 73 \"Q2hlY2s=\" \
         (\"ATTACHMENT\" (\"FILENAME\" \"compiler.diff\")) (\"en\" \"de\") \"http://x/\" \"ext\" (1 (\"2\"))) \"MIXED\" \
         (\"BOUNDARY\" \"x\") (\"INLINE\" NIL) \"en\" NIL))",
    );
    let body = structure(&items);
    let part = body.part("2").unwrap();
    assert_eq!(part.file_name().unwrap(), "compiler.diff");
    assert_eq!(part.parameter("Name").unwrap(), "cc.diff");
    let fields = part.fields().unwrap();
    assert_eq!((&fields.encoding, fields.octets), (&Encoding::Base64, 4554));
    assert_eq!(fields.md5.as_ref().unwrap(), "Q2hlY2s=");
    assert_eq!(part.language, ["en", "de"]);
    assert_eq!(part.location.as_ref().unwrap(), "http://x/");
    assert_eq!(part.extensions.len(), 2);
    assert_eq!(body.root().disposition.as_ref().unwrap().kind, "INLINE");
    assert_eq!((body.root().language.len(), &body.root().location), (1, &None));
}

/// A message in a message, as RFC 9051 section 9 has it; and one of RFC 6532 both as new and as old servers tell it.
#[test]
fn messages_in_messages() {
    let message = |subtype| {
        format!(
            "* 1 FETCH (BODY (\"MESSAGE\" \"{subtype}\" NIL NIL NIL \"8BIT\" 3028 \
             (\"Wed, 17 Jul 1996 02:23:25 -0700\" \"x\" NIL NIL NIL NIL NIL NIL NIL NIL) \
             ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"8BIT\" 30 2)(\"IMAGE\" \"GIF\" NIL NIL NIL \"BASE64\" 400) \"MIXED\") 92))"
        )
    };
    for subtype in ["RFC822", "GLOBAL"] {
        let items = same(&message(subtype));
        let body = structure(&items);
        let Media::Message {
            envelope, lines: 92, ..
        } = &body.root().media
        else {
            panic!()
        };
        assert_eq!(envelope.subject.as_ref().unwrap(), "x");
        assert!(body.part("1.2").unwrap().is("image", "gif"));
    }
    let items = same("* 1 FETCH (BODY (\"message\" \"global\" NIL NIL NIL \"8BIT\" 3028))");
    assert!(matches!(structure(&items).root().media, Media::Other { .. }));
}

/// RFC 3516 section 4.3 and 4.4, RFC 7162 section 3.1.4, RFC 8474 section 5, RFC 8514 section 4, RFC 8970 section 3.
#[test]
fn extensions() {
    let items = same(
        "* 3 FETCH (BINARY[1.2] ~{4}\r\n\0\x01\r\n BINARY.SIZE[1] 4096 BINARY[3]<5> \"\" BINARY[4] NIL)",
    );
    assert!(matches!(&items[0], Item::Binary { data: Some(Data::Here(data)), .. } if data == "\0\x01\r\n"));
    assert!(matches!(items[1], Item::BinarySize { octets: 4096, .. }));
    let items = same("* 1 FETCH (MODSEQ (12111230047))");
    assert!(matches!(items[0], Item::ModSeq(number) if number.get() == 12_111_230_047));
    let items = same("* 1 FETCH (EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9) THREADID NIL)");
    assert!(matches!(&items[0], Item::EmailId(id) if id.as_str() == "M6d99ac3275bb4e"));
    assert_eq!(items[2], Item::ThreadId(None));
    let items = same("* 2 FETCH (SAVEDATE NIL SAVEDATE \" 1-Jan-2018 14:59:02 -0500\")");
    assert_eq!(items[0], Item::SaveDate(None));
    let items = same("* 1 FETCH (PREVIEW \"Preview text!\" PREVIEW NIL)");
    assert!(matches!(&items[0], Item::Preview(Some(text)) if *text == "Preview text!"));
}

/// RFC 9586 section 3.3.
#[test]
fn a_response_by_uid() {
    let line = "* 25996 UIDFETCH (FLAGS (\\Seen))";
    let response = response::parse(line.as_bytes()).unwrap();
    assert_eq!(crate::written(&response), line);
    let Response::UidFetch(fetch) = response else {
        panic!()
    };
    assert_eq!((fetch.number.get(), fetch.items.len()), (25996, 1));
}

/// Gmail's documentation of X-GM-EXT-1; in answers the labels with a backslash may be quoted or not.
#[test]
fn gmail() {
    let line = "* 1 FETCH (X-GM-LABELS (\"\\\\Inbox\" \"\\\\Sent\" Important \"Muy Importante\") X-GM-MSGID 1278455344230334865 \
                X-GM-THRID 1266894439832287888)";
    let items = same(line);
    let bare = crate::items(&line.replace("\"\\\\Inbox\" \"\\\\Sent\"", "\\Inbox \\Sent"));
    assert_eq!(bare, items);
    let Item::GmailLabels(labels) = &items[0] else {
        panic!()
    };
    assert_eq!(labels[..2], ["\\Inbox", "\\Sent"]);
}

/// What later extensions will tell.
#[test]
fn items_that_are_not_known() {
    let items = same(
        "* 1 FETCH (ANNOTATION (/comment (value.priv \"My comment\")) UID 5 X-NEW[1.2]<0> {3}\r\n) ( Y 1:2)",
    );
    let Item::Other(other) = &items[0] else { panic!() };
    assert_eq!((other.name(), other.value().tokens().count()), ("ANNOTATION", 7));
    assert!(matches!(&items[2], Item::Other(other) if other.name() == "X-NEW[1.2]<0>"));
}

#[test]
fn errors_say_where_and_what() {
    let error = |line: &str| {
        let error = response::parse(line.as_bytes()).unwrap_err();
        (error.offset, error.expected)
    };
    assert_eq!(error("* 1 FETCH"), (9, "a space"));
    assert_eq!(error("* 1 FETCH UID"), (10, "an opening parenthesis"));
    assert_eq!(error("* 1 FETCH ()"), (11, "the name of an item"));
    assert_eq!(error("* 1 FETCH (UID 0)"), (15, "a number above 0"));
    assert_eq!(error("* 1 FETCH (UID 1"), (16, "a space"));
    assert_eq!(error("* 1 FETCH (UID 1) "), (17, "the end of the line"));
    assert_eq!(error("* 1 FETCH (BODY[1)"), (17, "a dot or ]"));
    assert_eq!(
        error("* 1 FETCH (BODY[1] {4}\r\nab)"),
        (24, "as many octets as the literal announces")
    );
    assert_eq!(error("* 1 FETCH (ENVELOPE (NIL NIL NIL))"), (32, "a space"));
    assert_eq!(error("* 1 FETCH (BODY (\"TEXT\" NIL))"), (24, "a media subtype"));
}
