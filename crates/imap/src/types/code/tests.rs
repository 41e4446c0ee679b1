use bytes::BytesMut;

use super::*;
use crate::parse::{Allowance, Cursor, Forgiven, Leniency, Options};
use crate::write::{Write, Writer};

fn read_with(octets: &[u8], options: Options) -> (Option<ResponseCode>, Forgiven, usize) {
    let mut cursor = Cursor::new(octets.into(), options);
    let code = cursor.response_code().unwrap();
    let offset = cursor.offset();
    (code, cursor.parsed(()).forgiven, offset)
}

/// The code that stands between brackets, read strictly.
fn read(code: &str) -> ResponseCode {
    let (code, forgiven, _) = read_with(format!("[{code}]").as_bytes(), Options::default());
    let code = code.unwrap();
    assert!(forgiven.is_empty(), "{code}: {forgiven:?}");
    code
}

/// What is read of a code that is known and malformed.
fn malformed(code: &str) -> String {
    let octets = format!("[{code}] x");
    let (code, forgiven, _) = read_with(octets.as_bytes(), Options::default());
    assert!(forgiven.contains(Allowance::Unreadable), "{octets}");
    match code {
        Some(ResponseCode::Other(raw)) => raw.to_string_lossy().into_owned(),
        other => panic!("{octets}: {other:?}"),
    }
}

fn lenient(code: &str) -> (ResponseCode, Forgiven) {
    let options = Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    };
    let (code, forgiven, _) = read_with(format!("[{code}]").as_bytes(), options);
    (code.unwrap(), forgiven)
}

fn text(text: &'static str) -> Text {
    Text::new(text).unwrap()
}

