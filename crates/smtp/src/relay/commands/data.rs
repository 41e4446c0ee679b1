//! DATA (RFC 5321 section 4.1.1.4).

use bytes::BytesMut;

use crate::relay::data::Data;
use crate::relay::held::Held;
use crate::relay::owed::Verb;
use crate::relay::replies::broken;
use crate::relay::transaction::Transaction;
use crate::relay::{Early, Flow, Relay, Step, Wires};
use crate::{Error, Reply, Rule};

impl Relay {
    /// DATA waits for the answers before it (RFC 2920 section 3.1).
    pub(super) fn data(mut self, early: Early, wires: &mut Wires<'_>) -> Flow {
        let envelope = match std::mem::replace(&mut self.transaction, Transaction::None) {
            Transaction::None => {
                let reply = Reply::new(503, "5.5.1", "MAIL first");
                self.refuse_data(reply, early, wires.to_client);
                return Flow::Continue(self);
            }
            Transaction::Broken => {
                self.transaction = Transaction::Broken;
                self.refuse_data(broken(), early, wires.to_client);
                return Flow::Continue(self);
            }
            Transaction::Open(envelope) => envelope,
        };
        if self.owed.is_asking() {
            self.transaction = Transaction::Open(envelope);
            self.held = Some(Held::Data(early));
            return Flow::Break(Step::NeedInput(self));
        }
        if envelope.recipients.is_empty() {
            let reply = if envelope.tried {
                Reply::new(554, "5.5.1", "no valid recipients")
            } else {
                Reply::new(503, "5.5.1", "RCPT first")
            };
            self.transaction = Transaction::Open(envelope);
            self.refuse_data(reply, early, wires.to_client);
            return Flow::Continue(self);
        }
        Flow::Break(Step::Data(Data::new(self, *envelope, early)))
    }

    /// What is behind it is not the message; see the module's text.
    pub(in crate::relay) fn refuse_data(&mut self, reply: Reply, early: Early, to_client: &mut BytesMut) {
        self.owed.ours(Verb::Data, reply, to_client);
        match early {
            Early::Yes => self.close_early(to_client),
            Early::No => self.counters.refused_data = true,
        }
    }

    pub(super) fn close_early(&mut self, to_client: &mut BytesMut) {
        self.close_for(Error::peer(0, Rule::EarlyData), to_client);
    }
}
