//! Connections that are used again, one operation at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ldap3::{LdapError, LdapResult, SearchEntry};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::bind;
use super::config::Service;
use super::guard::guarded;
use super::search::{self, Found, Scope, Search};
use super::server::{Connection, Servers, in_words};
use crate::Unavailable;

/// Whom the connections of a pool belong to.
pub(crate) enum Identity {
    /// The service account.
    Service(Service),
    /// Nobody, or the user who was bound last.
    Nobody,
}

/// Connections of one identity.
pub(crate) struct Pool {
    servers: Arc<Servers>,
    identity: Identity,
    permits: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

/// A connection that waits to be used again.
struct Idle {
    connection: Connection,
    since: Instant,
}

/// A connection that was idle for so long is closed. Firewalls forget such without a word to either side, and what is
/// sent on them then is lost.
const LONGEST_IDLE: Duration = Duration::from_secs(120);

/// What a connection can be asked.
enum Operation<'a> {
    Search(&'a Search<'a>, i32),
    SearchTypes(&'a Search<'a>),
    Bind { dn: &'a str, password: &'a str },
}

enum Answer {
    Found(Found),
    Bound(LdapResult),
}

impl Answer {
    /// Whether the server says that it could judge nothing: another one may.
    fn is_unwell(&self) -> bool {
        match self {
            Self::Found(found) => matches!(found, Found::Unwell(_)),
            Self::Bound(result) => search::is_unwell(result.rc),
        }
    }
}

