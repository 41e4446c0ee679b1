//! Whole sessions.

use anyhow::ensure;

use super::{Cell, Figure, PARALLEL, micros, number, percentile};
use crate::load::imap::Session;
use crate::load::{in_parallel, timed};
use crate::tls::Tickets;

/// Sessions that are not counted: their clients get tickets.
pub(super) const BEFORE: usize = 2 * PARALLEL;

pub(super) async fn take(cell: &Cell<'_>) -> anyhow::Result<Vec<Figure>> {
    let mut figures = sessions(cell, cell.counts.sessions, Tickets::Ignored).await?;
    figures.extend(sessions(cell, cell.counts.sessions, Tickets::Used).await?);
    Ok(figures)
}

/// So many of one kind.
pub(super) async fn sessions(cell: &Cell<'_>, count: usize, tickets: Tickets) -> anyhow::Result<Vec<Figure>> {
    let target = cell.target(cell.proxy.imaps, tickets)?;
    let session = move || {
        let target = target.clone();
        timed(async move {
            let session = Session::open(&target).await?;
            let resumed = session.resumed;
            session.logout().await?;
            Ok(resumed)
        })
    };
    in_parallel(PARALLEL, BEFORE, session.clone()).await?;
    let logins = cell.site.upstream.taken().logins;
    let (sessions, cpu) = cell.cost(in_parallel(PARALLEL, count, session)).await?;
    let arrived = cell.site.upstream.taken().logins - logins;
    ensure!(
        arrived == count.try_into()?,
        "{arrived} of {count} logins arrived"
    );
    let resumed = sessions.iter().filter(|(resumed, _)| *resumed).count();
    let mut times: Vec<_> = sessions.into_iter().map(|(_, time)| time).collect();
    times.sort_unstable();
    let cpu = micros(cpu) / number(count);
    let p50 = percentile(&times, 50)? / 1000.0;
    Ok(match tickets {
        Tickets::Ignored => {
            ensure!(resumed == 0, "{resumed} handshakes resumed without tickets");
            vec![
                Figure::new("full handshake, CPU us", cpu),
                Figure::new("full handshake, p50 ms", p50),
            ]
        }
        Tickets::Used => {
            ensure!(resumed > 0, "no handshake was resumed");
            vec![
                Figure::new("resumed handshake, CPU us", cpu),
                Figure::new("resumed handshake, p50 ms", p50),
                Figure::new(
                    "resumed handshakes that were, %",
                    100.0 * number(resumed) / number(count),
                ),
            ]
        }
    })
}
