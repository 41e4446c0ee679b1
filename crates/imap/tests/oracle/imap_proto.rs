//! imap-proto reads the same as we in what we write.
//!
//! It cannot write, so both values are shown in words, and the words compared.

use std::borrow::Cow;
use std::fmt::Write as _;

use gatepost_imap::response::fetch::{
    self, Address, BodyPart, Data, Encoding, Item, Media, MessageType, Parameter,
};
use gatepost_imap::types::{Section, SectionText, Text};
use imap_proto::{
    AttributeValue, BodyContentCommon, BodyContentSinglePart, BodyStructure, ContentEncoding, Envelope,
    MessageSection, Response, SectionPath,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::arbitrary::{Words, item};
use crate::line;

/// Why imap-proto does not read an item, or not as we do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// It knows the name of the item only, or not even that: so it is with BODY, which is not BODYSTRUCTURE.
    Unknown,
    /// An origin or a size above 32 bits, which RFC 9051 allows.
    Number64,
    /// A NUL, in a literal8. RFC 9051 has none outside of BINARY either; real messages have.
    Nul,
    /// The envelope of a `message/global` (RFC 9051).
    Global,
    /// More than one value behind the extension data that is known.
    Extensions,
}

fn difference(item: &Item) -> Option<Difference> {
    use Difference::*;
    let small = |number: &Option<u64>| number.is_none_or(|number| u32::try_from(number).is_ok());
    match item {
        Item::BodySection { origin, .. } if !small(origin) => Some(Number64),
        Item::BodySection { data, .. }
        | Item::Rfc822(data)
        | Item::Rfc822Header(data)
        | Item::Rfc822Text(data) => {
            matches!(data, Some(Data::Here(octets)) if octets.contains(&0)).then_some(Nul)
        }
        Item::Rfc822Size(size) if !small(&Some(*size)) => Some(Number64),
        Item::BodyStructure(body) => body.iter().find_map(|body| match &body.media {
            Media::Message {
                message: MessageType::Global,
                ..
            } => Some(Global),
            _ if body.extensions.len() > 1 => Some(Extensions),
            _ => None,
        }),
        Item::Binary { .. } | Item::BinarySize { .. } => Some(Unknown),
        Item::Body(_) | Item::Preview(_) | Item::SaveDate(_) | Item::Other(_) => Some(Unknown),
        _ => None,
    }
}

/// Words without quotes and backslashes: imap-proto leaves escapes in strings.
fn words() -> Words {
    prop_oneof![
        4 => "[!#-\\[\\]-~][ !#-\\[\\]-~]{0,11}",
        1 => "(\u{fc}|\r\n|\t){1,3}",
    ]
    .prop_map(|text| Text::new(text).unwrap())
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn it_reads_the_same(item in item(&words())) {
        // A label that is no word has to be quoted for it.
        let is_literal = matches!(&item, Item::GmailLabels(labels)
            if labels.iter().any(|label| label.iter().any(|octet| !matches!(octet, b' '..=b'~'))));
        if difference(&item).is_none() && !is_literal {
            prop_assert_eq!(theirs(&line(item.clone())), Some(ours(&item)));
        }
    }
}

/// Of the items that have a difference, imap-proto reads none as we do.
#[test]
fn the_differences_are_true() {
    let mut runner = TestRunner::deterministic();
    let mut seen = Vec::new();
    for _ in 0..2000 {
        let item = item(&words()).new_tree(&mut runner).unwrap().current();
        if let Some(difference) = difference(&item) {
            assert_ne!(theirs(&line(item.clone())), Some(ours(&item)), "{difference:?}");
            seen.push(difference);
        }
    }
    seen.sort();
    seen.dedup();
    use Difference::*;
    assert_eq!(seen, [Unknown, Number64, Nul, Global, Extensions]);
    let escaped = |text: &'static str| Item::GmailLabels(vec![Text::new(text).unwrap()]);
    assert_eq!(
        theirs(&line(escaped("a \"b\""))),
        Some(ours(&escaped("a \\\"b\\\"")))
    );
}

fn show(out: &mut String, what: &str, text: Option<&[u8]>) {
    match text {
        Some(text) => write!(out, "{what}={:?} ", String::from_utf8_lossy(text)).unwrap(),
        None => write!(out, "{what}=- ").unwrap(),
    }
}

