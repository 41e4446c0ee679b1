//! The addresses of a field.

use std::borrow::Cow;

use nom::Finish;

use super::token::{Token, token};
use crate::grammar::{Parsed, failure};
use crate::{Mailbox, ParseError};

/// The mailboxes of the body of a From, To or Cc field, those of groups included.
///
/// ```abnf
/// address-list = address *("," address)                                        ; RFC 5322 section 3.4
/// address      = mailbox / group
/// group        = display-name ":" [mailbox-list / CFWS] ";" [CFWS]
/// mailbox      = ([display-name] "<" addr-spec ">") / addr-spec
/// ```
///
/// Display names are not looked at, but for one thing: an address that stands there without quotes, as in
/// `a@example.com <b@example.com>`, is given too. Somebody may take it for the sender.
///
/// ```
/// use gatepost_smtp::message::mailboxes;
///
/// let list = mailboxes(br#""Smith, Bob" <bob@example.com>, (comment) alice@example.com"#).unwrap();
/// assert_eq!(list[0].to_string(), "bob@example.com");
/// assert_eq!(list[1].to_string(), "alice@example.com");
/// ```
///
/// # Errors
/// [`ParseError`] if any part cannot be understood: who checks a sender must not miss one.
pub fn mailboxes(field: &[u8]) -> Result<Vec<Mailbox<'_>>, ParseError> {
    let field = ParseError::utf8(field)?;
    let mut list = List::default();
    let mut rest = field;
    loop {
        match list.next(rest).finish() {
            Ok((_, true)) => return Ok(list.found),
            Ok((behind, false)) => rest = behind,
            Err(failure) => return Err(ParseError::new(field, failure)),
        }
    }
}

/// What was read of a list.
#[derive(Default)]
struct List<'a> {
    found: Vec<Mailbox<'a>>,
    in_group: bool,
    /// The only word of the current address, which may be a local part.
    word: Option<Cow<'a, str>>,
    /// Whether the current address has words in it, and a mailbox.
    has_words: bool,
    has_mailbox: bool,
}

