//! The word that a command begins with.

use super::arguments::{auth, bdat, mail, name, query, rcpt, text};
use super::{Attributes, Command};
use crate::parse::{Cursor, ParseError};

/// The verbs that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Ehlo,
    Helo,
    Lhlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Help,
    Vrfy,
    Expn,
    Quit,
    Xclient,
    Xforward,
}

impl Verb {
    /// The verb of a line, and what is behind it.
    pub(super) fn split(line: &[u8]) -> Option<(Self, &[u8])> {
        let (first, rest) = line.split_first_chunk::<4>()?;
        match rest {
            [] | [b' ', ..] => Some((Self::short(*first)?, rest)),
            _ => Self::long(line),
        }
    }

    /// A verb of four letters, which differ in one bit between upper and lower case.
    const fn short(letters: [u8; 4]) -> Option<Self> {
        const fn upper(letters: [u8; 4]) -> u32 {
            u32::from_be_bytes(letters) & 0xdfdf_dfdf
        }
        const EHLO: u32 = upper(*b"EHLO");
        const HELO: u32 = upper(*b"HELO");
        const LHLO: u32 = upper(*b"LHLO");
        const AUTH: u32 = upper(*b"AUTH");
        const MAIL: u32 = upper(*b"MAIL");
        const RCPT: u32 = upper(*b"RCPT");
        const DATA: u32 = upper(*b"DATA");
        const BDAT: u32 = upper(*b"BDAT");
        const RSET: u32 = upper(*b"RSET");
        const NOOP: u32 = upper(*b"NOOP");
        const HELP: u32 = upper(*b"HELP");
        const VRFY: u32 = upper(*b"VRFY");
        const EXPN: u32 = upper(*b"EXPN");
        const QUIT: u32 = upper(*b"QUIT");
        Some(match upper(letters) {
            EHLO => Self::Ehlo,
            HELO => Self::Helo,
            LHLO => Self::Lhlo,
            AUTH => Self::Auth,
            MAIL => Self::Mail,
            RCPT => Self::Rcpt,
            DATA => Self::Data,
            BDAT => Self::Bdat,
            RSET => Self::Rset,
            NOOP => Self::Noop,
            HELP => Self::Help,
            VRFY => Self::Vrfy,
            EXPN => Self::Expn,
            QUIT => Self::Quit,
            _ => return None,
        })
    }

    fn long(line: &[u8]) -> Option<(Self, &[u8])> {
        const WORDS: [(&[u8], Verb); 3] = [
            (b"STARTTLS", Verb::StartTls),
            (b"XCLIENT", Verb::Xclient),
            (b"XFORWARD", Verb::Xforward),
        ];
        WORDS.into_iter().find_map(|(word, verb)| {
            let (first, rest) = line.split_at_checked(word.len())?;
            let found = first.eq_ignore_ascii_case(word) && matches!(rest, [] | [b' ', ..]);
            found.then_some((verb, rest))
        })
    }

    /// The command of a verb that needs no arguments.
    pub(super) const fn alone(self) -> Option<Command<'static>> {
        Some(match self {
            Self::StartTls => Command::StartTls,
            Self::Data => Command::Data,
            Self::Rset => Command::Rset,
            Self::Noop => Command::Noop(None),
            Self::Help => Command::Help(None),
            Self::Quit => Command::Quit,
            _ => return None,
        })
    }

    /// The command with what stands behind the verb, up to the end.
    #[inline]
    pub(super) fn command<'a>(self, cursor: &mut Cursor<'a, '_>) -> Result<Command<'a>, ParseError> {
        match self {
            Self::Mail => mail(cursor),
            Self::Rcpt => rcpt(cursor),
            Self::Auth => auth(cursor),
            Self::Bdat => bdat(cursor),
            Self::Ehlo => name(cursor).map(Command::Ehlo),
            Self::Helo => name(cursor).map(Command::Helo),
            Self::Lhlo => name(cursor).map(Command::Lhlo),
            Self::Noop => text(cursor).map(Command::Noop),
            Self::Help => text(cursor).map(Command::Help),
            Self::Vrfy => query(cursor).map(Command::Vrfy),
            Self::Expn => query(cursor).map(Command::Expn),
            Self::Xclient => Attributes::read(cursor).map(Command::Xclient),
            Self::Xforward => Attributes::read(cursor).map(Command::Xforward),
            Self::StartTls | Self::Data | Self::Rset | Self::Quit => Err(cursor.error("the end of the line")),
        }
    }
}
