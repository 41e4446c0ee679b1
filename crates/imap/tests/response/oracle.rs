//! Two other readers understand what we write as we do: imap-codec, whose values are written again and come back as
//! ours, and imap-proto, whose values are put into words as ours are.

use bytes::BytesMut;
use gatepost_imap::response::{self, ListKind, Response, StatusText};
use gatepost_imap::types::{Flag, StatusValue, UidSet};
use gatepost_imap::{ResponseCode, Status};
use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder as _;
use imap_codec::encode::Encoder as _;
use imap_proto::{MailboxDatum, Response as Theirs, StatusAttribute};
use proptest::prelude::*;

use crate::values::response;

fn encoded(response: &Response) -> BytesMut {
    let mut octets = BytesMut::new();
    response.encode(&mut octets);
    octets
}

/// What we read in what imap-codec writes of what it reads; `None` if it reads nothing.
fn echoed(octets: &[u8]) -> Option<Response> {
    let (rest, theirs) = ResponseCodec::default().decode(octets).ok()?;
    assert!(rest.is_empty());
    let written = ResponseCodec::default().encode(&theirs).dump();
    let message = written.strip_suffix(b"\r\n").unwrap();
    Some(response::parse(message).unwrap())
}

/// Why imap-codec may refuse a response that follows the grammar.
fn why_codec_refuses(response: &Response) -> Option<&'static str> {
    const UNKNOWN: Option<&str> = Some("it does not know the response, or only with a feature");
    match response {
        Response::Status {
            status: Status::Preauth,
            ..
        } => Some("PREAUTH is in a greeting alone"),
        Response::Status { text, .. } | Response::Tagged { text, .. } => {
            let code = text.code().map_or(String::new(), |code| format!("{code}"));
            match text.text() {
                text if text.is_empty() => Some("RFC 3501 wants a text"),
                text if !text.is_ascii() || !code.is_ascii() => Some("RFC 3501 wants ASCII"),
                text if text.iter().any(u8::is_ascii_control) || code.contains('\\') => Some("controls"),
                _ if code.contains([']', '[', '(', '"']) => Some("its codes end at the first bracket"),
                text if text.starts_with(b"[") => Some("a bracket begins a code, whether it ends or not"),
                _ if code == "CAPABILITY" => Some("a list without capabilities is none"),
                _ => None,
            }
        }
        Response::Continuation(_) => Some("a text that could be base64"),
        Response::Capability(list) if list.is_empty() => Some("a list without capabilities is none"),
        Response::Flags(flags) if flags.iter().any(|flag| matches!(flag, Flag::Any | Flag::Recent)) => {
            Some("RFC 3501 has them elsewhere")
        }
        Response::List(list) if list.kind == ListKind::Xlist || !list.extended.is_empty() => UNKNOWN,
        Response::List(list) if list.attributes.is_empty() && list.mailbox.as_bytes().is_empty() => UNKNOWN,
        Response::MailboxStatus(status) => status.items.iter().find_map(|item| match item {
            StatusValue::Size(_)
            | StatusValue::HighestModSeq(_)
            | StatusValue::AppendLimit(_)
            | StatusValue::MailboxId(_)
            | StatusValue::Other(..) => UNKNOWN,
            _ => None,
        }),
        Response::Quota(quota) if quota.resources.is_empty() => Some("RFC 9208 wants a resource"),
        Response::Search(search) | Response::Sort(search) if search.mod_seq.is_some() => UNKNOWN,
        Response::Thread(_) => Some("it keeps threads in another way"),
        Response::Acl(_)
        | Response::MyRights(_)
        | Response::ListRights(_)
        | Response::Metadata(_)
        | Response::Namespaces(_)
        | Response::ESearch(_)
        | Response::Vanished(_)
        | Response::Id(_)
        | Response::Other(_) => UNKNOWN,
        _ => None,
    }
}

/// Whether both say the same. imap-codec puts sets in order, and joins what can be joined.
fn is_same(echo: &Response, response: &Response) -> bool {
    match (echo, response) {
        (Response::Vanished(echo), Response::Vanished(gone)) => {
            echo.when == gone.when && numbers(&echo.uids) == numbers(&gone.uids)
        }
        _ => match (code(echo), code(response)) {
            (Some(ResponseCode::Modified(echo)), Some(ResponseCode::Modified(set))) => {
                numbers(echo) == numbers(set)
            }
            _ => echo == response,
        },
    }
}

