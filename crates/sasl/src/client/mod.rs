//! The client's side, as mechanisms of the [`sasl`] crate.
//!
//! [`sasl::client::Mechanism`] is how clients of any protocol drive them: `initial` once, then `response` for each
//! challenge. [`start`] makes one of any [`Mechanism`]; [`Plain::new`], [`Login::new`], [`CramMd5::new`] and [`Ntlm::new`]
//! make the one, with what it has beyond name and password. [`sasl::client::mechanisms`] has more of them, and a protocol
//! session takes those just as well.
//!
//! None of them knows whether the channel is private. PLAIN and LOGIN send the password itself, and the other two let
//! whoever listens guess it: begin after TLS.

mod cram_md5;
mod login;
mod ntlm;
mod plain;

pub use self::cram_md5::CramMd5;
pub use self::login::Login;
pub use self::ntlm::Ntlm;
pub use self::plain::Plain;
pub use crate::fresh::Fresh;

use gatepost_wire::Secret;
use sasl::client::{Mechanism as Contract, MechanismError};
use sasl::common::{Credentials, Identity, Password};

use crate::{Error, Mechanism};

/// A client of any mechanism, for one exchange: logs in as `name` with `password`.
///
/// Only NTLM needs `fresh`; for it `name` is `DOMAIN\user` or a user alone.
///
/// ```
/// use std::time::Duration;
///
/// use gatepost_sasl::client::{Fresh, start};
/// use gatepost_sasl::{Mechanism, Side};
/// use gatepost_wire::Secret;
///
/// // Of a random generator and a clock:
/// let fresh = Fresh { random: [7; 16], since_epoch: Duration::from_secs(1_800_000_000) };
/// let mechanism: Mechanism = "LOGIN".parse()?;
/// let mut client = start(mechanism, "alice", &Secret::from("correct horse"), fresh)?;
///
/// // The server speaks first, so there is no initial response.
/// assert_eq!((mechanism.first(), client.initial()), (Side::Server, vec![]));
/// assert_eq!(client.response(b"Username:")?, b"alice");
/// assert_eq!(client.response(b"Password:")?, b"correct horse");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Identity`](crate::ErrorKind::Identity) if name or password is empty or holds NUL, or the password is not
/// UTF-8.
pub fn start(
    mechanism: Mechanism,
    name: &str,
    password: &Secret,
    fresh: Fresh,
) -> Result<Box<dyn Contract + Send>, Error> {
    Ok(match mechanism {
        Mechanism::Plain => Box::new(Plain::new(None, name, password)?),
        Mechanism::Login => Box::new(Login::new(name, password)?),
        Mechanism::CramMd5 => Box::new(CramMd5::new(name, password)?),
        Mechanism::Ntlm => Box::new(Ntlm::new(name, password, fresh)?),
    })
}

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
