//! The addresses that an account may send from.

#[cfg(test)]
mod tests;

use gatepost_directory::Account;
use gatepost_smtp::message::{self, From};
use gatepost_smtp::parse::Options;
use gatepost_smtp::{Mailbox, Reply, ReversePath};

use crate::config::{SenderPattern, SubmissionConfig};

/// How many of the account's addresses a refusal shows.
const SHOWN_ADDRESSES: usize = 3;

/// How many characters of a name or an address a refusal shows: three fit into a line (RFC 5321 section 4.5.3.1.5).
const SHOWN_OCTETS: usize = 128;

/// What an account may send from: its own addresses, and what the configuration allows besides.
#[derive(Debug)]
pub(super) struct Senders {
    account: String,
    own: Vec<Mailbox<'static>>,
    excepted: Vec<SenderPattern>,
    null: bool,
    from_field: bool,
}

impl Senders {
    pub(super) fn new(account: &Account, config: &SubmissionConfig) -> Self {
        let own = account
            .addresses
            .iter()
            .filter_map(|address| Mailbox::parse_with(address.as_bytes(), &Options::CLIENTS).ok());
        let exceptions = config.exceptions.iter();
        let excepted = exceptions.filter(|exception| exception.is_for(&account.name));
        Self {
            account: account.name.clone(),
            own: own.map(|parsed| parsed.value.into_owned()).collect(),
            excepted: excepted
                .flat_map(|exception| exception.senders())
                .cloned()
                .collect(),
            null: config.null_sender,
            from_field: config.check_from_field,
        }
    }

    /// The sender of MAIL.
    pub(super) fn check_path(&self, path: &ReversePath<'_>) -> Result<(), Reply> {
        match path {
            ReversePath::Null if self.null => Ok(()),
            ReversePath::Null => Err(Reply::new(
                553,
                "5.7.1",
                "Mail without a sender (<>) is not taken here",
            )),
            ReversePath::Mailbox(mailbox) if self.holds(mailbox) => Ok(()),
            ReversePath::Mailbox(mailbox) => Err(self.refusal(553, &format!("send as {}", shown(mailbox)))),
        }
    }

    /// The From field of a message's header, if that is to be checked: all of its mailboxes, of which there must be one.
    pub(super) fn check_field(&self, field: From<'_>) -> Result<(), Reply> {
        if !self.from_field {
            return Ok(());
        }
        let unclear = |what: &'static str| Err(Reply::new(550, "5.7.1", what));
        let body = match field {
            From::Body(body) => body,
            From::Missing => return unclear("The message has no From field"),
            From::Several => return unclear("The message has more than one From field"),
            From::TooLong => return unclear("The From field is too long to be checked"),
        };
        let Ok(mailboxes) = message::mailboxes(body) else {
            return unclear("The From field is not a list of mail addresses (RFC 5322 section 3.4)");
        };
        if mailboxes.is_empty() {
            return unclear("The From field names no mail address");
        }
        match mailboxes.iter().find(|mailbox| !self.holds(mailbox)) {
            None => Ok(()),
            Some(mailbox) => {
                Err(self.refusal(550, &format!("send with {} in the From field", shown(mailbox))))
            }
        }
    }

    fn holds(&self, mailbox: &Mailbox<'_>) -> bool {
        self.own.iter().any(|own| own.matches(mailbox))
            || self.excepted.iter().any(|pattern| pattern.matches(mailbox))
    }

    /// Says what is refused, and what the account could do instead. Nobody hears of addresses that are not their own.
    fn refusal(&self, code: u16, what: &str) -> Reply {
        let account = shown(&self.account);
        let instead = match self.own.split_at_checked(SHOWN_ADDRESSES) {
            _ if self.own.is_empty() => {
                "The directory has no mail address of this account, which is for its administrator to add"
                    .to_owned()
            }
            Some((first, more)) if !more.is_empty() => {
                format!(
                    "Addresses of this account: {}, and {} more",
                    list(first),
                    more.len()
                )
            }
            _ => format!("Addresses of this account: {}", list(&self.own)),
        };
        Reply::new(code, "5.7.1", format!("{account} may not {what}")).with_line(&instead)
    }
}

fn list(mailboxes: &[Mailbox<'_>]) -> String {
    let shown: Vec<String> = mailboxes.iter().map(shown).collect();
    shown.join(", ")
}

/// Printable ASCII, and not too long: replies have no other characters unless the client asked for them (RFC 6531
/// section 3.7.4.2).
fn shown(text: &impl ToString) -> String {
    let text = text.to_string();
    let printable = |letter| if matches!(letter, ' '..='~') { letter } else { '?' };
    let mut shown: String = text.chars().map(printable).take(SHOWN_OCTETS).collect();
    if text.chars().nth(SHOWN_OCTETS).is_some() {
        shown.push_str("..");
    }
    shown
}
