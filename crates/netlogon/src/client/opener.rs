//! Opening a secure channel to a controller.

use std::time::Duration;

use tokio::time::timeout;

use crate::config::{Account, Controller};
use crate::crypto::SessionKey;
use crate::error::Failure;
use crate::nrpc;
use crate::rpc::{Connection, Dial, ENDPOINT_MAPPER, NETLOGON, Names};

/// The endpoint mapper's port.
const MAPPER: u16 = 135;

/// What it takes to reach a controller and to be known there.
pub(super) struct Opener<D> {
    pub(super) dial: D,
    pub(super) account: Account,
    pub(super) names: Names,
    /// For all that it takes to open a channel.
    pub(super) limit: Duration,
}

/// Where a controller's Netlogon listens.
pub(super) struct Place {
    host: String,
    pub(super) port: u16,
}

/// A connection on which everything is sealed, with a key of its own.
///
/// Sequence numbers begin anew with each connection. Were a key that of two connections, as MS-NRPC allows, an answer
/// could be recorded on one and played on the other, and let in somebody else.
pub(super) struct Channel<S> {
    pub(super) controller: Controller,
    pub(super) connection: Connection<S>,
}

impl<D: Dial> Opener<D> {
    pub(super) async fn open(&self, controller: &Controller) -> Result<Channel<D::Stream>, Failure> {
        self.limited(async {
            let place = self.locate(controller).await?;
            let key = self.authenticate(&place).await?;
            Ok(Channel {
                controller: controller.clone(),
                connection: self.sealed(&place, &key).await?,
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
        // A name may lead to several controllers, but the port is of this very one.
        let (stream, host) = dialled.map_err(Failure::Connect)?;
        let mut mapper = Connection::bind(stream, ENDPOINT_MAPPER).await?;
        let port = nrpc::port(&mut mapper).await?;
        Ok(Place { host, port })
    }

    /// Agrees on a key. The controller has one for each account, the last: with it the next connection is bound.
    pub(super) async fn authenticate(&self, place: &Place) -> Result<SessionKey, Failure> {
        let mut netlogon = Connection::bind(self.stream(place).await?, NETLOGON).await?;
        nrpc::authenticate(&mut netlogon, &self.account).await
    }

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
}
