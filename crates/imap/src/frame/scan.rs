//! Finding the end of a line in one pass.

use memchr::{memchr, memchr3};

/// What a line that has begun to arrive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// Its CRLF is at this offset.
    End(usize),
    /// Its end has not arrived. What is in front of this offset has not to be looked at again.
    Incomplete(usize),
    /// At this offset is a bare CR, a bare LF or NUL.
    Bad(usize),
}

/// A client's line: neither bare CR, bare LF nor NUL. What is in front of `from` is known to be good.
pub(super) fn strict(octets: &[u8], from: usize) -> Scan {
    let rest = octets.get(from..).unwrap_or_default();
    let found = memchr3(b'\r', b'\n', 0, rest);
    count(rest, found);
    let Some(offset) = found.map(|at| from + at) else {
        return Scan::Incomplete(octets.len());
    };
    let cr = octets.get(offset) == Some(&b'\r');
    match octets.get(offset + 1) {
        Some(b'\n') if cr => Scan::End(offset),
        None if cr => Scan::Incomplete(offset),
        _ => Scan::Bad(offset),
    }
}

/// A server's line, which begins at `line` and may hold anything but CRLF. What is in front of `from` holds none.
pub(super) fn lenient(octets: &[u8], line: usize, mut from: usize) -> Scan {
    loop {
        let rest = octets.get(from..).unwrap_or_default();
        let found = memchr(b'\n', rest);
        count(rest, found);
        let Some(lf) = found.map(|at| from + at) else {
            return Scan::Incomplete(octets.len());
        };
        match lf.checked_sub(1) {
            Some(cr) if cr >= line && octets.get(cr) == Some(&b'\r') => return Scan::End(cr),
            _ => from = lf + 1,
        }
    }
}

#[cfg(test)]
std::thread_local! {
    static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts the octets that were looked at, for tests of how much work a stream is.
#[inline]
fn count(octets: &[u8], found: Option<usize>) {
    #[cfg(test)]
    LOOKED_AT.set(LOOKED_AT.get() + found.map_or(octets.len(), |at| at + 1));
    #[cfg(not(test))]
    let _ = (octets, found);
}

/// How many octets this thread looked at since it was last asked.
#[cfg(test)]
pub(super) fn looked_at() -> usize {
    LOOKED_AT.take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_line_holds_no_bare_octet() {
        assert_eq!(strict(b"a NOOP\r\nb", 0), Scan::End(6));
        assert_eq!(strict(b"\r\n", 0), Scan::End(0));
        assert_eq!(strict(b"a NOOP", 2), Scan::Incomplete(6));
        assert_eq!(strict(b"a NOOP\r", 6), Scan::Incomplete(6));
        assert_eq!(strict(b"a\rb\n", 0), Scan::Bad(1));
        assert_eq!(strict(b"ab\nb", 0), Scan::Bad(2));
        assert_eq!(strict(b"a\0b\r\n", 0), Scan::Bad(1));
        assert_eq!(strict(b"", 5), Scan::Incomplete(0));
    }

    #[test]
    fn a_servers_line_ends_at_crlf_alone() {
        assert_eq!(lenient(b"a\nb\rc\0\r\nd", 0, 0), Scan::End(6));
        assert_eq!(lenient(b"ab\r\n", 0, 3), Scan::End(2));
        assert_eq!(lenient(b"ab\r", 0, 0), Scan::Incomplete(3));
        // A CR in front of the line is not the line's.
        assert_eq!(lenient(b"x\r\ny\r\n", 2, 2), Scan::End(4));
    }
}
