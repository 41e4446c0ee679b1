//! Lines that end in CRLF and hold neither bare CR, bare LF nor NUL.

use bytes::BytesMut;

use crate::Input;

/// Takes one line off `input`, without its CRLF; `None` if it has not arrived whole.
///
/// `limit` is the longest line allowed, in octets without the CRLF. RFC 5321 section 2.3.8 and RFC 9051
/// section 2.2 know no line end but CRLF.
///
/// # Errors
/// [`LineError::TooLong`] as soon as the line cannot be within `limit` any more, and the errors of [`check_octets`].
/// Nothing is consumed then.
pub fn take_line(input: &mut Input, limit: usize) -> Result<Option<BytesMut>, LineError> {
    let Some(lf) = input.find_lf(0) else {
        // The last octet may be the CR of the line's end.
        return if input.len() > limit.saturating_add(1) {
            Err(LineError::TooLong { limit })
        } else {
            Ok(None)
        };
    };
    // Whatever ends it, and as if it had arrived octet by octet.
    if lf > limit.saturating_add(1) {
        return Err(LineError::TooLong { limit });
    }
    let Some(end) = lf
        .checked_sub(1)
        .filter(|&cr| input.as_slice().get(cr) == Some(&b'\r'))
    else {
        return Err(LineError::BareLf { offset: lf });
    };
    check_octets(input.as_slice().get(..end).unwrap_or_default())?;
    let mut line = input.take(lf + 1);
    line.truncate(end);
    Ok(Some(line))
}

/// Checks that `text`, a line without its CRLF, holds neither CR, LF nor NUL.
///
/// # Errors
/// The first offending octet with its offset.
pub fn check_octets(text: &[u8]) -> Result<(), LineError> {
    match memchr::memchr3(b'\r', b'\n', 0, text) {
        None => Ok(()),
        Some(offset) => Err(match text.get(offset) {
            Some(b'\r') => LineError::BareCr { offset },
            Some(b'\n') => LineError::BareLf { offset },
            _ => LineError::Nul { offset },
        }),
    }
}

/// What is wrong with a line. Offsets count octets from the line's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The line is longer than the limit.
    #[error("line is longer than {limit} octets")]
    TooLong {
        /// The limit in octets, without the CRLF.
        limit: usize,
    },
    /// A CR that no LF follows.
    #[error("bare CR at offset {offset}")]
    BareCr {
        /// Where.
        offset: usize,
    },
    /// A LF that no CR precedes.
    #[error("bare LF at offset {offset}")]
    BareLf {
        /// Where.
        offset: usize,
    },
    /// A NUL octet.
    #[error("NUL at offset {offset}")]
    Nul {
        /// Where.
        offset: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(octets: &[u8], limit: usize) -> Result<Option<Vec<u8>>, LineError> {
        let mut input = Input::new(256);
        input.feed(octets).unwrap();
        take_line(&mut input, limit).map(|line| line.map(|line| line.to_vec()))
    }

    #[test]
    fn only_crlf_ends_a_line() {
        assert_eq!(line(b"NOOP\r\nrest", 10), Ok(Some(b"NOOP".to_vec())));
        assert_eq!(line(b"\r\n", 0), Ok(Some(vec![])));
        assert_eq!(line(b"NOOP\r", 10), Ok(None));
        assert_eq!(line(b"NOOP\n", 10), Err(LineError::BareLf { offset: 4 }));
        assert_eq!(line(b"\n", 10), Err(LineError::BareLf { offset: 0 }));
        assert_eq!(line(b"NO\rOP\r\n", 10), Err(LineError::BareCr { offset: 2 }));
        assert_eq!(line(b"NO\0OP\r\n", 10), Err(LineError::Nul { offset: 2 }));
    }

    #[test]
    fn the_limit_counts_the_line_without_its_end() {
        assert_eq!(line(b"12345\r\n", 5), Ok(Some(b"12345".to_vec())));
        assert_eq!(line(b"123456\r\n", 5), Err(LineError::TooLong { limit: 5 }));
        assert_eq!(line(b"12345\r", 5), Ok(None));
        assert_eq!(line(b"1234567", 5), Err(LineError::TooLong { limit: 5 }));
    }

    #[test]
    fn the_error_does_not_depend_on_how_a_line_arrives() {
        for octets in [
            &b"1234567\n"[..],
            b"123456\r\n",
            b"123456\n",
            b"12345\n",
            b"1234567\0\r\n",
        ] {
            let mut input = Input::new(64);
            let singly = octets.iter().find_map(|&octet| {
                input.feed(&[octet]).unwrap();
                take_line(&mut input, 5).err()
            });
            assert_eq!(line(octets, 5).err(), singly, "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn a_refused_line_is_not_consumed() {
        let mut input = Input::new(64);
        input.feed(b"a\0b\r\n").unwrap();
        assert!(take_line(&mut input, 9).is_err());
        assert_eq!(input.as_slice(), b"a\0b\r\n");
    }
}
