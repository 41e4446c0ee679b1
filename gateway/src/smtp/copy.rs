//! A message's Sent copy, if it is to have one.

use bytes::BytesMut;
use gatepost_directory::Account;

use crate::gateway::Gateway;

/// The copy, and how far it is.
pub(super) enum Copy {
    /// There is none.
    None,
}

impl Copy {
    pub(super) async fn begin(_: &Gateway, _: &Account, _: &str) -> anyhow::Result<Self> {
        Ok(Self::None)
    }

    pub(super) async fn append(&mut self, octets: &mut BytesMut) -> anyhow::Result<()> {
        octets.clear();
        Ok(())
    }

    pub(super) async fn sync(&mut self, _: Option<Vec<u8>>) -> anyhow::Result<()> {
        Ok(())
    }

    pub(super) async fn queue(&mut self) {}

    pub(super) async fn discard(&mut self) {}

    pub(super) async fn doubt(&mut self) {}
}
