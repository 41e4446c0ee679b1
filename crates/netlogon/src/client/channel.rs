//! A secure channel: one session key, and the connections that are bound with it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::config::{Account, Controller};
use crate::crypto::SessionKey;
use crate::error::Failure;
use crate::nrpc;
use crate::rpc::{Connection, Dial, ENDPOINT_MAPPER, NETLOGON, Names};

/// The endpoint mapper's port.
const MAPPER: u16 = 135;

/// A connection that was idle for longer is not used again: a firewall may have forgotten it without a word.
const IDLE: Duration = Duration::from_secs(60);

/// What it takes to reach a controller and to be known there.
pub(super) struct Opener<D> {
    pub(super) dial: D,
    pub(super) account: Account,
    pub(super) names: Names,
    /// For a whole channel, and for each further connection.
    pub(super) limit: Duration,
}

/// Where a controller's Netlogon listens.
pub(super) struct Place {
    host: String,
    pub(super) port: u16,
}

/// A secure channel to one controller.
pub(super) struct Channel<S> {
    pub(super) controller: Controller,
    place: Place,
    key: SessionKey,
    /// `None` as soon as the channel is given up.
    idle: Mutex<Option<Vec<Idle<S>>>>,
}

struct Idle<S> {
    connection: Connection<S>,
    since: Instant,
}

impl<D: Dial> Opener<D> {
    /// A new channel, whoever may have had one before with this account.
    pub(super) async fn open(&self, controller: &Controller) -> Result<Channel<D::Stream>, Failure> {
        self.limited(async {
            let place = self.locate(controller).await?;
            let key = self.authenticate(&place).await?;
            Ok(Channel {
                controller: controller.clone(),
                place,
                key,
                idle: Mutex::new(Some(Vec::new())),
            })
        })
        .await
    }

    pub(super) async fn limited<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let done = timeout(self.limit, work).await;
        done.unwrap_or(Err(Failure::SlowConnect(self.limit)))
    }

    /// Asks the endpoint mapper, unless the port is configured.
    pub(super) async fn locate(&self, controller: &Controller) -> Result<Place, Failure> {
        if let Some(port) = controller.port {
            let host = controller.host.clone();
            return Ok(Place { host, port });
        }
        let dialled = self.dial.dial(&controller.host, MAPPER).await;
        // Whatever the name leads to later, the port is of this very controller.
        let (stream, host) = dialled.map_err(Failure::Connect)?;
        let mut mapper = Connection::bind(stream, ENDPOINT_MAPPER).await?;
        let port = nrpc::port(&mut mapper).await?;
        Ok(Place { host, port })
    }

    pub(super) async fn authenticate(&self, place: &Place) -> Result<SessionKey, Failure> {
        let mut netlogon = Connection::bind(self.stream(place).await?, NETLOGON).await?;
        nrpc::authenticate(&mut netlogon, &self.account).await
    }

    /// A connection on which everything is sealed with the key.
    pub(super) async fn sealed(
        &self,
        place: &Place,
        key: &SessionKey,
    ) -> Result<Connection<D::Stream>, Failure> {
        let stream = self.stream(place).await?;
        Connection::bind_sealed(stream, NETLOGON, &self.names, key).await
    }

    async fn stream(&self, place: &Place) -> Result<D::Stream, Failure> {
        let dialled = self.dial.dial(&place.host, place.port).await;
        dialled.map(|(stream, _)| stream).map_err(Failure::Connect)
    }

    /// An idle connection of the channel, or a new one.
    pub(super) async fn connection(
        &self,
        channel: &Channel<D::Stream>,
    ) -> Result<Connection<D::Stream>, Failure> {
        match channel.take_idle() {
            Some(connection) => Ok(connection),
            None => self.limited(self.sealed(&channel.place, &channel.key)).await,
        }
    }
}

impl<S> Channel<S> {
    fn take_idle(&self) -> Option<Connection<S>> {
        let now = Instant::now();
        let mut idle = self.lock();
        let idle = idle.as_mut()?;
        idle.retain(|idle| now.duration_since(idle.since) < IDLE);
        idle.pop().map(|idle| idle.connection)
    }

    /// For the next request. Only a connection whose answer has been read whole may come back.
    pub(super) fn keep(&self, connection: Connection<S>) {
        if let Some(idle) = self.lock().as_mut() {
            let since = Instant::now();
            idle.push(Idle { connection, since });
        }
    }

    /// Closes what is idle. What is busy is closed when it comes back.
    pub(super) fn give_up(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Idle<S>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
