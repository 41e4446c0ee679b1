//! imap-codec reads what we write, and writes what we read as the same value.

use gatepost_imap::response::fetch::{BodyStructure, Data, Item, Media, MessageType};
use gatepost_imap::response::{self, Response};
use gatepost_imap::types::DateTime;
use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder as _;
use imap_codec::encode::Encoder as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::arbitrary::{any_text, item};
use crate::line;

/// What we read in what imap-codec writes of what it reads in `octets`; `None` if it reads nothing.
fn echoed(octets: &[u8]) -> Option<Item> {
    let (rest, theirs) = ResponseCodec::default().decode(octets).ok()?;
    assert!(rest.is_empty());
    let written = ResponseCodec::default().encode(&theirs).dump();
    let message = written.strip_suffix(b"\r\n").unwrap();
    match response::parse(message) {
        Ok(Response::Fetch(fetch)) => fetch.items.into_vec().pop(),
        other => panic!("{}: {other:?}", written.escape_ascii()),
    }
}

/// Why imap-codec does not read an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// It knows neither the extension nor a name that is not known.
    Unknown,
    /// An origin or a size above 32 bits, which RFC 9051 allows.
    Number64,
    /// An origin in BINARY.
    BinaryOrigin,
    /// A NUL, in a literal8 outside of BINARY. RFC 9051 has none there either; real messages have.
    Nul,
    /// The envelope of a `message/global` (RFC 9051).
    Global,
    /// A day that a month does not have, a second 60, or a zone of more than a day: the grammar has them all.
    Calendar,
}

fn difference(item: &Item) -> Option<Difference> {
    use Difference::*;
    let small = |origin: &Option<u64>| origin.is_none_or(|origin| u32::try_from(origin).is_ok());
    match item {
        Item::Binary { origin: Some(_), .. } => Some(BinaryOrigin),
        Item::BodySection { origin, .. } if !small(origin) => Some(Number64),
        Item::BodySection { data, .. }
        | Item::Rfc822(data)
        | Item::Rfc822Header(data)
        | Item::Rfc822Text(data) => {
            matches!(data, Some(Data::Here(octets)) if octets.contains(&0)).then_some(Nul)
        }
        Item::Rfc822Size(size) if !small(&Some(*size)) => Some(Number64),
        Item::InternalDate(moment) => is_odd(moment).then_some(Calendar),
        Item::Body(body) | Item::BodyStructure(body) => has_global(body).then_some(Global),
        Item::Flags(_) | Item::Uid(_) | Item::Envelope(_) | Item::Rfc822Size(_) | Item::ModSeq(_) => None,
        Item::Binary { .. } | Item::BinarySize { .. } => None,
        _ => Some(Unknown),
    }
}

fn is_odd(moment: &DateTime) -> bool {
    moment.date().day() > 28 || moment.time().2 == 60 || moment.zone_minutes().abs() >= 24 * 60
}

fn has_global(body: &BodyStructure) -> bool {
    body.iter().any(|body| {
        matches!(
            body.media,
            Media::Message {
                message: MessageType::Global,
                ..
            }
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn it_reads_and_writes_the_same(item in item(&any_text())) {
        if difference(&item).is_none() {
            prop_assert_eq!(echoed(&line(item.clone())), Some(item));
        }
    }
}

/// Each difference is one: of the items that have it, imap-codec refuses all but days that happen to exist.
#[test]
fn the_differences_are_true() {
    use Difference::*;
    let mut runner = TestRunner::deterministic();
    let mut seen = Vec::new();
    for _ in 0..2000 {
        let item = item(&any_text()).new_tree(&mut runner).unwrap().current();
        let Some(difference) = difference(&item) else {
            continue;
        };
        match echoed(&line(item.clone())) {
            None => seen.push(difference),
            Some(echo) => assert_eq!((echo, difference), (item, Calendar)),
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen, [Unknown, Number64, BinaryOrigin, Nul, Global, Calendar]);
}
