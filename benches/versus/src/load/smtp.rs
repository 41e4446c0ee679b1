//! A phone that sends a message.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Secured, Target, in_time, plain};
use crate::lines::Lines;

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Port 465.
    Implicit,
    /// Port 587.
    StartTls,
}

/// A whole session: connects, logs in, sends one message, quits.
pub(crate) async fn submit(target: &Target, start: Start, message: &[u8]) -> anyhow::Result<()> {
    let user = target.user();
    let mut lines = begin(target, start).await?;
    ask(&mut lines, "EHLO phone.example", "250").await?;
    ask(&mut lines, &format!("AUTH PLAIN {}", plain(&user)), "235").await?;
    ask(&mut lines, &format!("MAIL FROM:<{user}@example.org>"), "250").await?;
    ask(&mut lines, "RCPT TO:<bob@example.org>", "250").await?;
    ask(&mut lines, "DATA", "354").await?;
    lines.send(message).await?;
    ask(&mut lines, ".", "250").await?;
    ask(&mut lines, "QUIT", "221").await
}

async fn begin(target: &Target, start: Start) -> anyhow::Result<Secured> {
    let stream = target.connect().await?;
    match start {
        Start::Implicit => {
            let mut lines = in_time(target.secure(stream)).await?;
            reply(&mut lines, "220").await?;
            Ok(lines)
        }
        Start::StartTls => {
            let mut lines = Lines::new(stream);
            reply(&mut lines, "220").await?;
            ask(&mut lines, "EHLO phone.example", "250").await?;
            ask(&mut lines, "STARTTLS", "220").await?;
            in_time(target.secure(lines.into_stream()?)).await
        }
    }
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    lines: &mut Lines<S>,
    command: &str,
    code: &str,
) -> anyhow::Result<()> {
    lines.send(format!("{command}\r\n")).await?;
    reply(lines, code).await
}

/// Reads a whole reply, which has to have this code.
async fn reply<S: AsyncRead + AsyncWrite + Unpin>(lines: &mut Lines<S>, code: &str) -> anyhow::Result<()> {
    loop {
        let line = in_time(lines.line()).await?;
        anyhow::ensure!(
            line.starts_with(code.as_bytes()),
            "{:?}",
            String::from_utf8_lossy(&line)
        );
        if line.get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
