//! SMTP smuggling: sequences that some servers took for the end of a message (CVE-2023-51764 to 51766).

use gatepost_smtp::data::Encoder;

use bytes::BytesMut;

use crate::{End, decode, every_split, swallow};

/// What somebody may take for a line end, the real one first.
const LINE_ENDS: [&[u8]; 14] = [
    b"\r\n", b"\n", b"\r", b"\n\r", b"\r\r\n", b"\n\n", b"\r\r", b"\r\n\0", b"\0\r\n", b"\r\0\n", b"\r\n ",
    b"\r\n\t", b" \r\n", b"\n\r\n",
];

/// Those that were seen in the wild or in the papers, written out.
const KNOWN: [&[u8]; 24] = [
    b"\n.\n",
    b"\n.\r\n",
    b"\n.\r",
    b"\r.\r",
    b"\r.\n",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\0\n",
    b"\r\n\r.\r\n",
    b"\r\r\n.\r\n",
    b"\r\n..\r\n",
    b"\r\n. \r\n",
    b"\r\n .\r\n",
    b"\n\n.\n\n",
    b"\n\r.\n\r",
    b"\n\r\n.\n\r\n",
    b"\r\n.\n\r\n",
    b"\r\0\n.\r\0\n",
    b"\r\n\x85.\x85",
    b"\xe2\x80\xa8.\xe2\x80\xa8",
];

fn fakes() -> Vec<Vec<u8>> {
    let pairs = LINE_ENDS
        .iter()
        .flat_map(|one| LINE_ENDS.iter().map(move |two| [one, &b"."[..], two].concat()));
    let pairs = pairs.filter(|fake| !is_real(fake));
    KNOWN.iter().map(|fake| fake.to_vec()).chain(pairs).collect()
}

/// Whether the real end is in `sequence`, as in LF CR LF . CR LF.
fn is_real(sequence: &[u8]) -> bool {
    sequence.windows(5).any(|window| window == b"\r\n.\r\n")
}

#[test]
fn the_list_is_long_and_holds_no_real_end() {
    assert!(fakes().len() > 150);
    assert_eq!(
        KNOWN.iter().filter(|fake| is_real(fake)).collect::<Vec<_>>(),
        [b"\r\r\n.\r\n"]
    );
}

/// A fake never ends a message: it is refused or part of it.
#[test]
fn no_fake_ends_a_message() {
    for fake in fakes() {
        let smuggled = [
            b"Subject: a\r\n\r\nb",
            &fake[..],
            b"MAIL FROM:<evil@example.com>\r\n",
        ]
        .concat();
        for pieces in every_split(&smuggled) {
            let shown = smuggled.escape_ascii();
            match decode(&pieces).end {
                End::Open => assert!(!fake.contains(&b'\0'), "{shown}"),
                End::Fault(offset, _) => assert!(offset >= 15, "{shown}"),
                End::Ended(_) => panic!("{shown}"),
            }
            // CR CR LF . CR LF is an end for whoever drops everything, as CRLF.CRLF is in it.
            assert_eq!(swallow(&pieces).is_some(), is_real(&smuggled), "{shown}");
        }
    }
}

/// Nor does it when it stands at the very start of a message.
#[test]
fn no_fake_ends_a_message_at_its_start() {
    for fake in fakes() {
        let stream = [&fake[..], b"QUIT\r\n"].concat();
        let at_start = [b"\r\n", &fake[..]].concat();
        match decode(&[&stream]).end {
            End::Ended(_) => assert!(is_real(&at_start), "{}", stream.escape_ascii()),
            End::Open | End::Fault(..) => {}
        }
    }
}

/// What we write has its one end at its end, for the strictest reader and for the most tolerant.
#[test]
fn whatever_is_encoded_has_one_end() {
    for fake in fakes() {
        let message = [b"a", &fake[..], b"b"].concat();
        for pieces in every_split(&message) {
            let (mut encoder, mut wire) = (Encoder::new(), BytesMut::new());
            pieces.iter().for_each(|piece| encoder.encode(piece, &mut wire));
            encoder.finish(&mut wire);
            assert!(wire.ends_with(b"\r\n.\r\n"));
            let body = &wire[..wire.len() - 5];
            assert_eq!(swallow(&[&wire]), Some(wire.len()), "{}", wire.escape_ascii());
            for (one, two) in [("\n", "\n"), ("\n", "\r"), ("\r", "\r"), ("\r", "\n")] {
                let tolerated = format!("{one}.{two}").into_bytes();
                let found = body.windows(3).any(|window| window == tolerated);
                assert!(!found, "{}", wire.escape_ascii());
            }
        }
    }
}
