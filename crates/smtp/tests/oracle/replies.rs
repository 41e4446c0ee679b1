//! Replies, and the list in EHLO's.

use bytes::{Bytes, BytesMut};
use gatepost_smtp::extensions::Extension;
use gatepost_smtp::parse::Leniency;
use gatepost_smtp::reply::parse_with;
use gatepost_smtp::{Extensions, Reply, reply};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use smtp_proto::response::parser::ResponseReceiver;
use smtp_proto::{
    EXT_8BIT_MIME, EXT_BINARY_MIME, EXT_CHUNKING, EXT_DSN, EXT_ENHANCED_STATUS_CODES, EXT_PIPELINING,
    EXT_REQUIRE_TLS, EXT_SIZE, EXT_SMTP_UTF8, EXT_START_TLS, EhloResponse, Response,
};

fn theirs(octets: &[u8]) -> Response<String> {
    let mut rest = octets.iter();
    let response = ResponseReceiver::default().parse(&mut rest).unwrap();
    assert!(rest.as_slice().is_empty(), "not read whole");
    response
}

/// A reply as they would tell it.
fn told(reply: &Reply) -> Response<String> {
    let number = |number: u16| u8::try_from(number).unwrap();
    Response {
        code: reply.code().get(),
        esc: reply.enhanced().map_or([0; 3], |code| {
            [code.class(), number(code.subject()), number(code.detail())]
        }),
        message: reply.lines().collect::<Vec<_>>().join("\n"),
    }
}

fn ours(octets: &[u8]) -> Reply {
    reply::parse(Bytes::copy_from_slice(octets)).unwrap()
}

/// Something, and no start of an enhanced code.
const TEXT: &str = "[!-,/:-~][ -~]{0,30}";

proptest! {
    #[test]
    fn a_valid_reply_is_read_the_same(
        code in (2_u16..6, 0_u16..6, 0_u16..10).prop_map(|(a, b, c)| a * 100 + b * 10 + c),
        enhanced in option::of((0_u16..256, 0_u16..256)),
        lines in vec(TEXT, 1..6),
    ) {
        let class = code / 100;
        let enhanced = enhanced.filter(|_| class != 3);
        let enhanced = enhanced.map_or(String::new(), |(subject, detail)| format!("{class}.{subject}.{detail}"));
        let mut octets = BytesMut::new();
        Reply::new(code, &enhanced, lines.join("\n")).encode(&mut octets);
        prop_assert_eq!(told(&ours(&octets)), theirs(&octets));
    }

    #[test]
    fn what_they_write_we_read(code in 400_u16..460, subject in 0_u8..8, detail in 0_u8..30, text in "[!-,/:-~][ -~]{0,30}") {
        let response = Response::new(code, 4, subject, detail, text);
        let mut octets = Vec::new();
        response.write(&mut octets).unwrap();
        prop_assert_eq!(told(&ours(&octets)), response);
    }

    #[test]
    fn the_keywords_of_ehlo_are_read_the_same(known in vec(prop::sample::select(KEYWORDS.to_vec()), 0..8), size in 1_u32..) {
        let list = known.iter().fold(Extensions::new(), |list, (keyword, _, _)| list.with(keyword, ""));
        let mut octets = BytesMut::new();
        let list = list.with("SIZE", &size.to_string());
        list.reply("mx.example.com").encode(&mut octets);

        let theirs = EhloResponse::parse(&mut octets.iter()).unwrap();
        let ours = Extensions::from_reply(&ours(&octets));
        for (keyword, bit, extension) in KEYWORDS {
            let is_there = ours.typed().any(|known| known == *extension);
            prop_assert_eq!(is_there, theirs.has_capability(*bit), "{}", keyword);
        }
        prop_assert!(theirs.has_capability(EXT_SIZE));
        prop_assert_eq!(ours.size(), Some(theirs.size as u64));
    }
}

const KEYWORDS: &[(&str, u32, Extension<'_>)] = &[
    ("8BITMIME", EXT_8BIT_MIME, Extension::EightBitMime),
    ("BINARYMIME", EXT_BINARY_MIME, Extension::BinaryMime),
    ("CHUNKING", EXT_CHUNKING, Extension::Chunking),
    ("DSN", EXT_DSN, Extension::Dsn),
    (
        "ENHANCEDSTATUSCODES",
        EXT_ENHANCED_STATUS_CODES,
        Extension::EnhancedStatusCodes,
    ),
    ("PIPELINING", EXT_PIPELINING, Extension::Pipelining),
    ("REQUIRETLS", EXT_REQUIRE_TLS, Extension::RequireTls),
    ("SMTPUTF8", EXT_SMTP_UTF8, Extension::SmtpUtf8),
    ("STARTTLS", EXT_START_TLS, Extension::StartTls),
];

fn lenient(octets: &[u8]) -> Reply {
    parse_with(octets.to_vec(), Leniency::ALL).unwrap().0
}

#[test]
fn numbers_of_three_digits() {
    let octets = b"550 5.7.999 no\r\n";
    assert_eq!(ours(octets).enhanced().unwrap().detail(), 999);
    assert_eq!(theirs(octets).esc, [5, 7, 255]);
}

#[test]
fn other_enhanced_codes_in_further_lines() {
    let octets = b"550-5.7.1 a\r\n550 5.7.2 b\r\n";
    assert!(reply::parse(&octets[..]).is_err());
    assert!(lenient(octets).lines().eq(["a", "5.7.2 b"]));
    let theirs = theirs(octets);
    assert_eq!((theirs.esc, theirs.message.as_str()), ([5, 7, 2], "a\nb"));
}

#[test]
fn noughts_before_a_number() {
    let octets = b"550 5.07.1 no\r\n";
    assert_eq!(ours(octets), Reply::new(550, "", "5.07.1 no"));
    assert_eq!(theirs(octets).esc, [5, 7, 1]);
}

#[test]
fn lines_without_text() {
    let octets = b"250-\r\n250 b\r\n";
    assert!(ours(octets).lines().eq(["", "b"]));
    assert_eq!(theirs(octets).message, "\r\nb");
}

#[test]
fn different_codes() {
    let octets = b"250-a\r\n550 b\r\n";
    assert!(reply::parse(&octets[..]).is_err());
    assert_eq!(lenient(octets).code(), 550);
    assert_eq!(theirs(octets).code, 250);
}

#[test]
fn line_feeds_and_controls() {
    for octets in [&b"250 a\n"[..], b"250 a\x1b\r\n"] {
        assert!(reply::parse(octets.to_vec()).is_err());
        assert_eq!(lenient(octets).code(), theirs(octets).code);
    }
    let octets = &b"250 a\0\r\n"[..];
    assert!(parse_with(octets, Leniency::ALL).is_err());
    assert_eq!(theirs(octets).message, "a\0");
}
