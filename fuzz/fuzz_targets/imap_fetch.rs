//! FETCH responses. The first octet says how the rest is used:
//!
//! - even: as the items of one. What can be read can be written, and is read as the same again; what is read strictly is
//!   read leniently as the same, with nothing forgiven; the parts of a body structure are where their numbers say.
//! - odd: to make an envelope and a body structure of any kind. What is written is read as the same, strictly.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::{Bytes, BytesMut};
use gatepost_imap::parse::{Leniency, Options};
use gatepost_imap::response::fetch::{
    Address, Body, BodyFields, BodyStructure, Data, Disposition, Encoding, Envelope, Fetch, Item, Media,
    MediaType, MessageType, Parameter,
};
use gatepost_imap::response::{self, Response};
use gatepost_imap::types::{NonEmpty, Section, Text, Value};
use libfuzzer_sys::fuzz_target;

/// The response without its final CRLF.
fn written(response: &Response) -> Bytes {
    let mut octets = BytesMut::new();
    response.encode(&mut octets);
    octets.truncate(octets.len() - 2);
    octets.freeze()
}

fn items(octets: &[u8]) {
    let message = Bytes::from([b"* 7 FETCH (", octets, b")"].concat());
    let options = Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    };
    let strict = response::parse(&message);
    let lenient = response::parse_with(&message, &options);
    if let Ok(response) = &strict {
        let lenient = lenient.as_ref().expect("what is right is read");
        assert!(lenient.forgiven.is_empty());
        assert_eq!(lenient.value, *response);
        assert_eq!(response::parse(&written(response)).as_ref(), Ok(response));
    }
    let Ok(parsed) = lenient else { return };
    let Response::Fetch(fetch) = &parsed.value else {
        return;
    };
    let again = response::parse_with(&written(&parsed.value), &options).expect("what was written is read");
    assert_eq!(again.value, parsed.value);
    for item in &fetch.items {
        if let Item::Body(body) | Item::BodyStructure(body) = item {
            numbers(body);
        }
    }
}

fn numbers(body: &BodyStructure) {
    for (part, found) in body.numbered() {
        assert_eq!(body.at(&part), Some(found));
    }
}

fn text(u: &mut Unstructured<'_>) -> Result<Text> {
    let octets = <Vec<u8>>::arbitrary(u)?;
    Ok(Text::new(octets).unwrap_or_default())
}

fn list<T>(
    u: &mut Unstructured<'_>,
    most: usize,
    one: impl Fn(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = u.int_in_range(0..=most)?;
    (0..count).map(|_| one(u)).collect()
}

fn maybe<T>(u: &mut Unstructured<'_>, one: impl Fn(&mut Unstructured<'_>) -> Result<T>) -> Result<Option<T>> {
    match u.arbitrary()? {
        true => one(u).map(Some),
        false => Ok(None),
    }
}

fn address(u: &mut Unstructured<'_>) -> Result<Address> {
    Ok(Address {
        name: maybe(u, text)?,
        adl: maybe(u, text)?,
        mailbox: maybe(u, text)?,
        host: maybe(u, text)?,
    })
}

fn envelope(u: &mut Unstructured<'_>) -> Result<Envelope> {
    Ok(Envelope {
        date: maybe(u, text)?,
        subject: maybe(u, text)?,
        from: list(u, 3, address)?,
        sender: list(u, 3, address)?,
        reply_to: list(u, 3, address)?,
        to: list(u, 3, address)?,
        cc: list(u, 3, address)?,
        bcc: list(u, 3, address)?,
        in_reply_to: maybe(u, text)?,
        message_id: maybe(u, text)?,
    })
}

fn parameter(u: &mut Unstructured<'_>) -> Result<Parameter> {
    let (name, value) = (text(u)?, text(u)?);
    Ok(Parameter { name, value })
}

fn fields(u: &mut Unstructured<'_>) -> Result<BodyFields> {
    Ok(BodyFields {
        id: maybe(u, text)?,
        description: maybe(u, text)?,
        encoding: Encoding::new(text(u)?),
        octets: u.arbitrary()?,
        md5: maybe(u, text)?,
    })
}

fn structure(u: &mut Unstructured<'_>, depth: u8) -> Result<BodyStructure> {
    let choice = if depth == 0 { 0 } else { u.int_in_range(0..=3)? };
    let mut parts = Vec::new();
    let media = match choice {
        0 => Media::Text {
            subtype: text(u)?,
            lines: u.arbitrary()?,
            fields: fields(u)?,
        },
        1 => match MediaType::new(text(u)?, text(u)?) {
            Ok(media_type) => Media::Other {
                media_type,
                fields: fields(u)?,
            },
            Err(_) => return Err(arbitrary::Error::IncorrectFormat),
        },
        2 => {
            parts.push(structure(u, depth - 1)?);
            Media::Message {
                message: if u.arbitrary()? {
                    MessageType::Rfc822
                } else {
                    MessageType::Global
                },
                envelope: Box::new(envelope(u)?),
                lines: u.arbitrary()?,
                fields: fields(u)?,
            }
        }
        _ => {
            parts.push(structure(u, depth - 1)?);
            parts.extend(list(u, 2, |u| structure(u, depth - 1))?);
            Media::Multipart { subtype: text(u)? }
        }
    };
    let body = Body {
        parameters: list(u, 2, parameter)?,
        disposition: maybe(u, |u| {
            let (kind, parameters) = (text(u)?, list(u, 2, parameter)?);
            Ok(Disposition { kind, parameters })
        })?,
        language: list(u, 2, text)?,
        location: maybe(u, text)?,
        extensions: list(u, 2, |u| {
            Value::new(<Vec<u8>>::arbitrary(u)?).map_err(|_| arbitrary::Error::IncorrectFormat)
        })?,
        ..Body::new(media)
    };
    Ok(BodyStructure::new(body, parts).expect("each has the parts it must have"))
}

fn values(octets: &[u8]) -> Result<()> {
    let mut u = Unstructured::new(octets);
    let mut items = NonEmpty::of(Item::Envelope(Box::new(envelope(&mut u)?)));
    let body = structure(&mut u, 8)?;
    numbers(&body);
    items.push(Item::BodyStructure(body));
    items.push(Item::BodySection {
        section: Section::MESSAGE,
        origin: u.arbitrary()?,
        data: maybe(&mut u, |u| Ok(Data::Here(<Vec<u8>>::arbitrary(u)?.into())))?,
    });
    let number = u.arbitrary()?;
    let response = Response::Fetch(Fetch { number, items });
    assert_eq!(response::parse(&written(&response)), Ok(response));
    Ok(())
}

fuzz_target!(|input: &[u8]| {
    match input {
        [first, rest @ ..] if first % 2 == 0 => items(rest),
        [_, rest @ ..] => {
            let _ = values(rest);
        }
        [] => {}
    }
});
