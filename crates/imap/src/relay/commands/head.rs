//! The start of a client's line: tag and command name.

use super::tag::InlineTag;
use crate::types::is_atom_char;
use crate::{Error, Limit, PeerError, Rule, Tag};

/// The longest command name that is recognized, in octets. The longest registered one has 17.
const LONGEST_NAME: usize = 64;

/// The longest line without a space, in octets.
const LONGEST_WORD: usize = 128;

/// With so many octets [`Head::parse`] always decides.
pub(super) const CAP: usize = Tag::LONGEST + LONGEST_NAME + LONGEST_WORD;

/// What a line begins with.
///
/// ```abnf
/// command = tag SP (command-any / command-auth / ...) CRLF      ; RFC 9051 section 9
/// ```
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head<'a> {
    /// More octets are needed.
    Partial,
    /// The line is its CRLF.
    Blank,
    /// The line is one word, such as a late `DONE` or the answer to a continuation request.
    Word(&'a [u8]),
    /// What may be a command.
    Command {
        /// What stands where the tag should be.
        tag: &'a [u8],
        /// What stands where the name of the command should be.
        name: &'a [u8],
    },
}

impl<'a> Head<'a> {
    /// Reads the start of a line. More octets never change what was found.
    pub(super) fn parse(octets: &'a [u8]) -> Result<Self, Error> {
        match octets {
            [] | [b'\r'] => return Ok(Self::Partial),
            [b'\r', b'\n', ..] => return Ok(Self::Blank),
            [b'\r', ..] => return Err(broken(Rule::BareCr, 0)),
            _ => {}
        }
        let Some((tag, end)) = word(octets, 0, LONGEST_WORD)? else {
            return Ok(Self::Partial);
        };
        if end == b'\r' {
            return Ok(Self::Word(tag));
        }
        if tag.len() > Tag::LONGEST {
            return Err(Error::Limit(Limit::Line));
        }
        let start = tag.len() + 1;
        let rest = octets.get(start..).unwrap_or_default();
        let name = word(rest, start, LONGEST_NAME)?;
        Ok(name.map_or(Self::Partial, |(name, _)| Self::Command { tag, name }))
    }
}

/// The octets of the first word and the space or CR that ends it; `None` if its end is not there yet. The word begins
/// `start` octets behind the line's first.
fn word(octets: &[u8], start: usize, longest: usize) -> Result<Option<(&[u8], u8)>, Error> {
    let is_end = |octet: &u8| matches!(octet, b' ' | b'\r' | b'\n' | 0);
    let end = octets.iter().position(is_end).unwrap_or(octets.len());
    if end > longest {
        return Err(Error::Limit(Limit::Line));
    }
    match octets.get(end) {
        None => Ok(None),
        Some(b'\n') => Err(broken(Rule::BareLf, start + end)),
        Some(0) => Err(broken(Rule::Nul, start + end)),
        Some(&octet) => Ok(octets.get(..end).map(|word| (word, octet))),
    }
}

pub(super) fn broken(rule: Rule, offset: usize) -> Error {
    Error::Peer(PeerError {
        offset,
        rule,
        tag: None,
    })
}

/// What a command means to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// It passes, with whatever it has.
    Any,
    /// It passes and has no arguments, so a literal behind it would be a literal to some and a command to others.
    Bare,
    /// IDLE (RFC 2177): the next thing the client says is DONE.
    Idle,
    /// No command at all: a line without a space.
    Word,
    /// It is answered BAD with this text, and the mail server never hears of it.
    Refused(&'static str),
}

/// Commands without arguments.
const BARE: [&str; 8] = [
    "CAPABILITY",
    "CHECK",
    "CLOSE",
    "EXPUNGE",
    "LOGOUT",
    "NAMESPACE",
    "NOOP",
    "UNSELECT",
];

/// Commands that would take the connection away from the relay or its login from the user, and what the client hears.
/// Hiding a capability does not keep a client from using it.
const REFUSED: [(&str, &str); 5] = [
    ("AUTHENTICATE", "AUTHENTICATE is not possible after login"),
    ("COMPRESS", "COMPRESS is not offered"),
    ("LOGIN", "LOGIN is not possible after login"),
    ("STARTTLS", "STARTTLS is not possible after login"),
    ("UNAUTHENTICATE", "UNAUTHENTICATE is not offered"),
];

impl Verb {
    /// What becomes of the command `tag name`, and the tag for an answer of ours.
    ///
    /// A command with a name that is no atom is not passed on: a lenient server might find another name in it.
    pub(super) fn of(tag: &[u8], name: &[u8]) -> (Self, InlineTag) {
        let Some(tag) = InlineTag::parse(tag) else {
            return (Self::Refused("expected a tag"), InlineTag::NONE);
        };
        let verb = if name.is_empty() || !name.iter().all(|&octet| is_atom_char(octet)) {
            Self::Refused("expected a command behind the tag and one space")
        } else {
            Self::named(name)
        };
        (verb, tag)
    }

