//! MAIL (RFC 5321 section 4.1.1.2).

use super::Turn;
use crate::command::Command;
use crate::relay::config::Policy;
use crate::relay::held::{Held, Mail};
use crate::relay::owed::{Question, Verb};
use crate::relay::transaction::{Envelope, Id, Transaction};
use crate::relay::{Relay, Wires, parameters};
use crate::{Parameters, Reply, ReversePath};

impl Relay {
    pub(super) fn mail(
        &mut self,
        from: ReversePath<'_>,
        parameters: Parameters<'_>,
        wires: &mut Wires<'_>,
        policy: &mut impl Policy,
    ) -> Turn {
        match &self.transaction {
            Transaction::Open(envelope) if envelope.accepted => {
                let reply = Reply::new(503, "5.5.1", "there is a transaction already");
                self.owed.ours(Verb::Mail, reply, wires.to_client);
                return Turn::Done;
            }
            Transaction::Open(_) => return Turn::Wait,
            Transaction::None | Transaction::Broken => {}
        }
        if !self.may_send() {
            return Turn::Wait;
        }
        // A transaction may be open there, and none is here: see `Relay::hear_end`.
        self.reset(wires.to_server);
        if !self.may_send() {
            return Turn::Wait;
        }
        let refused = parameters::unfit(&parameters, self.config.max_message_size)
            .or_else(|| parameters::unspeakable(from.is_ascii() || parameters.contains("SMTPUTF8")))
            .or_else(|| self.unoffered(&parameters))
            .or_else(|| policy.mail(&from, &parameters).err());
        match refused {
            Some(reply) => self.owed.ours(Verb::Mail, reply, wires.to_client),
            None => {
                let mail = Mail {
                    from: from.into_owned(),
                    parameters: parameters.into_owned(),
                };
                self.deliver(mail, wires);
            }
        }
        Turn::Done
    }

    pub(super) fn unoffered(&self, parameters: &Parameters<'_>) -> Option<Reply> {
        let upstream = self.upstream.as_ref()?;
        parameters::refusal(parameters, &self.config.extensions, &upstream.extensions)
    }

    /// Asks the server about MAIL, or waits for one.
    pub(super) fn deliver(&mut self, mail: Mail, wires: &mut Wires<'_>) {
        // The server may be another than the one that the parameters were compared with.
        if let Some(reply) = self.unoffered(&mail.parameters) {
            self.owed.ours(Verb::Mail, reply, wires.to_client);
            return;
        }
        let Some(upstream) = &mut self.upstream else {
            self.held = Some(Held::Mail(Box::new(mail)));
            return;
        };
        let command = Command::Mail {
            from: mail.from.clone(),
            parameters: parameters::told(&mail.parameters, &upstream.extensions),
        };
        command.encode(wires.to_server);
        upstream.open = true;
        self.counters.idle = 0;
        let id = self.next_id();
        self.owed.ask(Question::Mail(id));
        let envelope = Envelope::new(id, mail.from, &mail.parameters);
        self.transaction = Transaction::Open(Box::new(envelope));
    }

    fn next_id(&mut self) -> Id {
        self.counters.transactions = self.counters.transactions.wrapping_add(1);
        Id(self.counters.transactions)
    }
}
