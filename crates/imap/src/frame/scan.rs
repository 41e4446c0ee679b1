//! Finding the end of a line in one pass.

use memchr::memchr;

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
    strict_at(octets, special(octets, from))
}

/// The same if the first CR, LF or NUL is known.
pub(super) fn strict_at(octets: &[u8], special: Option<usize>) -> Scan {
    let Some(offset) = special else {
        return Scan::Incomplete(octets.len());
    };
    match octets.get(offset..).unwrap_or_default() {
        [b'\r', b'\n', ..] => Scan::End(offset),
        [b'\r'] => Scan::Incomplete(offset),
        _ => Scan::Bad(offset),
    }
}

/// A server's line, which begins at `line` and may hold anything but CRLF. What is in front of `from` holds none.
pub(super) fn lenient(octets: &[u8], line: usize, from: usize) -> Scan {
    lenient_at(octets, line, newline(octets, from))
}

/// The same if the first LF is known.
pub(super) fn lenient_at(octets: &[u8], line: usize, mut newline_at: Option<usize>) -> Scan {
    while let Some(lf) = newline_at {
        match lf.checked_sub(1) {
            Some(cr) if cr >= line && octets.get(cr) == Some(&b'\r') => return Scan::End(cr),
            _ => newline_at = newline(octets, lf + 1),
        }
    }
    Scan::Incomplete(octets.len())
}

/// The first CR, LF or NUL at or behind `from`.
#[inline]
pub(super) fn special(octets: &[u8], from: usize) -> Option<usize> {
    let rest = octets.get(from..)?;
    let found = first_special(rest);
    count(rest, found);
    found.map(|at| from + at)
}

/// The first LF at or behind `from`.
#[inline]
pub(super) fn newline(octets: &[u8], from: usize) -> Option<usize> {
    let rest = octets.get(from..)?;
    let found = memchr(b'\n', rest);
    count(rest, found);
    found.map(|at| from + at)
}

/// As `memchr3`, but that what a search needs is made once: most commands are so short that it counts.
#[cfg(target_arch = "x86_64")]
fn first_special(octets: &[u8]) -> Option<usize> {
    use std::sync::LazyLock;

    use memchr::arch::x86_64::avx2::memchr::Three;

    static THREE: LazyLock<Option<Three>> = LazyLock::new(|| Three::new(b'\r', b'\n', 0));
    match &*THREE {
        Some(three) => three.find(octets),
        None => memchr::memchr3(b'\r', b'\n', 0, octets),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn first_special(octets: &[u8]) -> Option<usize> {
    memchr::memchr3(b'\r', b'\n', 0, octets)
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
    fn the_first_special_octet_is_found_wherever_it_is() {
        for length in 0..100 {
            for at in 0..length {
                for octet in [b'\r', b'\n', 0] {
                    let mut line = vec![b'\t'; length];
                    line[at] = octet;
                    line[length - 1] = b'\n';
                    assert_eq!(special(&line, 0), Some(at.min(length - 1)));
                }
            }
            assert_eq!(special(&vec![b'x'; length], 0), None);
        }
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