impl<'a> List<'a> {
    /// Reads one token, and more of a mailbox. Whether that was the end.
    fn next(&mut self, input: &'a str) -> Parsed<'a, bool> {
        let (rest, found) = token(input)?;
        match found {
            // Part of the domain, perhaps.
            Token::Word(_) | Token::Quoted(_) | Token::Literal(_) if self.has_mailbox => {
                return failure(input, "the end of the address");
            }
            Token::Word(text) => self.word(Cow::Borrowed(text)),
            Token::Quoted(text) => self.word(text),
            Token::Literal(_) => self.has_words = true,
            Token::Special('<') => return self.angle_address(rest),
            Token::Special('@') => return self.domain(input, rest),
            Token::Special(':') if self.may_begin_group() => {
                *self = self.behind_address(true);
            }
            Token::Special(',') if self.is_complete() => *self = self.behind_address(self.in_group),
            Token::Special(';') if self.in_group && self.is_complete() => *self = self.behind_address(false),
            Token::End if !self.in_group && self.is_complete() => return Ok((rest, true)),
            Token::Special(_) | Token::End => return failure(input, "an address"),
        }
        Ok((rest, false))
    }

    /// Only the first word can be a local part: of several, such as `"a".b`, the last would be the wrong one.
    fn word(&mut self, text: Cow<'a, str>) {
        self.word = (!self.has_words).then_some(text);
        self.has_words = true;
    }

    fn may_begin_group(&self) -> bool {
        !self.in_group && self.has_words && !self.has_mailbox
    }

    /// An address with words in it must have a mailbox. Without anything it is one of RFC 5322 section 4.4.
    fn is_complete(&self) -> bool {
        self.has_mailbox || !self.has_words
    }

    fn behind_address(&mut self, in_group: bool) -> Self {
        Self {
            found: std::mem::take(&mut self.found),
            in_group,
            ..Self::default()
        }
    }

    /// `addr-spec ">"`
    fn angle_address(&mut self, input: &'a str) -> Parsed<'a, bool> {
        let (rest, local) = match token(input)? {
            (rest, Token::Word(text)) => (rest, Cow::Borrowed(text)),
            (rest, Token::Quoted(text)) => (rest, text),
            _ => return failure(input, "a local part"),
        };
        self.word = Some(local);
        let (rest, _) = match token(rest)? {
            (behind, Token::Special('@')) => self.domain(rest, behind)?,
            _ => return failure(rest, "@"),
        };
        match token(rest)? {
            (behind, Token::Special('>')) => Ok((behind, false)),
            _ => failure(rest, "a closing angle bracket"),
        }
    }

    /// What stands behind `@`.
    fn domain(&mut self, at: &'a str, input: &'a str) -> Parsed<'a, bool> {
        let Some(local) = self.word.take() else {
            return failure(at, "a local part");
        };
        let (rest, Token::Word(domain) | Token::Literal(domain)) = token(input)? else {
            return failure(input, "a domain");
        };
        match Mailbox::of(local, domain) {
            Some(mailbox) => self.found.push(mailbox),
            None => return failure(input, "a domain"),
        }
        self.has_mailbox = true;
        Ok((rest, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(field: &str) -> Vec<String> {
        let list = mailboxes(field.as_bytes()).unwrap();
        list.iter().map(ToString::to_string).collect()
    }

    fn error(field: &[u8]) -> (usize, &'static str) {
        let error = mailboxes(field).unwrap_err();
        (error.offset, error.expected)
    }

    #[test]
    fn the_examples_of_rfc_5322_appendix_a() {
        assert_eq!(list("John Doe <jdoe@machine.example>"), ["jdoe@machine.example"]);
        assert_eq!(
            list("\"Joe Q. Public\" <john.q.public@example.com>"),
            ["john.q.public@example.com"]
        );
        assert_eq!(
            list("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
            ["mary@x.test", "jdoe@example.org", "one@y.test"]
        );
        assert_eq!(
            list("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
            ["boss@nil.test", "sysservices@example.net"]
        );
        assert_eq!(
            list("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
            ["c@a.test", "joe@where.test", "jdoe@one.test"]
        );
        assert!(list("Undisclosed recipients:;").is_empty());
        assert_eq!(
            list("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
            ["pete@silly.test"]
        );
        assert_eq!(
            list(
                "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n     joe@example.org,\r\n  \
                  John <jdoe@one.test> (my dear friend); (the end of the group)"
            ),
            ["c@public.example", "joe@example.org", "jdoe@one.test"]
        );
        assert_eq!(
            list("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"),
            [""; 0]
        );
        assert_eq!(
            list("Joe Q. Public <john.q.public@example.com>"),
            ["john.q.public@example.com"]
        );
        assert_eq!(
            list("Mary Smith <mary@example.net>, , jdoe@test.example"),
            ["mary@example.net", "jdoe@test.example"]
        );
    }

    #[test]
    fn what_clients_send() {
        assert_eq!(
            list("=?utf-8?Q?J=C3=B6rg?= <joerg@example.com>"),
            ["joerg@example.com"]
        );
        assert_eq!(list("Jörg <jörg@bücher.example>"), ["jörg@bücher.example"]);
        assert_eq!(list("\"a b\"@[192.0.2.1]"), ["\"a b\"@[192.0.2.1]"]);
        assert_eq!(list("\"a\r\n b\" <a@b>"), ["a@b"]);
        assert!(list("").is_empty());
    }

    #[test]
    fn an_address_in_the_display_name_is_an_address() {
        assert_eq!(
            list("ceo@example.com <mallory@example.org>"),
            ["ceo@example.com", "mallory@example.org"]
        );
        assert_eq!(
            list("\"ceo@example.com\" <mallory@example.org>"),
            ["mallory@example.org"]
        );
    }

    #[test]
    fn nothing_is_passed_over() {
        assert_eq!(error(b"alice"), (5, "an address"));
        assert_eq!(error(b"Smith, Bob <b@x>"), (5, "an address"));
        assert_eq!(error(b"<a@b"), (4, "a closing angle bracket"));
        assert_eq!(error(b"<>"), (1, "a local part"));
        assert_eq!(error(b"a@"), (2, "a domain"));
        assert_eq!(error(b"a@-b"), (2, "a domain"));
        assert_eq!(error(b"@b"), (0, "a local part"));
        assert_eq!(error(b"\"a\".b@c"), (5, "a local part"));
        assert_eq!(error(b"a.\"b\"@c"), (5, "a local part"));
        assert_eq!(error(b"jdoe@test . example"), (9, "the end of the address"));
        assert_eq!(error(b"<jdoe@test . example>"), (10, "a closing angle bracket"));
        assert_eq!(error(b"jdoe . x@test"), (8, "a local part"));
        assert_eq!(error(b"a b@c"), (3, "a local part"));
        assert_eq!(error(b"x: a@b"), (6, "an address"));
        assert_eq!(error(b"a@b;"), (3, "an address"));
        assert_eq!(error(b"a@b (open"), (9, "a closing parenthesis"));
        assert_eq!(error(b"\"open"), (5, "a closing quote"));
        assert_eq!(error(b"\xff@b"), (0, "UTF-8"));
        assert_eq!(error(b"a\0@b"), (1, "a word"));
        assert_eq!(error(b"<@r:a@b>"), (1, "a local part"));
    }

    #[test]
    fn many_parentheses_do_no_harm() {
        let deep = [&b"(".repeat(100_000)[..], &b")".repeat(100_000), b"a@b"].concat();
        assert_eq!(mailboxes(&deep).unwrap().len(), 1);
    }
}
