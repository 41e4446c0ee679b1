//! The domain's SRV records, and where the hosts are that they name.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{RData, RecordType};
use tokio::time::Instant;

use super::config::{Config, Protection, Srv};
use crate::ldap::{ConfigError, ServerUrl};

/// More servers are not looked at: the first of them are the nearest by the administrator's own order.
const MOST_SERVERS: usize = 16;

/// Where the system says which DNS servers to ask.
const SYSTEM: &str = "/etc/resolv.conf";

/// One look-up of a domain's controllers.
pub(super) struct Look {
    resolver: TokioResolver,
    record: String,
    domain: String,
    protection: Protection,
}

/// What a look-up found.
pub(super) struct Located {
    /// The servers in the order in which they are to be tried, each with its address.
    pub(super) urls: Vec<ServerUrl>,
    /// How long that is so.
    pub(super) valid: Duration,
}

impl Look {
    pub(super) fn new(srv: &Srv, config: &Config) -> Result<Self, ConfigError> {
        let servers = match srv.dns_servers.as_slice() {
            [] => system_servers()?,
            servers => servers.to_vec(),
        };
        let resolver = resolver(&servers).map_err(|error| ConfigError(format!("DNS: {error}")))?;
        let domain = config.dns_domain.to_ascii_lowercase();
        let record = match &srv.site {
            Some(site) => format!("_ldap._tcp.{site}._sites.dc._msdcs.{domain}."),
            None => format!("_ldap._tcp.dc._msdcs.{domain}."),
        };
        let protection = srv.protection;
        Ok(Self {
            resolver,
            record,
            domain,
            protection,
        })
    }

    /// The name that is looked up.
    pub(super) fn record(&self) -> &str {
        &self.record
    }

    /// Looks up the records, then the addresses of the hosts. The error is in words for an administrator.
    pub(super) async fn up(&self) -> Result<Located, String> {
        let found = self.resolver.lookup(self.record(), RecordType::SRV).await;
        let found = found.map_err(|error| format!("looking up {}: {error}", self.record))?;
        let records = found.answers().iter().filter_map(|record| match &record.data {
            RData::SRV(srv) => Some(Target::of(srv)),
            _ => None,
        });
        let (ours, foreign): (Vec<_>, Vec<_>) = records.partition(|target| target.is_below(&self.domain));
        let mut urls = Vec::new();
        for target in in_order(ours, random).into_iter().take(MOST_SERVERS) {
            urls.extend(self.urls_of(&target).await);
        }
        urls.truncate(MOST_SERVERS);
        if urls.is_empty() {
            let (record, foreign) = (&self.record, foreign.len());
            return Err(format!(
                "{record} names no host below {} with an address ({foreign} hosts of other domains are not used)",
                self.domain
            ));
        }
        let valid = found
            .valid_until()
            .saturating_duration_since(Instant::now().into_std());
        Ok(Located { urls, valid })
    }

    /// One URL for each address. A host without any is left out: others may have one.
    async fn urls_of(&self, target: &Target) -> Vec<ServerUrl> {
        let url = match self.protection {
            Protection::Tls => format!("ldaps://{}", target.host),
            Protection::StartTls => format!("ldap://{}:{}", target.host, target.port),
        };
        let Ok(url) = ServerUrl::parse(&url) else {
            return Vec::new();
        };
        let found = self.resolver.lookup_ip(format!("{}.", target.host)).await;
        let mut addresses: Vec<IpAddr> = found.map(|found| found.iter().collect()).unwrap_or_default();
        addresses.sort();
        addresses
            .into_iter()
            .map(|address| url.clone().at(address))
            .collect()
    }
}

/// A resolver that asks these servers, and remembers nothing: who asks it keeps to the records' times himself.
fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, impl std::fmt::Display> {
    let servers = servers.iter().map(|server| {
        let mut server_config = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut server_config.connections {
            set_port(connection, server.port());
        }
        server_config
    });
    let config = ResolverConfig::from_name_servers(servers.collect());
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.cache_size = 0;
    options.timeout = Duration::from_secs(2);
    options.attempts = 1;
    builder.build()
}

fn set_port(connection: &mut ConnectionConfig, port: u16) {
    connection.port = port;
}

/// The `nameserver` lines of resolv.conf(5).
fn system_servers() -> Result<Vec<SocketAddr>, ConfigError> {
    let text = std::fs::read_to_string(SYSTEM).map_err(|error| ConfigError(format!("{SYSTEM}: {error}")))?;
    match name_servers(&text) {
        servers if servers.is_empty() => Err(ConfigError(format!("{SYSTEM} names no server"))),
        servers => Ok(servers),
    }
}

