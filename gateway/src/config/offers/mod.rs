//! What a listener may offer: claims that its directory can judge, and from which the login at every server behind it
//! can go on.

use std::collections::BTreeMap;

use gatepost_sasl::{ClaimKind, Mechanism};

use super::{DirectoryConfig, MtaConfig, Protocol, Routing, UpstreamConfig};

/// Where the users of a listener are sent on to.
pub(super) struct Behind<'a> {
    pub(super) upstreams: &'a BTreeMap<String, UpstreamConfig>,
    pub(super) mtas: &'a BTreeMap<String, MtaConfig>,
    pub(super) routing: &'a Routing,
    /// The MTA of `[submission]`.
    pub(super) mta: Option<&'a str>,
}

/// Why a mechanism is of no use with this directory and these servers, if it is not.
pub(super) fn refusal(
    mechanism: Mechanism,
    protocol: Protocol,
    (name, directory): (&str, &DirectoryConfig),
    behind: &Behind<'_>,
) -> Option<String> {
    let kind = mechanism.claim_kind();
    if let Err(why) = directory.judges(kind) {
        return Some(format!("directory `{name}` cannot judge {mechanism}: {why}"));
    }
    let server = match kind {
        ClaimKind::Password => None,
        _ => behind.needs_password(protocol),
    };
    let (server, instead) = server?;
    Some(format!(
        "{server} logs in with same-credentials: after {mechanism} there is no password to pass on; \
         use login method {instead}"
    ))
}

impl Behind<'_> {
    /// A server that accounts may be sent on to and whose login needs their own passwords, and what else there is.
    fn needs_password(&self, protocol: Protocol) -> Option<(String, &'static str)> {
        match protocol {
            Protocol::Imap => {
                let mut upstreams = self.upstreams();
                let found = upstreams.find(|upstream| upstream.login.needs_password())?;
                Some((format!("upstream `{}`", found.name), "\"master\""))
            }
            Protocol::Smtp => {
                let mut mtas = self.mtas();
                let found = mtas.find(|mta| mta.login.needs_password())?;
                let instead = "\"master\", \"stored\", \"xclient\" or \"trusted\"";
                Some((format!("MTA `{}`", found.name), instead))
            }
        }
    }

    /// The mail servers that an account may have: all that there are if its attribute may name them.
    fn upstreams(&self) -> impl Iterator<Item = &UpstreamConfig> {
        let Routing {
            attribute, default, ..
        } = self.routing;
        let may_have = move |name: &String| attribute.is_some() || default.as_ref() == Some(name);
        self.upstreams
            .iter()
            .filter(move |(name, _)| may_have(name))
            .map(|(_, upstream)| upstream)
    }

    /// The MTAs that an account's mail server may have, or the usual one.
    fn mtas(&self) -> impl Iterator<Item = &MtaConfig> {
        let usual = self.upstreams.is_empty().then_some(self.mta);
        let names = self
            .upstreams()
            .map(|upstream| upstream.mta.as_deref().or(self.mta));
        let names = usual.into_iter().chain(names).flatten();
        names.filter_map(|name| self.mtas.get(name))
    }
}

#[cfg(test)]
mod tests;