fn nz(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn set(set: &'static str) -> UidSet {
    UidSet::new(set).unwrap()
}

#[test]
fn every_code_comes_back_as_it_went() {
    for code in [
        "CAPABILITY IMAP4rev1 IDLE",
        "BADCHARSET",
        "BADCHARSET (US-ASCII UTF-8)",
        "PERMANENTFLAGS ()",
        "PERMANENTFLAGS (\\Deleted \\Seen $Junk \\*)",
        "UIDNEXT 4392",
        "UIDVALIDITY 3857529045",
        "UNSEEN 12",
        "NEWNAME old new",
        "REFERRAL imap://x/a;b=%20?c",
        "APPENDUID 38505 3955",
        "APPENDUID 38505 3955:3957,3960",
        "COPYUID 38505 304,319:320 3956:3958",
        "URLMECH INTERNAL XSAMPLE=P34OKhO7VEkCbsiYY8rGEg==",
        "BADURL \"/INBOX;UIDVALIDITY=785799047/;UID=113330;section=1.5.9\"",
        "HIGHESTMODSEQ 715194045007",
        "MODIFIED 7,9",
        "ANNOTATE TOOBIG",
        "ANNOTATE TOOMANY",
        "ANNOTATIONS 20480 NOPRIVATE",
        "MAXCONVERTMESSAGES 1",
        "MAXCONVERTPARTS 1",
        "NOUPDATE \"B02\"",
        "BADEVENT (MessageNew MessageExpunge)",
        "UNDEFINED-FILTER on-the-road",
        "METADATA LONGENTRIES 2199",
        "METADATA MAXSIZE 1024",
        "METADATA TOOMANY",
        "METADATA NOPRIVATE",
        "MAILBOXID (F2212ea87-6097-4256-9d51-71338625)",
        "INPROGRESS",
        "INPROGRESS (\"tag\" 454 1000)",
        "INPROGRESS (\"tag\" 454 NIL)",
        "INPROGRESS (NIL NIL NIL)",
        "MESSAGELIMIT 1000 23221",
        "MESSAGELIMIT 1000",
    ]
    .into_iter()
    .chain(WORDS.iter().map(|(word, _)| *word))
    {
        let value = read(code);
        assert!(!matches!(value, ResponseCode::Other(_)), "{code}");
        assert_eq!(value.to_octets(), code);
    }
}

#[test]
fn codes_of_rfc_3501() {
    let charsets = vec![text("US-ASCII"), text("UTF-8")];
    assert_eq!(
        read("BADCHARSET (US-ASCII UTF-8)"),
        ResponseCode::BadCharset(charsets)
    );
    let flags = vec![Flag::Deleted, Flag::Seen, Flag::Any];
    assert_eq!(
        read("PERMANENTFLAGS (\\Deleted \\Seen \\*)"),
        ResponseCode::PermanentFlags(flags)
    );
    assert_eq!(read("UIDNEXT 4392"), ResponseCode::UidNext(nz(4392)));
    assert_eq!(
        read("UIDVALIDITY 3857529045"),
        ResponseCode::UidValidity(nz(3_857_529_045))
    );
    assert_eq!(read("UNSEEN 12"), ResponseCode::Unseen(nz(12)));
    assert_eq!(read("READ-ONLY"), ResponseCode::ReadOnly);
    assert_eq!(read("authenticationfailed"), ResponseCode::AuthenticationFailed);
}

#[test]
fn codes_of_rfc_4315() {
    let (validity, uids) = (nz(38505), set("3955"));
    assert_eq!(
        read("APPENDUID 38505 3955"),
        ResponseCode::AppendUid { validity, uids }
    );
    let (source, target) = (set("304,319:320"), set("3956:3958"));
    assert_eq!(
        read("COPYUID 38505 304,319:320 3956:3958"),
        ResponseCode::CopyUid {
            validity,
            source,
            target
        }
    );
}

#[test]
fn codes_of_rfc_7162_and_rfc_9585() {
    let mod_seq = NonZeroU64::new(715_194_045_007).unwrap();
    assert_eq!(
        read("HIGHESTMODSEQ 715194045007"),
        ResponseCode::HighestModSeq(mod_seq)
    );
    assert_eq!(read("MODIFIED 7,9"), ResponseCode::Modified(set("7,9")));
    let progress = Progress {
        tag: Some(text("A001")),
        done: Some(454),
        total: NonZeroU32::new(1000),
    };
    assert_eq!(
        read("INPROGRESS (\"A001\" 454 1000)"),
        ResponseCode::InProgress(Some(progress))
    );
}

#[test]
fn a_malformed_code_is_an_unknown_one() {
    for code in [
        "ALERT ",
        "ALERT x",
        "UIDNEXT",
        "UIDNEXT 0",
        "UIDVALIDITY x",
        "UNSEEN  1",
        "UIDNEXT 4294967296",
        "PERMANENTFLAGS (a",
        "PERMANENTFLAGS (\\Seen )",
        "APPENDUID",
        "APPENDUID 1",
        "APPENDUID 0 1",
        "APPENDUID 1 0",
        "APPENDUID 1 +1",
        "APPENDUID 1  1",
        "APPENDUID 1 1:*",
        "COPYUID 1 2",
        "COPYUID 1  ",
        "HIGHESTMODSEQ 0",
        "MODIFIED *",
        "MAILBOXID F1",
        "MAILBOXID ()",
        "METADATA",
        "METADATA MAXSIZE",
        "METADATA OTHER",
        "ANNOTATE",
        "NOUPDATE tag",
        "BADEVENT x",
        "INPROGRESS (\"a\" NIL 5)",
        "INPROGRESS ()",
        "MESSAGELIMIT 0",
        "MESSAGELIMIT 1 ",
        "REFERRAL",
        "REFERRAL ",
        "CAPABILITY A (",
        "BADCHARSET ()",
        "BADCHARSET ({5}",
    ] {
        assert_eq!(malformed(code), code);
    }
}

#[test]
fn unknown_codes_are_kept_as_they_are() {
    for code in ["X-Y z", "THROTTLED", "x(\"", "WEBALERT https://x/", "=?", " "] {
        assert_eq!(read(code), ResponseCode::Other(text(code)));
    }
    assert_eq!(read("X\x1b").to_string(), "X\\x1b");
}

#[test]
fn a_bracket_is_no_code_unless_it_closes() {
    for text in ["[ALERT", "[]", "[", "x [ALERT]", "", "[]]"] {
        let (code, forgiven, offset) = read_with(text.as_bytes(), Options::default());
        assert_eq!((code, forgiven.is_empty(), offset), (None, true, 0), "{text}");
    }
    let (_, _, offset) = read_with(b"[ALERT] x", Options::default());
    assert_eq!(offset, 7);
}

#[test]
fn controls_make_no_code() {
    let (code, _) = lenient("PERMANENTFLAGS (\\Seen [[\0]");
    assert!(matches!(&code, ResponseCode::Other(raw) if *raw == "PERMANENTFLAGS (\\Seen [[\x7f"));
    assert_eq!(lenient("PERMANENTFLAGS (\\Seen [[\x7f] \\*)").0, code);
    assert_eq!(malformed("NOUPDATE \"a\x01\""), "NOUPDATE \"a\x01\"");
    assert_eq!(lenient("ANNOTATIONS  ").0, ResponseCode::Annotations(text(" ")));
}

#[test]
fn brackets_in_strings_close_no_code() {
    assert_eq!(read("NOUPDATE \"a]b\""), ResponseCode::NoUpdate(text("a]b")));
    let events = Value::new("(X \"]\")").unwrap();
    assert_eq!(read("BADEVENT (X \"]\")"), ResponseCode::BadEvent(events));
}

#[test]
fn what_is_forgiven_of_servers() {
    // SurgeMail (chatmail/async-imap#123).
    let (code, forgiven) = lenient("PERMANENTFLAGS (\\Seen $Forwarded )");
    let forwarded = Flag::new("$Forwarded").unwrap();
    assert_eq!(
        code,
        ResponseCode::PermanentFlags(vec![Flag::Seen, forwarded.clone()])
    );
    assert!(forgiven.contains(Allowance::Spaces));
    // Keywords with brackets (emailjs-imap-handler#6, ruby/net-imap#241).
    let (code, forgiven) =
        lenient("PERMANENTFLAGS (\\Seen [css3-page] OIB-Seen-[Gmail]/Spam $Forwarded \\*)");
    assert_eq!(
        code,
        ResponseCode::PermanentFlags(vec![Flag::Seen, forwarded, Flag::Any])
    );
    assert!(forgiven.contains(Allowance::Atom));
    let (code, forgiven) = lenient("CAPABILITY IMAP4rev1  A(B IDLE ");
    assert_eq!(
        code,
        ResponseCode::Capability(Capabilities::parse(b"IMAP4rev1 IDLE"))
    );
    assert!(forgiven.contains(Allowance::Atom) && forgiven.contains(Allowance::Spaces));
    assert_eq!(lenient("ALERT ").0, ResponseCode::Alert);
}

#[test]
fn the_word_of_each_code_is_its_own() {
    for (word, code) in &WORDS {
        let mut octets = BytesMut::new();
        code.write(&mut Writer::server(&mut octets));
        assert_eq!(octets, word);
        assert_eq!(format!("{code:?}"), format!("ResponseCode({word})"));
        assert_eq!(read(&word.to_ascii_lowercase()), *code);
    }
    let list = ResponseCode::Capability(Capabilities::parse(b"IDLE"));
    assert_eq!(list.to_string(), "CAPABILITY");
}
