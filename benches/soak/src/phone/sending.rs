//! What a phone sends, and how it dies over it.

use std::time::{Duration, Instant};

use gatepost_testkit::smtp_client::{Reply, stuffed};

use super::door::Smtp;
use super::{Fault, Phone, abort};
use crate::ledger::{Heard, Own, User};
use crate::letter;

/// The gateway files a copy so long after the message, unless the client has.
pub(crate) const COPY_WAIT: Duration = Duration::from_secs(6);
/// Who has filed within this time has filed before the gateway.
const IN_TIME: Duration = Duration::from_secs(3);

/// A letter in the making.
struct Draft {
    id: String,
    from: String,
    to: Vec<String>,
    octets: Vec<u8>,
}

/// How a phone dies that sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// In the middle of the message.
    Middle,
    /// Behind its end, before the answer.
    End,
}

impl Phone {
    fn draft(&mut self) -> Option<Draft> {
        self.letters += 1;
        let id = format!("{}.{}", self.number, self.letters);
        let octets = match self.random.below(100) {
            0..2 => 300_000 + self.random.place(700_000),
            2..20 => 20_000 + self.random.place(60_000),
            _ => self.random.place(6_000),
        };
        let to = self.recipients();
        let people = &self.world.people;
        let addresses: Vec<String> = to
            .iter()
            .filter_map(|user| Some(people.get(*user)?.address.clone()))
            .collect();
        let from = self.person()?.address.clone();
        let borrowed: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let octets = letter::compose(&id, &from, &borrowed, octets, &mut self.random);
        self.world.ledger().begin(&id, self.user, to, octets.len());
        Some(Draft {
            id,
            from,
            to: addresses,
            octets,
        })
    }

    /// Mostly one, seldom the sender himself too.
    fn recipients(&mut self) -> Vec<User> {
        let count = if self.random.once_in(5) { 3 } else { 1 };
        let mut to: Vec<User> = (0..count)
            .map(|_| self.random.place(self.world.people.len()))
            .collect();
        to.sort_unstable();
        to.dedup();
        to
    }

    /// Sends a letter over a connection of its own, and perhaps files a copy.
    pub(super) async fn send(&mut self) -> Result<(), Fault> {
        let Some((mut client, offers)) = self.log_in_smtp().await? else {
            return Ok(());
        };
        let Some(draft) = self.draft() else {
            return Ok(());
        };
        let (calm, begun) = (self.world.weather.calm(), Instant::now());
        let sent = self.hand_over(&mut client, &offers, &draft).await;
        if matches!(sent, Ok(Heard::Accepted)) {
            let mut tally = self.world.tally();
            tally.sent_octets += draft.octets.len();
            if self.world.weather.still(calm) {
                tally.send_times.push(begun.elapsed());
            }
        } else if self.world.weather.still(calm) && !matches!(sent, Ok(Heard::Refused { code: 502, .. })) {
            let what = match &sent {
                Ok(heard) => format!("{heard:?}"),
                Err(fault) => fault.to_string(),
            };
            let details = format!("letter {}: {what}", draft.id);
            self.world
                .tally()
                .violation("a letter that was not taken although all was well", &details);
        }
        let accepted = Instant::now();
        if sent? == Heard::Accepted && self.files_copies() && self.random.once_in(2) {
            self.file(&draft, accepted).await?;
        }
        // What comes of the goodbye does not matter any more.
        let _ = client.ask("QUIT").await;
        Ok(())
    }

