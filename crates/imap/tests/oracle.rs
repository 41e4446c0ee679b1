//! imap-codec reads the same responses as we do. Commands are in `commands/`.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gatepost_imap::response::{self, Response};
use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder as _;
use imap_codec::imap_types::response::{Response as TheirResponse, Status as TheirStatus, StatusBody};

#[test]
fn statuses_mean_the_same_to_both() {
    for message in [
        &b"a1 OK done"[..],
        b"a1 NO [ALERT] look",
        b"a1 BAD {10}",
        b"* OK [CAPABILITY IMAP4rev1 IDLE] ready",
    ] {
        let line = [message, b"\r\n"].concat();
        let (_, theirs) = ResponseCodec::default().decode(&line).unwrap();
        let Response::Status { tag, text, .. } = response::parse(message).unwrap() else {
            panic!()
        };
        let (their_tag, their_text) = match &theirs {
            TheirResponse::Status(TheirStatus::Tagged(tagged)) => {
                (Some(&tagged.tag), body_text(&tagged.body))
            }
            TheirResponse::Status(TheirStatus::Untagged(body)) => (None, body_text(body)),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            tag.map(|tag| tag.to_string()),
            their_tag.map(|tag| tag.as_ref().to_owned())
        );
        assert_eq!(text, their_text.as_bytes());
    }
}

fn body_text<'a>(body: &'a StatusBody<'_>) -> &'a str {
    body.text.inner()
}
