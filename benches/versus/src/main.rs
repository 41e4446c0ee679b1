//! The same work for Gatepost, nginx's mail module, Dovecot's login proxy and HAProxy: what it costs each, as tables.
//!
//! `scripts/versus` builds this and runs it; docs/performance.md says how it measures, and what it found.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use gatepost_testkit::servers::Authority;
use tokio::runtime::Builder;

use crate::measures::{Contestant, Counts, Measure};
use crate::proxies::{Kind, Site};
use crate::table::Table;
use crate::upstream::Upstream;

mod aims;
mod lines;
mod load;
mod machine;
mod measures;
mod placement;
mod process;
mod proxies;
mod table;
mod tls;
mod upstream;
mod usage;

/// Compares what proxies for mail cost, and prints Markdown.
#[derive(Parser)]
struct Options {
    /// What to measure, by commas; all, if it is not given.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Measure>,
    /// Whom to measure, by commas; all, if it is not given.
    #[arg(long, value_delimiter = ',')]
    proxies: Vec<Kind>,
    /// How often everybody's turn comes.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Small counts and one round: to see that it works.
    #[arg(long)]
    quick: bool,
    /// Gatepost's program; the one that was built with this one, if it is not given.
    #[arg(long)]
    gatepost: Option<PathBuf>,
    /// Another build of it, which is measured in the same run.
    #[arg(long)]
    baseline: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    compare(&Options::parse())
}

fn compare(options: &Options) -> anyhow::Result<()> {
    let most = machine::raise_open_files();
    let identity = Authority::new()?.issue(["localhost"])?;
    let counts = match options.quick {
        true => Counts::quick(),
        false => Counts::full(most),
    };
    let site = Site {
        upstream: Upstream::start(&identity, load::text(counts.download))?,
        identity,
        gatepost: options.gatepost()?,
        baseline: options.baseline.as_deref().map(program).transpose()?,
    };
    let rounds = if options.quick { 1 } else { options.rounds };
    let kinds = chosen(&options.proxies, &Kind::ALL);
    println!("{}", machine::described(&site, &kinds, rounds)?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut tables = Vec::new();
    for measure in chosen(&options.only, &Measure::ALL) {
        let table = runtime.block_on(measured(measure, &site, &counts, &kinds, rounds))?;
        if !table.is_empty() {
            println!("{}", table.markdown());
        }
        tables.push(table);
    }
    println!("{}", table::aims(&tables));
    Ok(())
}

impl Options {
    fn gatepost(&self) -> anyhow::Result<PathBuf> {
        let beside = || Ok(std::env::current_exe()?.with_file_name("gatepost"));
        let path: PathBuf = self.gatepost.clone().map_or_else(beside, anyhow::Ok)?;
        program(&path)
    }
}

fn program(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize()
        .with_context(|| format!("{}: is it built?", path.display()))
}

/// Those, or else all, in the order of all.
fn chosen<T: Copy + PartialEq>(wanted: &[T], all: &[T]) -> Vec<T> {
    let is_wanted = |one: &&T| wanted.is_empty() || wanted.contains(one);
    all.iter().filter(is_wanted).copied().collect()
}

/// All rounds of one measure. In each, somebody else begins.
async fn measured(
    measure: Measure,
    site: &Site,
    counts: &Counts,
    kinds: &[Kind],
    rounds: usize,
) -> anyhow::Result<Table> {
    let mut contestants: Vec<Contestant> = measure.contestants(kinds, site);
    let mut table = Table::new(measure, &contestants);
    for round in 1..=rounds {
        for contestant in &contestants {
            eprintln!("{measure:?}, round {round} of {rounds}: {}", contestant.name);
            let figures = measure.take(site, counts, contestant).await?;
            table.add(&contestant.name, figures);
        }
        contestants.rotate_left(1);
    }
    Ok(table)
}
