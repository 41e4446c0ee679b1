//! An LDAP directory: the service account searches who is meant, then the user's own bind judges the password.
//!
//! [`Directory::resolve`] is a search with a configurable filter that must match exactly one entry.
//! [`Directory::verify`] is a simple bind with that entry's distinguished name (RFC 4511 section 4.2, RFC 4513
//! section 5.1.3), and then the filters that say who may use mail, whose answer matters only after the right password.
//!
//! CRAM-MD5 and NTLM need a secret that no bind can use. Where [`Config`] names an attribute that keeps one, the service
//! account reads it when such a claim is to be judged, and never else: it is no part of an [`Entry`], and is forgotten
//! after the verdict. As no server looks at the account's state then, its flags are read with it.
//!
//! Searches and binds have pools of their own, since a bind changes whose connection it is. A connection carries one
//! operation at a time; one whose operation failed or was given up is closed and never used again, so no answer can
//! reach another user. Servers are tried in order, those that failed lately last. Referrals are never followed.
//!
//! Whatever keeps the directory from an answer (no server, TLS, time limits, the service account refused, any result
//! code that is no verdict) is [`Unavailable`], never a denial.

pub(crate) mod addresses;
pub(crate) mod bind;
mod challenge;
mod config;
mod explain;
mod flags;
pub(crate) mod guard;
mod kept;
pub(crate) mod pool;
mod probe;
pub(crate) mod search;
mod secret_attributes;
pub(crate) mod server;

use std::collections::BTreeSet;
use std::sync::Arc;

use gatepost_sasl::{Claim, ClaimKinds, Password};

pub use config::{Config, ConfigError, PLACEHOLDER, ServerUrl, Service, Transport, is_filter};

use crate::{
    BoxFuture, Denial, Directory, Entry, EntryId, Explanation, MAX_NAME_OCTETS, MAX_PASSWORD_OCTETS,
    Resolution, Standing, Unavailable, Verdict,
};
use bind::Bound;
use pool::{Identity, Pool};
use search::{Scope, Search};
use server::Servers;

/// One or several LDAP servers with the same content.
pub struct LdapDirectory {
    config: Arc<Config>,
    servers: Arc<Servers>,
    searches: Pool,
    binds: Pool,
}

/// What [`LdapDirectory::probe`] found of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerReport {
    /// The server's URL.
    pub url: String,
    /// What works, or what is wrong, in plain words.
    pub outcome: Result<String, String>,
    /// What works, but not for everything that is configured.
    pub warnings: Vec<String>,
}

