//! STATUS.

use crate::parse::{Cursor, Parsing};
use crate::types::{Mailbox, StatusValue};
use crate::write::{Write, Writer};

/// What STATUS tells of a mailbox.
///
/// ```abnf
/// mailbox-data =/ "STATUS" SP mailbox SP "(" [status-att-list] ")"        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxStatus {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// What is told.
    pub items: Vec<StatusValue>,
}

impl Cursor<'_> {
    /// `SP mailbox SP "(" [status-att-list] ")"`
    pub(super) fn mailbox_status(&mut self) -> Parsing<MailboxStatus> {
        self.space()?;
        let mailbox = self.mailbox()?;
        self.space()?;
        let items = self.list_or_none("items in parentheses", Self::status_value)?;
        let items = items.into_iter().flatten().collect();
        Ok(MailboxStatus { mailbox, items })
    }
}

impl Write for MailboxStatus {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"STATUS ");
        self.mailbox.write(out);
        out.put(b" ");
        out.list(&self.items);
    }
}
