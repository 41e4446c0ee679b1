//! Downloads.

use tokio::task::JoinSet;

use super::{Cell, Figure, number};
use crate::load::imap::Session;

pub(super) async fn take(cell: &Cell<'_>) -> anyhow::Result<Vec<Figure>> {
    let message = cell.site.upstream.message;
    let mut figures = Vec::new();
    for (connections, row) in [(1, "1 connection, CPU s/GiB"), (8, "8 connections, CPU s/GiB")] {
        let mut sessions = Vec::new();
        for _ in 0..connections {
            sessions.push(Session::open(&cell.imaps()?).await?);
        }
        let each = cell.counts.downloads.div_ceil(connections);
        let ((), cpu) = cell.cost(downloads(sessions, each, message)).await?;
        let octets = number(connections * each * message.len());
        figures.push(Figure::new(row, cpu / (octets / number(1 << 30))));
    }
    Ok(figures)
}

async fn downloads(sessions: Vec<Session>, each: usize, message: &'static [u8]) -> anyhow::Result<()> {
    let mut running = JoinSet::new();
    for mut session in sessions {
        running.spawn(async move {
            for _ in 0..each {
                session.fetch(message).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}
