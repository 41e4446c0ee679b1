//! Secrets that judge passwords alone, checked when the file is read, so that judging cannot fail for their form.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use bcrypt::HashParts;
use gatepost_wire::Secret;
use sha_crypt::{PasswordVerifier as _, ShaCrypt};
use subtle::ConstantTimeEq as _;

use super::secret::MAX_BCRYPT_OCTETS;
use crate::{MAX_PASSWORD_OCTETS, Unavailable};

/// The most memory that an argon2id hash may take, in KiB: 256 MiB.
const MAX_ARGON2_MEMORY: u32 = 256 * 1024;
/// The most passes over it.
const MAX_ARGON2_PASSES: u32 = 16;
/// The most lanes.
const MAX_ARGON2_LANES: u32 = 16;
/// The costs of bcrypt; each step doubles the work, and 14 is about a second.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;
/// The rounds of sha512-crypt when none are given.
const SHA512_DEFAULT_ROUNDS: u32 = 5000;
/// The rounds of sha512-crypt; the specification's least, and about a second.
const SHA512_ROUNDS: std::ops::RangeInclusive<u32> = 1000..=1_000_000;
/// The characters of a sha512-crypt hash: 512 bits.
const SHA512_HASH_CHARACTERS: usize = 86;

/// A password, or a slow hash of it. It is never printed.
pub(super) enum Stored {
    Plain(Secret),
    Sha512Crypt { text: Secret, rounds: u32 },
    Bcrypt { text: Secret, cost: u32 },
    Argon2id(Argon2id),
}

/// An argon2id hash in its parts.
pub(super) struct Argon2id {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// The work of judging a password; users with equal work cannot be told apart by time. In order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Work {
    CramMd5,
    NtHash,
    Plain,
    Sha512Crypt { rounds: u32 },
    Bcrypt { cost: u32 },
    Argon2id { memory: u32, passes: u32, lanes: u32 },
}

impl Work {
    /// Whether it takes milliseconds, on purpose, and not microseconds.
    pub(super) fn is_slow(self) -> bool {
        match self {
            Self::CramMd5 | Self::NtHash | Self::Plain => false,
            Self::Sha512Crypt { .. } | Self::Bcrypt { .. } | Self::Argon2id { .. } => true,
        }
    }
}

/// What is wrong with a secret, and what is allowed; never the secret itself.
type Parsed<T> = Result<T, String>;

impl Stored {
    /// Reads a secret.
    pub(super) fn parse(text: &str) -> Parsed<Self> {
        if let Some(password) = text.strip_prefix("{PLAIN}") {
            plain(password)
        } else if text.starts_with("$argon2id$") {
            Argon2id::parse(text).map(Self::Argon2id)
        } else if text.starts_with("$2b$") || text.starts_with("$2y$") {
            bcrypt(text)
        } else if let Some(rest) = text.strip_prefix("$6$") {
            sha512_crypt(text, rest)
        } else {
            let kinds = "$argon2id$, $2b$, $2y$, $6$, {NTHASH}, {CRAM-MD5} or {PLAIN}";
            Err(format!("expected a secret that begins with {kinds}"))
        }
    }

    /// Whether `password`, which is within the limit, is the right one. Slow.
    pub(super) fn is_of(&self, password: &Secret) -> Result<bool, Unavailable> {
        match self {
            Self::Plain(expected) => Ok(expected == password),
            Self::Sha512Crypt { text, .. } => Ok(sha512_is_of(text, password)),
            Self::Bcrypt { text, .. } => Ok(bcrypt_is_of(text, password)),
            Self::Argon2id(hash) => hash.is_of(password.expose()),
        }
    }

    /// What it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Plain(_) => "password in the clear",
            Self::Sha512Crypt { .. } => "sha512-crypt hash",
            Self::Bcrypt { .. } => "bcrypt hash",
            Self::Argon2id(_) => "argon2id hash",
        }
    }

    /// The work that [`Stored::is_of`] does.
    pub(super) fn work(&self) -> Work {
        match self {
            Self::Plain(_) => Work::Plain,
            Self::Sha512Crypt { rounds, .. } => Work::Sha512Crypt { rounds: *rounds },
            Self::Bcrypt { cost, .. } => Work::Bcrypt { cost: *cost },
            Self::Argon2id(hash) => hash.work(),
        }
    }
}

fn plain(password: &str) -> Parsed<Stored> {
    if password.is_empty() || password.contains('\0') || password.len() > MAX_PASSWORD_OCTETS {
        return Err(format!(
            "expected 1 to {MAX_PASSWORD_OCTETS} octets without NUL after {{PLAIN}}"
        ));
    }
    Ok(Stored::Plain(Secret::from(password)))
}

