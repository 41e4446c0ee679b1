//! What a server says.

use std::fmt;

use bytes::BytesMut;

use super::ErrorKind;

/// A reply with all its lines (RFC 5321 section 4.2.1).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The code of its last line.
    pub code: u16,
    /// What stands behind the code and one octet, line by line; what is not UTF-8 is replaced.
    pub lines: Vec<String>,
}

impl Reply {
    /// Whether it is 2xx or 3xx.
    pub fn is_positive(&self) -> bool {
        matches!(self.code, 200..400)
    }

    /// Its lines as one text.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// The enhanced status code at its begin, such as `5.1.1` (RFC 2034).
    pub fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split(' ').next()?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
        (word.split('.').count() == 3 && word.split('.').all(digits)).then_some(word)
    }

    /// As an answer to EHLO: what it says of a keyword, `""` if that is all.
    pub fn keyword(&self, keyword: &str) -> Option<&str> {
        self.lines.iter().skip(1).find_map(|line| {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            word.eq_ignore_ascii_case(keyword).then_some(rest)
        })
    }
}

/// As it was sent, less its line ends and what a terminal would obey.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        for line in &self.lines {
            write!(f, " {}", line.escape_debug())?;
        }
        Ok(())
    }
}

/// Takes the first reply off `buffer`, if it is there whole.
pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<Reply>, ErrorKind> {
    let mut lines = Vec::new();
    let mut end = 0;
    while let Some(found) = buffer.get(end..).and_then(|rest| memchr::memchr(b'\n', rest)) {
        let line = String::from_utf8_lossy(buffer.get(end..end + found).unwrap_or_default()).into_owned();
        end += found + 1;
        let Some((code, is_last, text)) = parts(&line) else {
            return Err(ErrorKind::Malformed(line));
        };
        lines.push(text.to_owned());
        if is_last {
            let _ = buffer.split_to(end);
            return Ok(Some(Reply { code, lines }));
        }
    }
    Ok(None)
}

/// The code of a line, whether it is the last of its reply, and its text.
fn parts(line: &str) -> Option<(u16, bool, &str)> {
    let line = line.strip_suffix('\r')?;
    let (code, rest) = line.split_at_checked(3)?;
    let code = code.parse().ok().filter(|code| (200..600).contains(code))?;
    match rest.split_at_checked(1) {
        None => Some((code, true, "")),
        Some((" ", text)) => Some((code, true, text)),
        Some(("-", text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLIES: &[u8] = b"220 hi\r\n250-mail\r\n250-SIZE 10\r\n250 AUTH\r\n354\r\n550 5.1.1 who?\r\n";

    fn all(octets: &[u8], step: usize) -> Vec<Reply> {
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        for chunk in octets.chunks(step) {
            buffer.extend_from_slice(chunk);
            found.extend(std::iter::from_fn(|| take(&mut buffer).unwrap()));
        }
        assert!(buffer.is_empty());
        found
    }

    #[test]
    fn every_chunking_gives_the_same_replies() {
        let whole = all(REPLIES, REPLIES.len());
        let codes: Vec<u16> = whole.iter().map(|reply| reply.code).collect();
        assert_eq!(codes, [220, 250, 354, 550]);
        assert_eq!(whole[1].keyword("size"), Some("10"));
        assert_eq!(whole[1].keyword("AUTH"), Some(""));
        assert_eq!(whole[1].keyword("mail"), None);
        assert_eq!(whole[3].enhanced(), Some("5.1.1"));
        assert_eq!(whole[0].enhanced(), None);
        for step in 1..REPLIES.len() {
            assert_eq!(all(REPLIES, step), whole, "{step}");
        }
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for octets in [&b"hello\r\n"[..], b"250 lf\n", b"2500\r\n", b"199 \r\n", b"\r\n"] {
            let mut buffer = BytesMut::from(octets);
            assert!(
                matches!(take(&mut buffer), Err(ErrorKind::Malformed(_))),
                "{octets:?}"
            );
        }
    }
}
