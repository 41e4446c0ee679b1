//! A message's Sent copy, if it is to have one.

use bytes::BytesMut;
use gatepost_directory::Account;

use crate::config::SentMode;
use crate::gateway::Gateway;
use crate::login::place_account;
use crate::sent::{Envelope, Pending, SpoolError, Synced};

/// The copy, and how far it is.
pub(super) enum Copy {
    /// There is none.
    None,
    /// The message is not whole.
    Pending(Pending),
    /// It is whole, and the MTA's verdict is awaited.
    Synced(Synced),
}

/// Whose message it is.
pub(super) struct Sender<'a> {
    pub(super) directory: &'a str,
    pub(super) account: &'a Account,
    pub(super) session: &'a str,
    /// The envelope sender.
    pub(super) address: &'a str,
    /// What the client says that the message has, in octets.
    pub(super) size: Option<u64>,
}

impl Copy {
    /// Begins a copy if one is wanted, and there is room for it.
    pub(super) async fn begin(gateway: &Gateway, sender: Sender<'_>) -> anyhow::Result<Self> {
        let Some(copies) = &gateway.copies else {
            return Ok(Self::None);
        };
        let Sender { account, .. } = sender;
        // An account without a mail server has no mailbox to file in.
        let Ok(placed) = place_account(gateway, account) else {
            return Ok(Self::None);
        };
        let mode = copies.mode_for(&account.name, &placed.upstream.config);
        if mode == SentMode::Off {
            return Ok(Self::None);
        }
        let envelope = Envelope {
            directory: sender.directory.to_owned(),
            account: account.id.clone(),
            name: account.name.clone(),
            backend: placed.backend().to_owned(),
            session: sender.session.to_owned(),
            sender: sender.address.to_owned(),
            mode,
        };
        if !envelope.fits() {
            return Err(SpoolError::Unfit.into());
        }
        copies
            .room_for(&envelope, sender.size.unwrap_or_default())
            .await?;
        Ok(Self::Pending(copies.begin(envelope)))
    }

    /// Whether it has to have the message.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self, Self::Pending(_))
    }

    /// More of the message.
    pub(super) async fn append(&mut self, octets: &mut BytesMut) -> anyhow::Result<()> {
        if let Self::Pending(pending) = self {
            pending.append(octets).await?;
        }
        octets.clear();
        Ok(())
    }

    /// The message is whole: its copy is durable from now on.
    pub(super) async fn sync(&mut self, message_id: Option<Vec<u8>>) -> anyhow::Result<()> {
        if let Self::Pending(pending) = std::mem::replace(self, Self::None) {
            *self = Self::Synced(pending.sync(message_id.as_deref()).await?);
        }
        Ok(())
    }

    /// The MTA accepted the message.
    pub(super) async fn queue(&mut self) {
        if let Self::Synced(synced) = std::mem::replace(self, Self::None) {
            synced.queue().await;
        }
    }

    /// The MTA did not, or never had the whole of it.
    pub(super) async fn discard(&mut self) {
        match std::mem::replace(self, Self::None) {
            Self::None => {}
            Self::Pending(pending) => pending.discard().await,
            Self::Synced(synced) => synced.discard().await,
        }
    }

    /// Nobody will tell what became of the message: if the MTA may have the whole of it, it may be sent.
    pub(super) async fn end(&mut self) {
        match self {
            Self::None | Self::Pending(_) => self.discard().await,
            Self::Synced(_) => self.doubt().await,
        }
    }

    /// The MTA's answer was lost.
    pub(super) async fn doubt(&mut self) {
        if let Self::Synced(synced) = std::mem::replace(self, Self::None) {
            synced.doubt().await;
        }
    }
}