    /// MAIL, RCPT and the message. The answer goes into the ledger.
    async fn hand_over(&mut self, client: &mut Smtp, offers: &Reply, draft: &Draft) -> Result<Heard, Fault> {
        let unoffered = offers.keyword("CHUNKING").is_none() && self.random.once_in(40);
        let hear = |heard: Heard| {
            self.world.ledger().hear(&draft.id, heard.clone());
            Ok(heard)
        };
        if let Some(refusal) = envelope(client, offers, draft).await? {
            return hear(Heard::Refused {
                code: refusal.code,
                whole: false,
            });
        }
        let reply = if unoffered {
            self.deed("sent what is not offered");
            unasked(client, &draft.octets).await?
        } else {
            let ready = client.ask("DATA").await?;
            if ready.code != 354 {
                return hear(Heard::Refused {
                    code: ready.code,
                    whole: false,
                });
            }
            client.message(&draft.octets).await?
        };
        hear(match reply.code {
            250 => Heard::Accepted,
            code => Heard::Refused { code, whole: true },
        })
    }

    /// Files a copy, as phones do whose mail program was told to.
    async fn file(&mut self, draft: &Draft, accepted: Instant) -> Result<(), Fault> {
        if self.session.is_none() {
            return Ok(());
        }
        // Whatever becomes of it, it is known to have been tried.
        self.world.ledger().filed(&draft.id, Own::Perhaps);
        self.deed("filed a copy");
        if let Some(session) = self.session.as_mut() {
            session.append("Sent", &draft.octets).await?;
        }
        if accepted.elapsed() < IN_TIME {
            self.world.ledger().filed(&draft.id, Own::InTime);
        }
        Ok(())
    }

    /// Sends a letter, and dies.
    pub(super) async fn die_sending(&mut self) -> Result<(), Fault> {
        let Some((mut client, offers)) = self.log_in_smtp().await? else {
            return Ok(());
        };
        let death = self.random.pick(Death::Middle, &[Death::End]);
        let Some(draft) = self.draft() else {
            return Ok(());
        };
        self.deed(match death {
            Death::Middle => "died in a message",
            Death::End => "died behind a message",
        });
        if let Some(refusal) = envelope(&mut client, &offers, &draft).await? {
            let heard = Heard::Refused {
                code: refusal.code,
                whole: false,
            };
            self.world.ledger().hear(&draft.id, heard);
            return Ok(());
        }
        if death == Death::Middle {
            // Nobody ever answers it, but its end never comes: no more than a refusal.
            let heard = Heard::Refused {
                code: 0,
                whole: false,
            };
            self.world.ledger().hear(&draft.id, heard);
        }
        if client.ask("DATA").await?.code != 354 {
            return Ok(());
        }
        let whole = stuffed(&draft.octets);
        let length = match death {
            Death::Middle => whole.len() / 2,
            Death::End => whole.len(),
        };
        client.send(whole.get(..length).unwrap_or_default()).await?;
        abort(client.into_stream());
        Ok(())
    }
}

/// The refusal, if there is one.
async fn envelope(client: &mut Smtp, offers: &Reply, draft: &Draft) -> Result<Option<Reply>, Fault> {
    let Draft { from, to, octets, .. } = draft;
    let mut mail = format!("MAIL FROM:<{from}>");
    // A gateway that has just started does not know yet what its MTA can do.
    if offers.keyword("SIZE").is_some() {
        mail.push_str(&format!(" SIZE={}", octets.len()));
    }
    if offers.keyword("8BITMIME").is_some() {
        mail.push_str(" BODY=8BITMIME");
    }
    let recipients = to.iter().map(|recipient| format!("RCPT TO:<{recipient}>"));
    for command in [mail].into_iter().chain(recipients) {
        let reply = client.ask(&command).await?;
        if !reply.is_positive() {
            return Ok(Some(reply));
        }
    }
    Ok(None)
}

/// The message by BDAT (RFC 3030), which is not offered: its octets are nobody's.
async fn unasked(client: &mut Smtp, octets: &[u8]) -> Result<Reply, Fault> {
    let head = format!("BDAT {} LAST\r\n", octets.len());
    client.send(&[head.as_bytes(), octets].concat()).await?;
    let reply = client.reply().await?;
    // What stood behind the command was no command: the next one is answered, and no other.
    client.command("NOOP").await?;
    Ok(reply)
}
