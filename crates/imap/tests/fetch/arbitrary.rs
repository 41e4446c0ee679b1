//! Arbitrary FETCH responses.

use std::num::NonZeroU32;

use gatepost_imap::response::Response;
use gatepost_imap::response::fetch::{
    Address, Body, BodyFields, BodyPart, BodyStructure, Data, Disposition, Encoding, Envelope, Fetch, Item,
    Media, MediaType, MessageType, OtherItem, Parameter,
};
use gatepost_imap::types::{
    Date, DateTime, Flag, HeaderNames, NonEmpty, ObjectId, Part, Section, SectionText, Text, Value,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// What strings are made of.
pub(crate) type Words = BoxedStrategy<Text>;

/// Any octets but NUL, most of them such as people write.
pub(crate) fn any_text() -> Words {
    prop_oneof![
        4 => "[ -~]{0,12}".prop_map(|text| Text::new(text).unwrap()),
        1 => vec(1..=u8::MAX, 0..8).prop_map(|octets| Text::new(octets).unwrap()),
        1 => prop::sample::select(vec!["NIL", "", "\u{fc}ber", "{3}", "a\r\nb"])
            .prop_map(|text| Text::new(text).unwrap()),
    ]
    .boxed()
}

fn address(text: &Words) -> BoxedStrategy<Address> {
    let part = || option::weighted(0.7, text.clone());
    (part(), option::weighted(0.1, text.clone()), part(), part())
        .prop_map(|(name, adl, mailbox, host)| Address {
            name,
            adl,
            mailbox,
            host,
        })
        .boxed()
}

pub(crate) fn envelope(text: &Words) -> BoxedStrategy<Envelope> {
    let one = || option::of(text.clone());
    let list = || vec(address(text), 0..3);
    let texts = (one(), one(), one(), one());
    (texts, (list(), list(), list(), list(), list(), list()))
        .prop_map(|(texts, lists)| {
            let (date, subject, in_reply_to, message_id) = texts;
            let (from, sender, reply_to, to, cc, bcc) = lists;
            Envelope {
                date,
                subject,
                from,
                sender,
                reply_to,
                to,
                cc,
                bcc,
                in_reply_to,
                message_id,
            }
        })
        .boxed()
}

fn parameters(text: &Words) -> BoxedStrategy<Vec<Parameter>> {
    let parameter = (text.clone(), text.clone()).prop_map(|(name, value)| Parameter { name, value });
    vec(parameter, 0..3).boxed()
}

fn fields(text: &Words) -> BoxedStrategy<BodyFields> {
    let encoding = prop_oneof![
        prop::sample::select(vec![
            Encoding::SevenBit,
            Encoding::EightBit,
            Encoding::Binary,
            Encoding::Base64,
            Encoding::QuotedPrintable,
        ]),
        text.clone().prop_map(Encoding::new),
    ];
    let one = || option::weighted(0.3, text.clone());
    (one(), one(), encoding, any::<u32>(), one())
        .prop_map(|(id, description, encoding, octets, md5)| BodyFields {
            id,
            description,
            encoding,
            octets,
            md5,
        })
        .boxed()
}

/// What stands behind the four fields that are known.
pub(crate) fn extensions() -> BoxedStrategy<Vec<Value>> {
    let value = prop::sample::select(vec!["NIL", "5", "\"a \\\" b\"", "(1 (\"b\") NIL)", "{3}\r\n) ("]);
    vec(value.prop_map(|value| Value::new(value).unwrap()), 0..3).boxed()
}

/// Everything but the media.
fn body(media: Media, text: &Words) -> BoxedStrategy<Body> {
    let disposition =
        (text.clone(), parameters(text)).prop_map(|(kind, parameters)| Disposition { kind, parameters });
    (
        parameters(text),
        option::of(disposition),
        vec(text.clone(), 0..3),
        option::weighted(0.3, text.clone()),
        extensions(),
    )
        .prop_map(
            move |(parameters, disposition, language, location, extensions)| Body {
                parameters,
                disposition,
                language,
                location,
                extensions,
                ..Body::new(media.clone())
            },
        )
        .boxed()
}

fn leaf(text: &Words) -> BoxedStrategy<BodyStructure> {
    let words = text.clone();
    let lines = prop_oneof![Just(0), any::<u32>().prop_map(u64::from)];
    let of_text = (text.clone(), lines, fields(text)).prop_map(|(subtype, lines, fields)| Media::Text {
        subtype,
        lines,
        fields,
    });
    let types = ["APPLICATION", "IMAGE", "MESSAGE", "MULTIPART", "x-y"];
    let kind = prop::sample::select(types.to_vec()).prop_map(|kind| Text::new(kind).unwrap());
    let other = (kind, text.clone(), fields(text)).prop_filter_map("known", |(kind, subtype, fields)| {
        let media_type = MediaType::new(kind, subtype).ok()?;
        Some(Media::Other { media_type, fields })
    });
    prop_oneof![of_text, other]
        .prop_flat_map(move |media| body(media, &words))
        .prop_map(|body| BodyStructure::new(body, []).unwrap())
        .boxed()
}

/// Bodies that nest up to `depth` deep.
pub(crate) fn structure(text: &Words, depth: u32) -> BoxedStrategy<BodyStructure> {
    let words = text.clone();
    leaf(text)
        .prop_recursive(depth - 1, 12, 3, move |inner| {
            let (text, again) = (words.clone(), words.clone());
            let multipart =
                (words.clone(), vec(inner.clone(), 1..4)).prop_flat_map(move |(subtype, parts)| {
                    (body(Media::Multipart { subtype }, &text), Just(parts))
                });
            let kind = prop::sample::select(vec![MessageType::Rfc822, MessageType::Global]);
            let media = (kind, envelope(&words), any::<u32>(), fields(&words));
            let message = (media, inner).prop_flat_map(move |((message, envelope, lines, fields), part)| {
                let media = Media::Message {
                    message,
                    envelope: Box::new(envelope),
                    lines: lines.into(),
                    fields,
                };
                (body(media, &again), Just(vec![part]))
            });
            prop_oneof![multipart, message].prop_map(|(body, parts)| BodyStructure::new(body, parts).unwrap())
        })
        .boxed()
}

/// Without what only BODYSTRUCTURE tells.
pub(crate) fn without_extensions(part: BodyPart<'_>) -> BodyStructure {
    let mut body = part.body().clone();
    (body.disposition, body.location) = (None, None);
    (body.language, body.extensions) = (Vec::new(), Vec::new());
    match &mut body.media {
        Media::Multipart { .. } => body.parameters = Vec::new(),
        Media::Text { fields, .. } | Media::Message { fields, .. } | Media::Other { fields, .. } => {
            fields.md5 = None
        }
    }
    BodyStructure::new(body, part.parts().map(without_extensions)).unwrap()
}

pub(crate) fn part() -> BoxedStrategy<Part> {
    vec(1..=u32::MAX, 0..4)
        .prop_map(|numbers| numbers.into_iter().filter_map(NonZeroU32::new).collect())
        .boxed()
}

pub(crate) fn section() -> BoxedStrategy<Section> {
    let names = || {
        let name = prop_oneof!["[!-9;-~]{1,10}", "[ -~]{0,6}"];
        vec(name, 1..4).prop_map(|names| HeaderNames::new(names).unwrap())
    };
    let text = prop_oneof![
        Just(SectionText::Header),
        Just(SectionText::Text),
        Just(SectionText::Mime),
        names().prop_map(SectionText::HeaderFields),
        names().prop_map(SectionText::HeaderFieldsNot),
    ];
    (part(), option::of(text))
        .prop_filter_map("MIME of the message", |(part, text)| {
            Section::new(part, text).ok()
        })
        .boxed()
}

pub(crate) fn data() -> BoxedStrategy<Option<Data>> {
    option::weighted(
        0.8,
        vec(any::<u8>(), 0..20).prop_map(|octets| Data::Here(octets.into())),
    )
    .boxed()
}

pub(crate) fn moment() -> BoxedStrategy<DateTime> {
    let date = (0..=9999_u16, 1..=12_u8, 1..=31_u8)
        .prop_map(|(year, month, day)| Date::new(year, month, day).unwrap());
    (date, (0..24_u8, 0..60_u8, 0..=60_u8), -5999..=5999_i16)
        .prop_map(|(date, time, zone)| DateTime::new(date, time, zone).unwrap())
        .boxed()
}

pub(crate) fn flag() -> BoxedStrategy<Flag> {
    let known = prop::sample::select(vec![
        "\\Seen",
        "\\Answered",
        "\\Recent",
        "\\Draft",
        "\\XList",
        "$Junk",
    ]);
    prop_oneof![known.prop_map(str::to_owned), "[a-zA-Z$_]{1,8}"]
        .prop_map(|flag| Flag::new(flag).unwrap())
        .boxed()
}

fn object_id() -> BoxedStrategy<ObjectId> {
    "[a-zA-Z0-9_-]{1,12}"
        .prop_map(|id| ObjectId::new(id).unwrap())
        .boxed()
}

fn other() -> BoxedStrategy<OtherItem> {
    let value = prop::sample::select(vec!["NIL", "(a (b))", "{2}\r\n()", "1:2,*", "\"x\""]);
    ("X-[A-Z]{1,5}(\\[[a-z0-9. ()]{0,5}\\](<[0-9]{1,3}>)?)?", value)
        .prop_map(|(name, value)| OtherItem::new(name, Value::new(value).unwrap()).unwrap())
        .boxed()
}

pub(crate) fn item(text: &Words) -> BoxedStrategy<Item> {
    let messages = prop_oneof![
        data().prop_map(Item::Rfc822),
        data().prop_map(Item::Rfc822Header),
        data().prop_map(Item::Rfc822Text),
        (section(), option::of(any::<u64>()), data()).prop_map(|(section, origin, data)| Item::BodySection {
            section,
            origin,
            data
        }),
        (part(), option::of(any::<u64>()), data()).prop_map(|(part, origin, data)| Item::Binary {
            part,
            origin,
            data
        }),
        (part(), any::<u32>()).prop_map(|(part, octets)| Item::BinarySize { part, octets }),
    ];
    let numbers = prop_oneof![
        (1..=u32::MAX).prop_map(|uid| Item::Uid(uid.try_into().unwrap())),
        any::<u64>().prop_map(Item::Rfc822Size),
        (1..=u64::MAX).prop_map(|number| Item::ModSeq(number.try_into().unwrap())),
        any::<u64>().prop_map(Item::GmailMessageId),
        any::<u64>().prop_map(Item::GmailThreadId),
    ];
    let words = prop_oneof![
        vec(flag(), 0..4).prop_map(Item::Flags),
        moment().prop_map(Item::InternalDate),
        option::of(moment()).prop_map(Item::SaveDate),
        object_id().prop_map(Item::EmailId),
        option::of(object_id()).prop_map(Item::ThreadId),
        option::of(text.clone()).prop_map(Item::Preview),
        vec(text.clone(), 0..3).prop_map(Item::GmailLabels),
        other().prop_map(Item::Other),
    ];
    let structures = prop_oneof![
        envelope(text).prop_map(|envelope| Item::Envelope(Box::new(envelope))),
        structure(text, 4).prop_map(Item::BodyStructure),
        structure(text, 4).prop_map(Item::Body),
    ];
    prop_oneof![messages, numbers, words, structures].boxed()
}

pub(crate) fn fetch(text: &Words) -> BoxedStrategy<Fetch> {
    (1..=u32::MAX, vec(item(text), 1..5))
        .prop_map(|(number, items)| Fetch {
            number: number.try_into().unwrap(),
            items: NonEmpty::new(items).unwrap(),
        })
        .boxed()
}

pub(crate) fn response(text: &Words) -> BoxedStrategy<Response> {
    prop_oneof![
        fetch(text).prop_map(Response::Fetch),
        fetch(text).prop_map(Response::UidFetch)
    ]
    .boxed()
}
