//! A message on its way: from DATA to the MTA's verdict.

use bytes::BytesMut;
use gatepost_smtp::relay::{
    Answered, Committed, Data, Insertions, Message, MessageStep, Relay, Swallow, SwallowStep, Verdict, Whole,
};
use gatepost_smtp::server::Bye;
use gatepost_smtp::{Escaped, Reply};
use time::OffsetDateTime;
use tokio::time::sleep;
use tracing::{info, warn};

use super::{
    LAST_WORDS_TIME, Letter, Next, PIECE_OCTETS, PIECE_TIME, Sent, Transactions, in_time, read_counted,
};
use crate::refusals::Reason;
use crate::sent::SpoolError;
use crate::smtp::copy::{Copy, Sender};
use crate::smtp::received::Trace;
use crate::stream::Link;

/// Whether an MTA that spoke out of turn can be listened to any longer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Up,
    Down,
}

impl Transactions<'_> {
    /// DATA: the copy has to have room before the client is asked for the message.
    pub(super) async fn begin(&mut self, data: Data) -> Relay {
        self.copy.end().await;
        self.letter = Letter {
            number: self.letter.number + 1,
            sender: data.sender().to_string(),
            recipients: data.recipients().len(),
            ..Letter::default()
        };
        let sender = Sender {
            directory: self.directory,
            account: &self.account,
            session: &self.names.id,
            address: &self.letter.sender,
            size: data.declared_size(),
        };
        match Copy::begin(self.gateway, sender).await {
            Ok(copy) => {
                self.copy = copy;
                let insertions = self.insertions(&data);
                data.proceed(insertions, &mut self.server.output)
            }
            Err(reason) => {
                let reply = self.spool_failed(&reason);
                data.refuse(reply, &mut self.client.output, &mut self.server.output)
            }
        }
    }

    fn insertions(&self, data: &Data) -> Insertions {
        let mut random = [0; 8];
        // Without random octets the id is still unique here.
        let _ = getrandom::fill(&mut random);
        let client = (data.helo(), self.names.peer);
        let trace = Trace {
            name: &self.gateway.name,
            session: &self.names.id,
            number: self.letter.number,
            random: u64::from_le_bytes(random),
            client: (!self.gateway.sending.hides_client()).then_some(client),
            utf8: data.is_smtputf8(),
            now: OffsetDateTime::now_utc(),
        };
        trace.insertions()
    }

    /// The message, piece by piece: to the MTA and to its copy.
    pub(super) async fn pass(&mut self, mut message: Message) -> Next {
        let mut copied = BytesMut::new();
        let mut has_begun = false;
        loop {
            has_begun |= !self.client.input.is_empty();
            self.live.moved();
            let (input, output) = (&mut self.client.input, &mut self.server.output);
            let tee = self.copy.is_pending().then_some(&mut copied);
            let step = message.process(input, output, tee, &mut self.policy);
            let kept = self.copy.append(&mut copied).await;
            message = match (step, kept) {
                (MessageStep::Whole(whole), Ok(())) => return Next::Relay(self.commit(whole).await),
                (MessageStep::Whole(whole), Err(error)) => {
                    let reply = self.spool_failed(&error);
                    return Next::Relay(self.abandon(whole, &reply).await);
                }
                (MessageStep::Fault(swallow), _) => return self.swallow(swallow).await,
                (MessageStep::NeedInput(message), Err(error)) => {
                    let reply = self.spool_failed(&error);
                    return self.swallow(message.fail(reply)).await;
                }
                (MessageStep::NeedInput(message), Ok(())) => message,
            };
            let next = if has_begun {
                self.next_piece(message).await
            } else {
                self.invite(message).await
            };
            message = match next {
                Ok(MessageStep::NeedInput(message)) => message,
                Ok(MessageStep::Fault(swallow)) => return self.swallow(swallow).await,
                Ok(MessageStep::Whole(_)) => return Next::Over("a whole message out of nothing".to_owned()),
                Err(reason) => return Next::Over(reason),
            };
        }
    }

    /// Sends what there is of the message, and reads more of it.
    async fn next_piece(&mut self, message: Message) -> Result<MessageStep, String> {
        // Who did not wait for 354 has not heard it yet.
        self.flush_client().await?;
        match self.flush_server().await {
            Ok(Sent::All) => self.read_piece(message).await,
            Ok(Sent::Heard) => Ok(self.hear_server(message, Line::Up)),
            Err(_) => {
                let _ = in_time(LAST_WORDS_TIME, self.server.read()).await;
                Ok(self.hear_server(message, Line::Down))
            }
        }
    }

    /// Lets the client hear 354, and reads the first piece. Our Received is too small to leave before it.
    async fn invite(&mut self, message: Message) -> Result<MessageStep, String> {
        self.flush_client().await?;
        self.read_piece(message).await
    }

    /// A client that stops in the middle has sent nothing.
    async fn read_piece(&mut self, message: Message) -> Result<MessageStep, String> {
        tokio::select! {
            read = read_counted(&mut self.client, PIECE_OCTETS, &mut self.summary) => match read {
                Ok(()) => Ok(MessageStep::NeedInput(message)),
                Err(error) => Err(format!("client, in the middle of a message: {error}")),
            },
            read = self.server.read() => {
                let line = if read.is_ok() { Line::Up } else { Line::Down };
                Ok(self.hear_server(message, line))
            }
            () = sleep(PIECE_TIME) => Err("client, in the middle of a message: too slow".to_owned()),
            () = self.gateway.stop.end.cancelled() => {
                Bye::Shutdown.encode(&mut self.client.output);
                Err("shutting down in the middle of a message".to_owned())
            }
        }
    }

    /// An MTA that speaks or hangs up in the middle of a message does not want it.
    fn hear_server(&mut self, message: Message, line: Line) -> MessageStep {
        match message.server_spoke(&mut self.server.input) {
            MessageStep::NeedInput(message) if line == Line::Down => {
                let reply = Reply::new(451, "4.3.0", "the mail server is gone, try again later");
                MessageStep::Fault(message.fail(reply))
            }
            step => step,
        }
    }

    fn spool_failed(&self, error: &anyhow::Error) -> Reply {
        self.gateway.refusals.count(Reason::Spool);
        let reason = format!("{error:#}");
        warn!(
            session = self.names.id,
            account = self.account.name,
            reason,
            "spool"
        );
        not_kept(error)
    }

    /// The message has a fault: what is left of it is read, and the client told. The MTA never sees its end. A client
    /// that goes on beyond what a message may have is told at once, and sent away.
    async fn swallow(&mut self, mut swallow: Swallow) -> Next {
        self.server = Link::closed();
        self.copy.discard().await;
        self.log_message("broken", swallow.reply());
        let enough = self.summary.bytes_in + self.gateway.sending.max_message_size();
        loop {
            self.live.moved();
            // The client may still wait for 354.
            if let Err(reason) = self.flush_client().await {
                return Next::Over(reason);
            }
            swallow = match swallow.process(&mut self.client.input, &mut self.client.output) {
                SwallowStep::Over(relay) => return Next::Relay(relay),
                SwallowStep::NeedInput(next) => next,
            };
            if self.summary.bytes_in > enough {
                swallow.reply().encode(&mut self.client.output);
                return Next::Quit("client: a message without end".to_owned());
            }
            let read = in_time(
                PIECE_TIME,
                read_counted(&mut self.client, PIECE_OCTETS, &mut self.summary),
            );
            tokio::select! {
                read = read => if let Err(error) = read {
                    return Next::Over(format!("client, in the middle of a message: {error}"));
                },
                () = self.gateway.stop.end.cancelled() => {
                    return Next::Over("shutting down in the middle of a message".to_owned());
                }
            }
        }
    }

    /// The copy is on the disk before the MTA hears the message's end.
    async fn commit(&mut self, whole: Whole) -> Relay {
        let message_id = whole.message_id().map(<[u8]>::to_vec);
        self.letter.octets = whole.size();
        self.letter.message_id = message_id.clone().unwrap_or_default();
        if let Err(reason) = self.copy.sync(message_id).await {
            let reply = self.spool_failed(&reason);
            return self.abandon(whole, &reply).await;
        }
        let Link { input, output, .. } = &mut self.server;
        match whole.commit(input, output, &mut self.client.output) {
            Committed::Sent(relay) => relay,
            Committed::Abandoned(relay) => {
                self.server = Link::closed();
                self.copy.discard().await;
                relay
            }
        }
    }

    async fn abandon(&mut self, whole: Whole, reply: &Reply) -> Relay {
        self.server = Link::closed();
        self.copy.discard().await;
        self.log_message("broken", reply);
        whole.abandon(reply, &mut self.client.output)
    }

    /// The verdict: an accepted message's copy is queued before the client hears so.
    pub(super) async fn settle(&mut self, answered: Answered) -> Relay {
        let verdict = answered.verdict();
        match verdict {
            Verdict::Accepted => {
                self.policy.sent();
                self.copy.queue().await;
            }
            Verdict::Refused => self.copy.discard().await,
            Verdict::Doubt => {
                self.policy.sent();
                self.copy.doubt().await;
            }
        }
        self.log_message(word(verdict), answered.reply());
        answered.answer(&mut self.client.output)
    }

    fn log_message(&self, result: &str, reply: &Reply) {
        let letter = &self.letter;
        info!(
            session = self.names.id,
            account = self.account.name,
            id = %self.account.id,
            from = letter.sender,
            recipients = letter.recipients,
            bytes = letter.octets,
            message_id = %Escaped(&letter.message_id),
            backend = self.host,
            result,
            code = reply.code().get(),
            reason = reply.text(),
            "message"
        );
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
        Verdict::Doubt => "doubt",
    }
}

/// What a client hears whose message's copy cannot be kept.
fn not_kept(error: &anyhow::Error) -> Reply {
    match error.downcast_ref() {
        Some(SpoolError::Unfit) => Reply::new(554, "5.3.0", "no copy of your messages can be kept"),
        _ => Reply::new(452, "4.3.1", "no room for the message, try again later"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_fits_is_not_tried_again() {
        assert!(not_kept(&SpoolError::Unfit.into()).is_permanent());
        let full = SpoolError::Full("no room".to_owned());
        assert!(not_kept(&full.into()).is_temporary());
        let failed = SpoolError::Failed(std::io::ErrorKind::NotFound.into());
        assert!(not_kept(&failed.into()).is_temporary());
    }
}
