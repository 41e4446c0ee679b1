//! `[log]`: how to log, and what.

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::reader::{ConfigError, Section};

/// How to log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogConfig {
    /// The shape of a line.
    pub format: LogFormat,
    /// Which lines: by level, and by the module that they are from.
    pub level: Targets,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// `key=value` pairs.
    #[default]
    Logfmt,
    /// One JSON object.
    Json,
}

impl LogConfig {
    pub(super) fn read(section: Section<'_>) -> Result<Self, ConfigError> {
        let formats = [("logfmt", LogFormat::Logfmt), ("json", LogFormat::Json)];
        let format = section
            .choice("format", &formats)?
            .map(|format| format.value)
            .unwrap_or_default();
        let level = section.text("level")?;
        let level = match &level {
            None => Targets::new().with_default(LevelFilter::INFO),
            Some(level) => level.convert(|level| {
                levels(level).ok_or_else(|| {
                    "expected error, warn, info, debug or trace, or a filter such as \"info,gatepost=debug\""
                        .to_owned()
                })
            })?,
        };
        section.finish()?;
        Ok(Self { format, level })
    }
}

/// A level, or levels of modules, by commas. A module without a level is a slip of the pen: nothing else would be logged.
fn levels(text: &str) -> Option<Targets> {
    text.split(',')
        .map(str::trim)
        .try_fold(Targets::new(), |levels, directive| {
            // An empty one would be `error`.
            let level = |level: &str| level.parse::<LevelFilter>().ok().filter(|_| !level.is_empty());
            Some(match directive.split_once('=') {
                Some((module, of_module)) if is_module(module) => {
                    levels.with_target(module, level(of_module)?)
                }
                Some(_) => return None,
                None => levels.with_default(level(directive)?),
            })
        })
}

/// What is no module's name would be that of none, and the level without effect.
fn is_module(name: &str) -> bool {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"_-:".contains(&octet);
    !name.is_empty() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_level_is_for_all_modules_that_have_none_of_their_own() {
        let filter = levels("warn, gatepost::exchange=debug,ldap3=off").unwrap();
        assert!(filter.would_enable("gatepost::login", &Level::WARN));
        assert!(!filter.would_enable("gatepost::login", &Level::INFO));
        assert!(filter.would_enable("gatepost::exchange::turn", &Level::DEBUG));
        assert!(!filter.would_enable("gatepost::exchange", &Level::TRACE));
        assert!(!filter.would_enable("ldap3", &Level::ERROR));
        assert!(levels("INFO").is_some());
    }

    /// It would be the name of a module, and everything else would be silent; or of none, and have no effect.
    #[test]
    fn what_is_no_level_is_an_error() {
        for wrong in [
            "",
            "infos",
            "gatepost",
            "gatepost=loud",
            "info,",
            "info,gatepost",
            "info,gatepost =debug",
            "info,gatepost[login]=debug",
            "=debug",
        ] {
            assert_eq!(levels(wrong), None, "{wrong:?}");
        }
    }
}
