//! What is in a user's mailboxes.

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::{Dovecot, Error};
use crate::client::{Client, Reply, Response, mailbox_name};
use crate::servers::process::{LOOKS, PAUSE};

/// A message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Its number in the mailbox (RFC 3501 section 2.3.1.1).
    pub uid: u32,
    /// Its flags, such as `\Seen`; `\Recent` is none that it keeps.
    pub flags: Vec<String>,
    /// When it came (RFC 3501 section 2.3.3), in the server's time zone.
    pub internal_date: String,
    /// All its octets.
    pub raw: Bytes,
}

impl Message {
    fn of(response: &Response) -> Option<Self> {
        let octets = response.octets();
        let end = memchr::memmem::find(octets, b" BODY[]")?;
        let head = std::str::from_utf8(octets.get(..end)?).ok()?;
        let flags = between(head, "FLAGS (", ")")?.split_whitespace();
        let kept = flags.filter(|flag| *flag != "\\Recent").map(str::to_owned);
        Some(Self {
            uid: between(head, "(UID ", " ")?.parse().ok()?,
            flags: kept.collect(),
            internal_date: between(head, "INTERNALDATE \"", "\"")?.to_owned(),
            raw: response.literal(0)?,
        })
    }

    /// The text of the first header field with a name, without line ends.
    pub fn field(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.raw);
        let (header, _) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", "\t");
        let mut fields = unfolded.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = fields.find(|(own, _)| own.trim_end().eq_ignore_ascii_case(name))?;
        Some(value.trim().to_owned())
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

impl Dovecot {
    /// All messages in a user's mailbox, whose name is written as people read it. Reading them changes nothing.
    ///
    /// # Errors
    /// If there is no such user or mailbox.
    pub async fn messages(&self, user: &str, mailbox: &str) -> Result<Vec<Message>, Error> {
        let mut client = self.log_in(user).await?;
        let examined = client
            .command(&format!("EXAMINE {}", mailbox_name(mailbox)))
            .await;
        fetch(&mut client, count(&examined.map_err(Error::Client)?)).await
    }

    /// Waits until there are as many messages in a user's mailbox as `wanted`, or more, and returns all of them.
    ///
    /// # Errors
    /// If there are fewer after some seconds.
    pub async fn arrived(&self, user: &str, mailbox: &str, wanted: usize) -> Result<Vec<Message>, Error> {
        let mut client = self.log_in(user).await?;
        let examine = format!("EXAMINE {}", mailbox_name(mailbox));
        let mut there = 0;
        for _ in 0..LOOKS {
            // One who has no such mailbox yet has no messages there.
            there = count(&client.ask(&examine).await.map_err(Error::Client)?);
            if there >= wanted {
                return fetch(&mut client, there).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let mailbox = mailbox.to_owned();
        Err(Error::NotArrived {
            mailbox,
            wanted,
            there,
        })
    }

    /// A client that has logged in as a user.
    async fn log_in(&self, user: &str) -> Result<Client<TlsStream<TcpStream>>, Error> {
        let name = user.to_lowercase();
        let known = self.users.iter().find(|known| known.name == name);
        let known = known.ok_or_else(|| Error::NoUser(user.to_owned()))?;
        let mut client = self.connect().await?;
        let login = client.login(&known.name, &known.password).await;
        login.map_err(Error::Client)?;
        Ok(client)
    }
}

/// How many messages there are in the mailbox that was selected.
fn count(selected: &Reply) -> usize {
    let exists = selected.with(" EXISTS").next().map(Response::text);
    let number = exists.as_deref().and_then(|text| between(text, "* ", " "));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

async fn fetch(client: &mut Client<TlsStream<TcpStream>>, there: usize) -> Result<Vec<Message>, Error> {
    if there == 0 {
        return Ok(Vec::new());
    }
    let fetch = client.command("FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])");
    let fetched = fetch.await.map_err(Error::Client)?;
    Ok(fetched.untagged.iter().filter_map(Message::of).collect())
}
