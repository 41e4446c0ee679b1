//! Messages that are sent, each in a session of its own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;

use super::{Cell, Figure, PARALLEL, micros, number, percentile};
use crate::load::smtp::{Start, submit};
use crate::load::{in_parallel, in_time, text, timed};
use crate::tls::Tickets;

/// How often copies are counted that are being filed.
const LOOK: Duration = Duration::from_millis(10);

pub(super) async fn take(cell: &Cell<'_>) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let ports = [
        ("465", Some(cell.proxy.smtps), Start::Implicit),
        ("587", cell.proxy.submission, Start::StartTls),
    ];
    for (port, address, start) in ports {
        let Some(address) = address else { continue };
        for (size, octets, count) in [
            ("10 KiB", 10 << 10, cell.counts.small_messages),
            ("1 MiB", 1 << 20, cell.counts.large_messages),
        ] {
            let target = cell.target(address, Tickets::Ignored)?;
            let message = Arc::new(message(octets));
            let session = move || {
                let (target, message) = (target.clone(), Arc::clone(&message));
                timed(async move { submit(&target, start, &message).await })
            };
            let before = cell.site.upstream.taken();
            let sessions = cell.cost(async {
                let sent = in_parallel(PARALLEL, count, session).await?;
                if cell.contestant.options.sent_copies {
                    in_time(filed(cell, before.filed + u64::try_from(count)?)).await?;
                }
                Ok(sent)
            });
            let (sessions, cpu) = sessions.await?;
            let after = cell.site.upstream.taken();
            let arrived = after.sent - before.sent;
            ensure!(
                arrived == count.try_into()?,
                "{arrived} of {count} messages arrived"
            );
            let least = u64::try_from(count * octets)?;
            ensure!(
                after.sent_octets - before.sent_octets >= least,
                "messages arrived cut short"
            );
            let mut times: Vec<_> = sessions.into_iter().map(|((), time)| time).collect();
            times.sort_unstable();
            let row = |what: &str| format!("{size} on {port}, {what}");
            figures.push(Figure::new(row("CPU us"), micros(cpu) / number(count)));
            figures.push(Figure::new(row("p50 ms"), percentile(&times, 50)? / 1000.0));
        }
    }
    Ok(figures)
}

/// Waits until so many copies were filed since the start.
async fn filed(cell: &Cell<'_>, wanted: u64) -> anyhow::Result<()> {
    loop {
        let filed = cell.site.upstream.taken().filed;
        ensure!(filed <= wanted, "{filed} copies of {wanted} messages");
        if filed == wanted {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn message(octets: usize) -> Vec<u8> {
    let header = b"From: inspecting@example.org\r\nSubject: a letter\r\n\r\n";
    [&header[..], &text(octets)].concat()
}
