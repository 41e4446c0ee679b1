//! The steps that most tests take: EHLO, STARTTLS, to log in, to send a message.

use gatepost_wire::base64;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Client, Error, Reply};

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Says EHLO. [`Reply::keyword`] tells what the server can do.
    ///
    /// # Errors
    /// If it is refused, or the connection fails.
    pub async fn ehlo(&mut self) -> Result<Reply, Error> {
        let reply = self.ask("EHLO client.example").await?;
        self.expect(reply, 250)
    }

    /// Says STARTTLS, and hands the stream over for the handshake.
    ///
    /// # Errors
    /// If it is refused, or the connection fails.
    pub async fn starttls(mut self) -> Result<S, Error> {
        let reply = self.ask("STARTTLS").await?;
        self.expect(reply, 220)?;
        Ok(self.into_stream())
    }

    /// Logs in with AUTH PLAIN and an initial response; `authzid` may be empty.
    ///
    /// # Errors
    /// If the login is refused, or the connection fails.
    pub async fn auth_plain(&mut self, authzid: &str, authcid: &str, password: &str) -> Result<Reply, Error> {
        let message = [authzid, authcid, password].join("\0");
        let reply = self.ask(&format!("AUTH PLAIN {}", encoded(&message))).await?;
        self.expect(reply, 235)
    }

    /// Logs in with AUTH LOGIN, name and password behind one challenge each.
    ///
    /// # Errors
    /// If the login is refused, or the connection fails.
    pub async fn auth_login(&mut self, user: &str, password: &str) -> Result<Reply, Error> {
        let mut reply = self.ask("AUTH LOGIN").await?;
        for answer in [user, password] {
            self.expect(reply, 334)?;
            reply = self.ask(&encoded(answer)).await?;
        }
        self.expect(reply, 235)
    }

    /// Sends the octets of a message behind 354, dots stuffed, and its end, and reads the reply, whatever that is.
    ///
    /// # Errors
    /// If there is no reply in time, or the connection ends.
    pub async fn message(&mut self, octets: &[u8]) -> Result<Reply, Error> {
        self.send(&stuffed(octets)).await?;
        self.reply().await
    }

    /// Sends a message: MAIL, RCPT for each recipient, DATA. The reply to the message is the last one.
    ///
    /// # Errors
    /// If any of it is refused, or the connection fails.
    pub async fn send_mail(&mut self, from: &str, to: &[&str], octets: &[u8]) -> Result<Reply, Error> {
        self.command(&format!("MAIL FROM:<{from}>")).await?;
        for recipient in to {
            self.command(&format!("RCPT TO:<{recipient}>")).await?;
        }
        let reply = self.ask("DATA").await?;
        self.expect(reply, 354)?;
        let reply = self.message(octets).await?;
        self.expect(reply, 250)
    }
}

fn encoded(text: &str) -> String {
    let mut base64 = Vec::new();
    base64::encode(text.as_bytes(), &mut base64);
    String::from_utf8_lossy(&base64).into_owned()
}

/// A message as it goes behind 354: with a dot before each line that begins with one, and the line that ends it
/// (RFC 5321 section 4.5.2).
pub fn stuffed(octets: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(octets.len() + 8);
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            sent.push(b'.');
        }
        sent.extend_from_slice(line);
    }
    if !octets.is_empty() && !octets.ends_with(b"\r\n") {
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b".\r\n");
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_the_end_stands_alone() {
        assert_eq!(stuffed(b""), b".\r\n");
        assert_eq!(stuffed(b"a"), b"a\r\n.\r\n");
        assert_eq!(stuffed(b".\r\n..a\r\nb.\r\n"), b"..\r\n...a\r\nb.\r\n.\r\n");
    }
}
