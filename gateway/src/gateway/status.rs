//! How the gateway is, for `gatepost status`.

use std::sync::Arc;

use super::{Gateway, Service};
use crate::control::Status;
use crate::refusals::Reason;
use crate::seats::Count;

/// A gateway and its listeners.
pub(super) struct Told {
    gateway: Arc<Gateway>,
    services: Vec<Arc<Service>>,
}

impl Told {
    pub(super) fn new(gateway: &Arc<Gateway>, services: &[Arc<Service>]) -> Arc<Self> {
        Arc::new(Self {
            gateway: Arc::clone(gateway),
            services: services.to_vec(),
        })
    }
}

impl Status for Told {
    fn status(&self) -> Vec<(String, String)> {
        let (total, listeners) = self.gateway.seats.counts();
        let uptime = self.gateway.started.elapsed().as_secs();
        let mut lines = vec![
            ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ("uptime_seconds".to_owned(), uptime.to_string()),
        ];
        lines.extend(counted("connections", total));
        for (service, count) in self.services.iter().zip(listeners) {
            let config = service.config();
            let key = format!("listener.{}", service.number + 1);
            let addresses: Vec<String> = config.addresses.iter().map(ToString::to_string).collect();
            lines.push((format!("{key}.protocol"), config.protocol.name().to_owned()));
            lines.push((format!("{key}.addresses"), addresses.join(" ")));
            lines.extend(counted(&key, count));
        }
        lines.extend(Reason::ALL.map(|reason| {
            let count = self.gateway.refusals.of(reason);
            (format!("refused.{}", reason.as_str()), count.to_string())
        }));
        lines
    }
}

fn counted(key: &str, Count { all, waiting }: Count) -> [(String, String); 2] {
    let logged_in = all.saturating_sub(waiting);
    [
        (format!("{key}.logged_in"), logged_in.to_string()),
        (format!("{key}.before_login"), waiting.to_string()),
    ]
}
