//! A phone's IMAP.

use anyhow::{Context as _, ensure};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::{Target, expect, in_time, plain, resumed};
use crate::lines::Lines;

/// A session that has the inbox open.
#[derive(Debug)]
pub(crate) struct Session {
    lines: Lines<TlsStream<TcpStream>>,
    /// Whether its handshake was a short one.
    pub(crate) resumed: bool,
}

impl Session {
    /// Connects, logs in and opens the inbox.
    pub(crate) async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = target.connect().await?;
        let mut lines = in_time(target.secure(stream)).await?;
        let resumed = resumed(&lines)?;
        expect(&mut lines, "* OK").await?;
        let mut session = Self { lines, resumed };
        session
            .command(&format!("AUTHENTICATE PLAIN {}", plain(&target.user())))
            .await?;
        session.command("SELECT INBOX").await?;
        Ok(session)
    }

    /// A command that is answered without literals, and has to succeed.
    async fn command(&mut self, command: &str) -> anyhow::Result<()> {
        self.lines.send(format!("t {command}\r\n")).await?;
        self.tagged_ok()
            .await
            .with_context(|| command.split(' ').take(1).collect::<String>())
    }

    async fn tagged_ok(&mut self) -> anyhow::Result<()> {
        loop {
            let line = in_time(self.lines.line()).await?;
            if !line.starts_with(b"* ") {
                ensure!(line.starts_with(b"t OK"), "{:?}", String::from_utf8_lossy(&line));
                return Ok(());
            }
        }
    }

    /// The smallest command.
    pub(crate) async fn noop(&mut self) -> anyhow::Result<()> {
        self.lines.send("t NOOP\r\n").await?;
        expect(&mut self.lines, "t OK").await
    }

    /// Downloads the message, which has to be this one.
    pub(crate) async fn fetch(&mut self, message: &[u8]) -> anyhow::Result<()> {
        self.lines.send("t FETCH 1 BODY.PEEK[]\r\n").await?;
        let head = format!("* 1 FETCH (BODY[] {{{}}}\r\n", message.len());
        expect(&mut self.lines, &head).await?;
        let mut rest = message;
        let compare = |piece: &[u8]| {
            rest = rest.strip_prefix(piece).context("other octets than were sent")?;
            Ok(())
        };
        self.lines.octets(message.len(), compare).await?;
        expect(&mut self.lines, ")\r\n").await?;
        expect(&mut self.lines, "t OK").await
    }

    /// Begins to idle.
    pub(crate) async fn idle(&mut self) -> anyhow::Result<()> {
        self.lines.send("t IDLE\r\n").await?;
        expect(&mut self.lines, "+ ").await
    }

    /// Hears, while idling, that there are so many messages. It may be waited for as long as it takes.
    pub(crate) async fn hear(&mut self, exists: u64) -> anyhow::Result<()> {
        let line = self.lines.line().await?;
        let expected = format!("* {exists} EXISTS\r\n");
        ensure!(
            line == expected.as_bytes(),
            "{:?}",
            String::from_utf8_lossy(&line)
        );
        Ok(())
    }

    /// Ends it, and waits for the end.
    pub(crate) async fn logout(mut self) -> anyhow::Result<()> {
        self.command("LOGOUT").await?;
        let end = in_time(self.lines.next()).await;
        // Whether the end of TLS is told is not asked here.
        ensure!(!matches!(end, Ok(Some(_))), "something behind LOGOUT's answer");
        Ok(())
    }
}
