//! Dovecot's configuration, in the words of either version.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{Error, Identity, Plan, address, open_up, process, write};
use crate::servers::process::Family;
use mailboxes::Namespace;
use users::User;
use version::Version;

mod dialect_2_3;
mod dialect_2_4;
pub(super) mod mailboxes;
pub(super) mod users;
pub(super) mod version;

/// Who is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Trust {
    #[default]
    Nobody,
    Loopback,
}

/// What differs between one Dovecot and another.
pub(super) struct Config<'a> {
    pub(super) directory: &'a Path,
    pub(super) identity: &'a Identity,
    pub(super) trust: Trust,
    pub(super) namespace: &'a Namespace,
    pub(super) ports: Ports,
}

/// Where it listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) imap: SocketAddr,
    pub(super) imaps: SocketAddr,
    pub(super) lmtp: SocketAddr,
    /// Dovecot's own protocol, by which other servers ask whether a password is right.
    pub(super) sasl: SocketAddr,
}

impl Ports {
    pub(super) fn reserve() -> Result<Self, Error> {
        Ok(Self {
            imap: address::reserve()?,
            imaps: address::reserve()?,
            lmtp: address::reserve()?,
            sasl: address::reserve()?,
        })
    }

    fn all(self) -> [SocketAddr; 4] {
        [self.imap, self.imaps, self.lmtp, self.sasl]
    }
}

impl Config<'_> {
    pub(super) fn file(&self) -> PathBuf {
        self.directory.join("dovecot.conf")
    }

    pub(super) fn users_file(&self) -> PathBuf {
        self.directory.join("users")
    }

    pub(super) fn plan(&self) -> Plan {
        Plan {
            program: "dovecot",
            arguments: vec![
                "-F".to_owned(),
                "-c".to_owned(),
                self.file().display().to_string(),
            ],
            log: self.directory.join("log"),
            listens: self.ports.all().to_vec(),
            family: Family::Children,
        }
    }

    /// Writes all files. The mail is for the process that serves it to create.
    pub(super) fn write(&self, version: Version, users: &[User], masters: &[User]) -> Result<(), Error> {
        let mail = self.directory.join("mail");
        std::fs::create_dir(&mail).map_err(Error::file(&mail))?;
        open_up(&mail, 0o777)?;
        users::write_users(&self.users_file(), version, users)?;
        users::write_users(&self.directory.join("masters"), version, masters)?;
        write(&self.directory.join("log"), "")?;
        let own = match version {
            Version::V2_3 => self.in_2_3(),
            Version::V2_4 => self.in_2_4(),
        };
        let text = [own, self.common(), processes()?].concat();
        write(&self.file(), text)
    }

    /// What both versions understand.
    ///
    /// Failed logins would delay all later ones from the same address, which is the gateway's, hence the two settings
    /// about failures. Who idles is told by inotify, of which a machine has 128 instances or so, and else by looking.
    fn common(&self) -> String {
        let (directory, ports) = (self.directory.display(), self.ports);
        let trusted = if self.trust == Trust::Loopback {
            "127.0.0.0/8"
        } else {
            ""
        };
        format!(
            "protocols = imap lmtp
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/log
listen = {address}
ssl = yes
auth_mechanisms = plain login
auth_master_user_separator = *
auth_verbose = yes
auth_failure_delay = 0
login_trusted_networks = {trusted}
first_valid_uid = 1
mail_max_userip_connections = 0
default_process_limit = 1000
mailbox_idle_check_interval = 2 secs
{namespace}service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  client_limit = 5000
  inet_listener sasl {{
    port = {sasl}
  }}
}}
service anvil {{
  client_limit = 5000
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
",
            address = ports.imap.ip(),
            namespace = self.namespace.section(),
            imap = ports.imap.port(),
            imaps = ports.imaps.port(),
            lmtp = ports.lmtp.port(),
            sasl = ports.sasl.port(),
        )
    }
}

/// Whose processes they are: root's Dovecot has users for that; another user's has but that one, and no chroot.
fn processes() -> Result<String, Error> {
    if process::is_root() {
        return Ok(String::new());
    }
    let user = process::run("id", &["-un"], b"")?;
    let group = process::run("id", &["-gn"], b"")?;
    let mut text = format!(
        "default_internal_user = {}\ndefault_login_user = {0}\ndefault_internal_group = {}\n",
        user.trim(),
        group.trim()
    );
    for service in ["anvil", "imap-login", "imap-urlauth-login"] {
        let _ = write!(text, "service {service} {{\n  chroot =\n}}\n");
    }
    Ok(text)
}
