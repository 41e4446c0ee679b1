//! SEARCH (RFC 3501 section 6.4.4, RFC 4731 for RETURN).

use std::fmt::Write as _;

use super::selected::{Numbering, Target};
use super::{Answer, Failure, Request, Session};
use crate::mail::cursor::{Cursor, Unexpected};
use crate::mail::output::Output;
use crate::mail::sequence::compress;

mod key;
mod program;

use program::{Last, Program};

/// `search-return-opts` (RFC 4731): what ESEARCH tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Return {
    min: bool,
    max: bool,
    all: bool,
    count: bool,
}

impl Return {
    /// `"RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"`; none of them is ALL.
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let mut wanted = Self::default();
        cursor.space()?;
        cursor.list(|option| {
            let start = option.clone();
            match option.keyword("MIN, MAX, ALL or COUNT")?.as_str() {
                "MIN" => wanted.min = true,
                "MAX" => wanted.max = true,
                "ALL" => wanted.all = true,
                "COUNT" => wanted.count = true,
                _ => return start.unexpected("MIN, MAX, ALL or COUNT"),
            }
            Ok(())
        })?;
        if wanted == Self::default() {
            wanted.all = true;
        }
        Ok(wanted)
    }
}

impl Session {
    /// `search = "SEARCH" [search-return-opts] [SP "CHARSET" SP astring] 1*(SP search-key)`
    pub(super) fn search(&mut self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        let selected = self.selected()?;
        let cursor = &mut request.arguments;
        cursor.space()?;
        let wanted = if cursor.accept_word("RETURN") {
            Some(Return::parse(cursor)?)
        } else {
            None
        };
        if wanted.is_some() {
            cursor.space()?;
        }
        if cursor.accept_word("CHARSET") {
            charset(cursor)?;
        }
        let last = Last {
            number: selected.last(Numbering::Sequence),
            uid: selected.last(Numbering::Uid),
        };
        let program = Program::parse(cursor, last)?;
        cursor.end()?;
        let found: Vec<Target> = selected.mailbox().with(|state| {
            let matching = |target: &Target| {
                state
                    .find(target.uid)
                    .is_some_and(|found| program.matches(target.number, found))
            };
            selected.all().filter(matching).collect()
        });
        let numbers = numbers(&found, request.numbering);
        match wanted {
            Some(wanted) => write_extended(wanted, &numbers, request, out),
            None => write_plain(&numbers, out),
        }
        request.finish("search done")
    }
}

/// `SP charset SP`: UTF-8 and its subset are known.
fn charset(cursor: &mut Cursor<'_>) -> Result<(), Failure> {
    cursor.space()?;
    let name = cursor.astring()?;
    let known = [&b"UTF-8"[..], b"US-ASCII"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    if !known {
        return Err(Failure::no("BADCHARSET (UTF-8)", "unknown charset"));
    }
    Ok(cursor.space()?)
}

fn numbers(found: &[Target], numbering: Numbering) -> Vec<u32> {
    let number = |target: &Target| match numbering {
        Numbering::Sequence => u32::try_from(target.number).unwrap_or(u32::MAX),
        Numbering::Uid => target.uid,
    };
    found.iter().map(number).collect()
}

fn write_plain(numbers: &[u32], out: &mut Output) {
    out.push("* SEARCH");
    for number in numbers {
        let _ = write!(out, " {number}");
    }
    out.push("\r\n");
}

/// `"ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)`
fn write_extended(wanted: Return, numbers: &[u32], request: &Request<'_>, out: &mut Output) {
    let tag = request
        .command
        .split(|octet| *octet == b' ')
        .next()
        .unwrap_or_default();
    out.push("* ESEARCH (TAG \"");
    out.push(tag);
    out.push(if request.numbering == Numbering::Uid {
        "\") UID"
    } else {
        "\")"
    });
    if let (Some(min), Some(max)) = (numbers.first(), numbers.last()) {
        let _ = if wanted.min {
            write!(out, " MIN {min}")
        } else {
            Ok(())
        };
        let _ = if wanted.max {
            write!(out, " MAX {max}")
        } else {
            Ok(())
        };
        let _ = if wanted.all {
            write!(out, " ALL {}", compress(numbers))
        } else {
            Ok(())
        };
    }
    let _ = if wanted.count {
        write!(out, " COUNT {}", numbers.len())
    } else {
        Ok(())
    };
    out.push("\r\n");
}
