//! How a file keeps passwords.

use std::fmt;

use argon2::password_hash::phc;
use argon2::{Argon2, Params};
use gatepost_wire::Secret;
use sha_crypt::{PasswordHasher as _, PasswordVerifier as _, ShaCrypt};

/// The longest password that bcrypt looks at, in octets; what lies behind would not count.
const BCRYPT_OCTETS: usize = 72;
/// The cost of new bcrypt hashes: 2^12 rounds.
const BCRYPT_COST: u32 = 12;
/// The most that a bcrypt hash may cost, about a second.
const MAX_BCRYPT_COST: u32 = 14;
/// The rounds of new sha512-crypt hashes.
const SHA512_ROUNDS: u32 = 200_000;
/// The most rounds that a sha512-crypt hash may take, about a second.
const MAX_SHA512_ROUNDS: u32 = 2_000_000;
/// The most memory that an argon2id hash may take, in KiB.
const MAX_ARGON2_KIB: u32 = 256 * 1024;
/// The most passes and lanes that an argon2id hash may take.
const MAX_ARGON2_PASSES: u32 = 16;

/// A way to keep a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `$argon2id$` (RFC 9106), as a PHC string.
    Argon2id,
    /// `$2b$`: bcrypt, for passwords of at most 72 octets.
    Bcrypt,
    /// `$6$`: sha512-crypt, as in `/etc/shadow`.
    Sha512Crypt,
    /// `{PLAIN}`: in the clear.
    Plain,
}

/// Makes the text that a file keeps for `password`. `salt` has to be random, and new for each secret.
///
/// # Errors
/// If the password is empty, not UTF-8, holds NUL, or is too long for bcrypt.
pub fn make(kind: Kind, password: &Secret, salt: &[u8; 16]) -> Result<String, MakeError> {
    let text = password.expose_str().map_err(|_| MakeError("the password is not UTF-8"))?;
    if text.is_empty() || text.contains('\0') {
        return Err(MakeError("the password is empty or holds NUL"));
    }
    match kind {
        Kind::Plain => Ok(format!("{{PLAIN}}{text}")),
        Kind::Argon2id => make_argon2id(text, salt),
        Kind::Bcrypt => make_bcrypt(text, *salt),
        Kind::Sha512Crypt => make_sha512_crypt(text, salt),
    }
}

fn make_argon2id(password: &str, salt: &[u8]) -> Result<String, MakeError> {
    let hash: Result<phc::PasswordHash, _> = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|hash| hash.to_string())
        .map_err(|_| MakeError("argon2id: not enough memory"))
}

fn make_bcrypt(password: &str, salt: [u8; 16]) -> Result<String, MakeError> {
    if password.len() > BCRYPT_OCTETS {
        return Err(MakeError("bcrypt takes passwords of at most 72 octets"));
    }
    let hash = bcrypt::hash_with_salt(password, BCRYPT_COST, salt);
    hash.map(|hash| hash.to_string())
        .map_err(|_| MakeError("bcrypt failed"))
}

fn make_sha512_crypt(password: &str, salt: &[u8]) -> Result<String, MakeError> {
    // Sixteen characters of salt count, and they are the base64 of these octets.
    let salt = salt.get(..12).unwrap_or(salt);
    let failed = |_| MakeError("sha512-crypt failed");
    let rounds = sha_crypt::Params::new(SHA512_ROUNDS).map_err(|_| MakeError("sha512-crypt failed"))?;
    let hasher = ShaCrypt::new(sha_crypt::Algorithm::Sha512Crypt, rounds);
    let hash: sha_crypt::PasswordHash = hasher
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(failed)?;
    Ok(hash.as_str().to_owned())
}

/// Why a secret could not be made. The text is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MakeError(&'static str);

/// A secret out of a file.
#[derive(Clone)]
pub(super) enum Stored {
    Argon2id(Box<phc::PasswordHash>),
    Bcrypt(String),
    Sha512Crypt(String),
    Plain(Secret),
}

/// What a password is to a stored secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Right,
    Wrong,
    /// It could not be computed, as when memory is short.
    Unknown,
}

impl Stored {
    /// Reads what a file holds.
    ///
    /// # Errors
    /// What is allowed, in words that never repeat the secret.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(password) = text.strip_prefix("{PLAIN}") {
            if password.is_empty() {
                return Err("the password behind {PLAIN} is empty".into());
            }
            return Ok(Self::Plain(Secret::from(password)));
        }
        match text.split('$').nth(1) {
            Some("argon2id") => parse_argon2id(text),
            Some("2a" | "2b" | "2y") => parse_bcrypt(text),
            Some("6") => parse_sha512_crypt(text),
            _ => Err("expected a secret that begins with $argon2id$, $2b$, $6$ or {PLAIN}; `gatepost passwd` makes one".into()),
        }
    }

    /// Compares in constant time. Takes as long as its parameters say, up to about a second.
    pub(super) fn check(&self, password: &Secret) -> Match {
        let octets = password.expose();
        match self {
            Self::Plain(stored) => Match::from(stored == password),
            Self::Argon2id(hash) => Match::of(Argon2::default().verify_password(octets, &**hash)),
            Self::Sha512Crypt(hash) => Match::of(ShaCrypt::SHA512.verify_password(octets, hash.as_str())),
            Self::Bcrypt(_) if octets.len() > BCRYPT_OCTETS => Match::Wrong,
            Self::Bcrypt(hash) => bcrypt::verify(octets, hash).map_or(Match::Unknown, Match::from),
        }
    }

    /// Whether checking takes as long as it is meant to.
    pub(super) fn is_slow(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }
}

