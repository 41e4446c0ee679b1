//! VANISHED (RFC 7162).

use crate::parse::{Cursor, Parsing};
use crate::types::UidSet;
use crate::write::{Write, Writer};

/// Messages that are gone.
///
/// ```abnf
/// expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids        ; RFC 7162 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vanished {
    /// When they went.
    pub when: Gone,
    /// Their UIDs.
    pub uids: UidSet,
}

/// When messages went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gone {
    /// Now: the numbers of later messages become lower.
    Now,
    /// Before the client asked: the numbers stay as they are.
    Earlier,
}

impl Cursor<'_> {
    /// `[SP "(EARLIER)"] SP known-uids`
    pub(super) fn vanished(&mut self) -> Parsing<Vanished> {
        self.space()?;
        let mut when = Gone::Now;
        if self.eat_word(b"(EARLIER)") {
            when = Gone::Earlier;
            self.space()?;
        }
        let uids = self.uid_set()?;
        Ok(Vanished { when, uids })
    }
}

impl Write for Vanished {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(match self.when {
            Gone::Now => b"VANISHED ",
            Gone::Earlier => b"VANISHED (EARLIER) ",
        });
        self.uids.write(out);
    }
}
