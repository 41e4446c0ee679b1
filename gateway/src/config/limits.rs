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
    /// `places`: how many connections may wait for anything before they are logged in. What is not configured leaves half
    /// of them to the clients of others.
    fn read(section: &Section<'_>, keys: &LineKeys, default: Self, places: u32) -> Result<Self, ConfigError> {
        let at_once = default.at_once.min((places / 4).max(1));
        let at_once = section.number(keys.at_once, 1..100_001, at_once)?;
        let waiting = default.waiting.min((places / 2).saturating_sub(at_once));
        Ok(Self {
            at_once,
            waiting: section.number(keys.waiting, 0..10_000_001, waiting)?,
            patience: section.duration_within(keys.patience, STEP, default.patience)?,
        })
    }

    /// How many a target can keep that does not answer.
    fn most(&self) -> u32 {
        self.at_once.saturating_add(self.waiting)
    }
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            connections: 20_000,
            connections_per_address: 500,
            connections_per_network: 2_000,
            connections_before_login: 10_000,
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
                waiting: 4968,
                patience: Duration::from_secs(40),
            },
            directory_logins: LineRules {
                at_once: 32,
                waiting: 4968,
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
        let per_network = connections_per_address.saturating_mul(4);
        let connections_per_network = seats("connections_per_network", per_network)?;
        let connections_before_login = seats("connections_before_login", part(connections, 2))?;
        let line = |keys, default| LineRules::read(&section, keys, default, connections_before_login);
        let limits = Self {
            connections,
            connections_per_address,
            connections_per_network,
            connections_before_login,
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
            upstream_logins: line(&UPSTREAM_LOGINS, default.upstream_logins)?,
            directory_logins: line(&DIRECTORY_LOGINS, default.directory_logins)?,
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

    /// The same for fewer connections. What was at most half of another limit stays so: those not logged in of all, and a
    /// line of those not logged in.
    pub(crate) fn with_fewer(&self, connections: u32) -> Self {
        let connections = connections.min(self.connections);
        let places = self.connections_before_login;
        let connections_before_login = if places <= self.connections / 2 {
            places.min((connections / 2).max(1))
        } else {
            places
        };
        let half = connections_before_login / 2;
        let fit = |line: LineRules| {
            if line.most() > places / 2 {
                return line;
            }
            let at_once = line.at_once.min(half.max(1));
            let waiting = line.waiting.min(half.saturating_sub(at_once));
            LineRules {
                at_once,
                waiting,
                ..line
            }
        };
        Self {
            connections,
            connections_before_login,
            upstream_logins: fit(self.upstream_logins),
            directory_logins: fit(self.directory_logins),
            ..self.clone()
        }
    }

    /// What is allowed, but may not be meant.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let lines = [
            (&UPSTREAM_LOGINS, self.upstream_logins),
            (&DIRECTORY_LOGINS, self.directory_logins),
        ];
        let places = self.connections_before_login;
        let crowding = lines.into_iter().filter(|(_, rules)| rules.most() >= places);
        let warning = |(keys, rules): (&LineKeys, LineRules)| {
            format!(
                "{} and {} are {} together, and connections_before_login is {places}: the logins that wait for one \
                 server that does not answer can keep everybody else out",
                keys.at_once,
                keys.waiting,
                rules.most()
            )
        };
        crowding.map(warning).collect()
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

    #[test]
    fn by_default_the_clients_of_one_dead_server_leave_half_of_the_places_to_others() {
        assert_eq!(read("").unwrap(), Limits::default());
        let usual = Limits::default();
        assert_eq!(usual.upstream_logins.most(), 5000);
        for (text, half) in [
            ("", 5000),
            ("connections = 60000", 5000),
            ("connections = 1000", 250),
            ("connections_before_login = 40", 20),
            ("connections_before_login = 2", 1),
        ] {
            let limits = read(text).unwrap();
            for line in [limits.upstream_logins, limits.directory_logins] {
                assert_eq!(line.most(), half, "{text}");
                assert!(line.most() <= limits.connections_before_login / 2, "{text}");
            }
            assert!(limits.warnings().is_empty());
        }
        let eight = read("upstream_logins_at_once = 8\nconnections_before_login = 40").unwrap();
        assert_eq!(eight.upstream_logins.waiting, 12);
    }

    #[test]
    fn with_fewer_connections_there_are_as_many_fewer_places_before_login() {
        let usual = Limits::default();
        assert_eq!(usual.with_fewer(usual.connections), usual);
        let fewer = usual.with_fewer(4_000);
        assert_eq!(
            (fewer.connections, fewer.connections_before_login),
            (4_000, 2_000)
        );
        assert_eq!(fewer.upstream_logins.most(), 1_000);
        assert_eq!(fewer.directory_logins.most(), 1_000);
        let wanted = read("upstream_login_queue = 10\ndirectory_login_queue = 9000").unwrap();
        let fewer = wanted.with_fewer(4_000);
        assert_eq!(fewer.upstream_logins.waiting, 10);
        assert_eq!(fewer.directory_logins.waiting, 9_000);
        assert_eq!(usual.with_fewer(1).connections_before_login, 1);
        for connections in [4, 88, 460] {
            let fewer = usual.with_fewer(connections);
            for line in [fewer.upstream_logins, fewer.directory_logins] {
                assert!(
                    line.most() <= fewer.connections_before_login / 2,
                    "{line:?} of {connections}"
                );
            }
        }
        let few = read("connections_before_login = 40\nupstream_logins_at_once = 20").unwrap();
        assert_eq!(
            few.with_fewer(4_000),
            Limits {
                connections: 4_000,
                ..few
            }
        );
        let all = read("connections_before_login = 20000").unwrap();
        assert_eq!(all.with_fewer(4_000).connections_before_login, 20_000);
    }

    #[test]
    fn a_line_that_can_take_all_places_is_warned_of() {
        let text = "connections_before_login = 100\nupstream_login_queue = 99\nupstream_logins_at_once = 1\n\
            directory_login_queue = 98\ndirectory_logins_at_once = 1";
        let expected = "upstream_logins_at_once and upstream_login_queue are 100 together, and \
            connections_before_login is 100: the logins that wait for one server that does not answer can keep \
            everybody else out";
        assert_eq!(read(text).unwrap().warnings(), [expected]);
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
