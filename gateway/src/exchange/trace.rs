//! What NTLM messages look like from outside, for reports from the field: kinds, flags and lengths. Names are not shown,
//! and of challenges, responses and keys nothing but how long they are (MS-NLMP sections 2.2.1 and 2.2.2.1).

use std::fmt::Write as _;

use tracing::{Level, debug, enabled};

use crate::login::Session;

/// A payload's length and offset, as they stand at a place of the header.
#[derive(Clone, Copy)]
struct Payload {
    octets: u16,
    offset: u32,
}

/// Logs a message at the level `debug`. `from` is "client" or "gateway".
pub(super) fn message(session: &Session, from: &str, message: &[u8]) {
    if !enabled!(Level::DEBUG) {
        return;
    }
    let id = &session.id;
    let shown = describe(message);
    let shown = shown.as_deref().unwrap_or("not an NTLM message");
    debug!(session = id, from, octets = message.len(), shown, "ntlm");
}

fn describe(message: &[u8]) -> Option<String> {
    if message.get(..8)? != b"NTLMSSP\0" {
        return None;
    }
    match u32_at(message, 8)? {
        1 => Some(format!("kind=1 flags={:#010x}", u32_at(message, 12)?)),
        2 => Some(format!(
            "kind=2 flags={:#010x} target-info={}",
            u32_at(message, 20)?,
            payload_at(message, 40).map_or(0, |payload| payload.octets)
        )),
        3 => authenticate(message),
        _ => None,
    }
}

/// The lengths, where the payload begins (64, 72 or 88), and what is in the response but for the proof.
fn authenticate(message: &[u8]) -> Option<String> {
    let names = ["lm", "nt", "domain", "user", "workstation", "key"];
    let mut shown = format!("kind=3 flags={:#010x}", u32_at(message, 60)?);
    let mut first = u32::MAX;
    for (index, name) in names.into_iter().enumerate() {
        let payload = payload_at(message, 12 + index * 8)?;
        if payload.octets > 0 {
            first = first.min(payload.offset);
        }
        let _ = write!(shown, " {name}={}", payload.octets);
    }
    let _ = write!(shown, " payload={first}");
    if let Some(pairs) = response(message).and_then(pairs) {
        let _ = write!(shown, " pairs={pairs}");
    }
    Some(shown)
}

/// The NT response, as far as it is there.
fn response(message: &[u8]) -> Option<&[u8]> {
    let Payload { octets, offset } = payload_at(message, 20)?;
    let start = usize::try_from(offset).ok()?;
    message.get(start..start.checked_add(usize::from(octets))?)
}

/// The AV pairs behind an NTLMv2 response's proof and its 28 octets of header: their kinds and lengths, and the flags,
/// which say whether there is a MIC.
fn pairs(response: &[u8]) -> Option<String> {
    let mut rest = response.get(44..)?;
    let mut shown = String::new();
    while let (Some(kind), Some(octets)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        if kind == 0 {
            break;
        }
        let value = rest.get(4..4 + usize::from(octets))?;
        let _ = write!(
            shown,
            "{}{kind}:{octets}",
            if shown.is_empty() { "" } else { "," }
        );
        if let (6, Some(flags)) = (kind, u32_at(value, 0)) {
            let _ = write!(shown, "={flags:#x}");
        }
        rest = rest.get(4 + usize::from(octets)..)?;
    }
    Some(shown)
}

fn payload_at(message: &[u8], place: usize) -> Option<Payload> {
    Some(Payload {
        octets: u16_at(message, place)?,
        offset: u32_at(message, place + 4)?,
    })
}

fn u16_at(octets: &[u8], place: usize) -> Option<u16> {
    let octets = octets.get(place..)?.first_chunk()?;
    Some(u16::from_le_bytes(*octets))
}

fn u32_at(octets: &[u8], place: usize) -> Option<u32> {
    let octets = octets.get(place..)?.first_chunk()?;
    Some(u32::from_le_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex
            .bytes()
            .map(|digit| char::from(digit).to_digit(16).unwrap() as u8)
            .collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// Recorded with pyspnego, a model of Windows.
    const TYPE_1: &str = "4e544c4d5353500001000000378208e200000000280000000000000028000000000c04000000000f";
    const TYPE_3: &str = "4e544c4d53535000030000001800180058000000ea00ea0070000000080008005a0100000a000a0062010000\
        040004006c0100001000100070010000358289e2000c04000000000fb7a33a0e1e1b470a661a14b022900a220000000000000000000000\
        00000000000000000000000000416c28be1376bc23c9dec38581baf273010100000000000000161901f27add01ff3cabb7f0c4d0870000\
        00000200080043004f0052005000010006004700570031000400220063006f00720070002e006500780061006d0070006c0065002e0074\
        006500730074000300\
        2a006700770031002e0063006f00720070002e006500780061006d0070006c0065002e007400650073007400\
        0700080000161901f27add010900340069006d00610070002f006700770031002e0063006f00720070002e006500780061006d00\
        70006c0065002e0074006500730074000600040002000000000000000000000043004f005200500061006c0069006300650056004d00\
        649dac30aa160dd13942ae3e47fa0ff8";

    #[test]
    fn a_recorded_exchange_shows_its_shape() {
        assert_eq!(describe(&octets(TYPE_1)).unwrap(), "kind=1 flags=0xe2088237");
        assert_eq!(
            describe(&octets(TYPE_3)).unwrap(),
            "kind=3 flags=0xe2898235 lm=24 nt=234 domain=8 user=10 workstation=4 key=16 payload=88 \
             pairs=2:8,1:6,4:34,3:42,7:8,9:52,6:4=0x2"
        );
    }

    #[test]
    fn garbage_and_what_is_cut_short_is_no_harm() {
        let whole = octets(TYPE_3);
        for end in 0..whole.len() {
            let _ = describe(&whole[..end]);
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0xff;
            let _ = describe(&changed);
        }
        assert_eq!(describe(b"NTLMSSP\0\x04\0\0\0"), None);
        assert_eq!(describe(b""), None);
    }
}
