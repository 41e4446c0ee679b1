//! AUTHENTICATE and LOGIN.

use std::fmt;

use bytes::Bytes;
use gatepost_wire::base64::{self, Base64Error};
use gatepost_wire::{Secret, wipe};

use super::Body;
use crate::parse::octets::BASE64;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::Atom;
use crate::write::{Write, Writer};

/// The initial response of AUTHENTICATE, which may hold a password. It is never printed.
///
/// ```abnf
/// initial-resp = (base64 / "=")        ; "=" is the empty one, RFC 4959 section 3
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Initial(Secret);

impl Initial {
    /// The response `octets`, not yet encoded.
    pub fn new(octets: &[u8]) -> Self {
        let mut text = Vec::with_capacity(octets.len().div_ceil(3) * 4);
        base64::encode(octets, &mut text);
        if text.is_empty() {
            text.push(b'=');
        }
        let initial = Self(Secret::from(text.as_slice()));
        wipe(&mut text);
        initial
    }

    /// The response itself.
    ///
    /// # Errors
    /// If what the client sent is not base64.
    pub fn decode(&self) -> Result<Secret, Base64Error> {
        match self.0.expose() {
            b"=" => Ok(Secret::from("")),
            text => base64::decode(text),
        }
    }
}

impl fmt::Debug for Initial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Initial(..)")
    }
}

impl Cursor<'_> {
    /// ```abnf
    /// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]       ; RFC 9051 section 9
    /// ```
    /// Whether the initial response is base64 is for [`Initial::decode`] to say: first a server looks whether it offers
    /// the mechanism.
    ///
    /// mutt sends a space behind the mechanism and nothing after it: [`Allowance::TrailingSpaces`].
    pub(super) fn authenticate_command(&mut self) -> Parsing<Body> {
        let mechanism = self.word("a mechanism")?;
        let mechanism = Atom::from_valid(Bytes::copy_from_slice(mechanism));
        let initial = match self.rest() {
            [] => None,
            [b' '] if self.forgives(Allowance::TrailingSpaces) => {
                self.advance(1);
                None
            }
            _ => {
                self.space()?;
                let text = self.run(BASE64, "base64 or =")?;
                Some(Initial(Secret::from(text)))
            }
        };
        Ok(Body::Authenticate { mechanism, initial })
    }

    /// ```abnf
    /// login = "LOGIN" SP userid SP password       ; both astring, RFC 9051 section 9
    /// ```
    pub(super) fn login_command(&mut self) -> Parsing<Body> {
        let user = self.copied_astring("a user name")?;
        self.space()?;
        let password = self.secret_astring("a password")?;
        Ok(Body::Login { user, password })
    }
}

impl Write for Initial {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.0.expose());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{body, forgiven, refused, same, written};

    fn initial(text: &str) -> Option<Initial> {
        match body(text) {
            Body::Authenticate { mechanism, initial } if mechanism.is("CRAM-MD5") => initial,
            other => panic!("{other:?}"),
        }
    }

    /// RFC 9051 section 6.2.2, RFC 4959 section 3.
    #[test]
    fn absent_is_not_empty() {
        assert_eq!(initial("AUTHENTICATE CRAM-MD5"), None);
        let empty = initial("AUTHENTICATE CRAM-MD5 =").unwrap();
        assert_eq!(empty.decode().unwrap(), Secret::from(""));
        assert_eq!(empty, Initial::new(b""));
        let some = initial("authenticate cram-md5 dGVzdA==").unwrap();
        assert_eq!(some.decode().unwrap(), Secret::from("test"));
        assert_eq!(some, Initial::new(b"test"));
        assert!(initial("AUTHENTICATE CRAM-MD5 YQ").unwrap().decode().is_err());
        same(&[
            "AUTHENTICATE PLAIN dGVzdA==",
            "AUTHENTICATE EXTERNAL =",
            "AUTHENTICATE GSSAPI",
        ]);
        refused(&[
            ("AUTHENTICATE", 12, "a space"),
            ("AUTHENTICATE ", 13, "a mechanism"),
            ("AUTHENTICATE PLAIN ", 19, "base64 or ="),
            ("AUTHENTICATE PLAIN A!", 20, "the end of the line"),
            ("AUTHENTICATE PLAIN A B", 20, "the end of the line"),
        ]);
    }

    #[test]
    fn mutt_leaves_a_space_behind_the_mechanism() {
        let (read, forgiven) = forgiven("AUTHENTICATE CRAM-MD5 ");
        assert_eq!(forgiven, [Allowance::TrailingSpaces]);
        assert_eq!(read, body("AUTHENTICATE CRAM-MD5"));
    }

    #[test]
    fn passwords_in_latin_1_can_be_forgiven() {
        let options = crate::parse::Options {
            leniency: crate::parse::Leniency::CLIENTS,
            ..crate::parse::Options::default()
        };
        let message = b"a LOGIN alice \"p\xe4ss\"";
        assert_eq!(crate::command::parse(message).unwrap_err().expected, "UTF-8");
        let parsed = crate::command::parse_with(message, &options).unwrap();
        assert!(parsed.forgiven.contains(Allowance::EightBit));
        let Body::Login { password, .. } = parsed.value.body else {
            panic!()
        };
        assert_eq!(password.expose(), b"p\xe4ss");
    }

    /// RFC 9051 section 6.2.3, RFC 3501 section 7.5.
    #[test]
    fn logins() {
        let login = |user: &str, password: &str| Body::Login {
            user: crate::types::Text::new(user.to_owned()).unwrap(),
            password: Secret::from(password),
        };
        assert_eq!(body("LOGIN SMITH SESAME"), login("SMITH", "SESAME"));
        assert_eq!(
            body("LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man"),
            login("FRED FOOBAR", "fat man")
        );
        assert_eq!(body("LOGIN \"a\\\"b\" \"c\\\\d {5}\""), login("a\"b", "c\\d {5}"));
        assert_eq!(written(&login("nil", "a b")), "LOGIN \"nil\" \"a b\"");
        assert_eq!(written(&login("a", "\r\nb NOOP")), "LOGIN a {8+}\r\n\r\nb NOOP");
        refused(&[
            ("LOGIN alice", 11, "a space"),
            ("LOGIN alice ", 12, "a password"),
            ("LOGIN (a) b", 6, "a user name"),
            ("LOGIN \"a\\b\" c", 9, "a quote or a backslash"),
            ("LOGIN \"ab", 9, "a closing quote"),
            ("LOGIN a b c", 9, "the end of the line"),
            ("LOGIN {3}\r\nab", 11, "as many octets as the literal announces"),
        ]);
    }
}
