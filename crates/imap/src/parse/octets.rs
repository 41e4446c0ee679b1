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

/// As [`span`] of [`QUOTED`], eight octets at a time: most of what servers send is in quotes.
pub(crate) fn quoted_span(octets: &[u8]) -> usize {
    let mut rest = octets;
    while let Some((block, behind)) = rest.split_first_chunk() {
        let length = plain_start(u64::from_le_bytes(*block));
        match block.get(length) {
            None => rest = behind,
            // A control that may be quoted.
            Some(&octet) if is(octet, QUOTED) => rest = rest.get(length + 1..).unwrap_or_default(),
            Some(_) => return octets.len() - rest.len() + length,
        }
    }
    octets.len() - rest.len() + span(rest, QUOTED)
}

/// How many octets there are from the lowest on before a control, a quote, a backslash or one that is not ASCII.
const fn plain_start(block: u64) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let quote = block ^ (ONES * b'"' as u64);
    let backslash = block ^ (ONES * b'\\' as u64);
    // A subtraction borrows from the octets above it only behind one that is searched for: the lowest is always true.
    let controls = block.wrapping_sub(ONES * b' ' as u64) & !block;
    let quotes = quote.wrapping_sub(ONES) & !quote;
    let backslashes = backslash.wrapping_sub(ONES) & !backslash;
    let found = (controls | quotes | backslashes | block) & HIGHS;
    found.trailing_zeros() as usize / 8
}

/// Whether there is at least one octet and all are in one of the classes of `mask`.
pub(crate) fn all(octets: &[u8], mask: u8) -> bool {
    !octets.is_empty() && octets.iter().all(|&octet| is(octet, mask))
}

/// A word in upper case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upper {
    octets: [u8; Self::LONGEST],
    length: usize,
}

impl Upper {
    /// No keyword of IMAP is longer. What is longer is none, and becomes empty.
    const LONGEST: usize = 24;

    #[inline]
    pub(crate) fn of(word: &[u8]) -> Self {
        let mut octets = [0; Self::LONGEST];
        let mut length = 0;
        if let Some(upper) = octets.get_mut(..word.len()) {
            upper.copy_from_slice(word);
            upper.make_ascii_uppercase();
            length = word.len();
        }
        Self { octets, length }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
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
    fn spans_in_quotes_are_those_of_the_class() {
        for odd in 0..=u8::MAX {
            for at in 0..20 {
                let mut octets = *b"\t~ text \x7f with tabs \t";
                octets[at] = odd;
                assert_eq!(quoted_span(&octets), span(&octets, QUOTED), "{odd} at {at}");
                let mut two = octets;
                two[at + 1] = b'"';
                assert_eq!(quoted_span(&two), span(&two, QUOTED), "{odd} at {at}");
            }
        }
    }

    #[test]
    fn spans_end_at_the_first_other_octet() {
        assert_eq!(span(b"ab(c", ATOM), 2);
        assert_eq!(span(b"", ATOM), 0);
        assert_eq!(span(b"\xff", ATOM), 0);
        assert!(all(b"ab", ATOM) && !all(b"a b", ATOM) && !all(b"", ATOM));
    }

    #[test]
    fn words_in_upper_case() {
        assert_eq!(Upper::of(b"uid").as_slice(), b"UID");
        assert_eq!(Upper::of(b"").as_slice(), b"");
        assert_eq!(Upper::of(&[b'a'; 24]).as_slice(), [b'A'; 24]);
        assert_eq!(Upper::of(&[b'a'; 25]).as_slice(), b"");
    }
}
