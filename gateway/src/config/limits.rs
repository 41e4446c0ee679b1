//! Caps and time limits. Every one of them is logged when it bites.

use std::time::Duration;

use super::ConfigError;
use super::reader::Section;

/// How long one step of talking to a server may take.
pub(super) const STEP: (&str, &str) = ("10ms", "1h");

/// Caps and time limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all.
    pub connections: u32,
    /// Connections from one IPv4 address or one IPv6 /64 network.
    pub connections_per_address: u32,
    /// Connections from one IPv4 /24 or one IPv6 /56 network.
    pub connections_per_network: u32,
    /// Connections that are not logged in, in all.
    pub connections_before_login: u32,
    /// The same from one IPv4 address or one IPv6 /64 network.
    pub before_login_per_address: u32,
    /// Sessions of one account that read, and as many that send; 0: no limit.
    pub sessions_per_user: u32,
    /// A session that has moved no octets for so long is idle, and may end for a newer one.
    pub idle_after: Duration,
    /// The whole time before login, from the accepted connection to the relay.
    pub login_time: Duration,
    /// Failed logins on one connection, after which it is closed.
    pub failures_per_connection: u32,
    /// Refused logins are answered at multiples of this time after their arrival.
    pub failure_grid: Duration,
    /// Connecting to a mail server, TLS included.
    pub upstream_connect_time: Duration,
    /// Logging in to a mail server.
    pub upstream_login_time: Duration,
    /// Logins at each mail server and each MTA, connecting included.
    pub upstream_logins: LineRules,
    /// Logins that each directory is asked about.
    pub directory_logins: LineRules,
    /// Over which time the clients of a mail server that is lost to many are let go; zero: all at once.
    pub release_over: Duration,
    /// Silence after which TCP probes whether a peer is still there.
    pub keepalive: Duration,
    /// How long sent octets may stay unacknowledged before a peer counts as dead (`TCP_USER_TIMEOUT`).
    pub dead_peer_time: Duration,
    /// How often the account of a live session is looked at again; zero: never.
    pub recheck: Duration,
    /// Slow password hashes computed at once.
    pub password_workers: u32,
    /// Slow password hashes waiting; beyond, logins are answered UNAVAILABLE.
    pub password_queue: u32,
}

/// How many may turn to the same server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRules {
    /// At once.
    pub at_once: u32,
    /// And so many wait; one more is sent away.
    pub waiting: u32,
    /// Whoever waited for so long is sent away too.
    pub patience: Duration,
}

/// The keys of a [`LineRules`].
struct LineKeys {
    at_once: &'static str,
    waiting: &'static str,
    patience: &'static str,
}

const UPSTREAM_LOGINS: LineKeys = LineKeys {
    at_once: "upstream_logins_at_once",
    waiting: "upstream_login_queue",
    patience: "upstream_login_wait",
};

const DIRECTORY_LOGINS: LineKeys = LineKeys {
    at_once: "directory_logins_at_once",
    waiting: "directory_login_queue",
    patience: "directory_login_wait",
};