fn ours(item: &Item) -> String {
    let data = |data: &Option<Data>| match data {
        Some(Data::Here(octets)) => format!("{:?}", &octets[..]),
        _ => "-".to_owned(),
    };
    match item {
        Item::Flags(flags) => flags
            .iter()
            .fold("flags".to_owned(), |all, flag| format!("{all} {flag}")),
        Item::Uid(uid) => format!("uid {uid}"),
        Item::Envelope(envelope) => our_envelope(envelope),
        Item::Body(body) | Item::BodyStructure(body) => our_body(body.root()),
        Item::InternalDate(moment) => format!("date {moment}"),
        Item::Rfc822Size(octets) => format!("size {octets}"),
        Item::Rfc822(octets) => format!("rfc822 {}", data(octets)),
        Item::Rfc822Header(octets) => format!("header {}", data(octets)),
        Item::Rfc822Text(octets) => format!("text {}", data(octets)),
        Item::BodySection {
            section,
            origin,
            data: octets,
        } => {
            format!("{} {origin:?} {}", our_section(section), data(octets))
        }
        Item::ModSeq(number) => format!("modseq {number}"),
        Item::EmailId(id) => format!("email {id}"),
        Item::ThreadId(id) => format!("thread {:?}", id.as_ref().map(|id| id.as_str())),
        Item::GmailMessageId(number) => format!("msgid {number}"),
        Item::GmailThreadId(number) => format!("thrid {number}"),
        Item::GmailLabels(labels) => labels.iter().fold("labels".to_owned(), |all, label| {
            format!("{all} {}", label.to_string_lossy())
        }),
        _ => "unknown to imap-proto".to_owned(),
    }
}

fn theirs(octets: &[u8]) -> Option<String> {
    let (rest, Response::Fetch(1, items)) = Response::parse(octets).ok()? else {
        return None;
    };
    if !rest.is_empty() {
        return None;
    }
    let data = |data: &Option<Cow<'_, [u8]>>| match data {
        Some(octets) => format!("{octets:?}"),
        None => "-".to_owned(),
    };
    let [item] = &items[..] else { return None };
    Some(match item {
        AttributeValue::Flags(flags) => flags
            .iter()
            .fold("flags".to_owned(), |all, flag| format!("{all} {flag}")),
        AttributeValue::Uid(uid) => format!("uid {uid}"),
        AttributeValue::Envelope(envelope) => their_envelope(envelope),
        AttributeValue::BodyStructure(body) => their_body(body),
        AttributeValue::InternalDate(moment) => format!("date {moment}"),
        AttributeValue::Rfc822Size(octets) => format!("size {octets}"),
        AttributeValue::Rfc822(octets) => format!("rfc822 {}", data(octets)),
        AttributeValue::Rfc822Header(octets) => format!("header {}", data(octets)),
        AttributeValue::Rfc822Text(octets) => format!("text {}", data(octets)),
        AttributeValue::BodySection {
            section,
            index,
            data: octets,
        } => {
            format!("{} {index:?} {}", their_section(section.as_ref()), data(octets))
        }
        AttributeValue::ModSeq(number) => format!("modseq {number}"),
        AttributeValue::EmailId(id) => format!("email {id}"),
        AttributeValue::ThreadId(id) => format!("thread {id:?}"),
        AttributeValue::GmailMsgId(number) => format!("msgid {number}"),
        AttributeValue::GmailThrId(number) => format!("thrid {number}"),
        AttributeValue::GmailLabels(labels) => labels
            .iter()
            .fold("labels".to_owned(), |all, label| format!("{all} {label}")),
        _ => return None,
    })
}

/// The names of header fields are not compared: imap-proto drops them.
fn our_section(section: &Section) -> String {
    let text = match section.text() {
        None => "all",
        Some(SectionText::Text) => "text",
        Some(SectionText::Mime) => "mime",
        Some(_) => "header",
    };
    let numbers: Vec<_> = section.part().numbers().collect();
    format!("section {numbers:?} {text}")
}

fn their_section(section: Option<&SectionPath>) -> String {
    let text = |text: &MessageSection| match text {
        MessageSection::Header => "header",
        MessageSection::Mime => "mime",
        MessageSection::Text => "text",
    };
    match section {
        None => "section [] all".to_owned(),
        Some(SectionPath::Full(part)) => format!("section [] {}", text(part)),
        Some(SectionPath::Part(numbers, part)) => {
            format!("section {numbers:?} {}", part.as_ref().map_or("all", text))
        }
    }
}

fn our_envelope(envelope: &fetch::Envelope) -> String {
    let mut out = "envelope ".to_owned();
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.to_vec());
    show(&mut out, "date", text(&envelope.date).as_deref());
    show(&mut out, "subject", text(&envelope.subject).as_deref());
    for list in [
        &envelope.from,
        &envelope.sender,
        &envelope.reply_to,
        &envelope.to,
        &envelope.cc,
        &envelope.bcc,
    ] {
        write!(out, "{} ", list.len()).unwrap();
        for Address {
            name,
            adl,
            mailbox,
            host,
        } in list
        {
            for part in [name, adl, mailbox, host] {
                show(&mut out, "", text(part).as_deref());
            }
        }
    }
    show(&mut out, "in-reply-to", text(&envelope.in_reply_to).as_deref());
    show(&mut out, "message-id", text(&envelope.message_id).as_deref());
    out
}

