//! Sent copies: for whom they are kept, where they wait, and how long.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;

use super::reader::{Section, Source, Value};
use super::{ConfigError, UpstreamConfig};

/// Where the spool is, unless the configuration names another place.
pub(crate) const DEFAULT_SPOOL: &str = "/var/lib/gatepost/spool";

/// What servers without special uses call the mailbox of sent mail, most likely first.
const DEFAULT_NAMES: [&str; 16] = [
    "Sent",
    "Sent Items",
    "Sent Messages",
    "Sent Mail",
    "Gesendet",
    "Gesendete Objekte",
    "Gesendete Elemente",
    "Envoyés",
    "Éléments envoyés",
    "Messages envoyés",
    "Enviados",
    "Elementos enviados",
    "Posta inviata",
    "Verzonden items",
    "Skickat",
    "Wysłane",
];

/// Sizes of a spool that can be configured.
const SPOOL_SIZES: RangeInclusive<u64> = 1 << 20..=1 << 50;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether a copy of a sent message is filed in its sender's Sent mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SentMode {
    /// Never.
    Off,
    /// If the client has not filed one itself within the wait.
    #[default]
    IfMissing,
    /// At once.
    Always,
}

impl SentMode {
    /// Every mode by its word in the configuration.
    pub(crate) const ALL: [(&'static str, Self); 3] = [
        ("off", Self::Off),
        ("if-missing", Self::IfMissing),
        ("always", Self::Always),
    ];

    /// Its word in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::IfMissing => "if-missing",
            Self::Always => "always",
        }
    }
}

/// Sent copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentConfig {
    /// For accounts and upstreams that have no mode of their own.
    pub mode: SentMode,
    /// For accounts, by canonical name.
    pub accounts: BTreeMap<String, SentMode>,
    /// How long [`SentMode::IfMissing`] waits for the client's own copy.
    pub wait: Duration,
    /// The folder where messages wait.
    pub spool: PathBuf,
    /// What the spool may hold in octets, if there is a limit.
    pub max_spool_size: Option<u64>,
    /// What the copies of one account may hold in octets; `None`: a quarter of what the spool may hold.
    pub max_account_size: Option<u64>,
    /// What is left free of the spool's disk, in octets.
    pub min_free_space: u64,
    /// Names of the mailbox where no mailbox has the special use `\Sent`, in the order of preference.
    pub names: Vec<String>,
    /// The mailbox to create where there is none; `None`: the copy waits until there is one.
    pub create: Option<String>,
    /// The first pause after a copy could not be filed; each further one is twice as long.
    pub retry_first: Duration,
    /// The longest pause.
    pub retry_max: Duration,
    /// The least pause after a mail server got a whole copy and did not answer: it may file it yet.
    pub retry_unanswered: Duration,
    /// How long copies that are found at a start wait at least: one may be in a mail server's hands.
    pub restart_wait: Duration,
    /// After so long a copy is not tried any more, and kept.
    pub give_up: Duration,
    /// How many copies are filed at once.
    pub filings: u32,
}

impl Default for SentConfig {
    fn default() -> Self {
        Self {
            mode: SentMode::default(),
            accounts: BTreeMap::new(),
            wait: Duration::from_secs(60),
            spool: PathBuf::from(DEFAULT_SPOOL),
            max_spool_size: None,
            max_account_size: None,
            min_free_space: 256 << 20,
            names: DEFAULT_NAMES.map(str::to_owned).into(),
            create: None,
            retry_first: Duration::from_secs(30),
            retry_max: Duration::from_secs(30 * 60),
            retry_unanswered: Duration::from_secs(5 * 60),
            restart_wait: Duration::from_secs(30),
            give_up: 5 * DAY,
            filings: 4,
        }
    }
}

impl SentConfig {
    /// The mode for an account, by its canonical name: the account's own, its upstream's, or everybody's. It is
    /// [`SentMode::Off`] where the upstream cannot be logged in to without the user's password.
    pub fn mode_for(&self, account: &str, upstream: &UpstreamConfig) -> SentMode {
        if upstream.login.needs_password() {
            return SentMode::Off;
        }
        let own = self.accounts.get(account).copied();
        own.or(upstream.sent_copy).unwrap_or(self.mode)
    }

