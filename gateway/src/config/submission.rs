//! Sending: what every account may send, and how much.

use std::collections::BTreeMap;
use std::time::Duration;

use gatepost_smtp::Mailbox;
use gatepost_smtp::parse::Options;

use super::reader::{Section, Value};
use super::{ConfigError, referred};

/// Sizes of a message that can be configured. The upper end is what a relay still gets through in a day.
const MESSAGE_SIZES: std::ops::RangeInclusive<u64> = 1024..=64 * 1024 * 1024 * 1024;

/// What accounts may send through the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionConfig {
    /// The MTA for accounts whose upstream names none.
    pub mta: Option<String>,
    /// The longest message, in octets.
    pub max_message_size: u64,
    /// Recipients of one message.
    pub max_recipients: u32,
    /// Messages of one account within an hour; 0 is no limit.
    pub messages_per_hour: u32,
    /// Recipients that one account names within an hour; 0 is no limit.
    pub recipients_per_hour: u32,
    /// Whether `MAIL FROM:<>` is allowed, which read receipts are sent with (RFC 8098 section 3).
    pub null_sender: bool,
    /// Whether the header's From field must name the account's own addresses alone.
    pub check_from_field: bool,
    /// Whether the `Received:` field leaves out the client's address.
    pub hide_client: bool,
    /// How long a STARTTLS listener waits for a client that begins with TLS at once.
    pub greet_pause: Duration,
    /// Who may send from more than the account's own addresses.
    pub exceptions: Vec<SenderException>,
}

/// Accounts, and what they may send from besides their own addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderException {
    accounts: Vec<String>,
    senders: Vec<SenderPattern>,
}

/// Senders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderPattern {
    /// `*`: every mailbox.
    Any,
    /// `*@example.com`: every mailbox of this domain, but not of domains below it.
    Domain(String),
    /// `info@example.com`
    Mailbox(Mailbox<'static>),
}

impl Default for SubmissionConfig {
    fn default() -> Self {
        Self {
            mta: None,
            max_message_size: 50 * 1024 * 1024,
            max_recipients: 100,
            messages_per_hour: 500,
            recipients_per_hour: 2000,
            null_sender: true,
            check_from_field: false,
            hide_client: false,
            greet_pause: Duration::from_millis(250),
            exceptions: Vec::new(),
        }
    }
}

impl SubmissionConfig {
    pub(super) fn read<T>(section: Section<'_>, mtas: &BTreeMap<String, T>) -> Result<Self, ConfigError> {
        let default = Self::default();
        let mta = section.text("mta")?;
        let mta = mta.map(|name| referred(&name, "MTA", mtas).map(|(name, _)| name.to_owned()));
        let per_hour = |key, default| section.number(key, 0..10_000_001, default);
        let submission = Self {
            mta: mta.transpose()?,
            max_message_size: section.size("max_message_size", MESSAGE_SIZES, default.max_message_size)?,
            max_recipients: section.number("max_recipients", 1..100_001, default.max_recipients)?,
            messages_per_hour: per_hour("messages_per_hour", default.messages_per_hour)?,
            recipients_per_hour: per_hour("recipients_per_hour", default.recipients_per_hour)?,
            null_sender: section.switch("null_sender", default.null_sender)?,
            check_from_field: section.switch("check_from_field", default.check_from_field)?,
            hide_client: section.switch("hide_client", default.hide_client)?,
            greet_pause: section.duration("greet_pause", default.greet_pause)?,
            exceptions: read_exceptions(&section)?,
        };
        section.finish()?;
        Ok(submission)
    }
}

fn read_exceptions(section: &Section<'_>) -> Result<Vec<SenderException>, ConfigError> {
    let exceptions = section.list("exceptions")?.into_iter().map(|section| {
        let accounts = some(&section, "accounts", "names, or [\"*\"] for everybody")?;
        let accounts = accounts.iter().map(|name| name.convert(|name| fold(name)));
        let senders = some(&section, "senders", "addresses such as \"info@example.com\"")?;
        let senders = senders
            .iter()
            .map(|sender| sender.convert(|sender| SenderPattern::parse(sender)));
        let exception = SenderException {
            accounts: accounts.collect::<Result<_, _>>()?,
            senders: senders.collect::<Result<_, _>>()?,
        };
        section.finish()?;
        Ok(exception)
    });
    exceptions.collect()
}

/// A list that would mean nothing if it were empty.
fn some<'a>(
    section: &Section<'a>,
    key: &'static str,
    what: &str,
) -> Result<Vec<Value<'a, &'a str>>, ConfigError> {
    match section.texts(key)? {
        values if values.is_empty() => {
            Err(section.error(format!("the key `{key}` is missing: a list of {what}")))
        }
        values => Ok(values),
    }
}

