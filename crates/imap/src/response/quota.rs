//! QUOTA and QUOTAROOT (RFC 9208).

use crate::parse::{Cursor, Parsing};
use crate::types::{Mailbox, ResourceUsage, Text};
use crate::write::{Write, Writer};

/// How much of its quota something uses.
///
/// ```abnf
/// quota-response = "QUOTA" SP quota-root-name SP quota-list        ; RFC 9208 section 7
/// quota-list     = "(" [quota-resource *(SP quota-resource)] ")"   ; empty in RFC 2087 only
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// What the quota is of.
    pub root: Text,
    /// What is limited, if anything is.
    pub resources: Vec<ResourceUsage>,
}

/// What quotas a mailbox counts for.
///
/// ```abnf
/// quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name)        ; RFC 9208 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaRoot {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// What the quotas are of.
    pub roots: Vec<Text>,
}

impl Cursor<'_> {
    /// `SP quota-root-name SP quota-list`
    pub(super) fn quota(&mut self) -> Parsing<Quota> {
        self.space()?;
        let root = self.astring("a quota root")?;
        self.space()?;
        let resources = self.list_or_none("resources in parentheses", Self::resource_usage)?;
        Ok(Quota { root, resources })
    }

    /// `SP mailbox *(SP quota-root-name)`
    pub(super) fn quota_root(&mut self) -> Parsing<QuotaRoot> {
        self.space()?;
        let mailbox = self.mailbox()?;
        let mut roots = Vec::new();
        while self.is_before_more() {
            self.space()?;
            self.element()?;
            roots.push(self.astring("a quota root")?);
        }
        Ok(QuotaRoot { mailbox, roots })
    }
}

impl Write for Quota {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"QUOTA ");
        out.astring(&self.root);
        out.put(b" ");
        out.list(&self.resources);
    }
}

impl Write for QuotaRoot {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"QUOTAROOT ");
        self.mailbox.write(out);
        for root in &self.roots {
            out.put(b" ");
            out.astring(root);
        }
    }
}
