//! Round trips of the smallest command.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{Cell, Figure, micros, number, percentile};
use crate::load::imap::Session;
use crate::load::timed;

pub(super) async fn take(cell: &Cell<'_>) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let _apart = cell.apart()?;
    for connections in [1, 32] {
        let mut sessions = Vec::new();
        for _ in 0..connections {
            sessions.push(Session::open(&cell.imaps()?).await?);
        }
        let each = cell.counts.commands / connections;
        let (mut times, cpu) = cell.cost(round_trips(sessions, each)).await?;
        times.sort_unstable();
        let plural = if connections == 1 { "" } else { "s" };
        let row = |what: &str| format!("{connections} connection{plural}, {what}");
        figures.extend([
            Figure::new(row("CPU us"), micros(cpu) / number(times.len())),
            Figure::new(row("p50 us"), percentile(&times, 50)?),
            Figure::new(row("p99 us"), percentile(&times, 99)?),
        ]);
    }
    Ok(figures)
}

/// So many on each connection, one after the other.
async fn round_trips(sessions: Vec<Session>, each: usize) -> anyhow::Result<Vec<Duration>> {
    let mut running = JoinSet::new();
    for mut session in sessions {
        running.spawn(async move {
            let mut times = Vec::with_capacity(each);
            for _ in 0..each {
                times.push(timed(session.noop()).await?.1);
            }
            anyhow::Ok(times)
        });
    }
    let mut all = Vec::new();
    while let Some(times) = running.join_next().await {
        all.extend(times??);
    }
    Ok(all)
}
