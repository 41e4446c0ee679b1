//! Why a command went as it did.

use std::borrow::Cow;
use std::fmt;

use bytes::BytesMut;

use super::Capabilities;
use crate::Escaped;

/// The code in brackets before a status text.
///
/// ```abnf
/// resp-text      = ["[" resp-text-code "]" SP] [text]        ; RFC 9051 section 9
/// resp-text-code = atom [SP 1*<any TEXT-CHAR except "]">]    ; and the codes of RFC 5530
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseCode<'a> {
    /// The capabilities from now on.
    Capability(Capabilities),
    /// The text must be shown to the user.
    Alert,
    /// The credentials are wrong.
    AuthenticationFailed,
    /// The credentials are right, but the user may not act as the one asked for.
    AuthorizationFailed,
    /// A part of the server is down.
    Unavailable,
    /// The user should ask the administrator.
    ContactAdmin,
    /// The password is too old.
    Expired,
    /// This needs TLS.
    PrivacyRequired,
    /// This can never work.
    Cannot,
    /// A limit of the server is reached.
    Limit,
    /// Any other code, as it stood between the brackets. It holds neither `]`, CR nor LF.
    Other(Cow<'a, [u8]>),
}

/// The codes that are a word alone.
const WORDS: [(&str, ResponseCode<'static>); 9] = [
    ("ALERT", ResponseCode::Alert),
    ("AUTHENTICATIONFAILED", ResponseCode::AuthenticationFailed),
    ("AUTHORIZATIONFAILED", ResponseCode::AuthorizationFailed),
    ("UNAVAILABLE", ResponseCode::Unavailable),
    ("CONTACTADMIN", ResponseCode::ContactAdmin),
    ("EXPIRED", ResponseCode::Expired),
    ("PRIVACYREQUIRED", ResponseCode::PrivacyRequired),
    ("CANNOT", ResponseCode::Cannot),
    ("LIMIT", ResponseCode::Limit),
];

impl<'a> ResponseCode<'a> {
    /// Reads what stands between the brackets.
    pub fn parse(code: &'a [u8]) -> Self {
        if let Some((word, list)) = code.split_at_checked(11)
            && word.eq_ignore_ascii_case(b"CAPABILITY ")
        {
            return Self::Capability(Capabilities::parse(list));
        }
        WORDS
            .into_iter()
            .find(|(word, _)| code.eq_ignore_ascii_case(word.as_bytes()))
            .map_or(Self::Other(Cow::Borrowed(code)), |(_, code)| code)
    }

    /// Appends what stands between the brackets.
    pub fn encode(&self, out: &mut BytesMut) {
        match self {
            Self::Capability(list) => out.extend_from_slice(format!("CAPABILITY {list}").as_bytes()),
            Self::Other(code) => out.extend_from_slice(code),
            word => out.extend_from_slice(word.word().as_bytes()),
        }
    }

    /// The same code without the borrow.
    pub fn into_owned(self) -> ResponseCode<'static> {
        match self {
            Self::Other(code) => ResponseCode::Other(Cow::Owned(code.into_owned())),
            Self::Capability(list) => ResponseCode::Capability(list),
            Self::Alert => ResponseCode::Alert,
            Self::AuthenticationFailed => ResponseCode::AuthenticationFailed,
            Self::AuthorizationFailed => ResponseCode::AuthorizationFailed,
            Self::Unavailable => ResponseCode::Unavailable,
            Self::ContactAdmin => ResponseCode::ContactAdmin,
            Self::Expired => ResponseCode::Expired,
            Self::PrivacyRequired => ResponseCode::PrivacyRequired,
            Self::Cannot => ResponseCode::Cannot,
            Self::Limit => ResponseCode::Limit,
        }
    }

    fn word(&self) -> &'static str {
        WORDS
            .iter()
            .find(|(_, code)| code == self)
            .map_or("", |(word, _)| *word)
    }
}

impl fmt::Display for ResponseCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capability(_) => f.write_str("CAPABILITY"),
            Self::Other(code) => write!(f, "{}", Escaped(code)),
            word => f.write_str(word.word()),
        }
    }
}

impl fmt::Debug for ResponseCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_as_they_went() {
        for code in [
            &b"ALERT"[..],
            b"CAPABILITY IMAP4rev1 IDLE",
            b"UNAVAILABLE",
            b"LIMIT",
            b"REFERRAL imap://x/",
        ] {
            let mut out = BytesMut::new();
            ResponseCode::parse(code).encode(&mut out);
            assert_eq!(out, code);
        }
        assert_eq!(
            ResponseCode::parse(b"authenticationfailed"),
            ResponseCode::AuthenticationFailed
        );
    }

    #[test]
    fn unknown_codes_are_shown_escaped() {
        assert_eq!(ResponseCode::parse(b"X\x1b").to_string(), "X\\x1b");
    }
}