fn code(response: &Response) -> Option<&ResponseCode> {
    match response {
        Response::Status { text, .. } | Response::Tagged { text, .. } => text.code(),
        Response::Continuation(continuation) => continuation.text().code(),
        _ => None,
    }
}

/// The ranges in order, none of which touches another.
fn numbers(set: &UidSet) -> Vec<(u32, u32)> {
    let mut ranges: Vec<_> = set
        .ranges()
        .map(|(one, other)| (one.min(other), one.max(other)))
        .collect();
    ranges.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::new();
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn imap_codec_never_reads_anything_else(response in response()) {
        let octets = encoded(&response);
        match echoed(&octets) {
            Some(echo) => prop_assert!(is_same(&echo, &response), "{:?} {:?}", echo, response),
            None => prop_assert!(why_codec_refuses(&response).is_some(), "{}", octets.escape_ascii()),
        }
    }

    #[test]
    fn imap_proto_reads_the_same(response in response()) {
        let Some(ours) = our_words(&response) else {
            return Ok(());
        };
        let octets = encoded(&response);
        match Theirs::parse(&octets) {
            Ok((_, theirs)) => prop_assert_eq!(ours, their_words(theirs)),
            Err(error) => prop_assert!(false, "{} {error:?}", octets.escape_ascii()),
        }
    }
}

/// What imap-proto reads as we do: it keeps the escapes of quoted strings, and what is no UTF-8 it replaces.
fn plain(octets: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(octets).ok()?;
    (!text.contains(['"', '\\'])).then(|| text.to_owned())
}

/// A response in words; `None` if imap-proto does not know it, or reads it in another way.
fn our_words(response: &Response) -> Option<String> {
    Some(match response {
        Response::Exists(number) => format!("exists {number}"),
        Response::Recent(number) => format!("recent {number}"),
        Response::Expunge(number) => format!("expunge {number}"),
        Response::Status { status, text } if *status != Status::Preauth => {
            format!("{} {}", status.as_str(), our_text(text)?)
        }
        Response::Tagged { tag, status, text } => {
            format!("{tag} {} {}", Status::from(*status).as_str(), our_text(text)?)
        }
        Response::Flags(flags) => {
            let flags: Vec<_> = flags.iter().map(Flag::to_string).collect();
            format!("flags {flags:?}")
        }
        Response::Search(search) if search.mod_seq.is_none() => {
            format!("search {:?}", search.numbers.iter().collect::<Vec<_>>())
        }
        Response::Sort(search) if search.mod_seq.is_none() => {
            format!("sort {:?}", search.numbers.iter().collect::<Vec<_>>())
        }
        Response::MailboxStatus(status) => {
            let items = status.items.iter().map(our_item).collect::<Option<Vec<_>>>()?;
            format!("status {} {items:?}", plain(status.mailbox.as_bytes())?)
        }
        Response::List(list) if list.kind != ListKind::Xlist && list.extended.is_empty() => {
            let delimiter = list.delimiter.map(|one| one.as_char().to_string());
            plain(delimiter.as_deref().unwrap_or_default().as_bytes())?;
            format!("list {delimiter:?} {}", plain(list.mailbox.as_bytes())?)
        }
        Response::Vanished(gone) => format!(
            "gone {:?} {:?}",
            gone.when,
            gone.uids.ranges().collect::<Vec<_>>()
        ),
        Response::Quota(quota) if !quota.resources.is_empty() => {
            let resources: Vec<_> = quota.resources.iter().map(|one| (one.usage, one.limit)).collect();
            format!("quota {} {resources:?}", plain(&quota.root)?)
        }
        Response::QuotaRoot(quota) => {
            let roots = quota
                .roots
                .iter()
                .map(|root| plain(root))
                .collect::<Option<Vec<_>>>()?;
            format!("quotaroot {} {roots:?}", plain(quota.mailbox.as_bytes())?)
        }
        _ => return None,
    })
}

