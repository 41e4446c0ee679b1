//! Security identifiers, which are octets in the directory and text in logs (MS-DTYP section 2.4.2).

use gatepost_netlogon::Sid;

/// `S-1-5-21-...` of the octets of an `objectSid`.
pub(super) fn text(octets: &[u8]) -> Option<String> {
    Sid::from_octets(octets).ok().map(|sid| sid.to_string())
}

/// The value that a search filter has for it, every octet escaped (RFC 4515 section 3); `None` if it is no identifier
/// as [`text`] writes it.
pub(super) fn filter_value(sid: &str) -> Option<String> {
    let octets = octets(sid).filter(|octets| text(octets).as_deref() == Some(sid))?;
    Some(octets.iter().map(|octet| format!("\\{octet:02x}")).collect())
}

fn octets(sid: &str) -> Option<Vec<u8>> {
    let mut numbers = sid.strip_prefix("S-1-")?.split('-');
    let authority: u64 = numbers.next()?.parse().ok()?;
    let [0, 0, authority @ ..] = authority.to_be_bytes() else {
        return None;
    };
    let parts: Vec<u32> = numbers.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let count = u8::try_from(parts.len()).ok()?;
    let head = [1, count].into_iter().chain(authority);
    Some(head.chain(parts.into_iter().flat_map(u32::to_le_bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: [u8; 28] = [
        1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xf0, 0x62, 0x71, 0xd0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
        0x4f, 4, 0, 0,
    ];
    const TEXT: &str = "S-1-5-21-3497091824-1-4294967295-1103";

    #[test]
    fn text_and_octets_are_the_same() {
        assert_eq!(text(&OCTETS).as_deref(), Some(TEXT));
        assert_eq!(octets(TEXT).as_deref(), Some(&OCTETS[..]));
        assert_eq!(
            text(&[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]).as_deref(),
            Some("S-1-1-0")
        );
    }

    #[test]
    fn other_octets_are_none() {
        for length in 0..OCTETS.len() {
            assert_eq!(text(&OCTETS[..length]), None, "{length}");
        }
        let longer = [&OCTETS[..], &[0]].concat();
        let other_revision = [&[2], &OCTETS[1..]].concat();
        for octets in [longer, other_revision, b"S-1-5-21-1-2-3-1103".to_vec()] {
            assert_eq!(text(&octets), None, "{octets:?}");
        }
    }

    #[test]
    fn only_an_identifier_gets_into_a_filter() {
        let value = filter_value("S-1-5-32-544").unwrap();
        assert_eq!(
            value,
            "\\01\\02\\00\\00\\00\\00\\00\\05\\20\\00\\00\\00\\20\\02\\00\\00"
        );
        for other in [
            "",
            "S-1-",
            "S-1-5-",
            "s-1-5-21",
            "S-1-5-021",
            "S-1-5-+21",
            "S-1-5-4294967296",
            "S-1-281474976710656-1",
            "S-1-5-21*",
            "S-1-5-21)(objectClass=*",
            "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
        ] {
            assert_eq!(filter_value(other), None, "{other}");
        }
    }
}