impl From<bool> for Match {
    fn from(right: bool) -> Self {
        if right { Self::Right } else { Self::Wrong }
    }
}

impl Match {
    fn of(result: argon2::password_hash::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Right,
            Err(argon2::password_hash::Error::PasswordInvalid) => Self::Wrong,
            Err(_) => Self::Unknown,
        }
    }
}

/// The kind alone.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Argon2id(_) => "Argon2id(..)",
            Self::Bcrypt(_) => "Bcrypt(..)",
            Self::Sha512Crypt(_) => "Sha512Crypt(..)",
            Self::Plain(_) => "Plain(..)",
        })
    }
}

/// `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`
fn parse_argon2id(text: &str) -> Result<Stored, String> {
    let wrong = "not an argon2id hash: expected $argon2id$v=19$m=..,t=..,p=..$salt$hash";
    let hash = phc::PasswordHash::new(text).map_err(|_| wrong)?;
    let params = Params::try_from(&hash).map_err(|_| wrong)?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(wrong.into());
    }
    if params.m_cost() > MAX_ARGON2_KIB || params.t_cost() > MAX_ARGON2_PASSES || params.p_cost() > MAX_ARGON2_PASSES {
        return Err("the argon2id hash is too costly: at most m=262144, t=16 and p=16 are allowed".into());
    }
    Ok(Stored::Argon2id(Box::new(hash)))
}

/// `$2b$12$` and 53 characters.
fn parse_bcrypt(text: &str) -> Result<Stored, String> {
    let parts: bcrypt::HashParts = text
        .parse()
        .map_err(|_| "not a bcrypt hash: expected $2b$, two digits, $ and 53 characters")?;
    if !(4..=MAX_BCRYPT_COST).contains(&parts.get_cost()) {
        return Err(format!("the bcrypt cost has to be from 4 to {MAX_BCRYPT_COST}"));
    }
    Ok(Stored::Bcrypt(text.to_owned()))
}

/// `$6$salt$hash` or `$6$rounds=N$salt$hash`, a hash of 86 characters.
fn parse_sha512_crypt(text: &str) -> Result<Stored, String> {
    let wrong = "not a sha512-crypt hash: expected $6$salt$hash or $6$rounds=N$salt$hash";
    let mut fields = text.split('$').skip(2).peekable();
    if let Some(rounds) = fields.next_if(|field| field.starts_with("rounds=")) {
        let rounds = rounds.strip_prefix("rounds=").and_then(|rounds| rounds.parse::<u32>().ok());
        let rounds = rounds.ok_or(wrong)?;
        if !(1_000..=MAX_SHA512_ROUNDS).contains(&rounds) {
            return Err(format!("the rounds of sha512-crypt have to be from 1000 to {MAX_SHA512_ROUNDS}"));
        }
    }
    let (salt, hash, end) = (fields.next(), fields.next(), fields.next());
    let base64 = |text: &str| text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"./".contains(&octet));
    match (salt, hash, end) {
        (Some(salt), Some(hash), None) if salt.len() <= 16 && hash.len() == 86 && base64(salt) && base64(hash) => {
            Ok(Stored::Sha512Crypt(text.to_owned()))
        }
        _ => Err(wrong.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stored: &str, password: &str) -> Match {
        Stored::parse(stored).unwrap().check(&Secret::from(password))
    }

    /// From the specifications: sha512-crypt by Ulrich Drepper, bcrypt by the Openwall test suite, argon2id by the
    /// reference implementation.
    #[test]
    fn known_answers() {
        let known = [
            (
                "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
                "Hello world!",
            ),
            (
                "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
                "Hello world!",
            ),
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
            ("$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
            (
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "password",
            ),
        ];
        for (stored, password) in known {
            assert_eq!(check(stored, password), Match::Right, "{stored}");
            assert_eq!(check(stored, "another"), Match::Wrong, "{stored}");
        }
    }

    #[test]
    fn what_is_made_matches() {
        for kind in [Kind::Argon2id, Kind::Bcrypt, Kind::Sha512Crypt, Kind::Plain] {
            let made = make(kind, &Secret::from("schön ☃ $6$"), b"0123456789abcdef").unwrap();
            assert_eq!(check(&made, "schön ☃ $6$"), Match::Right, "{kind:?}");
            assert_eq!(check(&made, "schön ☃ $6"), Match::Wrong, "{kind:?}");
        }
    }

    #[test]
    fn bcrypt_takes_72_octets_and_no_more() {
        let (right, longer) = ("x".repeat(72), "x".repeat(73));
        let made = make(Kind::Bcrypt, &Secret::from(right.as_str()), &[7; 16]).unwrap();
        assert_eq!(check(&made, &right), Match::Right);
        assert_eq!(check(&made, &longer), Match::Wrong);
        assert!(make(Kind::Bcrypt, &Secret::from(longer.as_str()), &[7; 16]).is_err());
    }

    #[test]
    fn what_would_hang_the_gateway_is_refused() {
        let costly = [
            "$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=17,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$6$rounds=2000001$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1",
        ];
        for stored in costly {
            assert!(Stored::parse(stored).is_err(), "{stored}");
        }
    }

    #[test]
    fn an_error_never_repeats_the_secret() {
        for wrong in ["", "hunter2", "{PLAIN}", "{plain}hunter2", "$1$hunter2", "$2b$hunter2", "$6$hunter2", "$argon2id$hunter2"] {
            let error = Stored::parse(wrong).unwrap_err();
            assert!(!error.is_empty() && !error.contains("hunter2"), "{error}");
        }
        assert_eq!(format!("{:?}", Stored::parse("{PLAIN}hunter2")), "Ok(Plain(..))");
    }
}
