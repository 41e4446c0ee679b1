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
mod ntlm;
mod permission;
mod probe;
mod resolve;
mod sid;
mod subcode;

use gatepost_sasl::ntlm::Ntlm;
use gatepost_sasl::{Claim, ClaimKind, ClaimKinds, Password};

pub use config::{Config, Controllers, GlobalCatalog, Netlogon, Protection, Srv};

use crate::ldap::bind::Bound;
use crate::ldap::{ConfigError, is_sendable};
use crate::{
    BoxFuture, Denial, Directory, Entry, EntryId, Explanation, Resolution, Standing, Unavailable, Verdict,
};
use ntlm::PassThrough;

/// A domain, or a forest seen from one of its domains.
///
/// [`Directory::standing`] looks at what an administrator did: the account is disabled, has expired, its password has
/// expired, or it left the required group. It does not look at a lock-out. Whoever knows a user's name can lock the
/// account with wrong passwords, and would end the sessions of its owner, who proved to be it long ago.
pub struct ActiveDirectory {
    config: Config,
    controllers: controllers::Controllers,
    catalog: Option<controllers::Controllers>,
    pass_through: Option<PassThrough>,
}

impl ActiveDirectory {
    /// Prepares the pools. Nothing is connected or looked up yet.
    ///
    /// # Errors
    /// If the configuration cannot work: a name that is none, a CA file that cannot be read, no DNS server, a
    /// computer account without password.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.validate()?;
        let catalog = config.global_catalog.as_ref();
        let catalog = catalog.map(|catalog| controllers::Controllers::listed(&config, &catalog.urls));
        let netlogon = config.netlogon.as_ref();
        let pass_through = netlogon.map(|account| PassThrough::new(&config, account));
        Ok(Self {
            controllers: controllers::Controllers::new(&config)?,
            catalog: catalog.transpose()?,
            pass_through: pass_through.transpose()?,
            config,
        })
    }

    /// Whether an entry of that name is of the domain itself.
    fn is_own(&self, dn: &str) -> bool {
        config::domain_of(dn) == self.config.dns_domain.to_lowercase()
    }

    /// Who knows that entry best: the domain's own controllers, or for users of other domains the global catalog.
    fn home(&self, dn: &str) -> &controllers::Controllers {
        match &self.catalog {
            Some(catalog) if !self.is_own(dn) => catalog,
            _ => &self.controllers,
        }
    }

    async fn judge(&self, entry: &Entry, claim: &Claim) -> Verdict {
        let proof = match claim {
            Claim::Password(claim) => self.judge_password(entry, claim).await,
            Claim::Ntlm(claim) => self.judge_ntlm(entry, claim).await,
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

    async fn judge_ntlm(&self, entry: &Entry, claim: &Ntlm) -> Result<Bound, Unavailable> {
        let Some(pass_through) = &self.pass_through else {
            return Ok(Bound::No(Denial::NotSupported));
        };
        if !self.is_known_by(entry, claim) {
            return Ok(Bound::No(Denial::NotSupported));
        }
        pass_through.lead_to(&self.controllers.pools().await?.urls);
        self.controllers.heed(pass_through.judge(entry, claim).await)
    }

    /// Whether domain controllers know the entry by the names that the client chose. They take an address for a user of an
    /// unknown domain, and miss the controllers of that one and of whatever other domain they are told: an outage, as it
    /// seems, that anybody could bring about.
    fn is_known_by(&self, entry: &Entry, claim: &Ntlm) -> bool {
        let Config {
            dns_domain,
            netbios_domain,
            ..
        } = &self.config;
        let home = config::domain_of(&entry.handle);
        let home = names::Domain::new(&home, netbios_domain);
        let ours = names::Domain::new(dns_domain, netbios_domain);
        let (domain, account) = (claim.domain(), &entry.account);
        let principal = account.attribute("userPrincipalName");
        (domain.is_empty() || home.is_called(domain) || ours.is_called(domain))
            && home.knows(claim.user(), &account.name, principal)
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
        match self.pass_through {
            Some(_) => ClaimKinds::PASSWORD.with(ClaimKind::Ntlm),
            None => ClaimKinds::PASSWORD,
        }
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
