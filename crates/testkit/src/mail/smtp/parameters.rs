//! Which parameters of MAIL and RCPT are served.

use gatepost_smtp::{Extensions, Parameters, Reply};

use super::LARGEST;

/// The parameters of MAIL and the extensions that they belong to (RFC 1870, 6152, 6531, 3461, 4954).
const MAIL: [(&str, &str); 6] = [
    ("SIZE", "SIZE"),
    ("BODY", "8BITMIME"),
    ("SMTPUTF8", "SMTPUTF8"),
    ("RET", "DSN"),
    ("ENVID", "DSN"),
    ("AUTH", "AUTH"),
];
/// The parameters of RCPT.
const RCPT: [(&str, &str); 2] = [("NOTIFY", "DSN"), ("ORCPT", "DSN")];

/// Checks the parameters of MAIL.
pub(super) fn check_mail(parameters: &Parameters<'_>, extensions: &Extensions) -> Result<(), Reply> {
    check(&MAIL, parameters, extensions)?;
    match parameters.size() {
        Ok(Some(size)) if size > largest(extensions) => Err(too_large()),
        _ => Ok(()),
    }
}

/// Checks the parameters of RCPT.
pub(super) fn check_rcpt(parameters: &Parameters<'_>, extensions: &Extensions) -> Result<(), Reply> {
    check(&RCPT, parameters, extensions)
}

/// An address beyond ASCII needs the parameter SMTPUTF8 (RFC 6531 section 3.4).
pub(super) fn check_ascii(is_ascii: bool, smtputf8: bool) -> Result<(), Reply> {
    if is_ascii || smtputf8 {
        Ok(())
    } else {
        Err(Reply::new(553, "5.6.7", "SMTPUTF8 is required"))
    }
}

/// The largest message that is taken.
pub(super) fn largest(extensions: &Extensions) -> u64 {
    extensions.size().map_or(LARGEST, |size| size.min(LARGEST))
}

pub(super) fn too_large() -> Reply {
    Reply::new(552, "5.3.4", "message too large")
}

fn check(known: &[(&str, &str)], parameters: &Parameters<'_>, extensions: &Extensions) -> Result<(), Reply> {
    let served = |keyword: &str| {
        known
            .iter()
            .any(|(name, extension)| keyword.eq_ignore_ascii_case(name) && serves(extension, extensions))
    };
    match parameters.iter().find(|parameter| !served(parameter.keyword())) {
        None => Ok(()),
        Some(parameter) => {
            let text = format!("parameter {} is not served", parameter.keyword());
            Err(Reply::new(555, "5.5.4", text))
        }
    }
}

/// AUTH is listed by the session before the login.
fn serves(extension: &str, extensions: &Extensions) -> bool {
    extension == "AUTH" || extensions.has(extension)
}