    /// Whether there is anybody whose copies are filed.
    pub fn is_on(&self, upstreams: &BTreeMap<String, UpstreamConfig>) -> bool {
        let mut able = upstreams
            .values()
            .filter(|upstream| !upstream.login.needs_password());
        able.any(|upstream| {
            let accounts = self.accounts.values().copied();
            let everybody = upstream.sent_copy.unwrap_or(self.mode);
            accounts.chain([everybody]).any(|mode| mode != SentMode::Off)
        })
    }

    pub(super) fn read(section: Section<'_>, folder: &Path) -> Result<Self, ConfigError> {
        let default = Self::default();
        let sent = Self {
            mode: read_mode(&section, "mode")?.map_or(default.mode, |mode| mode.value),
            accounts: read_accounts(&section)?,
            wait: section.duration_within("wait", ("0s", "1d"), default.wait)?,
            spool: read_spool(&section, folder)?,
            max_spool_size: read_limit(&section, "max_spool_size")?,
            max_account_size: read_limit(&section, "max_account_size")?,
            min_free_space: section.size("min_free_space", 1..=1 << 50, default.min_free_space)?,
            names: read_names(&section, default.names)?,
            create: section
                .text("create")?
                .map(|name| name.convert(|name| mailbox(name)))
                .transpose()?,
            retry_first: section.duration_within("retry_first", ("1s", "1d"), default.retry_first)?,
            retry_max: section.duration_within("retry_max", ("1s", "1d"), default.retry_max)?,
            retry_unanswered: section.duration_within(
                "retry_unanswered",
                ("0s", "1d"),
                default.retry_unanswered,
            )?,
            restart_wait: section.duration_within("restart_wait", ("0s", "1h"), default.restart_wait)?,
            give_up: section.duration_within("give_up", ("1m", "365d"), default.give_up)?,
            filings: section.number("filings", 1..257, default.filings)?,
        };
        if sent.retry_max < sent.retry_first {
            return Err(section.error("retry_max has to be as long as retry_first at least"));
        }
        section.finish()?;
        Ok(sent)
    }

    /// Refuses upstreams whose copies are wanted and cannot be filed.
    pub(super) fn check(
        &self,
        root: &Section<'_>,
        upstreams: &BTreeMap<String, UpstreamConfig>,
    ) -> Result<(), ConfigError> {
        for (name, section) in root.named("upstreams")? {
            let unable = upstreams
                .get(&name)
                .filter(|upstream| upstream.login.needs_password());
            let Some(upstream) = unable else { continue };
            let mode = upstream.sent_copy.unwrap_or(self.mode);
            if mode != SentMode::Off {
                return Err(refusal(root, &section, mode)?);
            }
        }
        Ok(())
    }
}

/// The place to name is where the mode was chosen; if it was nowhere, where the login was.
fn refusal(root: &Section<'_>, upstream: &Section<'_>, mode: SentMode) -> Result<ConfigError, ConfigError> {
    let what = format!(
        "a copy of each sent message would be filed ({:?}), but {} needs the user's own password, which Gatepost never \
         keeps: set sent_copy = \"off\" for it, or give it a master account",
        mode.name(),
        upstream.name(),
    );
    if let Some(own) = read_mode(upstream, "sent_copy")? {
        return Ok(own.error(what));
    }
    if let Some(everybodys) = read_mode(&root.section("sent_copy")?, "mode")? {
        return Ok(everybodys.error(what));
    }
    Ok(upstream.section("login")?.error(what))
}

/// A mode, if the section has one.
pub(super) fn read_mode<'a>(
    section: &Section<'a>,
    key: &'static str,
) -> Result<Option<Value<'a, SentMode>>, ConfigError> {
    section.choice(key, &SentMode::ALL)
}

fn read_accounts(section: &Section<'_>) -> Result<BTreeMap<String, SentMode>, ConfigError> {
    let mut modes = BTreeMap::new();
    for rule in section.list("accounts")? {
        let mode = read_mode(&rule, "mode")?;
        let mode = rule.required("mode", mode)?.value;
        for account in rule.texts("accounts")? {
            if modes.insert(account.value.to_owned(), mode).is_some() {
                return Err(account.error(format!("`{}` has a mode already", account.value)));
            }
        }
        rule.finish()?;
    }
    Ok(modes)
}

