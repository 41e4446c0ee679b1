//! Which octets may stand where.

/// `ATOM-CHAR`
pub(crate) const ATOM: u8 = 1;
/// `ASTRING-CHAR`
pub(crate) const ASTRING: u8 = 1 << 1;
/// `list-char`: those of an astring, `%` and `*`.
pub(crate) const LIST: u8 = 1 << 2;
/// `TEXT-CHAR` without `"` and `\`, ASCII only.
pub(crate) const QUOTED: u8 = 1 << 3;
/// `DIGIT`
pub(crate) const DIGIT: u8 = 1 << 4;
/// `base64-char` and `=`
pub(crate) const BASE64: u8 = 1 << 5;
/// Those of a sequence set: digits, `:`, `,` and `*`.
pub(crate) const SET: u8 = 1 << 6;
/// Visible ASCII but `(`, `)`, `{` and `"`: an astring of a client that quotes too little.
pub(crate) const UNQUOTED: u8 = 1 << 7;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut octet = 0_u8;
    while octet < 0x80 {
        let is_atom = octet.is_ascii_graphic()
            && !matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']');
        let is_astring = is_atom || octet == b']';
        let mut class = 0;
        if is_atom {
            class |= ATOM;
        }
        if is_astring {
            class |= ASTRING;
        }
        if is_astring || matches!(octet, b'%' | b'*') {
            class |= LIST;
        }
        if !matches!(octet, 0 | b'\r' | b'\n' | b'"' | b'\\') {
            class |= QUOTED;
        }
        if octet.is_ascii_digit() {
            class |= DIGIT;
        }
        if octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=') {
            class |= BASE64;
        }
        if octet.is_ascii_digit() || matches!(octet, b':' | b',' | b'*') {
            class |= SET;
        }
        if octet.is_ascii_graphic() && !matches!(octet, b'(' | b')' | b'{' | b'"') {
            class |= UNQUOTED;
        }
        #[allow(clippy::indexing_slicing, reason = "an u8 is within 256, and this is const")]
        {
            classes[octet as usize] = class;
        }
        octet += 1;
    }
    classes
};

/// Whether `octet` is in one of the classes of `mask`.
#[inline]
pub(crate) fn is(octet: u8, mask: u8) -> bool {
    CLASSES
        .get(usize::from(octet))
        .is_some_and(|class| class & mask != 0)
}

/// How many octets at the start of `octets` are in one of the classes of `mask`.
#[inline]
pub(crate) fn span(octets: &[u8], mask: u8) -> usize {
    octets
        .iter()
        .position(|&octet| !is(octet, mask))
        .unwrap_or(octets.len())
}

/// Whether there is at least one octet and all are in one of the classes of `mask`.
pub(crate) fn all(octets: &[u8], mask: u8) -> bool {
    !octets.is_empty() && octets.iter().all(|&octet| is(octet, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_rfc_9051() {
        let members = |mask| (0..=u8::MAX).filter(|&octet| is(octet, mask)).count();
        // 94 visible ones, less ( ) { % * " \ ]
        assert_eq!(members(ATOM), 86);
        assert_eq!(members(ASTRING), 87);
        assert_eq!(members(LIST), 89);
        assert_eq!(members(QUOTED), 128 - 5);
        assert_eq!(members(DIGIT), 10);
        assert_eq!(members(BASE64), 65);
        assert_eq!(members(SET), 13);
        assert_eq!(members(UNQUOTED), 90);
        assert!(is(b'[', ATOM) && is(b'}', ATOM) && !is(0x7f, ATOM) && !is(b' ', ATOM));
    }

    #[test]
    fn spans_end_at_the_first_other_octet() {
        assert_eq!(span(b"ab(c", ATOM), 2);
        assert_eq!(span(b"", ATOM), 0);
        assert_eq!(span(b"\xff", ATOM), 0);
        assert!(all(b"ab", ATOM) && !all(b"a b", ATOM) && !all(b"", ATOM));
    }
}
