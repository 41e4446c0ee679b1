//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 section 6.3.3 to 6.3.7).

use gatepost_imap::command::Create;
use gatepost_imap::types::Mailbox;

use super::{Answer, Failure, Session, done};
use crate::mail::store::name::Name;

impl Session {
    pub(super) fn create(&self, create: &Create) -> Answer {
        if !create.parameters.is_empty() {
            return Err(Failure::Bad("CREATE takes no parameters"));
        }
        self.user.create(&Name::of(&create.mailbox)?, None)?;
        done("mailbox created")
    }

    pub(super) fn delete(&self, mailbox: &Mailbox) -> Answer {
        self.user.delete(&Name::of(mailbox)?)?;
        done("mailbox deleted")
    }

    pub(super) fn rename(&self, from: &Mailbox, to: &Mailbox) -> Answer {
        self.user.rename(&Name::of(from)?, &Name::of(to)?)?;
        done("mailbox renamed")
    }

    /// The mailbox has to exist.
    pub(super) fn subscribe(&self, mailbox: &Mailbox) -> Answer {
        let name = Name::of(mailbox)?;
        self.user.mailbox(&name)?;
        self.user.subscribe(name);
        done("subscribed")
    }

    /// The mailbox may be gone.
    pub(super) fn unsubscribe(&self, mailbox: &Mailbox) -> Answer {
        self.user.unsubscribe(&Name::of(mailbox)?);
        done("unsubscribed")
    }
}
