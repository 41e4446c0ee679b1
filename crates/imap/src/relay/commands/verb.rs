//! What a client's line means to the relay.

use crate::Tag;
use crate::types::is_atom_char;

/// What becomes of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verb {
    /// It passes, with whatever it has.
    Any,
    /// It passes and has no arguments, so a literal behind it would be a literal to some and a command to others.
    Bare,
    /// IDLE (RFC 2177): the next thing that the client says is DONE.
    Idle,
    /// ID (RFC 2971), and its line as far as it went by.
    Id(Vec<u8>),
    /// A DONE outside IDLE. The server ended IDLE before it heard of it; it would say BAD to it.
    LateDone,
    /// It is answered BAD, and the mail server never hears of it.
    Refused(Refusal),
}

/// The answer to a command that does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    tag: Option<Tag>,
    text: &'static str,
}

impl Refusal {
    pub(super) fn line(&self) -> String {
        format!(
            "{} BAD {}\r\n",
            self.tag.as_ref().map_or("*", Tag::as_str),
            self.text
        )
    }
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
    /// The meaning of a line that is one `word`. The server need not hear what it can only say BAD to.
    pub(super) fn alone(word: &[u8]) -> Self {
        if word.eq_ignore_ascii_case(b"DONE") {
            Self::LateDone
        } else {
            Self::refused(None, "expected a tag, a space and a command")
        }
    }

    /// The meaning of the command `tag name`.
    ///
    /// A command with a name that is no atom is not passed on: a lenient server might find another name in it. Nor is
    /// one with something that is no tag, since its answer could not be told from others.
    pub(super) fn of(tag: &[u8], name: &[u8]) -> Self {
        if !Tag::is_valid(tag) {
            return Self::refused(None, "expected a tag");
        }
        if name.is_empty() || !name.iter().all(|&octet| is_atom_char(octet)) {
            return Self::refused(
                Tag::parse(tag).ok(),
                "expected a command behind the tag and a space",
            );
        }
        let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
        if let Some((_, text)) = REFUSED.into_iter().find(|(word, _)| is(word)) {
            Self::refused(Tag::parse(tag).ok(), text)
        } else if is("IDLE") {
            Self::Idle
        } else if is("ID") {
            Self::Id(Vec::new())
        } else if BARE.into_iter().any(is) {
            Self::Bare
        } else {
            Self::Any
        }
    }

    fn refused(tag: Option<Tag>, text: &'static str) -> Self {
        Self::Refused(Refusal { tag, text })
    }

    /// Whether the server hears of it, and will answer it.
    pub(super) fn passes(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::LateDone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(tag: &[u8], name: &[u8]) -> Option<String> {
        match Verb::of(tag, name) {
            Verb::Refused(refusal) => Some(refusal.line()),
            _ => None,
        }
    }

    #[test]
    fn names_are_recognized_in_any_case() {
        for (word, _) in REFUSED {
            let line = refusal(b"a1", word.to_lowercase().as_bytes()).unwrap();
            assert!(line.starts_with(&format!("a1 BAD {word} is not ")), "{line}");
        }
        assert_eq!(Verb::of(b"a", b"iDle"), Verb::Idle);
        assert_eq!(Verb::of(b"a", b"noop"), Verb::Bare);
        assert_eq!(Verb::of(b"a", b"id"), Verb::Id(Vec::new()));
        assert_eq!(Verb::of(b"a", b"UID"), Verb::Any);
        assert_eq!(Verb::of(b"a", b"COMPRESSED"), Verb::Any);
    }

    #[test]
    fn what_a_lenient_server_might_read_otherwise_is_refused() {
        for (tag, name) in [
            (&b""[..], &b"NOOP"[..]),
            (b"*", b"NOOP"),
            (b"+", b"NOOP"),
            (b"a{5+}", b"NOOP"),
            (b"a\tCOMPRESS", b"DEFLATE"),
        ] {
            let line = refusal(tag, name);
            assert_eq!(line.as_deref(), Some("* BAD expected a tag\r\n"));
        }
        for name in [&b""[..], b"COMPRESS\tDEFLATE", b"{8}", b"\"NOOP\""] {
            let line = refusal(b"a]", name).unwrap();
            assert!(line.starts_with("a] BAD expected a command"), "{line}");
        }
    }

    #[test]
    fn a_word_alone_is_no_command() {
        assert_eq!(Verb::alone(b"done"), Verb::LateDone);
        assert!(matches!(Verb::alone(b"NOOP"), Verb::Refused(_)));
        assert!(!Verb::LateDone.passes() && Verb::Bare.passes());
    }
}
