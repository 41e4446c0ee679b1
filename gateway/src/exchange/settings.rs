//! What the exchanges of a listener have in common.

use std::sync::Arc;
use std::time::SystemTime;

use gatepost_sasl::ntlm::{Bindings, Target, binding_of_certificate};
use gatepost_sasl::server::{Fresh, Settings};

use crate::config::ChannelBinding;
use crate::tls::Certificates;

/// What a listener says of itself in exchanges, and what of its TLS a client may bind them to.
pub(crate) struct Terms {
    host: String,
    target: Target,
    channel_binding: ChannelBinding,
    certificates: Arc<Certificates>,
}

impl Terms {
    /// `host` is the gateway's own name, `target` what NTLM clients are told.
    pub(crate) fn new(
        host: &str,
        target: Target,
        channel_binding: ChannelBinding,
        certificates: Arc<Certificates>,
    ) -> Self {
        Self {
            host: host.to_owned(),
            target,
            channel_binding,
            certificates,
        }
    }

    /// The directory's domain, by its NetBIOS and its DNS name.
    pub(crate) fn domains(&self) -> [String; 2] {
        [&self.target.netbios_domain, &self.target.dns_domain].map(Clone::clone)
    }

    /// What goes for an exchange that begins now: certificates may have been renewed since the last.
    pub(crate) fn settings(&self) -> Settings {
        let seen = || {
            let hashes = self.certificates.end_points();
            hashes.iter().map(|hash| binding_of_certificate(hash)).collect()
        };
        Settings {
            host: self.host.clone(),
            ntlm: self.target.clone(),
            bindings: match self.channel_binding {
                ChannelBinding::Ignored => Bindings::Ignored,
                ChannelBinding::IfSent => Bindings::IfSent(seen()),
                ChannelBinding::Required => Bindings::Required(seen()),
            },
        }
    }
}

/// Random octets and the time, which no other exchange has.
///
/// # Errors
/// If there are no random numbers: without them a challenge could be foreseen.
pub(crate) fn fresh() -> Result<Fresh, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Ok(Fresh {
        random,
        since_epoch: now.unwrap_or_default(),
    })
}
