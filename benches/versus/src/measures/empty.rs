//! A process that has served somebody, and serves nobody.

use super::{Cell, Figure};
use anyhow::Context as _;

pub(super) fn take(cell: &Cell<'_>) -> anyhow::Result<Vec<Figure>> {
    let mebibytes = memory(cell)? / 1024.0;
    Ok(vec![Figure::new("memory, MiB", mebibytes)])
}

/// What the proxy's processes hold, in KiB.
pub(super) fn memory(cell: &Cell<'_>) -> anyhow::Result<f64> {
    let octets = cell.proxy.meter.memory()?.context("no process")?;
    Ok(super::number(octets.try_into()?) / 1024.0)
}