fn our_text(text: &StatusText) -> Option<String> {
    let code = match text.code() {
        None => String::new(),
        Some(ResponseCode::Alert) => "Alert".to_owned(),
        Some(ResponseCode::ReadOnly) => "ReadOnly".to_owned(),
        Some(ResponseCode::TryCreate) => "TryCreate".to_owned(),
        Some(ResponseCode::UidNotSticky) => "UidNotSticky".to_owned(),
        Some(ResponseCode::UidNext(number)) => format!("UidNext({number})"),
        Some(ResponseCode::UidValidity(number)) => format!("UidValidity({number})"),
        Some(ResponseCode::Unseen(number)) => format!("Unseen({number})"),
        Some(ResponseCode::HighestModSeq(number)) => format!("HighestModSeq({number})"),
        Some(ResponseCode::MetadataTooMany) => "MetadataTooMany".to_owned(),
        Some(ResponseCode::MetadataMaxSize(size)) => format!("MetadataMaxSize({size})"),
        Some(_) => return None,
    };
    let text = plain(text.text()).filter(|text| !text.is_empty())?;
    Some(format!("{code} {text}"))
}

fn their_text(outcome: imap_proto::Outcome<'_>) -> String {
    let code = outcome.code.map_or(String::new(), |code| format!("{code:?}"));
    format!("{code} {}", outcome.information.unwrap_or_default())
}

fn our_item(value: &StatusValue) -> Option<String> {
    Some(match value {
        StatusValue::Messages(number) => format!("messages {number}"),
        StatusValue::Recent(number) => format!("recent {number}"),
        StatusValue::Unseen(number) => format!("unseen {number}"),
        StatusValue::UidNext(number) => format!("uidnext {number}"),
        StatusValue::UidValidity(number) => format!("uidvalidity {number}"),
        StatusValue::HighestModSeq(number) => format!("highestmodseq {number}"),
        _ => return None,
    })
}

fn their_words(response: Theirs<'_>) -> String {
    match response {
        Theirs::MailboxData(MailboxDatum::Exists(number)) => format!("exists {number}"),
        Theirs::MailboxData(MailboxDatum::Recent(number)) => format!("recent {number}"),
        Theirs::Expunge(number) => format!("expunge {number}"),
        Theirs::Data { status, outcome } => {
            format!("{} {}", format!("{status:?}").to_uppercase(), their_text(outcome))
        }
        Theirs::Done { tag, status, outcome } => {
            format!(
                "{} {} {}",
                tag.0,
                format!("{status:?}").to_uppercase(),
                their_text(outcome)
            )
        }
        Theirs::MailboxData(MailboxDatum::Flags(flags)) => format!("flags {flags:?}"),
        Theirs::MailboxData(MailboxDatum::Search(numbers)) => format!("search {numbers:?}"),
        Theirs::MailboxData(MailboxDatum::Sort(numbers)) => format!("sort {numbers:?}"),
        Theirs::MailboxData(MailboxDatum::Status { mailbox, status }) => {
            let items: Vec<_> = status.iter().map(their_item).collect();
            format!("status {} {items:?}", mailbox)
        }
        Theirs::MailboxData(MailboxDatum::List(list)) => {
            format!("list {:?} {}", list.delimiter, list.name)
        }
        Theirs::Vanished { earlier, uids } => {
            let when = if earlier { "Earlier" } else { "Now" };
            let uids: Vec<_> = uids.iter().map(|range| (*range.start(), *range.end())).collect();
            format!("gone {when} {uids:?}")
        }
        Theirs::Quota(quota) => {
            let resources: Vec<_> = quota.resources.iter().map(|one| (one.usage, one.limit)).collect();
            format!("quota {} {resources:?}", quota.root_name)
        }
        Theirs::QuotaRoot(quota) => {
            format!("quotaroot {} {:?}", quota.mailbox_name, quota.quota_root_names)
        }
        other => format!("{other:?}"),
    }
}

fn their_item(value: &StatusAttribute) -> String {
    match value {
        StatusAttribute::Messages(number) => format!("messages {number}"),
        StatusAttribute::Recent(number) => format!("recent {number}"),
        StatusAttribute::Unseen(number) => format!("unseen {number}"),
        StatusAttribute::UidNext(number) => format!("uidnext {number}"),
        StatusAttribute::UidValidity(number) => format!("uidvalidity {number}"),
        StatusAttribute::HighestModSeq(number) => format!("highestmodseq {number}"),
        other => format!("{other:?}"),
    }
}
