//! Which of an account's mailboxes is that of what it sent: what a client files elsewhere is no copy.
//!
//! Clients put drafts and what they throw away into mailboxes with the same Message-ID.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gatepost_imap::{Escaped, utf7};

use super::entry::Metadata;
use super::queue::AccountKey;
use super::source::Source;
use super::worker::{Filer, Outcome};
use crate::config::SentConfig;

/// For how many accounts the mailbox is remembered. Of those that are forgotten the search finds what they filed.
const MAX: usize = 50_000;

const INBOX: &str = "INBOX";

/// Those that have a configured name, and those in which a copy was filed or found.
#[derive(Debug)]
pub(super) struct OwnMailboxes {
    names: Vec<String>,
    /// Escaped, as `gatepost_imap::filing` says them.
    known: Mutex<HashMap<AccountKey, Box<str>>>,
}

impl OwnMailboxes {
    pub(super) fn new(config: &SentConfig) -> Self {
        Self {
            names: config.names.iter().chain(&config.create).cloned().collect(),
            known: Mutex::default(),
        }
    }

    /// Whether `mailbox`, as it stands on the wire, is one.
    pub(super) fn have(&self, account: &AccountKey, mailbox: &[u8]) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(account);
        // What is longer is not known whole.
        let known = known.filter(|_| mailbox.len() <= Escaped::SHOWN);
        let is_known = known.is_some_and(|known| Escaped(mailbox).to_string() == **known);
        is_known || self.names.iter().any(|name| is_named(mailbox, name))
    }

    fn remember(&self, account: AccountKey, mailbox: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX {
            known.clear();
        }
        known.insert(account, mailbox.into());
    }
}

/// Whether it has this name, at the top or below `INBOX`.
fn is_named(mailbox: &[u8], name: &str) -> bool {
    let text = utf7::decode(mailbox).unwrap_or_else(|_| String::from_utf8_lossy(mailbox).into_owned());
    behind_inbox(&text) == behind_inbox(name)
}

/// What is behind `INBOX` and a separator, or all.
fn behind_inbox(name: &str) -> &str {
    let below = name.split_at_checked(INBOX.len());
    let below = below.filter(|(inbox, _)| inbox.eq_ignore_ascii_case(INBOX));
    let rest = below.and_then(|(_, below)| below.strip_prefix(['.', '/', '\\']));
    rest.unwrap_or(name)
}

/// Notes where copies are filed.
pub(super) struct Noting<F> {
    pub(super) filer: F,
    pub(super) own: Arc<OwnMailboxes>,
}

impl<F: Filer> Filer for Noting<F> {
    async fn file(&self, copy: &Metadata, message: Source) -> Outcome {
        let outcome = self.filer.file(copy, message).await;
        if let Outcome::Filed { mailbox, .. } | Outcome::Present { mailbox } = &outcome {
            let account = AccountKey {
                directory: copy.envelope.directory.as_str().into(),
                id: copy.envelope.account.0.as_str().into(),
            };
            self.own.remember(account, mailbox);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> AccountKey {
        AccountKey {
            directory: "users".into(),
            id: name.into(),
        }
    }

    fn own(names: &[&str]) -> OwnMailboxes {
        OwnMailboxes::new(&SentConfig {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            create: Some("Ausgang".to_owned()),
            ..SentConfig::default()
        })
    }

    #[test]
    fn names_count_at_the_top_and_below_inbox_and_whatever_their_encoding() {
        let own = own(&["Sent Items", "Entw\u{fc}rfe", "INBOX.Post"]);
        for (mailbox, expected) in [
            (&b"Sent Items"[..], true),
            (b"INBOX.Sent Items", true),
            (b"inbox/Sent Items", true),
            (b"Entw&APw-rfe", true),
            (b"Entw\xc3\xbcrfe", true),
            (b"INBOX/Post", true),
            (b"Ausgang", true),
            (b"sent items", false),
            (b"Sent Items/2025", false),
            (b"user.bob.Sent Items", false),
            (b"INBOXES.Sent Items", false),
            (b"INBOX", false),
            (b"Drafts", false),
            (b"Trash", false),
            (b"\xff", false),
            (b"", false),
        ] {
            assert_eq!(
                own.have(&account("alice"), mailbox),
                expected,
                "{}",
                Escaped(mailbox)
            );
        }
    }

    #[test]
    fn the_mailbox_of_earlier_filings_counts_for_its_account() {
        let own = own(&[]);
        own.remember(account("alice"), "Gesendete&AMQ-");
        own.remember(account("bob"), "S\\r\\n");
        assert!(own.have(&account("alice"), b"Gesendete&AMQ-"));
        assert!(own.have(&account("bob"), b"S\r\n"));
        assert!(!own.have(&account("bob"), b"Gesendete&AMQ-"));
        let long = [b'x'; Escaped::SHOWN + 1];
        own.remember(account("carol"), &Escaped(&long).to_string());
        assert!(!own.have(&account("carol"), &long));
        own.remember(account("alice"), "Sent");
        assert!(!own.have(&account("alice"), b"Gesendete&AMQ-"));
    }
}