impl Pool {
    pub(crate) fn new(servers: Arc<Servers>, identity: Identity, connections: usize) -> Self {
        Self {
            servers,
            identity,
            permits: Semaphore::new(connections.max(1)),
            idle: Mutex::default(),
        }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// At most two entries: enough to know whether there is exactly one.
    pub(crate) async fn find(&self, search: &Search<'_>) -> Result<Vec<SearchEntry>, Unavailable> {
        self.find_up_to(search, search::TWO).await
    }

    /// At most `limit` entries; which ones, if there are more, is the server's choice.
    pub(crate) async fn find_up_to(
        &self,
        search: &Search<'_>,
        limit: i32,
    ) -> Result<Vec<SearchEntry>, Unavailable> {
        self.entries(&Operation::Search(search, limit), search).await
    }

    /// As [`Pool::find`], but of attributes the names alone.
    pub(super) async fn find_types(&self, search: &Search<'_>) -> Result<Vec<SearchEntry>, Unavailable> {
        self.entries(&Operation::SearchTypes(search), search).await
    }

    async fn entries(
        &self,
        operation: &Operation<'_>,
        search: &Search<'_>,
    ) -> Result<Vec<SearchEntry>, Unavailable> {
        match self.ask(operation).await? {
            Answer::Found(Found::Entries(entries)) => Ok(entries),
            // What is asked for is the base itself, and there is none.
            Answer::Found(Found::NoSuchObject) if search.scope == Scope::Base => Ok(Vec::new()),
            Answer::Found(Found::NoSuchObject) => Err(Unavailable(format!(
                "the search base {} does not exist",
                search.base
            ))),
            Answer::Found(Found::Failed(why) | Found::Unwell(why)) => Err(why),
            Answer::Bound(_) => Err(mixed_up()),
        }
    }

    /// Whether the entry of that name matches a filter; one that is not there does not.
    pub(crate) async fn matches(&self, dn: &str, filter: &str) -> Result<bool, Unavailable> {
        let matched = self.matches_if_there(dn, filter).await?;
        Ok(matched.unwrap_or(false))
    }

    /// Whether the entry of that name matches a filter; `None` if there is no such entry.
    pub(crate) async fn matches_if_there(&self, dn: &str, filter: &str) -> Result<Option<bool>, Unavailable> {
        let search = Search {
            base: dn,
            filter,
            attributes: vec!["1.1"],
            scope: Scope::Base,
        };
        match self.ask(&Operation::Search(&search, search::TWO)).await? {
            Answer::Found(Found::Entries(entries)) => Ok(Some(!entries.is_empty())),
            Answer::Found(Found::NoSuchObject) => Ok(None),
            Answer::Found(Found::Failed(why) | Found::Unwell(why)) => Err(why),
            Answer::Bound(_) => Err(mixed_up()),
        }
    }

    /// The server's answer to that password for that entry.
    pub(crate) async fn bind(&self, dn: &str, password: &str) -> Result<LdapResult, Unavailable> {
        match self.ask(&Operation::Bind { dn, password }).await? {
            Answer::Bound(result) => Ok(result),
            Answer::Found(_) => Err(mixed_up()),
        }
    }

    /// Asks on an idle connection, or on a new one. A connection that breaks, or whose server is not well, is dropped, and the next server asked,
    /// until each has had its chance. But a password goes to nobody else after a server has kept silent about it, or
    /// closed a new connection instead of an answer: that one may have counted it as a wrong one already.
    async fn ask(&self, operation: &Operation<'_>) -> Result<Answer, Unavailable> {
        let waited = timeout(self.servers.operation_time(), self.permits.acquire()).await;
        let Ok(Ok(_permit)) = waited else {
            return Err(Unavailable(
                "every connection to the directory is busy".to_owned(),
            ));
        };
        let mut attempts = self.servers.count();
        loop {
            let (mut connection, reused) = match self.take_idle() {
                Some(connection) => (connection, true),
                None => (self.servers.connect(&self.identity).await?, false),
            };
            match self.run(&mut connection, operation).await {
                Ok(answer) if answer.is_unwell() => {
                    self.give_up(connection.server);
                    attempts = attempts.saturating_sub(1);
                    if attempts == 0 {
                        return Ok(answer);
                    }
                }
                Ok(answer) => {
                    // Only a whole answer returns the connection; a future that is dropped here drops it too.
                    self.put_idle(connection);
                    return Ok(answer);
                }
                // The server may have closed it while it was idle: that is no fault of the server. It may have heard a
                // password, too, so no other idle one is tried that is as dead.
                Err(error) if reused && !matches!(error, LdapError::Timeout { .. }) => {
                    self.close_idle(connection.server);
                }
                Err(error) => {
                    self.give_up(connection.server);
                    attempts = attempts.saturating_sub(1);
                    if attempts == 0 || matches!(operation, Operation::Bind { .. }) {
                        let url = self.servers.url(connection.server);
                        return Err(Unavailable(format!("{url}: {}", in_words(&error))));
                    }
                }
            }
        }
    }

    async fn run(&self, connection: &mut Connection, operation: &Operation<'_>) -> Result<Answer, LdapError> {
        let ldap = &mut connection.ldap;
        let limit = self.servers.operation_time();
        match operation {
            Operation::Search(search, most) => guarded(limit, search::run(ldap, search, *most))
                .await
                .map(Answer::Found),
            Operation::SearchTypes(search) => guarded(limit, search::types(ldap, search))
                .await
                .map(Answer::Found),
            Operation::Bind { dn, password } => guarded(limit, bind::run(ldap, dn, password))
                .await
                .map(Answer::Bound),
        }
    }

    /// The server comes last from now on, and its idle connections, which are as dead, are closed.
    fn give_up(&self, server: usize) {
        self.servers.mark_failed(server);
        self.close_idle(server);
    }

    fn close_idle(&self, server: usize) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.connection.server != server);
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| !idle.connection.is_closed() && idle.since.elapsed() < LONGEST_IDLE);
        idle.pop().map(|idle| idle.connection)
    }

    fn put_idle(&self, connection: Connection) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Idle {
                connection,
                since: Instant::now(),
            });
    }
}

fn mixed_up() -> Unavailable {
    Unavailable("the answer belongs to another operation".to_owned())
}
