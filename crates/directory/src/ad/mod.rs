//! Active Directory: users found and passwords judged by LDAP, NTLM judged by Netlogon.
//!
//! [`Directory::resolve`] is one search of the service account. What was typed may be a sAMAccountName, `DOMAIN\alice`,
//! a user principal name, or one of the user's mail addresses; without `@` and backslash it is a sAMAccountName, never
//! the first part of a user principal name. It must lead to exactly one user: a name that is one user's principal name
//! and another's mail address is nobody's. Computers, trusts and contacts are no users.
//!
//! [`Directory::verify`] judges a password by a simple bind with the entry's distinguished name, and reads why it failed
//! from the sub-code in the answer's text. NTLM is passed through to a domain controller with the names as the client
//! sent them; the account that it names must be the entry's, or nobody is let in. After either, the account's flags and
//! its groups are read.
//!
//! An [`Entry`] has the `objectSid` as text for its id, `pwdLastSet` for its secret version, the sAMAccountName for its
//! canonical name. Referrals are never followed. Pools, time limits and outages are as with
//! [`LdapDirectory`](crate::ldap::LdapDirectory).

mod clock;
mod config;
mod controllers;
mod dns;
mod entry;
mod explain;
mod flags;
mod names;
mod permission;
mod probe;
mod sid;
mod subcode;

use gatepost_sasl::{Claim, ClaimKinds, Password};

pub use config::{Config, Controllers, GlobalCatalog, Netlogon, Protection, Srv};

use crate::ldap::bind::Bound;
use crate::ldap::search::{Scope, Search};
use crate::ldap::{ConfigError, is_sendable};
use crate::{
    BoxFuture, Denial, Directory, Entry, EntryId, Explanation, MAX_NAME_OCTETS, Resolution, Standing,
    Unavailable, Verdict,
};
use entry::unknown;

/// A domain, or a forest seen from one of its domains.
///
/// [`Directory::standing`] looks at what an administrator did: the account is disabled, has expired, its password has
/// expired, or it left the required group. It does not look at a lock-out. Whoever knows a user's name can lock the
/// account with wrong passwords, and would end the sessions of its owner, who proved to be it long ago.
pub struct ActiveDirectory {
    config: Config,
    controllers: controllers::Controllers,
    catalog: Option<controllers::Controllers>,
}

impl ActiveDirectory {
    /// Prepares the pools. Nothing is connected or looked up yet.
    ///
    /// # Errors
    /// If the configuration cannot work: a name that is none, a CA file that cannot be read, no DNS server.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.validate()?;
        let catalog = config.global_catalog.as_ref();
        let catalog = catalog.map(|catalog| controllers::Controllers::listed(&config, &catalog.urls));
        Ok(Self {
            controllers: controllers::Controllers::new(&config)?,
            catalog: catalog.transpose()?,
            config,
        })
    }

    fn domain(&self) -> names::Domain<'_> {
        names::Domain {
            dns: &self.config.dns_domain,
            netbios: &self.config.netbios_domain,
        }
    }

    /// Who knows that entry best: the domain's own controllers, or for users of other domains the global catalog.
    fn home(&self, dn: &str) -> &controllers::Controllers {
        let is_own = || config::domain_of(dn) == self.config.dns_domain.to_lowercase();
        match &self.catalog {
            Some(catalog) if !is_own() => catalog,
            _ => &self.controllers,
        }
    }

    /// The only user that matches.
    async fn only(&self, filter: &str) -> Resolution {
        let Some(catalog) = &self.catalog else {
            let base = &self.config.base;
            return self.search(&self.controllers, base, Scope::Subtree, filter).await;
        };
        let base = self
            .config
            .global_catalog
            .as_ref()
            .map_or("", |catalog| &catalog.base);
        match self.search(catalog, base, Scope::Subtree, filter).await {
            // The catalog holds few attributes of a user; the domain's controllers hold all.
            Resolution::Found(entry)
                if config::domain_of(&entry.handle) == self.config.dns_domain.to_lowercase() =>
            {
                self.search(&self.controllers, &entry.handle, Scope::Base, filter)
                    .await
            }
            found => found,
        }
    }

    async fn search(
        &self,
        servers: &controllers::Controllers,
        base: &str,
        scope: Scope,
        filter: &str,
    ) -> Resolution {
        let search = Search {
            base,
            filter,
            attributes: entry::attribute_names(&self.config),
            scope,
        };
        match servers.find(&search).await {
            Ok(mut found) => match (found.pop(), found.is_empty()) {
                (Some(found), true) => entry::entry(found, &self.config),
                (Some(_), false) => unknown("more than one user has this name or address"),
                (None, _) => unknown("no user matches"),
            },
            Err(why) => Resolution::Unavailable(why),
        }
    }

    async fn look_up(&self, name: &str) -> Resolution {
        if name.is_empty() || name.len() > MAX_NAME_OCTETS || name.contains('\0') {
            return unknown("the name is empty, too long or holds NUL");
        }
        match self.domain().filter_for(name) {
            Ok(filter) => self.only(&filter).await,
            Err(why) => unknown(why),
        }
    }

    async fn look_up_id(&self, id: &EntryId) -> Resolution {
        match sid::filter_value(&id.0) {
            Some(value) => self.only(&names::filter_for_sid(&value)).await,
            None => unknown("the id is not a security identifier"),
        }
    }

    async fn judge(&self, entry: &Entry, claim: &Claim) -> Verdict {
        let proof = match claim {
            Claim::Password(claim) => self.judge_password(entry, claim).await,
            _ => Ok(Bound::No(Denial::NotSupported)),
        };
        match proof {
            Ok(Bound::Yes) => self.judge_permission(entry).await,
            Ok(Bound::No(denial)) => Verdict::Denied(denial),
            Err(why) => Verdict::Unavailable(why),
        }
    }

    async fn judge_password(&self, entry: &Entry, claim: &Password) -> Result<Bound, Unavailable> {
        match claim.password().expose_str() {
            // Without a name or a password the bind is anonymous, and succeeds (RFC 4513 section 5.1).
            Ok(password) if is_sendable(password) && !entry.handle.is_empty() => {
                let home = self.home(&entry.handle);
                subcode::verdict(&home.bind(&entry.handle, password).await?)
            }
            _ => Ok(Bound::No(Denial::BadCredentials)),
        }
    }

    /// After the right proof: may the account use mail?
    async fn judge_permission(&self, entry: &Entry) -> Verdict {
        match self.permission(entry).await {
            Ok(None) => Verdict::Granted(entry.account.clone()),
            Ok(Some(denial)) => Verdict::Denied(denial),
            Err(why) => Verdict::Unavailable(why),
        }
    }
}

impl Directory for ActiveDirectory {
    fn accepts(&self) -> ClaimKinds {
        ClaimKinds::PASSWORD
    }

    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Resolution> {
        Box::pin(self.look_up(name))
    }

    fn resolve_id<'a>(&'a self, id: &'a EntryId) -> BoxFuture<'a, Resolution> {
        Box::pin(self.look_up_id(id))
    }

    fn verify<'a>(&'a self, entry: &'a Entry, claim: &'a Claim) -> BoxFuture<'a, Verdict> {
        Box::pin(self.judge(entry, claim))
    }

    fn standing<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Standing> {
        Box::pin(async move {
            match self.permission(entry).await {
                Ok(None) => Standing::Usable,
                Ok(Some(denial)) => Standing::Denied(denial),
                Err(why) => Standing::Unavailable(why),
            }
        })
    }

    fn explain<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Explanation, Unavailable>> {
        Box::pin(self.explain_entry(entry))
    }
}
