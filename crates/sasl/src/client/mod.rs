//! The client's side, as mechanisms of the [`sasl`] crate.
//!
//! [`sasl::client::Mechanism`] is how clients of any protocol drive them: `initial` once, then `response` for each
//! challenge. [`sasl::client::mechanisms`] has more of them, and a protocol session takes those just as well.

mod cram_md5;
mod login;
mod ntlm;
mod plain;

pub use self::cram_md5::CramMd5;
pub use self::login::Login;
pub use self::ntlm::Ntlm;
pub use self::plain::Plain;
pub use crate::fresh::Fresh;

use sasl::client::MechanismError;
use sasl::common::{Credentials, Identity, Password};

use crate::Error;

/// What may stand in a client's name, authorization identity or password.
fn check(text: &str, empty: Error, nul: Error) -> Result<(), Error> {
    if text.is_empty() {
        return Err(empty);
    }
    if text.contains('\0') { Err(nul) } else { Ok(()) }
}

fn check_name(name: &str) -> Result<(), Error> {
    check(
        name,
        Error::identity("the name is empty"),
        Error::identity("the name holds NUL"),
    )
}

fn check_password(password: &str) -> Result<(), Error> {
    check(
        password,
        Error::identity("the password is empty"),
        Error::identity("the password holds NUL"),
    )
}

/// Name and password out of the `sasl` crate's credentials.
fn name_and_password(credentials: &Credentials) -> Result<(&str, &str), MechanismError> {
    match (&credentials.identity, &credentials.secret) {
        (Identity::Username(name), sasl::common::Secret::Password(Password::Plain(password))) => {
            Ok((name, password))
        }
        (Identity::None, _) => Err(MechanismError::PlainRequiresUsername),
        _ => Err(MechanismError::PlainRequiresPlaintextPassword),
    }
}

#[cfg(test)]
mod tests;
