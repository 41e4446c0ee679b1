//! Which parameters of MAIL and RCPT pass.

use crate::parameter::Body;
use crate::{Extensions, Parameter, Parameters, Reply};

/// The parameters that we know, and the extensions that they belong to. SIZE is passed on where it is offered, and
/// AUTH is ours to say (RFC 4954 section 5), so neither is ever refused.
const KNOWN: [(&str, &str); 6] = [
    ("BODY", "8BITMIME"),
    ("SMTPUTF8", "SMTPUTF8"),
    ("RET", "DSN"),
    ("ENVID", "DSN"),
    ("NOTIFY", "DSN"),
    ("ORCPT", "DSN"),
];

/// Whether there is a parameter that `server` does not offer. Unknown ones have to be offered by us as well, who
/// would have to know what they mean.
pub(super) fn refusal(parameters: &Parameters<'_>, ours: &Extensions, server: &Extensions) -> Option<Reply> {
    let refused = parameters
        .iter()
        .find(|parameter| !passes(parameter, ours, server))?;
    Some(Reply::new(
        555,
        "5.5.4",
        format!(
            "parameter {} is not offered",
            refused.keyword().to_ascii_uppercase()
        ),
    ))
}

fn passes(parameter: &Parameter<'_>, ours: &Extensions, server: &Extensions) -> bool {
    if parameter.is("SIZE") || parameter.is("AUTH") {
        return true;
    }
    match KNOWN.iter().find(|(keyword, _)| parameter.is(keyword)) {
        Some((_, extension)) => server.has(extension),
        None => ours.has(parameter.keyword()) && server.has(parameter.keyword()),
    }
}

/// What is refused whatever the server offers.
pub(super) fn unfit(parameters: &Parameters<'_>, max_message_size: u64) -> Option<Reply> {
    if parameters.size().is_some_and(|size| size > max_message_size) {
        return Some(too_large(max_message_size));
    }
    if parameters.body() == Some(Body::BinaryMime) {
        return Some(Reply::new(
            555,
            "5.5.4",
            "BODY=BINARYMIME needs BDAT, which is not offered",
        ));
    }
    None
}

/// RFC 6531 section 3.3.
pub(super) fn unspeakable(may_be_sent: bool) -> Option<Reply> {
    (!may_be_sent).then(|| Reply::new(553, "5.6.7", "the address needs SMTPUTF8"))
}

/// RFC 1870 sections 6.1 and 6.3.
pub(super) fn too_large(max_message_size: u64) -> Reply {
    Reply::new(
        552,
        "5.3.4",
        format!("message is larger than {max_message_size} octets"),
    )
}
