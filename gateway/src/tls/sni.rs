//! The host name that a client asks for, on its way from the certificate resolver to who accepts the connection.
//!
//! rustls's unbuffered connections do not tell it. The resolver sees every `ClientHello`, of resumed sessions too, and
//! is called on the thread that processes the handshake's records, while it does: so the name is left on that thread
//! and taken up as soon as the records are processed.

use std::cell::RefCell;

thread_local! {
    static LEFT: RefCell<Option<Box<str>>> = const { RefCell::new(None) };
}

/// Leaves the name of the `ClientHello` that is being processed.
pub(super) fn leave(name: Option<&str>) {
    LEFT.set(name.map(Box::from));
}

/// Processes records, and gives the name that was left meanwhile.
pub(super) fn left_by<T>(process: impl FnOnce() -> T) -> (T, Option<Box<str>>) {
    LEFT.set(None);
    let processed = process();
    (processed, LEFT.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_the_handshake_at_hand() {
        leave(Some("left.by.nobody"));
        assert_eq!(left_by(|| 1), (1, None));
        let (_, name) = left_by(|| leave(Some("mail.example")));
        assert_eq!(name.as_deref(), Some("mail.example"));
        assert_eq!(left_by(|| leave(None)).1, None);
    }
}
