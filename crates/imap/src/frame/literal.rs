//! The announcement of a literal at the end of a line.
//!
//! ```abnf
//! literal  = "{" number64 ["+"] "}" CRLF *CHAR8       ; RFC 9051 section 9, RFC 7888
//! literal8 = "~{" number64 ["+"] "}" CRLF *OCTET      ; RFC 3516
//! ```

/// The largest non-synchronizing literal that LITERAL- allows (RFC 7888 section 5). A larger one that is refused
/// is not worth reading to its end.
pub const LITERAL_MINUS: u64 = 4096;

/// Digits of the largest `u64`. A number with more of them, be they zeros, is too large.
const DIGITS: usize = 20;

/// A literal that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// How many octets follow behind the line's CRLF.
    pub octets: u64,
    /// Whether the sender waits for an invitation.
    pub mode: Mode,
    /// Whether it was announced with `~{`, so that it may hold NUL.
    pub binary: bool,
}

/// What the sender of a literal does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `{n}`: a client waits for `+`.
    Synchronizing,
    /// `{n+}`: the octets follow at once.
    NonSynchronizing,
}

/// The announced number of octets does not fit 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("announced literal is larger than 64 bits can count")]
pub struct TooLarge {
    /// What the sender does next.
    pub mode: Mode,
}

/// The literal that `line`, without its CRLF, announces at its end.
///
/// The text of OK, NO, BAD, BYE, PREAUTH and `+` responses never announces one, however it ends: ask
/// [`super::is_text_response`] first.
pub fn announced(line: &[u8]) -> Option<Result<Announced, TooLarge>> {
    let inner = line.strip_suffix(b"}")?;
    let (inner, mode) = match inner.strip_suffix(b"+") {
        Some(inner) => (inner, Mode::NonSynchronizing),
        None => (inner, Mode::Synchronizing),
    };
    let brace = inner.iter().rposition(|octet| !octet.is_ascii_digit())?;
    let (head, digits) = inner.split_at_checked(brace + 1)?;
    if digits.is_empty() || !head.ends_with(b"{") {
        return None;
    }
    Some(number(digits).ok_or(TooLarge { mode }).map(|octets| Announced {
        octets,
        mode,
        binary: head.ends_with(b"~{"),
    }))
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.len() > DIGITS {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        number
            .checked_mul(10)?
            .checked_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(octets: u64, mode: Mode, binary: bool) -> Option<Result<Announced, TooLarge>> {
        Some(Ok(Announced { octets, mode, binary }))
    }

    #[test]
    fn the_three_forms() {
        assert_eq!(announced(b"a LOGIN {5}"), some(5, Mode::Synchronizing, false));
        assert_eq!(announced(b"a LOGIN {0+}"), some(0, Mode::NonSynchronizing, false));
        assert_eq!(
            announced(b"a APPEND x ~{12}"),
            some(12, Mode::Synchronizing, true)
        );
        assert_eq!(announced(b"{007}"), some(7, Mode::Synchronizing, false));
    }

    #[test]
    fn anything_else_is_text() {
        for line in [
            &b"a LOGIN {5} "[..],
            b"{}",
            b"{+}",
            b"{5",
            b"5}",
            b"{-5}",
            b"{5 }",
            b"{5++}",
            b"{a}",
            b"}",
            b"",
        ] {
            assert_eq!(announced(line), None, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn numbers_never_overflow() {
        assert_eq!(
            announced(b"{4294967296}"),
            some(4_294_967_296, Mode::Synchronizing, false)
        );
        assert_eq!(
            announced(b"{18446744073709551615}"),
            some(u64::MAX, Mode::Synchronizing, false)
        );
        let sync = Some(Err(TooLarge {
            mode: Mode::Synchronizing,
        }));
        let non_sync = Some(Err(TooLarge {
            mode: Mode::NonSynchronizing,
        }));
        assert_eq!(announced(b"{18446744073709551616}"), sync);
        assert_eq!(announced(b"{99999999999999999999+}"), non_sync);
        assert_eq!(announced(b"{000000000000000000001+}"), non_sync);
    }
}
