//! Sessions that sleep, and what wakes them.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::empty::memory;
use super::{Cell, Figure, SETTLED, micros, number};
use crate::load::imap::Session;
use crate::load::in_parallel;
use crate::upstream::Upstream;

/// So many are opened at the same time.
const OPENING: usize = 64;

pub(super) async fn take(cell: &Cell<'_>) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut sessions = Vec::new();
    tokio::time::sleep(SETTLED).await;
    let empty = memory(cell)?;
    for count in &cell.counts.idle {
        let count = *count;
        sessions.extend(opened(cell, count - sessions.len()).await?);
        tokio::time::sleep(SETTLED * 5).await;
        let each = (memory(cell)? - empty) / number(count);
        let quiet = cell.counts.quiet;
        let sleep = async {
            tokio::time::sleep(quiet).await;
            Ok(())
        };
        let ((), asleep) = cell.cost(sleep).await?;
        let ((awake, last), update) = cell.cost(told(&cell.site.upstream, sessions)).await?;
        sessions = awake;
        let row = |what: &str| format!("{count} sessions: {what}");
        figures.extend([
            Figure::new(row("memory each, KiB"), each),
            Figure::new(
                row("CPU while nothing happens, ms/s"),
                1000.0 * asleep / quiet.as_secs_f64(),
            ),
            Figure::new(
                row("an update to all, CPU us each"),
                micros(update) / number(count),
            ),
            Figure::new(row("until the last has it, ms"), last.as_secs_f64() * 1000.0),
        ]);
    }
    Ok(figures)
}

async fn opened(cell: &Cell<'_>, count: usize) -> anyhow::Result<Vec<Session>> {
    let target = cell.imaps()?;
    in_parallel(OPENING, count, move || {
        let target = target.clone();
        async move {
            let mut session = Session::open(&target).await?;
            session.idle().await?;
            Ok(session)
        }
    })
    .await
}

/// One new message, of which all hear. Says how long that took.
async fn told(upstream: &Upstream, sessions: Vec<Session>) -> anyhow::Result<(Vec<Session>, Duration)> {
    let mut hearing = JoinSet::new();
    let exists = upstream.next();
    for mut session in sessions {
        hearing.spawn(async move {
            session.hear(exists).await?;
            anyhow::Ok(session)
        });
    }
    // They all wait before it happens.
    tokio::task::yield_now().await;
    let begun = Instant::now();
    upstream.push();
    let mut sessions = Vec::new();
    while let Some(session) = hearing.join_next().await {
        sessions.push(session??);
    }
    Ok((sessions, begun.elapsed()))
}
