//! Where a user's mailboxes are, and what they are called.

/// The one namespace, the same for all users.
#[derive(Debug, Clone)]
pub(in crate::servers::dovecot) struct Namespace {
    pub(in crate::servers::dovecot) prefix: String,
    pub(in crate::servers::dovecot) separator: char,
    /// What sent mail is in, without the prefix.
    pub(in crate::servers::dovecot) sent: String,
    pub(in crate::servers::dovecot) special_use: SpecialUse,
}

/// Whether mailboxes tell what they are for (RFC 6154).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::servers::dovecot) enum SpecialUse {
    #[default]
    Told,
    Untold,
}

impl Default for Namespace {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            separator: '/',
            sent: "Sent".to_owned(),
            special_use: SpecialUse::default(),
        }
    }
}

impl Namespace {
    /// The section of the configuration, which both versions understand.
    pub(super) fn section(&self) -> String {
        let Self {
            prefix, separator, ..
        } = self;
        let mailboxes = [("Drafts", "Drafts"), (&self.sent, "Sent"), ("Trash", "Trash")];
        let mailboxes: String = mailboxes.map(|(name, what)| self.mailbox(name, what)).concat();
        format!(
            "namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = {separator}
{mailboxes}}}
"
        )
    }

    fn mailbox(&self, name: &str, what: &str) -> String {
        let special_use = match self.special_use {
            SpecialUse::Told => format!("    special_use = \\{what}\n"),
            SpecialUse::Untold => String::new(),
        };
        format!("  mailbox \"{name}\" {{\n    auto = subscribe\n{special_use}  }}\n")
    }
}