fn read_names(section: &Section<'_>, default: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let Some(names) = section.optional_texts("names")? else {
        return Ok(default);
    };
    names
        .iter()
        .map(|name| name.convert(|name| mailbox(name)))
        .collect()
}

fn mailbox(name: &str) -> Result<String, String> {
    if name.is_empty() || name.contains(char::is_control) {
        return Err("expected the name of a mailbox such as \"Sent\"".to_owned());
    }
    Ok(name.to_owned())
}

/// No limit if there is none.
fn read_limit(section: &Section<'_>, key: &'static str) -> Result<Option<u64>, ConfigError> {
    let limit = section.size(key, SPOOL_SIZES, u64::MAX)?;
    Ok((limit != u64::MAX).then_some(limit))
}

fn read_spool(section: &Section<'_>, folder: &Path) -> Result<PathBuf, ConfigError> {
    let spool = section.text("spool")?;
    Ok(folder.join(spool.map_or(DEFAULT_SPOOL, |spool| spool.value)))
}

/// Where the spool of a configuration is. Nothing else of the file is read, so that secrets may be out of reach.
pub(crate) fn spool_of(file: &Path) -> Result<PathBuf, ConfigError> {
    let text = ConfigError::reading(file, std::fs::read_to_string(file))?;
    let source = Source { file, text: &text };
    let document = DeTable::parse(&text).map_err(|error| source.syntax(&error))?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    read_spool(&Section::root(&source, &document).section("sent_copy")?, folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const REST: &str = r#"
        [routing]
        default = "one"
        [certificates.c]
        chain = "c"
        key = "k"
        [directories.d]
        kind = "file"
        path = "users"
        [[listeners]]
        protocol = "imap"
        addresses = ["127.0.0.1:0"]
        tls = "implicit"
        certificates = ["c"]
        directory = "d"
    "#;

    fn upstream(login: &str, more: &str) -> String {
        format!("[upstreams.one]\naddress = \"imap.example:993\"\n{more}\nlogin = {{ method = {login} }}\n")
    }

    fn able(more: &str) -> String {
        // The variable is Cargo's.
        upstream(
            "\"master\", user = \"m\", password_env = \"CARGO_PKG_NAME\"",
            more,
        )
    }

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(Path::new("/etc/gatepost/g.toml"), &format!("{text}{REST}"))
    }

    /// As the configuration is read when there is a listener for submission.
    fn checked(text: &str) -> Result<(), String> {
        let source = Source {
            file: Path::new("g.toml"),
            text,
        };
        let document = DeTable::parse(text).unwrap();
        let root = Section::root(&source, &document);
        let config = parse(text).unwrap();
        let checked = config.sent_copy.check(&root, &config.upstreams);
        checked.map_err(|error| error.to_string())
    }

    #[test]
    fn an_account_comes_before_its_upstream_and_that_before_everybody() {
        let sent =
            "[sent_copy]\nmode = \"off\"\naccounts = [{ accounts = [\"alice\"], mode = \"always\" }]\n";
        let config = parse(&format!("{sent}{}", able("sent_copy = \"if-missing\""))).unwrap();
        let (sent, one) = (&config.sent_copy, &config.upstreams["one"]);
        assert_eq!(sent.mode_for("alice", one), SentMode::Always);
        assert_eq!(sent.mode_for("bob", one), SentMode::IfMissing);
        let config = parse(&format!("[sent_copy]\nmode = \"off\"\n{}", able(""))).unwrap();
        let (sent, one) = (&config.sent_copy, &config.upstreams["one"]);
        assert_eq!(sent.mode_for("bob", one), SentMode::Off);
        assert!(!sent.is_on(&config.upstreams));
    }

    #[test]
    fn defaults_and_relative_paths() {
        let config = parse(&able("")).unwrap();
        assert_eq!(config.sent_copy, SentConfig::default());
        assert!(config.sent_copy.is_on(&config.upstreams));
        let config = parse(&format!(
            "[sent_copy]\nspool = \"spool\"\nmax_spool_size = \"10GiB\"\nmax_account_size = \"1GiB\"\nmin_free_space = \"1MiB\"\ngive_up = \"2d\"\n{}",
            able("")
        ));
        let sent = config.unwrap().sent_copy;
        assert_eq!(sent.spool, Path::new("/etc/gatepost/spool"));
        assert_eq!(sent.max_spool_size, Some(10 << 30));
        assert_eq!(
            (sent.max_account_size, sent.min_free_space),
            (Some(1 << 30), 1 << 20)
        );
        assert_eq!(sent.give_up, Duration::from_secs(172_800));
    }

    #[test]
    fn a_login_that_needs_the_password_cannot_file() {
        let unable = "\"same-credentials\"";
        let error = checked(&upstream(unable, "")).unwrap_err();
        assert!(
            error.starts_with("g.toml:4: upstreams.one.login: a copy of"),
            "{error}"
        );
        let error = checked(&upstream(unable, "sent_copy = \"always\"")).unwrap_err();
        assert!(
            error.starts_with("g.toml:3: upstreams.one.sent_copy: a copy of"),
            "{error}"
        );
        let everybody = format!("[sent_copy]\nmode = \"if-missing\"\n{}", upstream(unable, ""));
        let error = checked(&everybody).unwrap_err();
        assert!(
            error.starts_with("g.toml:2: sent_copy.mode: a copy of"),
            "{error}"
        );
        assert_eq!(checked(&upstream(unable, "sent_copy = \"off\"")), Ok(()));
        assert_eq!(checked(&able("")), Ok(()));
    }

    #[test]
    fn it_matters_only_where_mail_is_sent() {
        let text = upstream("\"same-credentials\"", "");
        assert!(!parse(&text).unwrap().keeps_copies());
        let sends = format!(
            "{text}[mtas.m]\naddresses = [\"127.0.0.1:25\"]\ntls = \"none\"\nlogin = {{ method = \"trusted\" }}\n\
             [submission]\nmta = \"m\"\n[[listeners]]\nprotocol = \"smtp\"\naddresses = [\"127.0.0.1:0\"]\n\
             tls = \"implicit\"\ncertificates = [\"c\"]\ndirectory = \"d\"\n"
        );
        let error = parse(&sends).unwrap_err().to_string();
        assert!(
            error.contains("upstreams.one.login: a copy of each sent message"),
            "{error}"
        );
        let off = format!("[sent_copy]\nmode = \"off\"\n{sends}");
        assert!(!parse(&off).unwrap().keeps_copies());
        let sends = sends.replace(&text, &able(""));
        assert!(parse(&sends).unwrap().keeps_copies());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, wrong) in [
            ("retry_first = \"1h\"", "retry_max has to be as long"),
            (
                "retry_first = \"5ms\"",
                "expected a duration from \"1s\" to \"1d\"",
            ),
            ("names = [\"\"]", "expected the name of a mailbox"),
            (
                "mode = \"on\"",
                "expected \"off\" or \"if-missing\" or \"always\"",
            ),
            ("max_spool_size = 5", "expected a size from 1MiB"),
            ("accounts = [{ accounts = [\"a\"] }]", "the key `mode` is missing"),
            (
                "accounts = [{ accounts = [\"a\", \"a\"], mode = \"off\" }]",
                "`a` has a mode already",
            ),
            ("filings = 0", "expected a whole number from 1 to 256"),
        ] {
            let error = parse(&format!("[sent_copy]\n{text}\n{}", able(""))).unwrap_err();
            assert!(error.to_string().contains(wrong), "{text}: {error}");
        }
    }

    #[test]
    fn the_spool_is_found_without_the_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("g.toml");
        let unreadable = upstream(
            "\"master\", user = \"m\", password_env = \"GATEPOST_NO_SUCH_VARIABLE\"",
            "",
        );
        std::fs::write(
            &file,
            format!("[sent_copy]\nspool = \"here\"\n{unreadable}{REST}"),
        )
        .unwrap();
        assert!(Config::load(&file).is_err());
        assert_eq!(spool_of(&file).unwrap(), folder.path().join("here"));
        std::fs::write(&file, "").unwrap();
        assert_eq!(spool_of(&file).unwrap(), Path::new(DEFAULT_SPOOL));
    }
}