impl LineRules {
    fn read(section: &Section<'_>, keys: &LineKeys, default: Self) -> Result<Self, ConfigError> {
        Ok(Self {
            at_once: section.number(keys.at_once, 1..100_001, default.at_once)?,
            waiting: section.number(keys.waiting, 0..10_000_001, default.waiting)?,
            patience: section.duration_within(keys.patience, STEP, default.patience)?,
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            connections: 20_000,
            connections_per_address: 500,
            connections_per_network: 2_000,
            connections_before_login: 5_000,
            before_login_per_address: 250,
            sessions_per_user: 50,
            idle_after: Duration::from_secs(30),
            login_time: Duration::from_secs(60),
            failures_per_connection: 3,
            failure_grid: Duration::from_millis(500),
            upstream_connect_time: Duration::from_secs(10),
            upstream_login_time: Duration::from_secs(20),
            upstream_logins: LineRules {
                // A mail server that needs half a second of itself for each is through with them within the time limit.
                at_once: 32,
                waiting: 5000,
                patience: Duration::from_secs(40),
            },
            directory_logins: LineRules {
                at_once: 32,
                waiting: 5000,
                patience: Duration::from_secs(15),
            },
            release_over: Duration::from_secs(5),
            keepalive: Duration::from_secs(120),
            dead_peer_time: Duration::from_secs(60),
            recheck: Duration::from_secs(15 * 60),
            password_workers: u32::try_from(cores).unwrap_or(1),
            password_queue: 500,
        }
    }
}

impl Limits {
    pub(super) fn read(section: Section<'_>) -> Result<Self, ConfigError> {
        let default = Self::default();
        let seats = |name, default| section.number(name, 1..10_000_001, default);
        let connections = seats("connections", default.connections)?;
        let connections_per_address = seats("connections_per_address", default.connections_per_address)?;
        let limits = Self {
            connections,
            connections_per_address,
            connections_per_network: seats(
                "connections_per_network",
                connections_per_address.saturating_mul(4),
            )?,
            connections_before_login: seats("connections_before_login", part(connections, 4))?,
            before_login_per_address: seats("before_login_per_address", part(connections_per_address, 2))?,
            sessions_per_user: section.number("sessions_per_user", 0..10_001, default.sessions_per_user)?,
            idle_after: section.duration_within("idle_after", ("1s", "24h"), default.idle_after)?,
            login_time: section.duration_within("login_time", ("1s", "1h"), default.login_time)?,
            failures_per_connection: section.number(
                "failures_per_connection",
                1..101,
                default.failures_per_connection,
            )?,
            failure_grid: section.duration_within("failure_grid", ("0s", "10s"), default.failure_grid)?,
            upstream_connect_time: section.duration_within(
                "upstream_connect_time",
                STEP,
                default.upstream_connect_time,
            )?,
            upstream_login_time: section.duration_within(
                "upstream_login_time",
                STEP,
                default.upstream_login_time,
            )?,
            upstream_logins: LineRules::read(&section, &UPSTREAM_LOGINS, default.upstream_logins)?,
            directory_logins: LineRules::read(&section, &DIRECTORY_LOGINS, default.directory_logins)?,
            release_over: section.duration_within("release_over", ("0s", "10m"), default.release_over)?,
            keepalive: section.duration_within("keepalive", ("4s", "9h"), default.keepalive)?,
            dead_peer_time: section.duration_within(
                "dead_peer_time",
                ("1s", "24h"),
                default.dead_peer_time,
            )?,
            recheck: section.duration_within("recheck", ("0s", "24h"), default.recheck)?,
            password_workers: section.number("password_workers", 1..1025, default.password_workers)?,
            password_queue: section.number("password_queue", 0..1_000_001, default.password_queue)?,
        };
        if !limits.recheck.is_zero() && limits.recheck < Duration::from_secs(1) {
            return Err(section.error("recheck has to be \"0s\", which is never, or a second at least"));
        }
        section.finish()?;
        Ok(limits)
    }
}

/// A part of a limit; of a small one, all of it.
fn part(limit: u32, divisor: u32) -> u32 {
    (limit / divisor).max(20).min(limit)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::de::DeTable;

    use super::super::reader::Source;
    use super::*;

    fn read(text: &str) -> Result<Limits, String> {
        let source = Source {
            file: Path::new("g.toml"),
            text,
        };
        let document = DeTable::parse(text).unwrap();
        let read = Limits::read(Section::root(&source, &document));
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn the_lines_before_servers_have_rules_of_their_own() {
        let text = "upstream_logins_at_once = 8\ndirectory_login_queue = 0\ndirectory_login_wait = \"5s\"\n";
        let (limits, usual) = (read(text).unwrap(), Limits::default());
        assert_eq!(limits.upstream_logins.at_once, 8);
        assert_eq!(limits.upstream_logins.patience, usual.upstream_logins.patience);
        let expected = LineRules {
            waiting: 0,
            patience: Duration::from_secs(5),
            ..usual.directory_logins
        };
        assert_eq!(limits.directory_logins, expected);
        assert_eq!(
            read("upstream_logins_at_once = 0").unwrap_err(),
            "g.toml:1: upstream_logins_at_once: expected a whole number from 1 to 100000"
        );
    }

    /// What waits in both lines has to be through within the client's own time.
    #[test]
    fn by_default_a_login_has_time_for_both_lines() {
        let limits = Limits::default();
        let lines = limits.directory_logins.patience + limits.upstream_logins.patience;
        assert!(lines < limits.login_time);
        // And a mail server of half a second for each login, one after the other, answers all that it is asked at once.
        assert!(limits.upstream_logins.at_once * Duration::from_millis(500) < limits.upstream_login_time);
    }
}
