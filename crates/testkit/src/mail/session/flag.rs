//! STORE (RFC 3501 section 6.4.6).

use super::selected::tell_flags;
use super::{Answer, Request, Session};
use crate::mail::cursor::{Cursor, Unexpected};
use crate::mail::flags::Flags;
use crate::mail::output::Output;
use crate::mail::sequence::SequenceSet;

/// `store-att-flags`: what becomes of the flags, and whether the client wants to hear of it.
struct Change {
    how: How,
    answer: Echo,
    flags: Flags,
}

#[derive(Debug, Clone, Copy)]
enum How {
    Replace,
    Add,
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Echo {
    Wanted,
    Silent,
}

impl Change {
    /// `(["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))`
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let start = cursor.clone();
        let (how, answer) = match cursor.keyword("FLAGS, +FLAGS or -FLAGS")?.as_str() {
            "FLAGS" => (How::Replace, Echo::Wanted),
            "+FLAGS" => (How::Add, Echo::Wanted),
            "-FLAGS" => (How::Remove, Echo::Wanted),
            "FLAGS.SILENT" => (How::Replace, Echo::Silent),
            "+FLAGS.SILENT" => (How::Add, Echo::Silent),
            "-FLAGS.SILENT" => (How::Remove, Echo::Silent),
            _ => return start.unexpected("FLAGS, +FLAGS or -FLAGS"),
        };
        cursor.space()?;
        Ok(Self {
            how,
            answer,
            flags: Flags::parse(cursor)?,
        })
    }

    fn apply(&self, flags: &mut Flags) {
        match self.how {
            How::Replace => *flags = self.flags.clone(),
            How::Add => self.flags.iter().for_each(|flag| flags.insert(flag.clone())),
            How::Remove => self.flags.iter().for_each(|flag| flags.remove(flag)),
        }
    }
}

impl Session {
    /// `store = "STORE" SP sequence-set SP store-att-flags`
    pub(super) fn store(&mut self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        let selected = self.writable()?;
        request.arguments.space()?;
        let set = SequenceSet::parse(&mut request.arguments)?;
        request.arguments.space()?;
        let change = Change::parse(&mut request.arguments)?;
        request.arguments.end()?;
        let targets = selected.targets(&set, request.numbering);
        selected.with(out, |state, out| {
            for target in targets {
                state.reflag(target.uid, |flags| change.apply(flags));
                if let Some(message) = state.find(target.uid).filter(|_| change.answer == Echo::Wanted) {
                    tell_flags(target.number, message, out);
                }
            }
        });
        request.finish("flags stored")
    }
}
