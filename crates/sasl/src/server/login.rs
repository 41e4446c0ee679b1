//! LOGIN (draft-murchison-sasl-login): a prompt for the name, a prompt for the password.

use super::{Challenge, Exchange, State};
use crate::claim::check_name;
use crate::{Claim, Error};

/// A name that was checked, and waits for its password.
#[derive(Debug)]
pub(super) struct Name(String);

/// The response to `Username:`.
pub(super) fn name(response: &[u8]) -> Result<Exchange, Error> {
    let name = Name(check_name(response)?.to_owned());
    Ok(Exchange::Challenge(Challenge(State::LoginPassword(name))))
}

/// The response to `Password:`.
pub(super) fn password(name: &Name, response: &[u8]) -> Result<Claim, Error> {
    Claim::password(name.0.as_bytes(), response)
}
