//! Whatever arrives, and however it is cut: lines are the same, nobody panics, nothing leaves as something else.
#![allow(clippy::unwrap_used)]

use gatepost_wire::{Escaped, Input, LineError, Secret, base64, take_line};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const LIMIT: usize = 12;

/// Octets among which line ends, and what is mistaken for one, are frequent.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![select(&b"\r\n\0a"[..]), select(&b"\r\n"[..]), any::<u8>(),];
    let line = prop_oneof![3 => vec(b'a'..=b'z', 0..16).prop_map(|line| [&line[..], b"\r\n"].concat()), 1 => vec(octet, 0..6)];
    vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// The lines of a stream that arrives in such pieces, and what ends it.
fn lines(octets: &[u8], piece: usize) -> (Vec<Vec<u8>>, Option<LineError>) {
    let mut input = Input::new(LIMIT + 2);
    let mut lines = Vec::new();
    let mut rest = octets;
    loop {
        match take_line(&mut input, LIMIT) {
            Ok(Some(line)) => lines.push(line.to_vec()),
            Err(error) => return (lines, Some(error)),
            Ok(None) if rest.is_empty() => return (lines, None),
            Ok(None) => {
                let (now, later) = rest.split_at(piece.min(rest.len()).min(input.room()));
                input.feed(now).unwrap();
                rest = later;
            }
        }
    }
}

proptest! {
    #[test]
    fn lines_do_not_depend_on_how_they_arrive(octets in octets(), piece in 1_usize..20) {
        let (whole, error) = lines(&octets, usize::MAX);
        prop_assert_eq!(lines(&octets, piece), (whole.clone(), error));
        for line in &whole {
            prop_assert!(line.len() <= LIMIT && !line.iter().any(|octet| b"\r\n\0".contains(octet)));
        }
        let read: Vec<u8> = whole.iter().flat_map(|line| [&line[..], b"\r\n"].concat()).collect();
        prop_assert!(octets.starts_with(&read));
    }

    #[test]
    fn base64_is_read_as_it_was_written_and_in_no_other_way(octets in vec(any::<u8>(), 0..80)) {
        let mut text = Vec::new();
        base64::encode(&octets, &mut text);
        prop_assert_eq!(base64::decode(&text).unwrap(), Secret::new(octets.clone()));
        if let Ok(decoded) = base64::decode(&octets) {
            let mut again = Vec::new();
            base64::encode(decoded.expose(), &mut again);
            prop_assert_eq!(again, octets);
        }
    }

    #[test]
    fn what_is_shown_is_printable_and_short(octets in vec(any::<u8>(), 0..300)) {
        let shown = Escaped(&octets).to_string();
        prop_assert!(shown.bytes().all(|octet| (0x20..0x7f).contains(&octet)));
        prop_assert!(shown.len() <= 4 * Escaped::SHOWN + 2);
    }
}
