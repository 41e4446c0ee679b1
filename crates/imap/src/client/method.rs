//! The ways to log in.

use std::collections::VecDeque;

use bytes::BytesMut;
use gatepost_wire::{Secret, wipe};

use crate::write::{encode_quoted, is_quotable};
use crate::{Capabilities, Tag};

/// A way to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// AUTHENTICATE, if the server announces `AUTH=mechanism`. The caller has the mechanism.
    Sasl {
        /// Its registered name.
        mechanism: String,
    },
    /// LOGIN, unless the server announces LOGINDISABLED.
    Login(Credentials),
}

impl Method {
    /// LOGIN with this user and password.
    ///
    /// # Errors
    /// As [`Credentials::new`].
    pub fn login(user: impl Into<String>, password: Secret) -> Result<Self, InvalidCredentials> {
        Credentials::new(user, password).map(Self::Login)
    }

    pub(super) fn is_offered(&self, capabilities: &Capabilities) -> bool {
        match self {
            Self::Sasl { mechanism } => capabilities.offers(mechanism),
            Self::Login(_) => !capabilities.contains("LOGINDISABLED"),
        }
    }
}

/// A user and a password that LOGIN can carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: Secret,
}

/// A user or password holds CR, LF or NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("user or password holds CR, LF or NUL")]
pub struct InvalidCredentials;

impl Credentials {
    /// Takes a user and a password.
    ///
    /// # Errors
    /// If one of them holds CR, LF or NUL.
    pub fn new(user: impl Into<String>, password: Secret) -> Result<Self, InvalidCredentials> {
        let user = user.into();
        let breaks = |text: &[u8]| memchr::memchr3(b'\r', b'\n', 0, text).is_some();
        if breaks(user.as_bytes()) || breaks(password.expose()) {
            return Err(InvalidCredentials);
        }
        Ok(Self { user, password })
    }

    /// The LOGIN command in pieces: all but the first wait for `+`.
    ///
    /// What fits is quoted, so that nothing is taken for anything else; 8-bit text needs a literal.
    pub(super) fn pieces(&self, tag: &Tag) -> VecDeque<Secret> {
        let mut pieces = Pieces::default();
        pieces.plain(format!("{tag} LOGIN ").as_bytes());
        pieces.string(self.user.as_bytes());
        pieces.plain(b" ");
        pieces.string(self.password.expose());
        pieces.plain(b"\r\n");
        pieces.finish()
    }
}

#[derive(Default)]
struct Pieces {
    done: VecDeque<Secret>,
    current: BytesMut,
}

impl Pieces {
    fn plain(&mut self, octets: &[u8]) {
        self.current.extend_from_slice(octets);
    }

    fn string(&mut self, text: &[u8]) {
        if is_quotable(text) {
            // Reserved at once: a buffer that grows leaves half a password behind.
            self.current.reserve(text.len() * 2 + 4);
            return encode_quoted(text, &mut self.current);
        }
        self.plain(format!("{{{}}}\r\n", text.len()).as_bytes());
        self.cut();
        self.current.reserve(text.len() + 4);
        self.plain(text);
    }

    fn cut(&mut self) {
        self.done.push_back(Secret::from(&self.current[..]));
        wipe(&mut self.current);
        self.current = BytesMut::new();
    }

    fn finish(mut self) -> VecDeque<Secret> {
        self.cut();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(user: &str, password: &str) -> Vec<String> {
        let tag = Tag::parse(b"a").unwrap();
        let credentials = Credentials::new(user, Secret::from(password)).unwrap();
        let pieces = credentials.pieces(&tag);
        pieces
            .iter()
            .map(|piece| piece.expose_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn what_fits_is_quoted_and_the_rest_is_literal() {
        assert_eq!(pieces("alice", ""), ["a LOGIN \"alice\" \"\"\r\n"]);
        assert_eq!(
            pieces("al\"i\\ce*m {5}", "(%)"),
            ["a LOGIN \"al\\\"i\\\\ce*m {5}\" \"(%)\"\r\n"]
        );
        assert_eq!(
            pieces("\u{e9}", "p\u{e9}\""),
            ["a LOGIN {2}\r\n", "\u{e9} {4}\r\n", "p\u{e9}\"\r\n"]
        );
        assert_eq!(pieces("a", "\u{1}"), ["a LOGIN \"a\" {1}\r\n", "\u{1}\r\n"]);
    }

    #[test]
    fn line_ends_and_nul_are_refused() {
        for wrong in ["a\r", "a\nb", "\0"] {
            assert_eq!(
                Credentials::new(wrong, Secret::from("p")),
                Err(InvalidCredentials)
            );
            assert_eq!(
                Credentials::new("u", Secret::from(wrong)),
                Err(InvalidCredentials)
            );
        }
    }
}
