//! Protection from lock-out: how many wrong proofs a directory gets to hear.

use std::time::Duration;

use super::ConfigError;
use super::reader::Section;

/// How many wrong proofs a directory gets to hear, and what is remembered of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardConfig {
    /// Whether there is a guard at all.
    pub enabled: bool,
    /// Wrong proofs of one account that the directory gets to hear, as long as no more than `window` lies between one
    /// and the next.
    pub failures: u32,
    /// The directory's observation window, or longer: the count of failures ends when so much time has passed since
    /// the last.
    pub window: Duration,
    /// Wrong challenge-responses in a row from one network for one account, after which that network is not listened to.
    pub failures_per_network: u32,
    /// A wrong password that is not tried for so long is forgotten; at least `window`.
    pub remember_wrong: Duration,
    /// For so long after it proved right a password may be asked about although the failures are spent.
    pub remember_right: Duration,
    /// Different wrong passwords of one account within `window`; 0 is no limit.
    pub passwords_per_account: u32,
    /// Different accounts with failures from one network within `window`; 0 is no limit.
    pub accounts_per_network: u32,
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            failures: 3,
            window: Duration::from_secs(30 * 60),
            failures_per_network: 2,
            remember_wrong: Duration::from_secs(24 * 3600),
            remember_right: Duration::from_secs(30 * 24 * 3600),
            passwords_per_account: 20,
            accounts_per_network: 200,
        }
    }
}

impl GuardConfig {
    pub(super) fn read(section: Section<'_>) -> Result<Self, ConfigError> {
        let default = Self::default();
        let failures = section.number("failures", 1..1001, default.failures)?;
        let per_network = default.failures_per_network.min(failures);
        let day = |key, longest, default| section.duration_within(key, ("1s", longest), default);
        let guard = Self {
            enabled: section.switch("enabled", default.enabled)?,
            failures,
            window: day("window", "7d", default.window)?,
            failures_per_network: section.number("failures_per_network", 1..failures + 1, per_network)?,
            remember_wrong: day("remember_wrong", "30d", default.remember_wrong)?,
            remember_right: section.duration_within(
                "remember_right",
                ("0s", "365d"),
                default.remember_right,
            )?,
            passwords_per_account: section.number(
                "passwords_per_account",
                0..1001,
                default.passwords_per_account,
            )?,
            accounts_per_network: section.number(
                "accounts_per_network",
                0..100_001,
                default.accounts_per_network,
            )?,
        };
        section.finish()?;
        Ok(guard)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::de::DeTable;

    use super::*;
    use crate::config::reader::Source;

    fn read(text: &str) -> Result<GuardConfig, String> {
        let source = Source {
            file: Path::new("g.toml"),
            text,
        };
        let document = DeTable::parse(text).unwrap();
        GuardConfig::read(Section::root(&source, &document)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_key_is_read_and_nothing_is_the_default() {
        assert_eq!(read(""), Ok(GuardConfig::default()));
        let keys = "enabled = false\nfailures = 7\nwindow = \"15m\"\nfailures_per_network = 7\n\
            remember_wrong = \"12h\"\nremember_right = \"0s\"\npasswords_per_account = 0\n\
            accounts_per_network = 100000\n";
        let expected = GuardConfig {
            enabled: false,
            failures: 7,
            window: Duration::from_secs(15 * 60),
            failures_per_network: 7,
            remember_wrong: Duration::from_secs(12 * 3600),
            remember_right: Duration::ZERO,
            passwords_per_account: 0,
            accounts_per_network: 100_000,
        };
        assert_eq!(read(keys), Ok(expected));
    }

    #[test]
    fn a_network_never_has_more_than_the_account() {
        assert_eq!(read("failures = 1").unwrap().failures_per_network, 1);
        assert_eq!(
            read("failures = 2\nfailures_per_network = 3").unwrap_err(),
            "g.toml:2: failures_per_network: expected a whole number from 1 to 2"
        );
    }

    #[test]
    fn mistakes_name_what_is_allowed() {
        for (key, message) in [
            ("failures = 0", "failures: expected a whole number from 1 to 1000"),
            (
                "window = \"8d\"",
                "window: expected a duration from \"1s\" to \"7d\"",
            ),
            (
                "remember_right = \"2y\"",
                "remember_right: expected a duration from \"0s\" to \"365d\"",
            ),
            (
                "budget = 3",
                "budget: unknown key; allowed here: failures, enabled, window, failures_per_network, \
                 remember_wrong, remember_right, passwords_per_account, accounts_per_network",
            ),
        ] {
            assert_eq!(read(key).unwrap_err(), format!("g.toml:1: {message}"));
        }
    }
}
