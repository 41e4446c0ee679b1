//! Which parameters of MAIL and RCPT pass.

use super::data::ADDED_OCTETS;
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

/// Whether there is a parameter that `server` does not offer. If we offered it the client has done nothing wrong, and
/// is to try again. Unknown ones have to be offered by us as well, who would have to know what they mean.
pub(super) fn refusal(parameters: &Parameters<'_>, ours: &Extensions, server: &Extensions) -> Option<Reply> {
    let refused = parameters
        .iter()
        .find(|parameter| !passes(parameter, ours, server))?;
    let keyword = refused.keyword().to_ascii_uppercase();
    Some(if ours.has(extension(&refused)) {
        let text = format!("the mail server does not offer parameter {keyword} now, try again later");
        Reply::new(451, "4.3.0", text)
    } else {
        Reply::new(555, "5.5.4", format!("parameter {keyword} is not offered"))
    })
}

fn passes(parameter: &Parameter<'_>, ours: &Extensions, server: &Extensions) -> bool {
    let extension = extension(parameter);
    let is_known = KNOWN.iter().any(|(keyword, _)| parameter.is(keyword));
    needs_nothing(parameter) || server.has(extension) && (is_known || ours.has(extension))
}

/// Whether what it says holds for any server.
fn needs_nothing(parameter: &Parameter<'_>) -> bool {
    let seven_bit = parameter.is("BODY") && parameter.value().and_then(Body::of) == Some(Body::SevenBit);
    seven_bit || parameter.is("SIZE") || parameter.is("AUTH")
}

/// The keyword of EHLO's answer that stands for it.
fn extension<'a>(parameter: &Parameter<'a>) -> &'a str {
    let known = KNOWN.iter().find(|(keyword, _)| parameter.is(keyword));
    known.map_or_else(|| parameter.keyword(), |(_, extension)| extension)
}

/// What `server` is told of MAIL's parameters, none of which was refused. SIZE says what it is going to get.
pub(super) fn told(parameters: &Parameters<'_>, server: &Extensions) -> Parameters<'static> {
    let size = size(parameters).map(|size| with_ours(size, server).to_string());
    let mut told = Parameters::new();
    for parameter in parameters.iter() {
        if parameter.is("AUTH") || !server.has(extension(&parameter)) {
            continue;
        }
        let said = match &size {
            Some(size) if parameter.is("SIZE") => Parameter::new(parameter.keyword(), Some(size)),
            _ => Some(parameter),
        };
        // Each keyword is there once.
        let _ = said.map(|said| told.push(said));
    }
    told
}

/// The size that MAIL says. A command whose SIZE is none was refused when it was read.
pub(super) fn size(parameters: &Parameters<'_>) -> Option<u64> {
    parameters.size().ok().flatten()
}

/// The size with what we add. A message that the server takes as it is must not be refused for what we may not add.
fn with_ours(size: u64, server: &Extensions) -> u64 {
    let most = server.size().unwrap_or(u64::MAX).max(size);
    size.saturating_add(ADDED_OCTETS).min(most)
}

/// What is refused whatever the server offers.
pub(super) fn unfit(parameters: &Parameters<'_>, max_message_size: u64) -> Option<Reply> {
    if size(parameters).is_some_and(|size| size > max_message_size) {
        return Some(too_large(max_message_size));
    }
    if parameters.body() == Ok(Some(Body::BinaryMime)) {
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
