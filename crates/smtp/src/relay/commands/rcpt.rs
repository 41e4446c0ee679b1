//! RCPT (RFC 5321 section 4.1.1.3).

use super::Turn;
use crate::command::Command;
use crate::relay::config::Policy;
use crate::relay::owed::{Question, Verb};
use crate::relay::replies::broken;
use crate::relay::transaction::Transaction;
use crate::relay::{Relay, Wires, parameters};
use crate::{Error, ForwardPath, Limit, Parameters, Reply};

impl Relay {
    pub(super) fn rcpt(
        &mut self,
        to: ForwardPath<'_>,
        parameters: &Parameters<'_>,
        wires: &mut Wires<'_>,
        policy: &mut impl Policy,
    ) -> Turn {
        let may_send = self.may_send();
        let limit = usize::try_from(self.config.limits.recipients).unwrap_or(usize::MAX);
        let unoffered = self.unoffered(parameters);
        let envelope = match &mut self.transaction {
            Transaction::Open(envelope) => envelope,
            Transaction::None => {
                let reply = Reply::new(503, "5.5.1", "MAIL first");
                self.owed.ours(Verb::Rcpt, reply, wires.to_client);
                return Turn::Done;
            }
            Transaction::Broken => {
                self.owed.ours(Verb::Rcpt, broken(), wires.to_client);
                return Turn::Done;
            }
        };
        envelope.tried = true;
        if envelope.recipients.len() >= limit {
            let reply = Error::Limit(Limit::Recipients).reply();
            self.owed.ours(Verb::Rcpt, reply, wires.to_client);
            return Turn::Done;
        }
        if !may_send || envelope.recipients.len().saturating_add(envelope.asked) >= limit {
            return Turn::Wait;
        }
        let refused = parameters::unspeakable(to.is_ascii() || envelope.smtputf8)
            .or(unoffered)
            .or_else(|| policy.recipient(&to).err());
        if let Some(reply) = refused {
            self.owed.ours(Verb::Rcpt, reply, wires.to_client);
            return Turn::Done;
        }
        envelope.asked = envelope.asked.saturating_add(1);
        let question = Question::Recipient(envelope.id, to.clone().into_owned());
        let command = Command::Rcpt {
            to,
            parameters: parameters.clone(),
        };
        command.encode(wires.to_server);
        self.owed.ask(question);
        Turn::Done
    }
}
