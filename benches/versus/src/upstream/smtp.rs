//! SMTP as far as the load goes.

use anyhow::{Context as _, ensure};
use gatepost_smtp::data::Decoder;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Shared;
use crate::lines::Lines;

const GREETING: &str = "220 upstream.example ESMTP\r\n";
const EXTENSIONS: &str = "250-upstream.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n\
                          250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN\r\n";

/// Serves one connection to its end.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    shared: &Shared,
    mut lines: Lines<S>,
) -> anyhow::Result<()> {
    lines.send(GREETING).await?;
    while let Some(line) = lines.next().await? {
        let line = std::str::from_utf8(&line)?.trim_end();
        let mut words = line.split_whitespace();
        let verb = words.next().context("no command")?.to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => EXTENSIONS,
            "AUTH" => {
                if words.nth(1).is_none() {
                    lines.send("334 \r\n").await?;
                    lines.line().await?;
                }
                Shared::count(&shared.logins, 1);
                "235 2.7.0 in\r\n"
            }
            "DATA" => {
                lines.send("354 go\r\n").await?;
                let octets = message(&mut lines).await?;
                Shared::count(&shared.sent, 1);
                Shared::count(&shared.sent_octets, octets);
                "250 2.0.0 taken\r\n"
            }
            "QUIT" => return lines.send("221 2.0.0 bye\r\n").await,
            _ => "250 2.0.0 fine\r\n",
        };
        lines.send(answer).await?;
    }
    Ok(())
}

/// Reads a message to its end and says how long it is.
async fn message<S: AsyncRead + AsyncWrite + Unpin>(lines: &mut Lines<S>) -> anyhow::Result<u64> {
    let mut decoder = Decoder::new();
    let mut length = 0;
    loop {
        let octets = lines.fill().await?;
        ensure!(!octets.is_empty(), "the connection ended in a message");
        let decoded = decoder
            .decode(octets, |piece| length += piece.len())
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let (consumed, ended) = (decoded.consumed, decoded.ended);
        lines.consume(consumed);
        if ended {
            return Ok(length.try_into()?);
        }
    }
}
