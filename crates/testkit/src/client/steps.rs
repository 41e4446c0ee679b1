//! The steps that most tests take: to log in, to append, to idle.

use gatepost_wire::base64;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Client, Error, ErrorKind, Reply, Response};

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Logs in with LOGIN. Name and password go as literals, so that they may hold anything.
    ///
    /// # Errors
    /// If the login is refused, or the connection fails.
    pub async fn login(&mut self, user: &str, password: &str) -> Result<Reply, Error> {
        let reply = self
            .ask_parts(&[b"LOGIN ", user.as_bytes(), b" ", password.as_bytes()])
            .await?;
        self.expect_ok(reply)
    }

    /// Logs in with AUTHENTICATE PLAIN and an initial response; `authzid` may be empty.
    ///
    /// # Errors
    /// If the login is refused, or the connection fails.
    pub async fn authenticate_plain(
        &mut self,
        authzid: &str,
        authcid: &str,
        password: &str,
    ) -> Result<Reply, Error> {
        let message = [authzid, authcid, password].join("\0");
        let mut command = b"AUTHENTICATE PLAIN ".to_vec();
        base64::encode(message.as_bytes(), &mut command);
        let reply = self.ask_parts(&[&command]).await?;
        self.expect_ok(reply)
    }

    /// Appends a message without flags and date.
    ///
    /// # Errors
    /// If the server refuses it, or the connection fails.
    pub async fn append(&mut self, mailbox: &str, message: &[u8]) -> Result<Reply, Error> {
        let reply = self
            .ask_parts(&[b"APPEND ", mailbox.as_bytes(), b" ", message])
            .await?;
        self.expect_ok(reply)
    }

    /// Begins to idle. [`Client::wait_for`] then waits for news, and [`Client::done`] ends it.
    ///
    /// # Errors
    /// If the server does not say `+` in time.
    pub async fn idle(&mut self) -> Result<(), Error> {
        let tag = self.tag();
        self.send(format!("{tag} IDLE\r\n").as_bytes()).await?;
        match self.collect(&tag, &mut Vec::new()).await? {
            None => Ok(()),
            Some(_) => Err(self.error(ErrorKind::Refused)),
        }
    }

    /// Waits for a response that `word` stands in, such as `EXISTS`; others are skipped.
    ///
    /// # Errors
    /// If there is no further response in time, or the connection ends.
    pub async fn wait_for(&mut self, word: &str) -> Result<Response, Error> {
        loop {
            let response = self.response().await?;
            if response.contains(word) {
                return Ok(response);
            }
        }
    }

    /// Ends the idling. The command that idles has to be the last one sent.
    ///
    /// # Errors
    /// If the server does not end it in time.
    pub async fn done(&mut self) -> Result<Reply, Error> {
        self.send(b"DONE\r\n").await?;
        let tag = format!("t{}", self.commands);
        let mut untagged = Vec::new();
        match self.collect(&tag, &mut untagged).await? {
            Some(tagged) => self.expect_ok(Reply { tagged, untagged }),
            None => Err(self.error(ErrorKind::Unexpected("a tagged answer"))),
        }
    }
}