fn name_servers(text: &str) -> Vec<SocketAddr> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        let address = (words.next() == Some("nameserver")).then(|| words.next())??;
        Some(SocketAddr::new(address.parse().ok()?, 53))
    };
    text.lines().filter_map(address).collect()
}

/// What an SRV record names (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    priority: u16,
    weight: u16,
    host: String,
    port: u16,
}

impl Target {
    fn of(srv: &SRV) -> Self {
        Self {
            priority: srv.priority,
            weight: srv.weight,
            host: srv.target.to_ascii().trim_end_matches('.').to_lowercase(),
            port: srv.port,
        }
    }

    fn is_below(&self, domain: &str) -> bool {
        self.host
            .strip_suffix(domain)
            .is_some_and(|host| host.ends_with('.'))
    }
}

/// A number up to and with `most`. Without a source of randomness the first target is taken, which harms nobody.
fn random(most: u64) -> u64 {
    getrandom::u64().map_or(0, |number| number % most.saturating_add(1))
}

/// The lowest priority first; among equals each has its chance by weight (RFC 2782, "Weight").
fn in_order(mut targets: Vec<Target>, mut random: impl FnMut(u64) -> u64) -> Vec<Target> {
    // Those without weight come first in what is chosen from.
    targets.sort_by_key(|target| (target.priority, target.weight != 0));
    let mut ordered = Vec::new();
    while let Some(priority) = targets.first().map(|target| target.priority) {
        let equals = targets.iter().take_while(|target| target.priority == priority);
        let weights: Vec<u64> = equals.map(|target| u64::from(target.weight)).collect();
        let chosen = choose(&weights, random(weights.iter().sum()));
        ordered.push(targets.remove(chosen));
    }
    ordered
}

/// The first whose running sum reaches the number.
fn choose(weights: &[u64], number: u64) -> usize {
    let mut sum = 0;
    let reaches = |weight: &u64| {
        sum += weight;
        sum >= number
    };
    weights.iter().position(reaches).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(priority: u16, weight: u16, host: &str) -> Target {
        Target {
            priority,
            weight,
            host: host.to_owned(),
            port: 389,
        }
    }

    fn hosts(targets: &[Target], random: impl FnMut(u64) -> u64) -> Vec<String> {
        let ordered = in_order(targets.to_vec(), random);
        ordered.into_iter().map(|target| target.host).collect()
    }

    #[test]
    fn priority_is_kept_and_weight_is_chance() {
        let all = [
            target(10, 60, "c"),
            target(0, 10, "b"),
            target(0, 90, "a"),
            target(0, 0, "z"),
        ];
        assert_eq!(hosts(&all, |_| 0), ["z", "b", "a", "c"]);
        assert_eq!(hosts(&all, |most| most), ["a", "b", "z", "c"]);
        assert_eq!(hosts(&all, |most| most.min(11)), ["a", "b", "z", "c"]);
        assert_eq!(hosts(&all, |most| most.min(10)), ["b", "a", "z", "c"]);
        assert_eq!(hosts(&[], |_| 0), [""; 0]);
    }

    #[test]
    fn weight_decides_how_often() {
        let all = [target(0, 1, "seldom"), target(0, 3, "often")];
        let first = (0..=4).filter(|number| hosts(&all, |most| *number.min(&most))[0] == "often");
        assert_eq!(first.count(), 3);
        for most in [0, 1, 7] {
            assert!(random(most) <= most);
        }
    }

    #[test]
    fn only_the_domains_own_hosts_are_used() {
        for (host, is_below) in [
            ("dc1.corp.example.com", true),
            ("dc1.site.corp.example.com", true),
            ("corp.example.com", false),
            ("evilcorp.example.com", false),
            ("dc1.example.net", false),
        ] {
            assert_eq!(
                target(0, 0, host).is_below("corp.example.com"),
                is_below,
                "{host}"
            );
        }
    }

    #[test]
    fn the_systems_servers_are_read() {
        let text = "# nameserver 192.0.2.9\nsearch x\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # x\nnameserver x\nnameserver\n";
        let servers = name_servers(text);
        assert_eq!(
            servers,
            [
                "192.0.2.1:53".parse().unwrap(),
                "[2001:db8::1]:53".parse().unwrap()
            ]
        );
    }
}
