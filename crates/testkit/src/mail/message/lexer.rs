//! The words that structured header fields are made of (RFC 5322 section 3.2, RFC 2045 section 5.1).

/// Reads a structured field's value, however malformed, from left to right.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// What the last comment said.
    comment: Option<&'a [u8]>,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            comment: None,
        }
    }

    /// The next octet that is neither white space nor part of a comment.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at).copied() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'(') => self.skip_comment(),
                next => return next,
            }
        }
    }

    /// Steps over one octet.
    pub(crate) fn bump(&mut self) {
        self.at += 1;
    }

    /// Steps over `octet` if it is next.
    pub(crate) fn accept(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        self.at += usize::from(found);
        found
    }

    /// The last comment since this was asked before.
    pub(crate) fn take_comment(&mut self) -> Option<&'a [u8]> {
        self.comment.take()
    }

    /// A quoted string's content, or the octets up to white space or one of `specials`.
    pub(crate) fn word(&mut self, specials: &[u8]) -> Option<Vec<u8>> {
        match self.peek()? {
            b'"' => Some(self.quoted()),
            octet if specials.contains(&octet) => None,
            _ => Some(self.atom(specials)),
        }
    }

    fn atom(&mut self, specials: &[u8]) -> Vec<u8> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let ends =
            |octet: &u8| octet.is_ascii_whitespace() || b"(\"".contains(octet) || specials.contains(octet);
        let count = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += count;
        rest.get(..count).unwrap_or_default().to_vec()
    }

    /// `quoted-string`; one that is never closed ends with the text.
    fn quoted(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut value = Vec::new();
        while let Some(&octet) = self.text.get(self.at) {
            self.at += 1;
            match octet {
                b'"' => break,
                b'\\' => {
                    value.extend(self.text.get(self.at));
                    self.at += 1;
                }
                _ => value.push(octet),
            }
        }
        value
    }

    /// `comment`, with comments in it to any depth.
    fn skip_comment(&mut self) {
        let start = self.at + 1;
        let mut depth = 0_usize;
        while let Some(&octet) = self.text.get(self.at) {
            self.at += 1;
            match octet {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.comment = self.text.get(start..self.at - 1);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_nest_and_are_remembered() {
        let mut lexer = Lexer::new(b"a (one (two) \\) three) b");
        assert_eq!(lexer.word(b"").unwrap(), b"a");
        assert_eq!(lexer.word(b"").unwrap(), b"b");
        assert_eq!(lexer.take_comment(), Some(&b"one (two) \\) three"[..]));
        assert_eq!(lexer.word(b""), None);
    }

    #[test]
    fn hostile_ends_do_not_loop() {
        for text in [&b"((((("[..], b"\"abc", b"\"abc\\", b"(a\\", b"(", b"\""] {
            let mut lexer = Lexer::new(text);
            while lexer.word(b"").is_some() {}
            assert_eq!(lexer.peek(), None, "{text:?}");
        }
    }

    #[test]
    fn words_end_at_specials() {
        let mut lexer = Lexer::new(b"text/plain; a=\"x\\\"y\"");
        assert_eq!(lexer.word(b"/;=").unwrap(), b"text");
        assert!(lexer.accept(b'/'));
        assert_eq!(lexer.word(b"/;=").unwrap(), b"plain");
        assert!(lexer.accept(b';'));
        assert_eq!(lexer.word(b"/;=").unwrap(), b"a");
        assert!(lexer.accept(b'='));
        assert_eq!(lexer.word(b"/;=").unwrap(), b"x\"y");
    }
}
