//! The servers of one domain, and which they are at the moment.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ldap3::{LdapResult, SearchEntry};
use tokio::time::{Instant, timeout};

use super::config::{self, Config};
use super::dns::{Located, Look};
use crate::Unavailable;
use crate::ldap::pool::{Identity, Pool};
use crate::ldap::search::Search;
use crate::ldap::server::Servers;
use crate::ldap::{self, ConfigError, ServerUrl};

/// Records are asked for again after their time, but not more often nor more seldom than this.
const SHORTEST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(3600);
/// After a look-up or a server failed, the records are asked for again, but not more often than this.
const RETRY: Duration = Duration::from_secs(5);

/// Connections to servers with one content.
pub(super) struct Pools {
    pub(super) servers: Arc<Servers>,
    pub(super) urls: Vec<ServerUrl>,
    pub(super) searches: Pool,
    binds: Pool,
}

impl Pools {
    fn new(config: ldap::Config) -> Result<Self, ConfigError> {
        let (searching, binding) = (config.search_connections, config.bind_connections);
        let identity = config.service.clone().map_or(Identity::Nobody, Identity::Service);
        let urls = config.urls.clone();
        let servers = Arc::new(Servers::new(Arc::new(config))?);
        Ok(Self {
            urls,
            searches: Pool::new(Arc::clone(&servers), identity, searching),
            binds: Pool::new(Arc::clone(&servers), Identity::Nobody, binding),
            servers,
        })
    }
}

/// The servers by a list, or by what DNS says from time to time.
pub(super) enum Controllers {
    Listed(Arc<Pools>),
    Looked(Box<Looked>),
}

/// What was looked up.
pub(super) struct Looked {
    look: Look,
    config: Config,
    current: Mutex<Current>,
    /// Held by whoever looks up.
    looking: tokio::sync::Mutex<()>,
}

struct Current {
    pools: Result<Arc<Pools>, Unavailable>,
    since: Instant,
    until: Instant,
}

impl Controllers {
    pub(super) fn new(config: &Config) -> Result<Self, ConfigError> {
        match &config.controllers {
            config::Controllers::Urls(urls) => Self::listed(config, urls),
            config::Controllers::Srv(srv) => {
                // What is wrong with the CA file is to be known now.
                let any = ServerUrl::parse(&format!("ldaps://{}", config.dns_domain)).map_err(ConfigError)?;
                Pools::new(config.to_ldap(vec![any]))?;
                Ok(Self::Looked(Box::new(Looked::new(
                    Look::new(srv, config)?,
                    config,
                ))))
            }
        }
    }

    pub(super) fn listed(config: &Config, urls: &[ServerUrl]) -> Result<Self, ConfigError> {
        let pools = Pools::new(config.to_ldap(urls.to_vec()))?;
        Ok(Self::Listed(Arc::new(pools)))
    }

    /// The servers of this moment.
    pub(super) async fn pools(&self) -> Result<Arc<Pools>, Unavailable> {
        match self {
            Self::Listed(pools) => Ok(Arc::clone(pools)),
            Self::Looked(looked) => looked.pools().await,
        }
    }

    /// At most two entries.
    pub(super) async fn find(&self, search: &Search<'_>) -> Result<Vec<SearchEntry>, Unavailable> {
        self.heed(self.pools().await?.searches.find(search).await)
    }

    /// At most `limit` entries.
    pub(super) async fn find_up_to(
        &self,
        search: &Search<'_>,
        limit: i32,
    ) -> Result<Vec<SearchEntry>, Unavailable> {
        self.heed(self.pools().await?.searches.find_up_to(search, limit).await)
    }

    /// Whether the entry of that name matches a filter; `None` if there is no such entry.
    pub(super) async fn matches_if_there(&self, dn: &str, filter: &str) -> Result<Option<bool>, Unavailable> {
        self.heed(self.pools().await?.searches.matches_if_there(dn, filter).await)
    }

    /// The answer to that password for that entry.
    pub(super) async fn bind(&self, dn: &str, password: &str) -> Result<LdapResult, Unavailable> {
        self.heed(self.pools().await?.binds.bind(dn, password).await)
    }

    /// After a failure the servers are looked up again: they may have moved.
    pub(super) fn heed<T, E>(&self, answer: Result<T, E>) -> Result<T, E> {
        if let (Self::Looked(looked), Err(_)) = (self, &answer) {
            let now = Instant::now();
            let mut current = looked.lock();
            current.until = current.until.min(now.max(current.since + RETRY));
        }
        answer
    }
}

impl Looked {
    fn new(look: Look, config: &Config) -> Self {
        let now = Instant::now();
        let nobody = Current {
            pools: Err(Unavailable(
                "the domain controllers are not looked up yet".to_owned(),
            )),
            since: now,
            until: now,
        };
        Self {
            look,
            config: config.clone(),
            current: Mutex::new(nobody),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// What is known, if it is new enough. One asks anew; the others wait for it only if they have nothing older.
    async fn pools(&self) -> Result<Arc<Pools>, Unavailable> {
        if let Some(known) = self.known() {
            return known;
        }
        let old = self.lock().pools.clone();
        let _looking = match (self.looking.try_lock(), old) {
            (Ok(guard), _) => guard,
            (Err(_), Ok(old)) => return Ok(old),
            (Err(_), Err(_)) => self.looking.lock().await,
        };
        match self.known() {
            Some(known) => known,
            None => self.refresh().await,
        }
    }

    fn known(&self) -> Option<Result<Arc<Pools>, Unavailable>> {
        let current = self.lock();
        (current.until > Instant::now()).then(|| current.pools.clone())
    }

    async fn refresh(&self) -> Result<Arc<Pools>, Unavailable> {
        let found = match timeout(self.config.connect_time, self.look.up()).await {
            Ok(found) => found.map_err(Unavailable),
            Err(_) => Err(Unavailable(format!(
                "looking up {} took longer than {} s",
                self.look.record(),
                self.config.connect_time.as_secs_f32()
            ))),
        };
        let old = self.lock().pools.clone();
        let (pools, valid) = match (found, old) {
            (Ok(found), old) => {
                let valid = found.valid.clamp(SHORTEST, LONGEST);
                (self.renewed(found, old.ok()), valid)
            }
            // Servers that were there may still be.
            (Err(_), Ok(old)) => (Ok(old), RETRY),
            (Err(why), Err(_)) => (Err(why), RETRY),
        };
        let since = Instant::now();
        *self.lock() = Current {
            pools: pools.clone(),
            since,
            until: since + valid,
        };
        pools
    }

    /// The old connections if they lead to the same servers, else new ones.
    fn renewed(&self, found: Located, old: Option<Arc<Pools>>) -> Result<Arc<Pools>, Unavailable> {
        let is_same = |pools: &Arc<Pools>| {
            let known = |url| pools.urls.contains(url);
            pools.urls.len() == found.urls.len() && found.urls.iter().all(known)
        };
        if let Some(old) = old.filter(is_same) {
            return Ok(old);
        }
        let pools = Pools::new(self.config.to_ldap(found.urls));
        pools
            .map(Arc::new)
            .map_err(|error| Unavailable(error.to_string()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