/// Names of accounts are compared without regard to case, as directories do.
fn fold(name: &str) -> Result<String, String> {
    match name {
        "" => Err("expected the canonical name of an account, or \"*\" for everybody".to_owned()),
        name => Ok(name.to_lowercase()),
    }
}

impl SenderException {
    /// Whether it is for this account, by its canonical name.
    pub fn is_for(&self, account: &str) -> bool {
        let account = account.to_lowercase();
        self.accounts.iter().any(|name| name == "*" || *name == account)
    }

    /// What these accounts may send from.
    pub fn senders(&self) -> &[SenderPattern] {
        &self.senders
    }
}

impl SenderPattern {
    /// Reads `*`, `*@domain` or an address.
    ///
    /// # Errors
    /// What is allowed, if it is something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || "expected an address such as \"info@example.com\", \"*@example.com\" or \"*\"".to_owned();
        let parse = |address: &str| {
            let mailbox = Mailbox::parse_with(address.as_bytes(), &Options::CLIENTS)
                .map(|parsed| parsed.value.into_owned());
            mailbox.map_err(|_| wrong())
        };
        match text.strip_prefix("*@") {
            Some(domain) => {
                let anybody = format!("anybody@{domain}");
                Ok(Self::Domain(parse(&anybody)?.domain().to_owned()))
            }
            None if text == "*" => Ok(Self::Any),
            None if text.contains('*') => Err(wrong()),
            None => parse(text).map(Self::Mailbox),
        }
    }

    /// Whether a mailbox is meant, without regard to case.
    pub fn matches(&self, mailbox: &Mailbox<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Domain(domain) => domain.eq_ignore_ascii_case(mailbox.domain()),
            Self::Mailbox(meant) => meant.matches(mailbox),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::de::DeTable;

    use super::*;
    use crate::config::reader::Source;

    /// The section as `[submission]` of a file in which there is an MTA `main`.
    fn read(keys: &str) -> Result<SubmissionConfig, String> {
        let text = format!("[submission]\n{keys}\n");
        let source = Source {
            file: Path::new("g.toml"),
            text: &text,
        };
        let document = DeTable::parse(&text).unwrap();
        let root = Section::root(&source, &document);
        let mtas = BTreeMap::from([("main".to_owned(), ())]);
        SubmissionConfig::read(root.section("submission").unwrap(), &mtas).map_err(|error| error.to_string())
    }

    fn mailbox(text: &str) -> Mailbox<'_> {
        Mailbox::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn nothing_is_the_default() {
        assert_eq!(read(""), Ok(SubmissionConfig::default()));
    }

    #[test]
    fn every_key_is_read() {
        let keys = r#"
            mta = "main"
            max_message_size = "100MiB"
            max_recipients = 1000
            messages_per_hour = 0
            recipients_per_hour = 1
            null_sender = false
            check_from_field = true
            hide_client = true
            greet_pause = "0s"
            exceptions = [
                { accounts = ["Alice", "bob"], senders = ["info@example.com", "*@lists.example.com"] },
                { accounts = ["*"], senders = ["*"] },
            ]
        "#;
        let expected = SubmissionConfig {
            mta: Some("main".to_owned()),
            max_message_size: 100 * 1024 * 1024,
            max_recipients: 1000,
            messages_per_hour: 0,
            recipients_per_hour: 1,
            null_sender: false,
            check_from_field: true,
            hide_client: true,
            greet_pause: Duration::ZERO,
            exceptions: vec![
                SenderException {
                    accounts: vec!["alice".to_owned(), "bob".to_owned()],
                    senders: vec![
                        SenderPattern::Mailbox(mailbox("info@example.com").into_owned()),
                        SenderPattern::Domain("lists.example.com".to_owned()),
                    ],
                },
                SenderException {
                    accounts: vec!["*".to_owned()],
                    senders: vec![SenderPattern::Any],
                },
            ],
        };
        assert_eq!(read(keys), Ok(expected));
    }

    #[test]
    fn every_mistake_has_a_message_with_line_and_key() {
        let sender = "expected an address such as \"info@example.com\", \"*@example.com\" or \"*\"";
        let exception = |rest: &str| format!("exceptions = [{{ {rest} }}]");
        let mistakes = [
            ("mta = \"mian\"".to_owned(), "mta: no MTA of that name; there are: main".to_owned()),
            (
                "max_message_size = 50".to_owned(),
                "max_message_size: expected a size from 1KiB to 64GiB, such as \"500KiB\", \"50MiB\" or \"1GiB\""
                    .to_owned(),
            ),
            (
                "max_recipients = 0".to_owned(),
                "max_recipients: expected a whole number from 1 to 100000".to_owned(),
            ),
            (
                "messages_per_hour = -1".to_owned(),
                "messages_per_hour: expected a whole number from 0 to 10000000".to_owned(),
            ),
            (
                "recipients_per_hour = \"many\"".to_owned(),
                "recipients_per_hour: expected a whole number from 0 to 10000000".to_owned(),
            ),
            ("null_sender = 1".to_owned(), "null_sender: expected true or false".to_owned()),
            (
                "greet_pause = 250".to_owned(),
                "greet_pause: expected a duration such as \"500ms\", \"30s\", \"5m\", \"1h\" or \"5d\"".to_owned(),
            ),
            (
                "exceptions = { }".to_owned(),
                "exceptions: expected a list of tables".to_owned(),
            ),
            (
                exception("senders = [\"*\"]"),
                "exceptions[0]: the key `accounts` is missing: a list of names, or [\"*\"] for everybody".to_owned(),
            ),
            (
                exception("accounts = [\"a\"], senders = []"),
                "exceptions[0]: the key `senders` is missing: a list of addresses such as \"info@example.com\""
                    .to_owned(),
            ),
            (
                exception("accounts = [\"\"], senders = [\"*\"]"),
                "exceptions[0].accounts: expected the canonical name of an account, or \"*\" for everybody".to_owned(),
            ),
            (
                exception("accounts = [\"a\"], senders = [\"*\", \"@example.com\"]"),
                format!("exceptions[0].senders: {sender}"),
            ),
            (
                exception("accounts = [\"a\"], sender = [\"*\"]"),
                "exceptions[0]: the key `senders` is missing: a list of addresses such as \"info@example.com\""
                    .to_owned(),
            ),
            (
                exception("accounts = [\"a\"], senders = [\"*\"], mode = 1"),
                "exceptions[0].mode: unknown key; allowed here: accounts, senders".to_owned(),
            ),
            (
                "max_size = \"1MiB\"".to_owned(),
                "max_size: unknown key; allowed here: mta, max_message_size, max_recipients, messages_per_hour, \
                 recipients_per_hour, null_sender, check_from_field, hide_client, greet_pause, exceptions"
                    .to_owned(),
            ),
        ];
        for (keys, message) in mistakes {
            assert_eq!(
                read(&keys),
                Err(format!("g.toml:2: submission.{message}")),
                "{keys}"
            );
        }
    }

    #[test]
    fn patterns_mean_everybody_a_domain_or_a_mailbox() {
        let meant =
            |pattern: &str, address: &str| SenderPattern::parse(pattern).unwrap().matches(&mailbox(address));
        assert!(meant("*", "anybody@example.net") && meant("*", "x@[192.0.2.1]"));
        assert!(meant("*@Example.com", "alice@EXAMPLE.com"));
        assert!(meant("*@[192.0.2.1]", "alice@[192.0.2.1]"));
        assert!(meant("Info@example.com", "iNFO@Example.com"));
        assert!(meant("\"info\"@example.com", "info@example.com"));
        for (pattern, address) in [
            ("*@example.com", "alice@sub.example.com"),
            ("*@example.com", "alice@badexample.com"),
            ("*@example.com", "alice@example.com.example.net"),
            ("*@example.com", "\"alice@example.com\"@example.net"),
            ("info@example.com", "info2@example.com"),
            ("info@example.com", "info@example.net"),
        ] {
            assert!(!meant(pattern, address), "{pattern} {address}");
        }
        for wrong in [
            "",
            "alice",
            "@example.com",
            "*@",
            "*@*",
            "*@*.example.com",
            "**",
            "a*@example.com",
            "*a@example.com",
            "alice@example.com ",
            "<alice@example.com>",
            "*@example.com@x",
            "* ",
        ] {
            assert!(SenderPattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn accounts_are_meant_by_name_in_any_case() {
        let config = read("exceptions = [{ accounts = [\"Älice\", \"bob\"], senders = [\"*\"] }]").unwrap();
        let exception = &config.exceptions[0];
        assert!(exception.is_for("älice") && exception.is_for("BOB"));
        assert!(!exception.is_for("alice") && !exception.is_for("*") && !exception.is_for(""));
        let config = read("exceptions = [{ accounts = [\"*\"], senders = [\"*\"] }]").unwrap();
        assert!(config.exceptions[0].is_for("anybody"));
    }
}
