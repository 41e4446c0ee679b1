//! Mailbox names in modified UTF-7 (RFC 3501 section 5.1.3).
//!
//! Printable ASCII stands for itself, but for `&`, which is `&-`. Everything else is UTF-16 in base64 between `&` and
//! `-`, with `,` instead of `/` and without padding.
//!
//! ```
//! use gatepost_imap::utf7;
//!
//! assert_eq!(utf7::encode("Entw\u{fc}rfe & mehr"), "Entw&APw-rfe &- mehr");
//! assert_eq!(utf7::decode(b"Entw&APw-rfe &- mehr").unwrap(), "Entw\u{fc}rfe & mehr");
//! ```

use std::iter::Peekable;
use std::str::Chars;

use crate::types::Invalid;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// The name as it stands on the wire.
pub fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(&next) = rest.peek() {
        if !is_plain(next) {
            encode_run(&mut rest, &mut encoded);
            continue;
        }
        encoded.push(next);
        if next == '&' {
            encoded.push('-');
        }
        rest.next();
    }
    encoded
}

/// The name that stands on the wire like this.
///
/// Encodings that are longer than they need to be are read too: they are in use.
///
/// # Errors
/// If it holds anything but printable ASCII, or what is between `&` and `-` is not UTF-16 in base64.
pub fn decode(name: &[u8]) -> Result<String, Invalid> {
    let invalid = Invalid { what: "mailbox name" };
    let text = std::str::from_utf8(name).map_err(|_| invalid)?;
    if !text.chars().all(is_plain) {
        return Err(invalid);
    }
    let mut parts = text.split('&');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (run, plain) = part.split_once('-').ok_or(invalid)?;
        match run {
            "" => decoded.push('&'),
            run => decoded.push_str(&decode_run(run).ok_or(invalid)?),
        }
        decoded.push_str(plain);
    }
    Ok(decoded)
}

/// Printable ASCII.
fn is_plain(letter: char) -> bool {
    matches!(letter, ' '..='~')
}

/// Takes what has to be encoded off `rest`.
fn encode_run(rest: &mut Peekable<Chars<'_>>, encoded: &mut String) {
    encoded.push('&');
    let mut bits = Bits::default();
    while let Some(letter) = rest.next_if(|&letter| !is_plain(letter)) {
        for unit in letter.encode_utf16(&mut [0; 2]) {
            bits.push(u32::from(*unit), 16);
            while let Some(six) = bits.pop(6) {
                encoded.push(letter_of(six));
            }
        }
    }
    if bits.count > 0 {
        let missing = 6 - bits.count;
        bits.push(0, missing);
        encoded.extend(bits.pop(6).map(letter_of));
    }
    encoded.push('-');
}

fn letter_of(six: u32) -> char {
    let letter = usize::try_from(six).ok().and_then(|six| ALPHABET.get(six));
    letter.map_or('A', |&letter| char::from(letter))
}

/// The text of one run; `None` if it is none. The bits behind its last unit have to be zero, and too few for a letter.
fn decode_run(run: &str) -> Option<String> {
    let mut bits = Bits::default();
    let mut units = Vec::new();
    for letter in run.bytes() {
        let six = ALPHABET.iter().position(|&known| known == letter)?;
        bits.push(u32::try_from(six).ok()?, 6);
        if let Some(unit) = bits.pop(16) {
            units.push(u16::try_from(unit).ok()?);
        }
    }
    let is_padding = bits.count < 6 && bits.value == 0;
    String::from_utf16(&units).ok().filter(|_| is_padding)
}

/// At most 22 bits on their way from one base to another.
#[derive(Default)]
struct Bits {
    value: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.value = self.value << count | value;
        self.count += count;
    }

    /// The first `count` bits, if there are so many.
    fn pop(&mut self, count: u32) -> Option<u32> {
        self.count = self.count.checked_sub(count)?;
        let popped = self.value >> self.count;
        self.value &= (1 << self.count) - 1;
        Some(popped)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_rfc() {
        for (name, encoded) in [
            (
                "~peter/mail/\u{53f0}\u{5317}/\u{65e5}\u{672c}\u{8a9e}",
                "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
            ),
            ("\u{53f0}\u{5317}/a", "&U,BTFw-/a"),
            ("&", "&-"),
        ] {
            assert_eq!(encode(name), encoded);
            assert_eq!(decode(encoded.as_bytes()).unwrap(), name);
        }
        assert_eq!(decode(b"&Jjo-!").unwrap(), "\u{263a}!");
        assert!(decode(b"&Jjo!").is_err());
        // Not permitted, and read all the same.
        let superfluous = decode(b"&U,BTFw-&ZeVnLIqe-").unwrap();
        assert_eq!(superfluous, decode(b"&U,BTF2XlZyyKng-").unwrap());
        assert_eq!(encode(&superfluous), "&U,BTF2XlZyyKng-");
    }

    #[test]
    fn names_in_use() {
        for (name, encoded) in [
            ("INBOX.Gesendete Objekte", "INBOX.Gesendete Objekte"),
            ("Gel\u{f6}schte Objekte", "Gel&APY-schte Objekte"),
            (
                "\u{41e}\u{442}\u{43f}\u{440}\u{430}\u{432}\u{43b}\u{435}\u{43d}\u{43d}\u{44b}\u{435}",
                "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-",
            ),
            ("\u{1f4e4} sent", "&2D3c5A- sent"),
            ("a\r\n\"\\b", "a&AA0ACg-\"\\b"),
            ("", ""),
        ] {
            assert_eq!(encode(name), encoded);
            assert_eq!(decode(encoded.as_bytes()).unwrap(), name);
        }
    }

    #[test]
    fn what_is_no_name() {
        for wrong in [
            &b"&"[..],
            b"&Jjo",
            b"&Jj-",
            b"&Jjp-",
            b"&JjoA-",
            b"&J/o-",
            b"&Jjo=-",
            b"&2D0-",
            b"Entw\xc3\xbcrfe",
            b"\xff",
            b"a\r\n",
        ] {
            assert!(decode(wrong).is_err(), "{}", wrong.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_can_be_decoded(name in any::<String>()) {
            let encoded = encode(&name);
            prop_assert!(encoded.chars().all(is_plain));
            prop_assert_eq!(decode(encoded.as_bytes()).unwrap(), name);
        }

        #[test]
        fn nothing_panics(name in prop::collection::vec(any::<u8>(), 0..40), run in "&[A-Za-z0-9+,]{0,9}-") {
            let _ = decode(&name);
            let _ = decode(run.as_bytes());
        }
    }
}