fn their_envelope(envelope: &Envelope<'_>) -> String {
    let mut out = "envelope ".to_owned();
    show(&mut out, "date", envelope.date.as_deref());
    show(&mut out, "subject", envelope.subject.as_deref());
    for list in [
        &envelope.from,
        &envelope.sender,
        &envelope.reply_to,
        &envelope.to,
        &envelope.cc,
        &envelope.bcc,
    ] {
        let list = list.as_deref().unwrap_or_default();
        write!(out, "{} ", list.len()).unwrap();
        for address in list {
            for part in [&address.name, &address.adl, &address.mailbox, &address.host] {
                show(&mut out, "", part.as_deref());
            }
        }
    }
    show(&mut out, "in-reply-to", envelope.in_reply_to.as_deref());
    show(&mut out, "message-id", envelope.message_id.as_deref());
    out
}

fn our_parameters(parameters: &[Parameter]) -> String {
    let shown = parameters
        .iter()
        .map(|one| (one.name.to_string_lossy(), one.value.to_string_lossy()));
    format!("{:?}", shown.collect::<Vec<_>>())
}

fn their_parameters(parameters: &Option<Vec<(Cow<'_, str>, Cow<'_, str>)>>) -> String {
    format!("{:?}", parameters.as_deref().unwrap_or_default())
}

fn our_body(part: BodyPart<'_>) -> String {
    let (kind, subtype) = part.media_type();
    let mut out = format!(
        "({:?}/{:?} ",
        String::from_utf8_lossy(kind),
        String::from_utf8_lossy(subtype)
    );
    out.push_str(&our_parameters(&part.parameters));
    if let Some(fields) = part.fields() {
        show(&mut out, "id", fields.id.as_deref());
        show(&mut out, "description", fields.description.as_deref());
        show(&mut out, "md5", fields.md5.as_deref());
        show(&mut out, "encoding", Some(fields.encoding.name()));
        write!(out, "{} octets", fields.octets).unwrap();
    }
    match &part.media {
        Media::Text { lines, .. } => write!(out, " {lines} lines").unwrap(),
        Media::Message { lines, envelope, .. } => {
            write!(out, " {lines} lines {}", our_envelope(envelope)).unwrap()
        }
        _ => {}
    }
    let disposition = part.disposition.as_ref();
    let disposition = disposition.map(|one| (one.kind.to_string_lossy(), our_parameters(&one.parameters)));
    let language: Vec<_> = part.language.iter().map(Text::to_string_lossy).collect();
    write!(out, " {disposition:?} {language:?} ").unwrap();
    show(&mut out, "location", part.location.as_deref());
    write!(out, "{} more", part.extensions.len()).unwrap();
    out.extend(part.parts().map(our_body));
    out + ")"
}

fn their_body(body: &BodyStructure<'_>) -> String {
    let (common, single, extension) = match body {
        BodyStructure::Basic {
            common,
            other,
            extension,
        }
        | BodyStructure::Text {
            common,
            other,
            extension,
            ..
        }
        | BodyStructure::Message {
            common,
            other,
            extension,
            ..
        } => (common, Some(other), extension),
        BodyStructure::Multipart {
            common, extension, ..
        } => (common, None, extension),
    };
    let mut out = their_start(common, single);
    match body {
        BodyStructure::Text { lines, .. } => write!(out, " {lines} lines").unwrap(),
        BodyStructure::Message { lines, envelope, .. } => {
            write!(out, " {lines} lines {}", their_envelope(envelope)).unwrap();
        }
        _ => {}
    }
    let disposition = common.disposition.as_ref();
    let disposition = disposition.map(|one| (&one.ty, their_parameters(&one.params)));
    write!(
        out,
        " {disposition:?} {:?} ",
        common.language.as_deref().unwrap_or_default()
    )
    .unwrap();
    show(
        &mut out,
        "location",
        common.location.as_ref().map(|text| text.as_bytes()),
    );
    write!(out, "{} more", usize::from(extension.is_some())).unwrap();
    match body {
        BodyStructure::Message { body, .. } => out.push_str(&their_body(body)),
        BodyStructure::Multipart { bodies, .. } => out.extend(bodies.iter().map(their_body)),
        _ => {}
    }
    out + ")"
}

fn their_start(common: &BodyContentCommon<'_>, single: Option<&BodyContentSinglePart<'_>>) -> String {
    let mut out = format!("({:?}/{:?} ", common.ty.ty, common.ty.subtype);
    out.push_str(&their_parameters(&common.ty.params));
    if let Some(single) = single {
        let text = |text: &Option<Cow<'_, str>>| text.as_ref().map(|text| text.as_bytes().to_vec());
        show(&mut out, "id", text(&single.id).as_deref());
        show(&mut out, "description", text(&single.description).as_deref());
        show(&mut out, "md5", text(&single.md5).as_deref());
        let encoding = match &single.transfer_encoding {
            ContentEncoding::SevenBit => Encoding::SevenBit,
            ContentEncoding::EightBit => Encoding::EightBit,
            ContentEncoding::Binary => Encoding::Binary,
            ContentEncoding::Base64 => Encoding::Base64,
            ContentEncoding::QuotedPrintable => Encoding::QuotedPrintable,
            ContentEncoding::Other(name) => Encoding::new(Text::new(name.to_string()).unwrap()),
        };
        show(&mut out, "encoding", Some(encoding.name()));
        write!(out, "{} octets", single.octets).unwrap();
    }
    out
}
