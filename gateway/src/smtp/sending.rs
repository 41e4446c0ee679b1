//! What all submissions of a gateway share: the MTAs, what may be offered, what may be sent.

use std::sync::Arc;

use gatepost_directory::Account;
use gatepost_smtp::relay::{ADDED_OCTETS, Config as RelayConfig};
use gatepost_smtp::{Extensions, Limits};
use tokio::time::Instant;

use super::policy::SenderPolicy;
use super::quota::{HourlyLimits, Quotas};
use crate::config::{Config, SubmissionConfig};
use crate::mta::{Mta, Mtas};
use crate::refusals::Refusals;

/// Extensions that are offered only if every MTA has them, since a client asks once and a user's MTA is known later.
const OF_ALL_MTAS: [&str; 3] = ["8BITMIME", "SMTPUTF8", "DSN"];

/// Everything that sends.
pub(crate) struct Sending {
    pub(crate) mtas: Mtas,
    /// Those that an account may be routed to.
    in_use: Vec<Arc<Mta>>,
    config: SubmissionConfig,
    name: String,
    quotas: Quotas,
    refusals: Arc<Refusals>,
}

impl Sending {
    pub(crate) fn open(config: &Config, mtas: Mtas, refusals: Arc<Refusals>) -> Self {
        let submission = config.submission.clone();
        let named = config
            .upstreams
            .values()
            .filter_map(|upstream| upstream.mta.as_ref());
        let mut names: Vec<&String> = named.chain(&submission.mta).collect();
        names.sort();
        names.dedup();
        let in_use = names.into_iter().filter_map(|name| mtas.get(name).cloned());
        let limits = HourlyLimits {
            messages: submission.messages_per_hour,
            recipients: submission.recipients_per_hour,
        };
        Self {
            in_use: in_use.collect(),
            mtas,
            config: submission,
            name: config.name.clone(),
            quotas: Quotas::new(limits, Instant::now()),
            refusals,
        }
    }

    /// The MTA of this name, or the usual one.
    pub(crate) fn mta(&self, name: Option<&str>) -> Option<Arc<Mta>> {
        self.mtas.get(name.or(self.config.mta.as_deref())?).cloned()
    }

    /// The MTAs to be asked what they offer.
    pub(crate) fn in_use(&self) -> &[Arc<Mta>] {
        &self.in_use
    }

    /// What a message may have, in octets.
    pub(crate) fn max_message_size(&self) -> u64 {
        self.config.max_message_size
    }

    /// Whether the client's address is left out of what is sent.
    pub(crate) fn hides_client(&self) -> bool {
        self.config.hide_client
    }

    /// What EHLO lists besides STARTTLS and AUTH: what we relay and every MTA has. While one of them did not say what
    /// it has, nothing that depends on it.
    pub(crate) fn offer(&self) -> Extensions {
        let offered: Vec<_> = self.in_use.iter().map(|mta| mta.offered()).collect();
        offer(self.config.max_message_size, &offered)
    }

    /// What a session's relay goes by. `extensions` is what the client was told at first.
    pub(crate) fn relay_config(&self, extensions: Extensions) -> Arc<RelayConfig> {
        Arc::new(RelayConfig {
            name: self.name.clone(),
            max_message_size: extensions.size().unwrap_or(self.config.max_message_size),
            extensions,
            limits: Limits {
                recipients: self.config.max_recipients,
                ..Limits::AFTER_LOGIN
            },
        })
    }

    /// What an account may send in a session.
    pub(crate) fn policy(&self, session: &str, account: &Account) -> SenderPolicy {
        let ledger = self.quotas.ledger(account.id.clone());
        let config = (&self.config, Arc::clone(&self.refusals));
        SenderPolicy::new(config, session, account, ledger)
    }
}

/// `mtas`: what the hosts of each MTA offer, those that have answered.
fn offer(max_message_size: u64, mtas: &[Vec<Extensions>]) -> Extensions {
    let sizes = mtas.iter().flatten().filter_map(Extensions::size);
    // What is added to a message must not make it too large for its MTA.
    let sizes = sizes.map(|size| size.saturating_sub(ADDED_OCTETS));
    let size = sizes.fold(max_message_size, u64::min);
    let ours = Extensions::new()
        .with("PIPELINING", "")
        .with("SIZE", &size.to_string())
        .with("ENHANCEDSTATUSCODES", "");
    let has = |hosts: &Vec<Extensions>, keyword: &str| {
        !hosts.is_empty() && hosts.iter().all(|host| host.has(keyword))
    };
    OF_ALL_MTAS
        .iter()
        .filter(|keyword| mtas.iter().all(|mta| has(mta, keyword)))
        .fold(ours, |ours, keyword| ours.with(keyword, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(mtas: &[Vec<Extensions>]) -> String {
        let offer = offer(5000, mtas);
        let lines = offer
            .iter()
            .map(|(keyword, parameters)| format!("{keyword} {parameters}"));
        lines
            .map(|line| line.trim().to_owned())
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn only_what_every_mta_has_is_offered_and_the_smallest_size() {
        let all = Extensions::new()
            .with("8BITMIME", "")
            .with("SMTPUTF8", "")
            .with("DSN", "")
            .with("CHUNKING", "")
            .with("SIZE", "5024");
        let few = Extensions::new().with("8BITMIME", "").with("SIZE", "7024");
        assert_eq!(
            offered(&[vec![all.clone()]]),
            "PIPELINING, SIZE 4000, ENHANCEDSTATUSCODES, 8BITMIME, SMTPUTF8, DSN"
        );
        for mtas in [vec![vec![all.clone()], vec![few.clone()]], vec![vec![all, few]]] {
            assert_eq!(
                offered(&mtas),
                "PIPELINING, SIZE 4000, ENHANCEDSTATUSCODES, 8BITMIME"
            );
        }
    }

    #[test]
    fn while_an_mta_is_unknown_nothing_depends_on_it() {
        let known = Extensions::new().with("8BITMIME", "").with("SIZE", "0");
        assert_eq!(
            offered(&[vec![known], Vec::new()]),
            "PIPELINING, SIZE 5000, ENHANCEDSTATUSCODES"
        );
    }
}
