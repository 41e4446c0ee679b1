//! What a domain controller is to be like, and its start.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::admin::Orders;
use super::config::{Config, OldPasswords};
use super::user::DomainUser;
use super::{DNS_DOMAIN, DNS_HOST, Samba, cast, template};
use crate::servers::address::Claim;
use crate::servers::process::{self, Process};
use crate::servers::{Authority, Error, Identity};

/// What a [`Samba`] is to be like.
#[derive(Debug, Default)]
pub struct SambaBuilder {
    orders: Orders,
    claim: Option<Claim>,
    identity: Option<Identity>,
    old_passwords: OldPasswords,
}

impl SambaBuilder {
    /// Adds somebody.
    #[must_use]
    pub fn user(mut self, user: &DomainUser) -> Self {
        user.orders(&mut self.orders);
        self
    }

    /// Adds a group of users and groups that there are already.
    #[must_use]
    pub fn group(mut self, name: &str, members: &[&str]) -> Self {
        self.orders.add(&["group", name]);
        for member in members {
            self.orders.add(&["join", name, member]);
        }
        self
    }

    /// Adds the account of a computer, by its name without `$`.
    #[must_use]
    pub fn computer(mut self, name: &str, password: &str) -> Self {
        self.orders.add(&["computer", name, password]);
        self
    }

    /// Locks an account after so many wrong passwords within `window`, for as long, in whole seconds; 0 is never, and
    /// then nobody counts.
    #[must_use]
    pub fn lockout(mut self, threshold: u32, window: Duration) -> Self {
        self.orders.lockout(threshold, window);
        self
    }

    /// Takes the password before the last one too, for an hour after the change, as Windows does.
    #[must_use]
    pub fn taking_old_passwords(mut self) -> Self {
        self.old_passwords = OldPasswords::Taken;
        self
    }

    /// Shows this certificate, instead of a good one for its name, its domain and its address by an authority of its
    /// own.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Shows a good certificate by this authority, so that who trusts it trusts two controllers.
    ///
    /// # Errors
    /// If no address is free, or the certificate's files cannot be written.
    pub fn issued_by(mut self, authority: &Authority) -> Result<Self, Error> {
        let claim = self.claim.map_or_else(Claim::new, Ok)?;
        self.identity = Some(issue(authority, claim.address())?);
        self.claim = Some(claim);
        Ok(self)
    }

    /// Starts it, and waits until it listens. The very first takes some seconds more, as the domain is made.
    ///
    /// # Errors
    /// If it is not installed, this is not root, it does not come up, or what was added is refused.
    pub fn start(self) -> Result<Samba, Error> {
        if !process::is_root() {
            return Err(Error::Failed {
                program: "samba",
                output: "only root can start it".to_owned(),
            });
        }
        let directory = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
        let claim = self.claim.map_or_else(Claim::new, Ok)?;
        let usual = || issue(&Authority::new()?, claim.address());
        let identity = self.identity.map_or_else(usual, Ok)?;
        template::copy(directory.path())?;
        let config = Config {
            directory: directory.path(),
            address: claim.address(),
            old_passwords: self.old_passwords,
        };
        config.write()?;
        config.show(&identity)?;
        let config_file = config.file();
        changes(&self.orders, claim.address()).carry_out(&config_file)?;
        Ok(Samba {
            process: Process::start(config.plan())?,
            claim,
            config_file,
            identity,
            _directory: directory,
        })
    }
}

/// All that makes a copy of the template another server's.
fn changes(wishes: &Orders, address: Ipv4Addr) -> Orders {
    let mut orders = Orders::default();
    let [from, to] = [template::ADDRESS, address].map(|address| address.to_string());
    orders.add(&["address", &from, &to]);
    orders.append(wishes);
    orders.add(&["lock", cast::LOCKED]);
    orders
}

/// A certificate for all names of a controller.
fn issue(authority: &Authority, address: Ipv4Addr) -> Result<Identity, Error> {
    authority.issue([DNS_HOST.to_owned(), DNS_DOMAIN.to_owned(), address.to_string()])
}
