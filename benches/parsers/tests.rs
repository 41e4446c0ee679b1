//! Nobody is measured on errors: the parsers find the same messages with the same things in them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod cases;
mod counted;
mod inputs;
mod ours;
mod peers;

use cases::{CASES, MESSAGE, READ};
use gatepost_imap::command::{self, Body};
use gatepost_imap::response::fetch::Item;
use gatepost_imap::response::{self, Response};
use gatepost_imap::{Frame, Framer, Limits};
use gatepost_smtp::data::Decoder;
use gatepost_smtp::reply;
use gatepost_wire::Input;
use imap_codec::decode::Decoder as _;
use imap_codec::imap_types::response::{Data, Response as CodecResponse};
use imap_codec::{CommandCodec, ResponseCodec};
use imap_proto::{AttributeValue, Response as ProtoResponse};
use smtp_proto::request::receiver::DataReceiver;
use smtp_proto::response::parser::ResponseReceiver;

/// What phones send that imap-codec does not read.
const LEFT_OUT: &[&str] = &[
    "5 LIST (SPECIAL-USE) \"\" \"*\"\r\n",
    "6 LIST \"\" \"*\" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN))\r\n",
    "8 UID SEARCH RETURN (ALL) 1:* NOT DELETED\r\n",
];

#[test]
fn every_parser_finds_every_message_of_every_case() {
    for case in CASES {
        let stream: &'static [u8] = (case.stream)().leak();
        for contender in case.contenders {
            let mut pass = (contender.prepare)(stream);
            let passes = [pass(), pass()];
            assert_eq!(passes, [case.messages; 2], "{}: {}", case.name, contender.name);
        }
    }
}

#[test]
fn the_phone_mix_leaves_out_only_what_imap_codec_does_not_read() {
    for line in LEFT_OUT {
        assert!(CommandCodec::default().decode(line.as_bytes()).is_err(), "{line}");
    }
}

#[test]
fn we_know_every_command_of_the_phone_mix() {
    for line in inputs::PHONE_MIX {
        let command = command::parse(line.as_bytes()).unwrap();
        assert!(!matches!(command.body, Body::Other(_)), "{line}");
    }
}

#[test]
fn every_message_has_flags_uid_envelope_and_body_structure_for_all() {
    let stream = inputs::fetch();
    let (mut codec, mut proto) = (stream.as_slice(), stream.as_slice());
    let mut input = Input::new(stream.len() + 1);
    input.feed(&stream).unwrap();
    let mut framer = Framer::responses(Limits::AFTER_LOGIN);
    for number in 1..=inputs::MESSAGES {
        let Some(Frame::Message(message)) = framer.next(&mut input).unwrap() else {
            panic!("message {number}");
        };
        let Response::Fetch(fetch) = response::parse(&message.freeze()).unwrap() else {
            panic!("message {number}");
        };
        assert_eq!(fetch.number.get() as usize, number);
        assert!(matches!(
            fetch.items.as_ref(),
            [
                Item::Flags(_),
                Item::Uid(_),
                Item::Envelope(_),
                Item::BodyStructure(_)
            ]
        ));
        let (rest, response) = ResponseCodec::default().decode(codec).unwrap();
        let CodecResponse::Data(Data::Fetch { seq, items }) = response else {
            panic!("{response:?}");
        };
        assert_eq!((seq.get() as usize, items.as_ref().len()), (number, 4));
        codec = rest;
        let (rest, response) = ProtoResponse::parse(proto).unwrap();
        let ProtoResponse::Fetch(seq, items) = response else {
            panic!("{response:?}");
        };
        assert_eq!(seq as usize, number);
        assert!(matches!(
            items.as_slice(),
            [
                AttributeValue::Flags(_),
                AttributeValue::Uid(_),
                AttributeValue::Envelope(_),
                AttributeValue::BodyStructure(_)
            ]
        ));
        proto = rest;
    }
    assert!(codec.is_empty() && proto.is_empty());
}

#[test]
fn replies_have_the_same_codes_for_smtp_proto() {
    let stream = inputs::smtp_replies();
    let mut input = Input::new(stream.len() + 1);
    input.feed(&stream).unwrap();
    let mut octets = stream.iter();
    for _ in 0..inputs::SMTP_REPLIES.len() {
        let ours = reply::take(&mut input, &gatepost_smtp::Limits::BEFORE_LOGIN)
            .unwrap()
            .unwrap();
        let theirs = ResponseReceiver::default().parse(&mut octets).unwrap();
        assert_eq!(ours.code().get(), theirs.code);
        assert_eq!(ours.enhanced().is_some(), theirs.esc != [0; 3]);
    }
}

#[test]
fn messages_behind_data_are_the_same_for_smtp_proto() {
    for message in [inputs::data_text(), inputs::data_html(), inputs::data_dots()] {
        assert!(message.len() >= MESSAGE);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let (mut decoder, mut receiver) = (Decoder::new(), DataReceiver::new());
        for piece in message.chunks(READ) {
            decoder.decode(piece, |run| ours.extend_from_slice(run)).unwrap();
            receiver.ingest(&mut piece.iter(), &mut theirs);
        }
        // smtp-proto leaves a stuffed dot that begins the very first line.
        let theirs = theirs
            .strip_prefix(b".")
            .filter(|_| message.starts_with(b".."))
            .unwrap_or(&theirs);
        assert!(ours == theirs);
    }
}
