//! IMAP as far as the load goes.

use anyhow::{Context as _, bail};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Shared;
use crate::lines::Lines;

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID IDLE AUTH=PLAIN] ready\r\n";
const CAPABILITIES: &str =
    "CAPABILITY IMAP4rev1 LITERAL+ ID IDLE NAMESPACE SPECIAL-USE LIST-EXTENDED UIDPLUS UNSELECT";

/// A message without a Message-ID.
const OTHER_HEADER: &str = "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (MESSAGE-ID DATE)] {2}\r\n\r\n)\r\n";

/// Serves one connection to its end.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    shared: &Shared,
    mut lines: Lines<S>,
) -> anyhow::Result<()> {
    lines.send(GREETING).await?;
    while let Some(line) = lines.next().await? {
        let line = std::str::from_utf8(&line)?.trim_end();
        let (tag, command) = line.split_once(' ').context("no command")?;
        let (word, arguments) = command.split_once(' ').unwrap_or((command, ""));
        let mut answer = String::new();
        match word.to_ascii_uppercase().as_str() {
            "CAPABILITY" => answer = format!("* {CAPABILITIES}\r\n{tag} OK done\r\n"),
            "AUTHENTICATE" => {
                if arguments.split_whitespace().nth(1).is_none() {
                    lines.send("+ \r\n").await?;
                    lines.line().await?;
                }
                answer = logged_in(shared, tag);
            }
            "LOGIN" => {
                literals(&mut lines, arguments).await?;
                answer = logged_in(shared, tag);
            }
            "SELECT" | "EXAMINE" => answer = selected(shared, tag),
            "FETCH" if arguments.ends_with("BODY.PEEK[]") => {
                let message = shared.message;
                let head = format!("* 1 FETCH (BODY[] {{{}}}\r\n", message.len());
                lines.send(head).await?;
                lines.send(message).await?;
                answer = format!(")\r\n{tag} OK fetched\r\n");
            }
            // Who files copies looks whether they are there.
            "FETCH" => answer = format!("{OTHER_HEADER}{tag} OK fetched\r\n"),
            "IDLE" => idle(shared, &mut lines, tag).await?,
            "APPEND" => {
                literals(&mut lines, arguments).await?;
                Shared::count(&shared.filed, 1);
                answer = format!("{tag} OK [APPENDUID 1 1] filed\r\n");
            }
            "LIST" => answer = format!("* LIST (\\Sent) \"/\" Sent\r\n{tag} OK listed\r\n"),
            "UID" => answer = format!("* SEARCH\r\n{tag} OK searched\r\n"),
            "ID" => answer = format!("* ID NIL\r\n{tag} OK done\r\n"),
            "LOGOUT" => {
                return lines.send(format!("* BYE\r\n{tag} OK bye\r\n")).await;
            }
            _ => answer = format!("{tag} OK done\r\n"),
        }
        if !answer.is_empty() {
            lines.send(answer).await?;
        }
    }
    Ok(())
}

fn logged_in(shared: &Shared, tag: &str) -> String {
    Shared::count(&shared.logins, 1);
    format!("{tag} OK [{CAPABILITIES}] in\r\n")
}

fn selected(shared: &Shared, tag: &str) -> String {
    let exists = *shared.exists.borrow();
    format!(
        "* FLAGS (\\Seen \\Deleted)\r\n* {exists} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] valid\r\n\
         * OK [UIDNEXT 2] next\r\n{tag} OK [READ-WRITE] selected\r\n"
    )
}

/// Reads the literals of a command whose first line ends with `line`.
async fn literals<S: AsyncRead + AsyncWrite + Unpin>(lines: &mut Lines<S>, line: &str) -> anyhow::Result<()> {
    let mut line = line.to_owned();
    while let Some((_, literal)) = line.strip_suffix('}').and_then(|line| line.rsplit_once('{')) {
        let (octets, waits) = match literal.strip_suffix('+') {
            Some(octets) => (octets, false),
            None => (literal, true),
        };
        if waits {
            lines.send("+ go\r\n").await?;
        }
        lines.octets(octets.parse()?, |_| Ok(())).await?;
        line = std::str::from_utf8(&lines.line().await?)?.trim_end().to_owned();
    }
    Ok(())
}

/// Tells of new messages until DONE.
async fn idle<S: AsyncRead + AsyncWrite + Unpin>(
    shared: &Shared,
    lines: &mut Lines<S>,
    tag: &str,
) -> anyhow::Result<()> {
    let mut exists = shared.exists.subscribe();
    lines.send("+ idling\r\n").await?;
    loop {
        tokio::select! {
            line = lines.next() => match line? {
                Some(line) if line.eq_ignore_ascii_case(b"DONE\r\n") => break,
                Some(_) => bail!("something else than DONE"),
                None => bail!("gone while idling"),
            },
            changed = exists.changed() => {
                changed?;
                let exists = *exists.borrow_and_update();
                lines.send(format!("* {exists} EXISTS\r\n")).await?;
            }
        }
    }
    lines.send(format!("{tag} OK idled\r\n")).await
}