    fn named(name: &[u8]) -> Self {
        let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
        if let Some((_, text)) = REFUSED.into_iter().find(|(word, _)| is(word)) {
            Self::Refused(text)
        } else if is("IDLE") {
            Self::Idle
        } else if BARE.into_iter().any(is) {
            Self::Bare
        } else {
            Self::Any
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_decided_at_the_end_of_the_name() {
        let command = |tag, name| Ok(Head::Command { tag, name });
        assert_eq!(Head::parse(b"a1 NOOP\r"), command(b"a1", b"NOOP"));
        assert_eq!(Head::parse(b"a1 UID FETCH"), command(b"a1", b"UID"));
        assert_eq!(Head::parse(b"a1  NOOP"), command(b"a1", b""));
        assert_eq!(Head::parse(b" NOOP "), command(b"", b"NOOP"));
        assert_eq!(Head::parse(b"DONE\r\n"), Ok(Head::Word(b"DONE")));
        assert_eq!(Head::parse(b"\r\na"), Ok(Head::Blank));
        for partial in [&b""[..], b"\r", b"a1", b"a1 ", b"a1 NOOP"] {
            assert_eq!(Head::parse(partial), Ok(Head::Partial));
        }
    }

    #[test]
    fn broken_heads_say_where() {
        assert_eq!(Head::parse(b"\ra"), Err(broken(Rule::BareCr, 0)));
        assert_eq!(Head::parse(b"a NOOP\nb"), Err(broken(Rule::BareLf, 6)));
        assert_eq!(Head::parse(b"a\0"), Err(broken(Rule::Nul, 1)));
        assert_eq!(Head::parse(b"\n"), Err(broken(Rule::BareLf, 0)));
    }

    #[test]
    fn lengths_are_capped() {
        let line = |tag: usize, name: usize| format!("{} {}\r\n", "t".repeat(tag), "N".repeat(name));
        assert!(Head::parse(line(Tag::LONGEST, LONGEST_NAME).as_bytes()).is_ok());
        let limit = Err(Error::Limit(Limit::Line));
        assert_eq!(Head::parse(line(Tag::LONGEST + 1, 4).as_bytes()), limit);
        assert_eq!(Head::parse(line(1, LONGEST_NAME + 1).as_bytes()), limit);
        assert_eq!(Head::parse(&[b'x'; LONGEST_WORD]), Ok(Head::Partial));
        assert_eq!(Head::parse(&[b'x'; LONGEST_WORD + 1]), limit);
    }

    #[test]
    fn a_decision_is_made_within_the_cap_and_kept() {
        for line in [
            line_of(&[64, 64, 80]),
            line_of(&[64, 65, 80]),
            line_of(&[3, 300]),
            line_of(&[300]),
        ] {
            assert_ne!(Head::parse(line.get(..CAP).unwrap_or(&line)), Ok(Head::Partial));
        }
    }

    fn line_of(words: &[usize]) -> Vec<u8> {
        let words: Vec<Vec<u8>> = words.iter().map(|&length| vec![b'x'; length]).collect();
        words.join(&b' ')
    }

    #[test]
    fn names_are_recognized_in_any_case() {
        for (word, _) in REFUSED {
            let verb = Verb::of(b"a", word.to_lowercase().as_bytes()).0;
            assert!(matches!(verb, Verb::Refused(_)), "{word}");
        }
        assert_eq!(Verb::of(b"a", b"iDle").0, Verb::Idle);
        assert_eq!(Verb::of(b"a", b"noop").0, Verb::Bare);
        assert_eq!(Verb::of(b"a", b"UID").0, Verb::Any);
        assert_eq!(Verb::of(b"a", b"COMPRESSED").0, Verb::Any);
    }

    #[test]
    fn what_a_lenient_server_might_read_otherwise_is_refused() {
        for (tag, name) in [
            (&b""[..], &b"NOOP"[..]),
            (b"*", b"NOOP"),
            (b"+", b"NOOP"),
            (b"a{5+}", b"NOOP"),
            (b"a\tCOMPRESS", b"DEFLATE"),
            (b"a", b""),
            (b"a", b"COMPRESS\tDEFLATE"),
            (b"a", b"{8}"),
        ] {
            let verb = Verb::of(tag, name).0;
            assert!(matches!(verb, Verb::Refused(_)), "{}", tag.escape_ascii());
        }
    }
}