/// `$2b$cc$` and 53 characters: salt and hash.
fn bcrypt(text: &str) -> Parsed<Stored> {
    let form = "expected a bcrypt hash: $2b$ or $2y$, two digits of cost, $, 53 characters of salt and hash";
    let parts: HashParts = text.parse().map_err(|_| form.to_owned())?;
    let cost = parts.get_cost();
    within("a bcrypt cost", cost, &BCRYPT_COSTS)?;
    Ok(Stored::Bcrypt {
        text: Secret::from(text),
        cost,
    })
}

/// A longer password takes the same time as others, and is refused even if bcrypt, which cuts it, would take it.
fn bcrypt_is_of(text: &Secret, password: &Secret) -> bool {
    let right = text
        .expose_str()
        .is_ok_and(|text| bcrypt::verify(password.expose(), text).unwrap_or(false));
    right && password.len() <= MAX_BCRYPT_OCTETS
}

/// `[rounds=n$]salt$hash` after `$6$`.
fn sha512_crypt(text: &str, rest: &str) -> Parsed<Stored> {
    let form =
        "expected a sha512-crypt hash: $6$, optionally rounds=n$, 1 to 16 characters of salt, $, 86 of hash";
    let (rounds, rest) = sha512_rounds(rest).ok_or(form)?;
    let (salt, hash) = rest.split_once('$').ok_or(form)?;
    if !is_sha512_salt(salt) || !is_sha512_hash(hash) {
        return Err(form.to_owned());
    }
    within("sha512-crypt rounds", rounds, &SHA512_ROUNDS)?;
    Ok(Stored::Sha512Crypt {
        text: Secret::from(text),
        rounds,
    })
}

/// The rounds and what follows them.
fn sha512_rounds(text: &str) -> Option<(u32, &str)> {
    let Some(text) = text.strip_prefix("rounds=") else {
        return Some((SHA512_DEFAULT_ROUNDS, text));
    };
    let (rounds, rest) = text.split_once('$')?;
    let plain = rounds.bytes().all(|octet| octet.is_ascii_digit()) && !rounds.starts_with('0');
    plain.then_some(())?;
    Some((rounds.parse().ok()?, rest))
}

fn is_sha512_salt(salt: &str) -> bool {
    (1..=16).contains(&salt.len()) && salt.bytes().all(is_crypt_character)
}

/// 86 characters of six bits are four bits more than a hash has; those of the last are zero.
fn is_sha512_hash(hash: &str) -> bool {
    let last = matches!(hash.bytes().last(), Some(b'.' | b'/' | b'0' | b'1'));
    last && hash.len() == SHA512_HASH_CHARACTERS && hash.bytes().all(is_crypt_character)
}

fn is_crypt_character(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'.' || octet == b'/'
}

fn sha512_is_of(text: &Secret, password: &Secret) -> bool {
    let Ok(text) = text.expose_str() else { return false };
    ShaCrypt::SHA512.verify_password(password.expose(), text).is_ok()
}

impl Argon2id {
    /// `$argon2id$v=19$m=..,t=..,p=..$salt$hash`.
    fn parse(text: &str) -> Parsed<Self> {
        let form = "expected an argon2id hash: $argon2id$v=19$m=..,t=..,p=..$, salt, $, hash";
        let read = PasswordHash::new(text).map_err(|_| form)?;
        let number = |name: &str| read.params.get_decimal(name).ok_or(form);
        let (memory, passes, lanes) = (number("m")?, number("t")?, number("p")?);
        let (Some(19), 3, Some(salt), Some(hash)) =
            (read.version, read.params.iter().count(), read.salt, read.hash)
        else {
            return Err(form.to_owned());
        };
        within("argon2id lanes (p)", lanes, &(1..=MAX_ARGON2_LANES))?;
        within("argon2id passes (t)", passes, &(1..=MAX_ARGON2_PASSES))?;
        within(
            "argon2id memory in KiB (m)",
            memory,
            &(8 * lanes..=MAX_ARGON2_MEMORY),
        )?;
        let params = Params::new(memory, passes, lanes, Some(hash.len())).map_err(|_| form)?;
        Ok(Self {
            params,
            salt: salt.to_vec(),
            hash: hash.as_bytes().to_vec(),
        })
    }

    fn is_of(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let mut computed = vec![0; self.hash.len()];
        argon2
            .hash_password_into(password, &self.salt, &mut computed)
            .map_err(|error| Unavailable(format!("cannot compute an argon2id hash: {error}")))?;
        Ok(computed.ct_eq(&self.hash).into())
    }

    fn work(&self) -> Work {
        let params = &self.params;
        Work::Argon2id {
            memory: params.m_cost(),
            passes: params.t_cost(),
            lanes: params.p_cost(),
        }
    }
}

fn within(what: &str, value: u32, allowed: &std::ops::RangeInclusive<u32>) -> Parsed<()> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(format!(
        "{what} must be from {} to {}",
        allowed.start(),
        allowed.end()
    ))
}
