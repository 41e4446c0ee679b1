//! Every short stream of the octets that matter, against the rules written down as plainly as possible.

use gatepost_smtp::data::Fault;

use crate::{End, Outcome, decode, every_split, swallow};

const OCTETS: [u8; 5] = *b"\r\n.\0a";

/// RFC 5321 sections 2.3.8 and 4.5.2, looking at the whole stream at once.
fn model(stream: &[u8]) -> Outcome {
    for (at, octet) in stream.iter().enumerate() {
        let fault = match octet {
            0 => Some(Fault::Nul),
            b'\n' if at == 0 || stream[at - 1] != b'\r' => Some(Fault::BareLf),
            b'\r' if stream.get(at + 1).is_some_and(|&next| next != b'\n') => Some(Fault::BareCr),
            _ => None,
        };
        if let Some(fault) = fault {
            let message = unstuffed(&stream[..at]);
            return Outcome {
                message,
                end: End::Fault(at as u64, fault),
            };
        }
        if is_end(&stream[..=at]) {
            let message = unstuffed(&stream[..at - 2]);
            return Outcome {
                message,
                end: End::Ended(at + 1),
            };
        }
    }
    let message = unstuffed(stream.strip_suffix(b"\r").unwrap_or(stream));
    Outcome {
        message,
        end: End::Open,
    }
}

fn is_end(octets: &[u8]) -> bool {
    octets == b".\r\n" || octets.ends_with(b"\r\n.\r\n")
}

fn unstuffed(octets: &[u8]) -> Vec<u8> {
    let starts_line = |at: usize| at == 0 || octets[..at].ends_with(b"\r\n");
    let kept = |at: &usize| !(octets[*at] == b'.' && starts_line(*at));
    (0..octets.len()).filter(kept).map(|at| octets[at]).collect()
}

/// Where CRLF.CRLF ends.
fn end(stream: &[u8]) -> Option<usize> {
    let behind_command = [b"\r\n", stream].concat();
    behind_command
        .windows(5)
        .position(|window| window == b"\r\n.\r\n")
        .map(|at| at + 3)
}

/// All streams of `length` octets.
fn streams(length: u32) -> impl Iterator<Item = Vec<u8>> {
    (0..5_usize.pow(length)).map(move |number| {
        (0..length)
            .map(|place| OCTETS[number / 5_usize.pow(place) % 5])
            .collect()
    })
}

#[test]
fn every_stream_of_up_to_seven_octets() {
    for stream in (0..=7).flat_map(streams) {
        let expected = model(&stream);
        for pieces in every_split(&stream) {
            assert_eq!(decode(&pieces), expected, "{}", stream.escape_ascii());
            assert_eq!(swallow(&pieces), end(&stream), "{}", stream.escape_ascii());
        }
    }
}

/// The same in the middle of many octets, which are looked at in blocks.
#[test]
fn every_stream_of_up_to_four_octets_in_a_long_one() {
    for odd in (0..=4).flat_map(streams) {
        for before in [0, 1, 2, 14, 15, 16, 17, 126, 127, 128, 129, 130, 255, 256, 300] {
            for fill in [&b"a"[..], b"ab\r\n"] {
                let filled = fill.iter().copied().cycle();
                let mut stream: Vec<u8> = filled.clone().take(before).collect();
                stream.extend(&odd);
                stream.extend(filled.take(280));
                let expected = model(&stream);
                assert_eq!(decode(&[&stream]), expected, "{}", stream.escape_ascii());
                let pieces: Vec<_> = stream.chunks(before + 1).collect();
                assert_eq!(decode(&pieces), expected, "{}", stream.escape_ascii());
            }
        }
    }
}
