//! Postfix's configuration: `main.cf`, `master.cf` and the folders of its queue.

use std::fmt::Write as _;
use std::fs::{DirBuilder, File};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::access::{Rule, tables, texthash};
use super::service::Ports;
use super::{Error, Identity};
use crate::servers::process::{self, Family, Plan};
use crate::servers::write;

/// What it calls itself.
const NAME: &str = "mta.example.org";

/// The folders of the queue, which Postfix's own user must be able to write to.
const FOLDERS: [&str; 13] = [
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "private",
    "public", "saved", "trace",
];

/// The services besides those with a port, without changed roots. Nothing else is needed: mail comes in by SMTP, and
/// goes out by LMTP or nowhere.
///
/// Dovecot's LMTP does not offer SMTPUTF8 (RFC 6531). A message for which a client asked for that is delivered all the
/// same, as the two that would notice are told not to look.
const INNER: &str = "cleanup unix n - n - 0 cleanup
  -o smtputf8_enable=no
qmgr unix n - n 300 1 qmgr
  -o smtputf8_enable=no
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
proxymap unix - - n - - proxymap
showq unix n - n - - showq
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
lmtp unix - - n - - lmtp
";

/// What a service makes of a command that should not have come.
const LOGIN_ONLY: &str = "/^AUTH +PLAIN/ AUTH NOT-OFFERED\n";

/// What differs between one Postfix and another.
pub(super) struct Config<'a> {
    pub(super) directory: &'a Path,
    pub(super) identity: &'a Identity,
    pub(super) ports: Ports,
    /// Who judges passwords.
    pub(super) sasl: Option<SocketAddr>,
    /// Domains and addresses, with the LMTP server of each.
    pub(super) deliveries: &'a [(String, SocketAddr)],
    pub(super) rules: &'a [Rule],
    /// Addresses, with the login that may send as each.
    pub(super) owners: &'a [(String, String)],
    /// Addresses, with the one that stands for each.
    pub(super) aliases: &'a [(String, String)],
    /// More of `main.cf`, or otherwise.
    pub(super) settings: &'a [(String, String)],
}

impl Config<'_> {
    pub(super) fn plan(&self) -> Plan {
        // With -s it stays in the foreground.
        let directory = self.directory.display().to_string();
        Plan {
            program: "master",
            arguments: vec!["-s".to_owned(), "-c".to_owned(), directory],
            log: self.directory.join("log"),
            listens: self.ports.all(),
            family: Family::Children,
        }
    }

    pub(super) fn queue(&self) -> PathBuf {
        self.directory.join("queue")
    }

    /// Writes all files, and makes the folders.
    pub(super) fn write(&self) -> Result<(), Error> {
        self.make_folders()?;
        let deliveries = self.deliveries.iter();
        let transports: Vec<(String, String)> = deliveries
            .map(|(to, server)| (to.clone(), format!("lmtp:inet:{server}")))
            .collect();
        write_settled(&self.directory.join("transport"), &texthash(&transports))?;
        write_settled(&self.directory.join("owners"), &texthash(self.owners))?;
        write_settled(&self.directory.join("aliases"), &texthash(self.aliases))?;
        write_settled(&self.directory.join("login-only"), LOGIN_ONLY)?;
        write(&self.directory.join("log"), "")?;
        write(
            &self.directory.join("master.cf"),
            [&self.ports.lines(), INNER].concat(),
        )?;
        write_settled(&self.directory.join("main.cf"), &self.main()?)
    }

    fn make_folders(&self) -> Result<(), Error> {
        // Its package makes its user.
        let missing = |_| Error::Missing { program: "postfix" };
        let user = process::run("id", &["-u", "postfix"], b"").map_err(missing)?;
        let user = user.trim().parse().ok();
        let queue = self.queue();
        let make = |folder: &Path, mode| {
            DirBuilder::new()
                .mode(mode)
                .create(folder)
                .map_err(Error::file(folder))
        };
        make(&queue, 0o755)?;
        make(&queue.join("pid"), 0o755)?;
        let own = FOLDERS.iter().map(|name| queue.join(name));
        for folder in own.chain([self.directory.join("data")]) {
            make(&folder, 0o700)?;
            chown(&folder, user, None).map_err(Error::file(&folder))?;
        }
        Ok(())
    }

    /// `main.cf`, in which the last word is the test's.
    fn main(&self) -> Result<String, Error> {
        let mut text = self.usual();
        for (setting, checks) in tables(self.directory, self.rules)? {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{setting} = {}", self.with_owners(setting, checks));
        }
        for (name, value) in self.settings {
            let start = format!("{name} =");
            let others = text.lines().filter(|line| !line.starts_with(&start));
            text = others.map(|line| format!("{line}\n")).collect();
            let _ = writeln!(text, "{name} = {value}");
        }
        Ok(text)
    }

    /// Who has logged in sends as nobody else, if anybody was said to own an address.
    fn with_owners(&self, setting: &str, checks: String) -> String {
        match setting {
            "smtpd_sender_restrictions" if !self.owners.is_empty() => {
                format!("reject_authenticated_sender_login_mismatch, {checks}")
            }
            _ => checks,
        }
    }

    /// What is the same for all, but for names.
    ///
    /// Each restriction is looked at in its own command, not all of them at RCPT. Nothing is asked of the DNS, no client
    /// is slowed down for what it does or how many it is, and nothing is added to a message or folded in it. What cannot
    /// be delivered is tried again soon, but not at once: the delivery that failed must be over.
    fn usual(&self) -> String {
        let directory = self.directory.display();
        let sasl = match self.sasl {
            Some(server) => format!(
                "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:{server}"
            ),
            None => "smtpd_sasl_auth_enable = no".to_owned(),
        };
        format!(
            "compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/log
maillog_file_prefixes = {directory}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = {NAME}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_alias_maps = texthash:{directory}/aliases
local_recipient_maps =
fast_flush_domains =
local_header_rewrite_clients =
transport_maps = texthash:{directory}/transport
default_transport = discard
local_transport = discard
smtpd_tls_cert_file = {chain}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
{sasl}
smtpd_sasl_authenticated_header = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sender_login_maps = texthash:{directory}/owners
smtpd_delay_reject = no
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
default_process_limit = 300
in_flow_delay = 0
enable_long_queue_ids = yes
mailbox_size_limit = 0
virtual_mailbox_limit = 0
queue_run_delay = 1s
minimal_backoff_time = 2s
maximal_backoff_time = 2s
transport_retry_time = 1s
service_throttle_time = 1s
lmtp_host_lookup = native
lmtp_dns_support_level = disabled
lmtp_connection_cache_on_demand = no
lmtp_line_length_limit = 0
",
            chain = self.identity.chain_file().display(),
            key = self.identity.key_file().display(),
        )
    }
}

/// Writes a file that looks old. Each of Postfix's processes waits for one that has just changed to change no more.
pub(super) fn write_settled(path: &Path, content: &str) -> Result<(), Error> {
    write(path, content)?;
    settle(path)
}

/// Lets a file look as if it had last changed long ago.
pub(super) fn settle(path: &Path) -> Result<(), Error> {
    let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = File::options().write(true).open(path);
    let settled = file.and_then(|file| file.set_modified(long_ago));
    settled.map_err(Error::file(path))
}
