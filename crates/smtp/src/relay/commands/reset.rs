//! RSET, and EHLO and HELO, which end a transaction as well (RFC 5321 sections 4.1.1.5 and 4.1.4).

use bytes::BytesMut;

use super::Turn;
use crate::Reply;
use crate::relay::transaction::Transaction;
use crate::relay::{Relay, Wires};

impl Relay {
    pub(super) fn hello(&mut self, name: &str, extended: bool, wires: &mut Wires<'_>) -> Turn {
        let reply = if extended {
            self.config.extensions.reply(&self.config.name)
        } else {
            Reply::new(250, "", self.config.name.clone())
        };
        let turn = self.rset(reply, wires);
        if matches!(turn, Turn::Done) {
            name.clone_into(&mut self.helo);
            self.extended = extended;
        }
        turn
    }

    pub(super) fn rset(&mut self, reply: Reply, wires: &mut Wires<'_>) -> Turn {
        if !self.may_reset() {
            return Turn::Wait;
        }
        self.reset(wires.to_server);
        self.idle(reply, wires.to_client);
        Turn::Done
    }

    pub(super) fn may_send(&self) -> bool {
        self.upstream
            .as_ref()
            .is_none_or(|upstream| upstream.may_send(&self.owed))
    }

    pub(super) fn may_reset(&self) -> bool {
        let open = self.upstream.as_ref().is_some_and(|upstream| upstream.open);
        !open || self.may_send()
    }

    /// The transaction is over, here and at the server.
    pub(in crate::relay) fn reset(&mut self, to_server: &mut BytesMut) {
        self.transaction = Transaction::None;
        if let Some(upstream) = &mut self.upstream {
            upstream.reset(&mut self.owed, to_server);
        }
    }
}
