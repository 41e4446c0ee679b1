//! One line per event, as logfmt or JSON, to standard error.
//!
//! Values that came from outside are escaped, so a user name can forge neither a line nor a field. Secrets are not
//! printable to begin with (`gatepost_wire::Secret`).

use std::fmt::{self, Write as _};
use std::io::IsTerminal as _;

use gatepost_imap::Identity;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use crate::config::{LogConfig, LogFormat};

/// The line of a client that says what it is.
pub(crate) fn client_id(session: &str, identity: &Identity) {
    let Identity {
        name,
        version,
        os,
        os_version,
    } = identity;
    info!(session, name, version, os, os_version, "client-id");
}

/// Starts logging to standard error. The second call in a process changes nothing.
pub fn start(config: &LogConfig) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // It would be reported on standard error, by a panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .event_format(Lines {
            format: config.format,
        });
    let subscriber = tracing_subscriber::registry()
        .with(config.level.clone())
        .with(lines);
    // A second subscriber, as in a test binary that runs several gateways, is not an error.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// The gateway's own lines.
struct Lines {
    format: LogFormat,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut line = Line {
            format: self.format,
            text: String::with_capacity(256),
        };
        line.put("ts", &time);
        line.put("level", &event.metadata().level().as_str().to_ascii_lowercase());
        let message = event.metadata().fields().field("message");
        if message.is_none() {
            line.put("target", event.metadata().target());
        }
        event.record(&mut line);
        writeln!(out, "{}", line.finish())
    }
}

/// A line in the making.
struct Line {
    format: LogFormat,
    text: String,
}

impl Line {
    fn put(&mut self, name: &str, value: &str) {
        self.key(name);
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '=');
        if self.format == LogFormat::Logfmt && !value.is_empty() && value.chars().all(plain) {
            self.text.push_str(value);
        } else {
            self.quoted(value);
        }
    }

    /// A number or a truth value, which neither format quotes.
    fn put_bare(&mut self, name: &str, value: impl fmt::Display) {
        self.key(name);
        let _ = write!(self.text, "{value}");
    }

    fn key(&mut self, name: &str) {
        // The message of an event is its name: `info!(user = .., "login")` logs `event=login`.
        let name = if name == "message" { "event" } else { name };
        match self.format {
            LogFormat::Logfmt => {
                if !self.text.is_empty() {
                    self.text.push(' ');
                }
                self.text.push_str(name);
                self.text.push('=');
            }
            LogFormat::Json => {
                self.text.push(if self.text.is_empty() { '{' } else { ',' });
                let _ = write!(self.text, "\"{name}\":");
            }
        }
    }

    /// A JSON string, which is also what logfmt readers expect in quotes.
    fn quoted(&mut self, value: &str) {
        self.text.push('"');
        for c in value.chars() {
            match c {
                '"' | '\\' => self.text.extend(['\\', c]),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                c if c.is_control()
                    || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
                {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(c));
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    fn finish(mut self) -> String {
        if self.format == LogFormat::Json {
            self.text.push('}');
        }
        self.text
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put_bare(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put_bare(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put_bare(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), &format!("{value:?}"));
    }
}

#[cfg(test)]
pub(crate) mod captured {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::{DefaultGuard, set_default};

    use super::*;

    /// What this thread logs, as long as the guard lives.
    #[derive(Clone, Default)]
    pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        pub(crate) fn start(format: LogFormat) -> (Self, DefaultGuard) {
            let captured = Self::default();
            let writer = captured.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_writer(move || writer.clone())
                .event_format(Lines { format })
                .finish();
            (captured, set_default(subscriber))
        }

        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl std::io::Write for Captured {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::captured::Captured;
    use super::*;

    fn logged(format: LogFormat, log: impl FnOnce()) -> String {
        let (captured, _guard) = Captured::start(format);
        log();
        captured.text()
    }

    #[test]
    fn logfmt_has_the_event_and_escapes_what_came_from_outside() {
        let line = logged(LogFormat::Logfmt, || {
            tracing::info!(user = "eve\" level=error\nts=1 ", bytes_in = 5_u64, "login");
        });
        assert!(
            line.contains(" level=info event=login user=\"eve\\\" level=error\\nts=1 \" bytes_in=5\n"),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn json_is_json() {
        let line = logged(LogFormat::Json, || {
            tracing::warn!(user = "a\u{1}\"b", ok = true, "denied");
        });
        assert!(
            line.ends_with(
                "\"level\":\"warn\",\"event\":\"denied\",\"user\":\"a\\u0001\\\"b\",\"ok\":true}\n"
            ),
            "{line}"
        );
        assert!(line.starts_with("{\"ts\":\""), "{line}");
    }
}
