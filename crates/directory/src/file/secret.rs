//! How a password is kept in a file: the kinds, and making one.

use argon2::{Argon2, PasswordHasher as _};
use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_wire::Secret;
use sha_crypt::{Algorithm, Params, ShaCrypt};

use super::secrets::NT_HASH_SCHEME;
use crate::MAX_PASSWORD_OCTETS;

/// The longest password that bcrypt can tell from others, in octets.
pub const MAX_BCRYPT_OCTETS: usize = 72;

/// The cost of a new bcrypt hash: about a quarter of a second.
const BCRYPT_COST: u32 = 12;

/// The rounds of a new sha512-crypt hash.
const SHA512_ROUNDS: u32 = 200_000;

/// How a password is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `{PLAIN}` and the password itself; only for tests and for mechanisms that need it.
    Plain,
    /// `{CRAM-MD5}`: what CRAM-MD5 needs, and as good as the password there. No salt: equal passwords show.
    CramMd5,
    /// `{NTHASH}`: what NTLM needs, and as good as the password there. No salt: equal passwords show.
    NtHash,
    /// `$6$`: the crypt of most Linux systems.
    Sha512Crypt,
    /// `$2b$`, or `$2y$` as written by Apache's tools.
    Bcrypt,
    /// `$argon2id$` (RFC 9106): the best choice.
    Argon2id,
}

/// Why a password cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// Directories refuse empty passwords.
    #[error("the password is empty")]
    Empty,
    /// No mechanism can carry it.
    #[error("the password holds a NUL")]
    Nul,
    /// Clients send UTF-8 (RFC 4616 section 2).
    #[error("the password is not UTF-8")]
    NotUtf8,
    /// The kind cannot keep all of it.
    #[error("the password is longer than {0} octets")]
    TooLong(usize),
    /// The hash could not be computed.
    #[error("not enough memory for the hash")]
    Memory,
}

/// The secret of a user whose password is `password`, as it is written to the file.
///
/// # Errors
/// If the password cannot be kept or could never be sent.
///
/// `salt` is for the slow hashes; the other kinds have none.
pub fn make(kind: Kind, password: &Secret, salt: &[u8; 16]) -> Result<String, MakeError> {
    let text = checked(kind, password)?;
    match kind {
        Kind::Plain => Ok(format!("{{PLAIN}}{text}")),
        Kind::CramMd5 => as_text(&State::of_password(password).to_text()),
        Kind::NtHash => make_nt_hash(password),
        Kind::Sha512Crypt => make_sha512(password.expose(), salt),
        Kind::Bcrypt => make_bcrypt(password.expose(), *salt),
        Kind::Argon2id => make_argon2id(password.expose(), salt),
    }
}

fn checked(kind: Kind, password: &Secret) -> Result<&str, MakeError> {
    let longest = if kind == Kind::Bcrypt {
        MAX_BCRYPT_OCTETS
    } else {
        MAX_PASSWORD_OCTETS
    };
    let text = password.expose_str().map_err(|_| MakeError::NotUtf8)?;
    match text {
        "" => Err(MakeError::Empty),
        text if text.contains('\0') => Err(MakeError::Nul),
        text if text.len() > longest => Err(MakeError::TooLong(longest)),
        text => Ok(text),
    }
}

fn make_nt_hash(password: &Secret) -> Result<String, MakeError> {
    let hash = NtHash::of_password(password).map_err(|_| MakeError::NotUtf8)?;
    Ok(format!("{NT_HASH_SCHEME}{}", as_text(&hash.to_hex())?))
}

fn as_text(secret: &Secret) -> Result<String, MakeError> {
    let text = secret.expose_str().map_err(|_| MakeError::NotUtf8)?;
    Ok(text.to_owned())
}

fn make_argon2id(password: &[u8], salt: &[u8; 16]) -> Result<String, MakeError> {
    let hash = Argon2::default().hash_password_with_salt(password, salt);
    hash.map(|hash| hash.to_string()).map_err(|_| MakeError::Memory)
}

fn make_bcrypt(password: &[u8], salt: [u8; 16]) -> Result<String, MakeError> {
    let hash = bcrypt::hash_with_salt(password, BCRYPT_COST, salt);
    hash.map(|hash| hash.to_string()).map_err(|_| MakeError::Memory)
}

/// Twelve octets of salt are the sixteen characters that sha512-crypt takes.
fn make_sha512(password: &[u8], salt: &[u8; 16]) -> Result<String, MakeError> {
    let [salt @ .., _, _, _, _] = salt;
    let params = Params::new(SHA512_ROUNDS).map_err(|_| MakeError::Memory)?;
    let hash = ShaCrypt::new(Algorithm::Sha512Crypt, params).hash_password_with_salt(password, salt);
    hash.map(|hash| hash.to_string()).map_err(|_| MakeError::Memory)
}