impl LdapDirectory {
    /// Prepares the pools. Nothing is connected yet.
    ///
    /// # Errors
    /// If the configuration cannot work: a filter that does not parse, a CA file that cannot be read.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.validate()?;
        let config = Arc::new(config);
        let servers = Arc::new(Servers::new(Arc::clone(&config))?);
        let identity = config.service.clone().map_or(Identity::Nobody, Identity::Service);
        let searches = Pool::new(Arc::clone(&servers), identity, config.search_connections);
        let binds = Pool::new(Arc::clone(&servers), Identity::Nobody, config.bind_connections);
        Ok(Self {
            config,
            servers,
            searches,
            binds,
        })
    }

    async fn look_up(&self, name: &str) -> Resolution {
        let filter = self.config.filter_for(name);
        self.search(&self.config.base, Scope::Subtree, &filter).await
    }

    /// An id is a value of the attribute, or the distinguished name of an entry that had none.
    async fn look_up_id(&self, id: &EntryId) -> Resolution {
        let filter = self.config.filter_for_id(&id.0);
        let found = self.search(&self.config.base, Scope::Subtree, &filter).await;
        let found = match found {
            Resolution::Unknown { .. } if id.0.contains('=') => {
                self.search(&id.0, Scope::Base, "(objectClass=*)").await
            }
            found => found,
        };
        match found {
            // The attribute's second value, or an entry that has the attribute by now.
            Resolution::Found(entry) if entry.id != *id => Resolution::Unknown {
                why: "the entry that matches has another id",
            },
            found => found,
        }
    }

    /// The only entry that matches.
    async fn search(&self, base: &str, scope: Scope, filter: &str) -> Resolution {
        let attributes: BTreeSet<&str> = self.config.attribute_names().collect();
        let search = Search {
            base,
            filter,
            attributes: attributes.into_iter().collect(),
            scope,
        };
        match self.searches.find(&search).await {
            Ok(mut found) => match (found.pop(), found.is_empty()) {
                (Some(entry), true) => search::entry(entry, &self.config),
                (Some(_), false) => Resolution::Unknown {
                    why: "more than one entry matches",
                },
                (None, _) => Resolution::Unknown {
                    why: "no entry matches",
                },
            },
            Err(why) => Resolution::Unavailable(why),
        }
    }

    async fn judge(&self, entry: &Entry, claim: &Claim) -> Verdict {
        match claim {
            Claim::Password(claim) => self.judge_password(entry, claim).await,
            claim => self.judge_proof(entry, claim).await,
        }
    }

    async fn judge_password(&self, entry: &Entry, claim: &Password) -> Verdict {
        let password = match claim.password().expose_str() {
            Ok(password) if is_sendable(password) => password,
            _ => return Verdict::Denied(Denial::BadCredentials),
        };
        if entry.handle.is_empty() {
            // A bind without a name is anonymous, and succeeds (RFC 4513 section 5.1.1).
            return Verdict::Denied(Denial::BadCredentials);
        }
        let answer = self.binds.bind(&entry.handle, password).await;
        match answer.and_then(|result| bind::verdict(&result)) {
            Ok(Bound::Yes) => verdict(entry, self.obstacle(entry).await),
            Ok(Bound::No(denial)) => Verdict::Denied(denial),
            Err(why) => Verdict::Unavailable(why),
        }
    }

    /// Why the account may not be used at this moment, whatever it can prove.
    async fn obstacle(&self, entry: &Entry) -> Result<Option<Denial>, Unavailable> {
        if self.is_flagged(entry).await? {
            return Ok(Some(Denial::Disabled));
        }
        self.permission(entry).await
    }

    /// Is the account disabled, may it use mail, by the filters and the group?
    async fn permission(&self, entry: &Entry) -> Result<Option<Denial>, Unavailable> {
        let searches = &self.searches;
        if let Some(filter) = &self.config.disabled_filter
            && searches.matches(&entry.handle, filter).await?
        {
            return Ok(Some(Denial::Disabled));
        }
        if let Some(filter) = &self.config.required_filter
            && !searches.matches(&entry.handle, filter).await?
        {
            return Ok(Some(Denial::NotPermitted));
        }
        if let Some(group) = &self.config.required_group {
            let filter = self.config.membership_of(&entry.handle, &entry.account.name);
            let is_member = searches.matches_if_there(group, &filter).await?;
            // Without the group nobody can tell: that is no fault of the user.
            if !is_member.ok_or_else(|| no_group(group))? {
                return Ok(Some(Denial::NotPermitted));
            }
        }
        Ok(None)
    }
}

fn no_group(group: &str) -> Unavailable {
    Unavailable(format!("the required group {group} does not exist"))
}

impl Directory for LdapDirectory {
    fn accepts(&self) -> ClaimKinds {
        self.config.accepts()
    }

    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Resolution> {
        Box::pin(async move {
            if name.is_empty() || name.len() > MAX_NAME_OCTETS || name.contains('\0') {
                return Resolution::Unknown {
                    why: "the name is empty, too long or holds NUL",
                };
            }
            self.look_up(name).await
        })
    }

    fn resolve_id<'a>(&'a self, id: &'a EntryId) -> BoxFuture<'a, Resolution> {
        Box::pin(async move {
            if id.0.is_empty() {
                return Resolution::Unknown {
                    why: "the id is empty",
                };
            }
            self.look_up_id(id).await
        })
    }

    fn verify<'a>(&'a self, entry: &'a Entry, claim: &'a Claim) -> BoxFuture<'a, Verdict> {
        Box::pin(self.judge(entry, claim))
    }

    fn standing<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Standing> {
        Box::pin(async move {
            match self.obstacle(entry).await {
                Ok(None) => Standing::Usable,
                Ok(Some(denial)) => Standing::Denied(denial),
                Err(why) => Standing::Unavailable(why),
            }
        })
    }

    fn explain<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Explanation, Unavailable>> {
        Box::pin(self.described(entry))
    }

    fn verify_unknown<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(self.judge_nobody(claim))
    }
}

/// What the right proof hears.
fn verdict(entry: &Entry, obstacle: Result<Option<Denial>, Unavailable>) -> Verdict {
    match obstacle {
        Ok(None) => Verdict::Granted(entry.account.clone()),
        Ok(Some(denial)) => Verdict::Denied(denial),
        Err(why) => Verdict::Unavailable(why),
    }
}

/// An empty password makes a bind anonymous, and a success (RFC 4513 section 5.1.2).
pub(crate) fn is_sendable(password: &str) -> bool {
    !password.is_empty() && password.len() <= MAX_PASSWORD_OCTETS && !password.contains('\0')
}
