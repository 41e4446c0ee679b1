//! What it costs to judge a password, by who judges.

use super::{Cell, Figure, login, micros, number};
use crate::tls::Tickets;
use crate::usage::Tree;

pub(super) async fn take(cell: &Cell<'_>) -> anyhow::Result<Vec<Figure>> {
    let count = cell.counts.judged_sessions;
    let slapd = cell.proxy.slapd.as_ref().and_then(|slapd| slapd.process_id());
    let slapd = slapd.map(Tree::of);
    let before = slapd.map(Tree::used);
    let mut figures = login::sessions(cell, count, Tickets::Ignored).await?;
    if let (Some(slapd), Some(before)) = (slapd, before) {
        let used = slapd.used().since(&before).as_secs_f64();
        let sessions = count + login::BEFORE;
        figures.push(Figure::new(
            "slapd itself, CPU us",
            micros(used) / number(sessions),
        ));
    }
    Ok(figures)
}
