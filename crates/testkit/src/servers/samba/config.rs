//! Samba's configuration file, and the folders that it names.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::{DOMAIN, HOST, REALM};
use crate::servers::process::{Family, Plan};
use crate::servers::{Error, Identity, open_up, write};

/// All that a server's directory has to have.
const FOLDERS: [&str; 8] = [
    "bind-dns", "cache", "lock", "ncalrpc", "netlogon", "private", "state", "sysvol",
];

/// DNS, Kerberos, the endpoint mapper, LDAP, LDAPS, and LDAP and LDAPS of the global catalog.
const PORTS: [u16; 7] = [53, 88, 135, 389, 636, 3268, 3269];

/// The certificate that it shows, and its key, in the server's directory.
const CHAIN: &str = "chain.pem";
const KEY: &str = "key.pem";

/// Where a server is, and where it listens.
#[derive(Debug)]
pub(super) struct Config<'a> {
    pub(super) directory: &'a Path,
    pub(super) address: Ipv4Addr,
    pub(super) old_passwords: OldPasswords,
}

/// What the password before the last change is good for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum OldPasswords {
    #[default]
    Refused,
    /// For logging in during the hour after the change, as on Windows.
    Taken,
}

impl OldPasswords {
    fn minutes(self) -> u32 {
        match self {
            Self::Refused => 0,
            Self::Taken => 60,
        }
    }
}

impl Config<'_> {
    pub(super) fn file(&self) -> PathBuf {
        self.directory.join("smb.conf")
    }

    pub(super) fn write(&self) -> Result<(), Error> {
        write(&self.file(), self.text())
    }

    pub(super) fn make_folders(&self) -> Result<(), Error> {
        FOLDERS.iter().try_for_each(|folder| {
            let folder = self.directory.join(folder);
            std::fs::create_dir_all(&folder).map_err(Error::file(&folder))
        })
    }

    /// Lets it show a certificate. It takes a key only if nobody else can read it.
    pub(super) fn show(&self, identity: &Identity) -> Result<(), Error> {
        for (from, to) in [(identity.chain_file(), CHAIN), (identity.key_file(), KEY)] {
            let to = self.directory.join(to);
            std::fs::copy(&from, &to).map_err(Error::file(&from))?;
            open_up(&to, 0o600)?;
        }
        Ok(())
    }

    pub(super) fn plan(&self) -> Plan {
        let file = self.file().to_string_lossy().into_owned();
        // Interactive, it ends when its standard input does.
        let arguments = ["-i", "-M", "prefork", "--no-process-group", "-s", &file];
        Plan {
            program: "samba",
            arguments: arguments.map(str::to_owned).to_vec(),
            log: self.directory.join("log"),
            listens: PORTS.map(|port| SocketAddr::from((self.address, port))).to_vec(),
            family: Family::Group,
        }
    }

    /// File shares and winbind are left out: nobody needs them, and of winbind there can be one on a machine only.
    fn text(&self) -> String {
        format!(
            "[global]
netbios name = {HOST}
realm = {REALM}
workgroup = {DOMAIN}
server role = active directory domain controller
server services = ldap, cldap, rpc, dns, kdc
prefork children = 2
ldb:nosync = yes
interfaces = {address}/8
bind interfaces only = yes
allow dns updates = disabled
old password allowed period = {minutes}
private dir = {directory}/private
state directory = {directory}/state
cache directory = {directory}/cache
lock directory = {directory}/lock
pid directory = {directory}/lock
ncalrpc dir = {directory}/ncalrpc
binddns dir = {directory}/bind-dns
winbindd socket directory = {directory}/winbindd
tls certfile = {directory}/{CHAIN}
tls keyfile = {directory}/{KEY}
tls cafile =
log level = 1 auth_audit:3
[sysvol]
path = {directory}/sysvol
[netlogon]
path = {directory}/netlogon
",
            address = self.address,
            minutes = self.old_passwords.minutes(),
            directory = self.directory.display(),
        )
    }
}
