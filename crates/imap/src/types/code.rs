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
    /// The user's quota is used up.
    OverQuota,
    /// The message is larger than the server takes (RFC 4469, RFC 7889).
    TooBig,
    /// There is no such mailbox, but it can be created (RFC 3501 section 7.1).
    TryCreate,
    /// There is no such mailbox.
    NonExistent,
    /// There is such a mailbox already.
    AlreadyExists,
    /// The user may not do this.
    NoPerm,
    /// Somebody else holds what this needs; it may work later.
    InUse,
    /// The server made a mistake.
    ServerBug,
    /// The server's data are damaged.
    Corruption,
    /// Where an APPEND put its message (RFC 4315 section 3).
    AppendUid {
        /// The mailbox's UIDVALIDITY.
        validity: u32,
        /// The message's UID.
        uid: u32,
    },
    /// Any other code, as it stood between the brackets. It holds neither `]`, CR nor LF.
    Other(Cow<'a, [u8]>),
}

/// The codes that are a word alone.
const WORDS: [(&str, ResponseCode<'static>); 18] = [
    ("ALERT", ResponseCode::Alert),
    ("AUTHENTICATIONFAILED", ResponseCode::AuthenticationFailed),
    ("AUTHORIZATIONFAILED", ResponseCode::AuthorizationFailed),
    ("UNAVAILABLE", ResponseCode::Unavailable),
    ("CONTACTADMIN", ResponseCode::ContactAdmin),
    ("EXPIRED", ResponseCode::Expired),
    ("PRIVACYREQUIRED", ResponseCode::PrivacyRequired),
    ("CANNOT", ResponseCode::Cannot),
    ("LIMIT", ResponseCode::Limit),
    ("OVERQUOTA", ResponseCode::OverQuota),
    ("TOOBIG", ResponseCode::TooBig),
    ("TRYCREATE", ResponseCode::TryCreate),
    ("NONEXISTENT", ResponseCode::NonExistent),
    ("ALREADYEXISTS", ResponseCode::AlreadyExists),
    ("NOPERM", ResponseCode::NoPerm),
    ("INUSE", ResponseCode::InUse),
    ("SERVERBUG", ResponseCode::ServerBug),
    ("CORRUPTION", ResponseCode::Corruption),
];

impl<'a> ResponseCode<'a> {
    /// Reads what stands between the brackets.
    pub fn parse(code: &'a [u8]) -> Self {
        if let Some(list) = behind("CAPABILITY ", code) {
            return Self::Capability(Capabilities::parse(list));
        }
        if let Some(code) = behind("APPENDUID ", code).and_then(append_uid) {
            return code;
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
            Self::AppendUid { validity, uid } => {
                out.extend_from_slice(format!("APPENDUID {validity} {uid}").as_bytes());
            }
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
            Self::OverQuota => ResponseCode::OverQuota,
            Self::TooBig => ResponseCode::TooBig,
            Self::TryCreate => ResponseCode::TryCreate,
            Self::NonExistent => ResponseCode::NonExistent,
            Self::AlreadyExists => ResponseCode::AlreadyExists,
            Self::NoPerm => ResponseCode::NoPerm,
            Self::InUse => ResponseCode::InUse,
            Self::ServerBug => ResponseCode::ServerBug,
            Self::Corruption => ResponseCode::Corruption,
            Self::AppendUid { validity, uid } => ResponseCode::AppendUid { validity, uid },
        }
    }

    fn word(&self) -> &'static str {
        WORDS
            .iter()
            .find(|(_, code)| code == self)
            .map_or("", |(word, _)| *word)
    }
}

/// What follows `word` in `code`.
fn behind<'a>(word: &str, code: &'a [u8]) -> Option<&'a [u8]> {
    let (start, rest) = code.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word.as_bytes()).then_some(rest)
}

/// ```abnf
/// resp-code-apnd = "APPENDUID" SP nz-number SP append-uid         ; RFC 4315 section 4
/// ```
/// The set of UIDs that answers a MULTIAPPEND is left as it is.
fn append_uid(numbers: &[u8]) -> Option<ResponseCode<'static>> {
    let (validity, uid) = std::str::from_utf8(numbers).ok()?.split_once(' ')?;
    Some(ResponseCode::AppendUid {
        validity: number(validity)?,
        uid: number(uid)?,
    })
}

/// `nz-number`
fn number(digits: &str) -> Option<u32> {
    let number = digits.parse().ok().filter(|&number| number > 0)?;
    digits
        .bytes()
        .all(|octet| octet.is_ascii_digit())
        .then_some(number)
}

impl fmt::Display for ResponseCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capability(_) => f.write_str("CAPABILITY"),
            Self::AppendUid { validity, uid } => write!(f, "APPENDUID {validity} {uid}"),
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
            b"OVERQUOTA",
            b"TRYCREATE",
            b"APPENDUID 38505 3955",
            b"APPENDUID 38505 3955:3957",
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
    fn where_a_message_was_put() {
        let parsed = |code: &'static str| ResponseCode::parse(code.as_bytes());
        let (validity, uid) = (38505, 3955);
        assert_eq!(
            parsed("appenduid 38505 3955"),
            ResponseCode::AppendUid { validity, uid }
        );
        for odd in [
            "APPENDUID",
            "APPENDUID 1",
            "APPENDUID 0 1",
            "APPENDUID 1 0",
            "APPENDUID 1 +1",
            "APPENDUID 1  1",
            "APPENDUID 1 4294967296",
            "APPENDUID 1 2,3",
        ] {
            assert!(matches!(parsed(odd), ResponseCode::Other(_)), "{odd}");
        }
    }

    #[test]
    fn unknown_codes_are_shown_escaped() {
        assert_eq!(ResponseCode::parse(b"X\x1b").to_string(), "X\\x1b");
    }
}
