//! What a phone does with its mailbox.

use std::time::Duration;

use gatepost_testkit::client::Response;
use tokio::time::timeout;

use super::door::{Imap, Stream};
use super::{Fault, Phone, abort};
use crate::letter;

/// Where messages are put that are never whole.
pub(crate) const CUT: &str = "Trash";

/// What a phone remembers of its INBOX.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mailbox {
    validity: String,
    /// The last message that it has read.
    last: u32,
}

/// A session with INBOX selected.
pub(super) struct Session {
    client: Imap,
}

impl Session {
    pub(super) fn into_stream(self) -> Stream {
        self.client.into_stream()
    }

    pub(super) async fn log_out(mut self) -> Result<(), Fault> {
        let reply = self.client.ask("LOGOUT").await?;
        match reply.is_ok() {
            true => Ok(()),
            false => Err(Fault::Refused(reply.tagged.text().into_owned())),
        }
    }

    /// Files a message; the mailbox's name is as it is sent.
    pub(super) async fn append(&mut self, mailbox: &str, message: &[u8]) -> Result<(), Fault> {
        let head = format!("APPEND {mailbox} (\\Seen) ");
        let reply = self.client.ask_parts(&[head.as_bytes(), message]).await?;
        match reply.is_ok() {
            true => Ok(()),
            false => Err(Fault::Refused(reply.tagged.text().into_owned())),
        }
    }
}

impl Phone {
    /// Logs in and selects INBOX; `false`: it was refused.
    pub(super) async fn open(&mut self) -> Result<bool, Fault> {
        let Some(mut client) = self.log_in_imap().await? else {
            return Ok(false);
        };
        let selected = client.command("SELECT INBOX").await?;
        let validity = selected
            .with("UIDVALIDITY")
            .next()
            .map(|line| line.text().into_owned());
        let validity = validity.ok_or_else(|| Fault::Odd("no UIDVALIDITY".to_owned()))?;
        if self.mailbox.validity != validity {
            self.mailbox = Mailbox { validity, last: 0 };
        }
        self.session = Some(Session { client });
        Ok(true)
    }

    fn client(&mut self) -> Result<&mut Imap, Fault> {
        let session = self.session.as_mut();
        session
            .map(|session| &mut session.client)
            .ok_or(Fault::Lost("no session"))
    }

    /// Fetches what has come since the last time. All of it has to be whole, and the user's.
    pub(super) async fn read_news(&mut self) -> Result<(), Fault> {
        let last = self.mailbox.last;
        let fetch = format!("UID FETCH {}:* (UID BODY.PEEK[])", last + 1);
        let fetched = self.client()?.command(&fetch).await?;
        for response in fetched.with("FETCH") {
            let Some(uid) = uid(response) else {
                // Somebody else's change of flags.
                continue;
            };
            // The last message is fetched even if it is no new one.
            if uid > last {
                let message = response.literal(0);
                let message = message.ok_or_else(|| Fault::Odd(format!("{response:?}")))?;
                self.check(&message);
                self.mailbox.last = self.mailbox.last.max(uid);
            }
        }
        Ok(())
    }

    fn check(&self, message: &[u8]) {
        let complaint = match letter::read(message) {
            Err(what) => Some(("a message that is no letter", what)),
            Ok(seen) => {
                let addressed = self
                    .world
                    .ledger()
                    .letter(&seen.id)
                    .is_some_and(|letter| letter.to.contains(&self.user));
                match seen.fault {
                    Some(fault) => Some((
                        "a letter that was fetched and is not whole",
                        format!("{}: {fault}", seen.id),
                    )),
                    None if !addressed => Some(("somebody else's letter", seen.id)),
                    None => None,
                }
            }
        };
        let mut tally = self.world.tally();
        tally.fetched += 1;
        tally.fetched_octets += message.len();
        if let Some((what, details)) = complaint {
            tally.violation(what, &format!("user {}: {details}", self.user));
        }
    }

    /// Sleeps until something comes, or for some seconds.
    pub(super) async fn idle(&mut self) -> Result<(), Fault> {
        let nap = self.random.millis(1_000, 9_000);
        let over = self.world.over.clone();
        let client = self.client()?;
        client.idle().await?;
        let waiting = timeout(nap, client.wait_for("EXISTS"));
        if let Some(Ok(news)) = over.run_until_cancelled(waiting).await {
            news?;
        }
        client.done().await?;
        Ok(())
    }

    /// What mail programs ask between the rest.
    pub(super) async fn look_around(&mut self) -> Result<(), Fault> {
        let commands = [
            "NOOP",
            "LIST \"\" \"*\"",
            "STATUS INBOX (MESSAGES UNSEEN UIDNEXT)",
            "UID SEARCH UNSEEN",
            "UID FETCH 1:* (FLAGS)",
            "UID FETCH 1:* (ENVELOPE BODYSTRUCTURE)",
        ];
        let command = self.random.pick("CHECK", &commands);
        self.client()?.command(command).await?;
        Ok(())
    }

    /// Asks for everything and does not read it, until the phone is thrown away.
    pub(super) async fn stop_reading(&mut self) -> Result<(), Fault> {
        self.deed("stopped reading");
        self.client()?
            .send(b"x UID FETCH 1:* (FLAGS BODY.PEEK[])\r\n")
            .await?;
        self.pause(2_000, 8_000).await;
        if let Some(session) = self.session.take() {
            abort(session.into_stream());
        }
        Ok(())
    }

    /// Dies in the middle of a message that it files.
    pub(super) async fn die_in_literal(&mut self) -> Result<(), Fault> {
        self.deed("died in a literal");
        let octets = 1_000 + self.random.place(100_000);
        let head = format!("y APPEND {CUT} {{{octets}}}\r\n");
        let client = self.client()?;
        client.send(head.as_bytes()).await?;
        client.wait_for("+").await?;
        client.send(&vec![b'x'; octets / 2]).await?;
        if let Some(session) = self.session.take() {
            abort(session.into_stream());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(())
    }
}

/// `* 5 FETCH (UID 7 BODY[] {123}`.
fn uid(response: &Response) -> Option<u32> {
    let head = response.octets().get(..80).unwrap_or(response.octets());
    let head = String::from_utf8_lossy(head);
    let (_, rest) = head.split_once("(UID ")?;
    rest.split([' ', ')']).next()?.parse().ok()
}
