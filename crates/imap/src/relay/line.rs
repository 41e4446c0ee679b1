//! What has to be known of a line that passes without being kept.

use memchr::{memchr_iter, memchr2_iter};

use crate::frame::literal::{self, Announced, Mode, TooLarge};

/// The longest announcement: `~{`, 20 digits and `+}`.
const ANNOUNCEMENT: usize = 24;

/// The current line, as far as it went by.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    tail: Tail,
    quotes: Quotes,
    /// Whether the last octet was a CR. It belongs to the line only if no LF follows.
    pub(super) cr: bool,
}

impl Line {
    /// `octets` of the line went by, without its CRLF.
    pub(super) fn push(&mut self, octets: &[u8]) {
        self.tail.push(octets);
        self.quotes.push(octets);
    }

    /// The literal that the line announces if it ends here.
    pub(super) fn announced(&self) -> Option<Result<Announced, TooLarge>> {
        self.tail.announced()
    }

    /// Whether a quoted string is open, which no CRLF may be in.
    pub(super) fn in_quotes(&self) -> bool {
        self.quotes.open
    }

    /// Whether the line ends in `octets` so far. At most [`ANNOUNCEMENT`] of them are known.
    pub(super) fn ends_with(&self, octets: &[u8]) -> bool {
        self.tail.0.ends_with(octets)
    }
}

/// The last octets of a line, at the end; NUL where there are none.
#[derive(Debug, Clone, Copy, Default)]
struct Tail([u8; ANNOUNCEMENT]);

impl Tail {
    fn push(&mut self, octets: &[u8]) {
        let skipped = octets.len().saturating_sub(ANNOUNCEMENT);
        let last = octets.get(skipped..).unwrap_or_default();
        self.0.rotate_left(last.len());
        if let Some(end) = self.0.get_mut(ANNOUNCEMENT - last.len()..) {
            end.copy_from_slice(last);
        }
    }

    fn announced(&self) -> Option<Result<Announced, TooLarge>> {
        literal::announced(&self.0).or_else(|| self.cut_number().map(Err))
    }

    /// More digits than are known before the `}`: there may have been a `{`, and the number is too large if there was.
    fn cut_number(&self) -> Option<TooLarge> {
        let inner = self.0.strip_suffix(b"}")?;
        let (digits, mode) = match inner.strip_suffix(b"+") {
            Some(digits) => (digits, Mode::NonSynchronizing),
            None => (inner, Mode::Synchronizing),
        };
        digits.iter().all(u8::is_ascii_digit).then_some(TooLarge { mode })
    }
}

/// Whether a quoted string is open.
///
/// ```abnf
/// quoted      = DQUOTE *QUOTED-CHAR DQUOTE          ; RFC 9051 section 9
/// QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials
/// ```
#[derive(Debug, Clone, Copy, Default)]
struct Quotes {
    open: bool,
    /// Whether the last octet was a backslash that takes the meaning from the next.
    escaping: bool,
}

impl Quotes {
    fn push(&mut self, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        // Where the octet is that a backslash was before.
        let mut escaped = self.escaping.then_some(0);
        for at in memchr2_iter(b'"', b'\\', octets) {
            if escaped == Some(at) {
                continue;
            }
            match octets.get(at) {
                Some(b'"') => self.open = !self.open,
                _ => escaped = self.open.then_some(at + 1),
            }
        }
        self.escaping = escaped == Some(octets.len());
    }
}

/// Where the LF of the first CRLF is. `cr` says whether the octet before `octets` was a CR.
pub(super) fn line_end(octets: &[u8], cr: bool) -> Option<usize> {
    memchr_iter(b'\n', octets).find(|&lf| match lf.checked_sub(1) {
        None => cr,
        Some(before) => octets.get(before) == Some(&b'\r'),
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn lines() -> impl Strategy<Value = Vec<u8>> {
        vec(prop::sample::select(&b"{{}}+~0019\"\"\\\\x \r"[..]), 0..40)
    }

    fn pushed(octets: &[u8], size: usize) -> Line {
        let mut line = Line::default();
        octets.chunks(size).for_each(|piece| line.push(piece));
        line
    }

    /// The definition, octet by octet.
    fn is_open(octets: &[u8]) -> bool {
        let (mut open, mut escaping) = (false, false);
        for octet in octets {
            match octet {
                _ if escaping => escaping = false,
                b'"' => open = !open,
                b'\\' => escaping = open,
                _ => {}
            }
        }
        open
    }

    proptest! {
        #[test]
        fn a_line_in_pieces_announces_what_the_whole_line_does(octets in lines(), size in 1_usize..30) {
            let line = pushed(&octets, size);
            let whole = literal::announced(&octets);
            // A number of which the start is out of sight is too large, if it is a number.
            if line.announced() != whole {
                prop_assert!(matches!(line.announced(), Some(Err(_))) && octets.len() > ANNOUNCEMENT);
            }
        }

        #[test]
        fn quotes_do_not_depend_on_pieces(octets in lines(), size in 1_usize..30) {
            prop_assert_eq!(pushed(&octets, size).in_quotes(), is_open(&octets));
        }
    }

    #[test]
    fn numbers_with_the_brace_out_of_sight_are_too_large() {
        for mode in [Mode::Synchronizing, Mode::NonSynchronizing] {
            let plus = if mode == Mode::Synchronizing { "" } else { "+" };
            for digits in [21, 22, 23, 24, 100] {
                let octets = format!("a b {{{}{plus}}}", "0".repeat(digits));
                let line = pushed(octets.as_bytes(), 7);
                assert_eq!(line.announced(), Some(Err(TooLarge { mode })), "{octets}");
            }
        }
    }

    #[test]
    fn a_line_ends_at_crlf_alone() {
        assert_eq!(line_end(b"ab\r\ncd\r\n", false), Some(3));
        assert_eq!(line_end(b"a\nb\rc\r\n", false), Some(6));
        assert_eq!(line_end(b"\n", false), None);
        assert_eq!(line_end(b"\n", true), Some(0));
        assert_eq!(line_end(b"ab\r", true), None);
    }
}
