//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 section 6.3.3 to 6.3.7).

use super::{Answer, Request, Session};

impl Session {
    /// `create = "CREATE" SP mailbox`
    pub(super) fn create(&self, request: &mut Request<'_>) -> Answer {
        let name = request.mailbox()?;
        request.arguments.end()?;
        self.user.create(&name, None)?;
        request.finish("mailbox created")
    }

    /// `delete = "DELETE" SP mailbox`
    pub(super) fn delete(&self, request: &mut Request<'_>) -> Answer {
        let name = request.mailbox()?;
        request.arguments.end()?;
        self.user.delete(&name)?;
        request.finish("mailbox deleted")
    }

    /// `rename = "RENAME" SP mailbox SP mailbox`
    pub(super) fn rename(&self, request: &mut Request<'_>) -> Answer {
        let (from, to) = (request.mailbox()?, request.mailbox()?);
        request.arguments.end()?;
        self.user.rename(&from, &to)?;
        request.finish("mailbox renamed")
    }

    /// `subscribe = "SUBSCRIBE" SP mailbox`; the mailbox has to exist.
    pub(super) fn subscribe(&self, request: &mut Request<'_>) -> Answer {
        let name = request.mailbox()?;
        request.arguments.end()?;
        self.user.mailbox(&name)?;
        self.user.subscribe(name);
        request.finish("subscribed")
    }

    /// `unsubscribe = "UNSUBSCRIBE" SP mailbox`; the mailbox may be gone.
    pub(super) fn unsubscribe(&self, request: &mut Request<'_>) -> Answer {
        let name = request.mailbox()?;
        request.arguments.end()?;
        self.user.unsubscribe(&name);
        request.finish("unsubscribed")
    }
}
