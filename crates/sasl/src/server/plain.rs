//! PLAIN (RFC 4616).

use crate::{Claim, Error};

/// Reads the one message of the mechanism.
///
/// ```text
/// message = [authzid] UTF8NUL authcid UTF8NUL passwd
/// ```
///
/// An authorization identity has to be the authentication identity again: the gateway decides who acts for whom.
pub(super) fn read(message: &[u8]) -> Result<Claim, Error> {
    let mut fields = message.split(|octet| *octet == 0);
    let (Some(authzid), Some(authcid), Some(password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(Error::malformed(
            "PLAIN: expected authzid NUL authcid NUL password",
        ));
    };
    let claim = Claim::password(authcid, password)?;
    if !authzid.is_empty() && authzid != authcid {
        return Err(Error::authzid(
            "PLAIN: the authorization identity is somebody else",
        ));
    }
    Ok(claim)
}
