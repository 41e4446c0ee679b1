//! What is measured. Each measure is taken of a proxy that was just started, by itself.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::load::imap::Session;
use crate::load::{Target, in_parallel};
use crate::placement::Apart;
use crate::proxies::{Build, Directory, INSPECTING, Kind, Options, Proxy, Site, TLS, TRANSPARENT};
use crate::tls::{Tickets, connector};

mod commands;
mod directories;
mod empty;
mod fetch;
mod idle;
mod login;
mod submit;

/// How long a proxy gets to finish what it is at, before and after it is looked at.
const SETTLED: Duration = Duration::from_millis(150);
/// Connections that work at the same time, where nothing else is said.
const PARALLEL: usize = 4;
/// Sessions that a proxy has seen before it is measured.
const WARM_UP: usize = 24;
/// One cell of a table may take so long.
const CELL: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Measure {
    /// Whole sessions with a login.
    Login,
    /// Round trips of small commands.
    Commands,
    /// Downloads of large messages.
    Fetch,
    /// Messages that are sent.
    Submit,
    /// Sessions that sleep.
    Idle,
    /// A process without sessions.
    Empty,
    /// Gatepost alone: what those cost that judge passwords.
    Directories,
}

/// Who takes part in a measure.
#[derive(Debug, Clone)]
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The kind of accounts that log in.
    pub(crate) user: &'static str,
    pub(crate) options: Options,
}

/// One number that was measured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    /// What it is, with its unit.
    pub(crate) row: String,
    pub(crate) value: f64,
}

/// How much is done of everything.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    pub(crate) sessions: usize,
    /// Sessions whose passwords are judged slowly.
    pub(crate) judged_sessions: usize,
    pub(crate) commands: usize,
    /// The length of a large message, in octets.
    pub(crate) download: usize,
    /// Downloads of it on one connection, and on eight in all.
    pub(crate) downloads: usize,
    pub(crate) small_messages: usize,
    pub(crate) large_messages: usize,
    pub(crate) idle: Vec<usize>,
    /// For so long nothing happens.
    pub(crate) quiet: Duration,
}

/// A proxy that a measure is taken of.
pub(crate) struct Cell<'a> {
    site: &'a Site,
    counts: &'a Counts,
    contestant: &'a Contestant,
    proxy: Proxy,
}

impl Counts {
    /// `most` is how many idle sessions the limit of open files allows.
    pub(crate) fn full(most: usize) -> Self {
        Self {
            sessions: 800,
            judged_sessions: 160,
            commands: 16_000,
            download: 64 << 20,
            downloads: 8,
            small_messages: 400,
            large_messages: 64,
            idle: vec![2000.min(most), most],
            quiet: Duration::from_secs(10),
        }
    }

    /// To see that everything works.
    pub(crate) fn quick() -> Self {
        Self {
            sessions: 40,
            judged_sessions: 16,
            commands: 640,
            download: 4 << 20,
            downloads: 1,
            small_messages: 16,
            large_messages: 4,
            idle: vec![100],
            quiet: Duration::from_secs(1),
        }
    }
}

impl Measure {
    pub(crate) const ALL: [Self; 7] = [
        Self::Login,
        Self::Commands,
        Self::Fetch,
        Self::Submit,
        Self::Idle,
        Self::Empty,
        Self::Directories,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Login => "Login sessions: handshake, login, SELECT, LOGOUT",
            Self::Commands => "Small commands: NOOP",
            Self::Fetch => "FETCH of large messages",
            Self::Submit => "Submission: a session for each message",
            Self::Idle => "Idle sessions",
            Self::Empty => "The empty process",
            Self::Directories => "Login sessions by directory, full handshake",
        }
    }

    /// Whoever of these kinds takes part; a baseline does as Gatepost does.
    pub(crate) fn contestants(self, kinds: &[Kind], site: &Site) -> Vec<Contestant> {
        let mut contestants = Vec::new();
        for kind in kinds {
            match kind {
                Kind::Gatepost => contestants.extend(self.gateposts(Build::Measured)),
                Kind::Direct if self == Self::Idle || self == Self::Empty => {}
                _ if self == Self::Directories => {}
                _ => contestants.push(Contestant::usual(*kind)),
            }
            if *kind == Kind::Gatepost && site.baseline.is_some() {
                contestants.extend(self.gateposts(Build::Baseline));
            }
        }
        contestants
    }

    /// The ways of Gatepost that are told apart.
    fn gateposts(self, build: Build) -> Vec<Contestant> {
        let usual = Contestant::usual(Kind::Gatepost);
        let with = |what: &str, user, options| Contestant {
            name: format!("{}, {what}", usual.name),
            user,
            options,
            ..usual.clone()
        };
        let judged_by = |what: &str, directory| {
            let options = Options {
                directory,
                ..usual.options
            };
            with(what, INSPECTING, options)
        };
        let mut all = match self {
            Self::Login | Self::Empty => vec![usual],
            Self::Commands | Self::Fetch => {
                let transparent = with("transparent", TRANSPARENT, usual.options);
                vec![usual, transparent]
            }
            Self::Idle => {
                let tls = with("TLS upstream", TLS, usual.options);
                vec![usual, tls]
            }
            Self::Submit => {
                let options = Options {
                    sent_copies: true,
                    ..usual.options
                };
                let copying = with("Sent copy", INSPECTING, options);
                vec![usual, copying]
            }
            Self::Directories => vec![
                judged_by("{PLAIN}", Directory::Plain),
                judged_by("argon2id", Directory::Argon2id),
                judged_by("LDAP", Directory::Ldap),
            ],
        };
        for contestant in &mut all {
            contestant.options.build = build;
            if build == Build::Baseline {
                contestant.name = contestant.name.replacen(Kind::Gatepost.name(), "baseline", 1);
            }
        }
        all
    }

    /// Measures one.
    pub(crate) async fn take(
        self,
        site: &Site,
        counts: &Counts,
        contestant: &Contestant,
    ) -> anyhow::Result<Vec<Figure>> {
        let proxy = contestant.kind.start(site, contestant.options)?;
        let cell = Cell {
            site,
            counts,
            contestant,
            proxy,
        };
        let taken = async {
            cell.warm_up().await?;
            match self {
                Self::Login => login::take(&cell).await,
                Self::Commands => commands::take(&cell).await,
                Self::Fetch => fetch::take(&cell).await,
                Self::Submit => submit::take(&cell).await,
                Self::Idle => idle::take(&cell).await,
                Self::Empty => empty::take(&cell),
                Self::Directories => directories::take(&cell).await,
            }
        };
        let taken = tokio::time::timeout(CELL, taken).await;
        let taken = taken.context("it takes too long").and_then(|taken| taken);
        taken.with_context(|| format!("{}; its log ends with\n{}", contestant.name, cell.proxy.log()))
    }
}

impl Contestant {
    pub(crate) fn usual(kind: Kind) -> Self {
        Self {
            name: kind.name().to_owned(),
            kind,
            user: INSPECTING,
            options: Options::default(),
        }
    }
}

impl Figure {
    fn new(row: impl Into<String>, value: f64) -> Self {
        let row = row.into();
        Self { row, value }
    }
}

impl Cell<'_> {
    /// A client with tickets of its own.
    fn target(&self, address: SocketAddr, tickets: Tickets) -> anyhow::Result<Target> {
        let connector = connector(&self.site.identity, tickets)?;
        Ok(Target::new(address, connector, self.contestant.user))
    }

    fn imaps(&self) -> anyhow::Result<Target> {
        self.target(self.proxy.imaps, Tickets::Ignored)
    }

    async fn warm_up(&self) -> anyhow::Result<()> {
        let target = self.imaps()?;
        in_parallel(PARALLEL, WARM_UP, move || {
            let target = target.clone();
            async move { Session::open(&target).await?.logout().await }
        })
        .await?;
        Ok(())
    }

    /// Gives what is measured a processor for itself.
    fn apart(&self) -> anyhow::Result<Apart> {
        Apart::from_others(self.proxy.meter)
    }

    /// Does some work, and says what processors' time the proxy used for it, in seconds.
    async fn cost<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, f64)> {
        tokio::time::sleep(SETTLED).await;
        let before = self.proxy.meter.used();
        let done = work.await?;
        tokio::time::sleep(SETTLED).await;
        let used = self.proxy.meter.used().since(&before);
        Ok((done, used.as_secs_f64()))
    }
}

/// The duration that so much of a hundred is not above, in microseconds.
fn percentile(sorted: &[Duration], hundredths: usize) -> anyhow::Result<f64> {
    ensure!(!sorted.is_empty(), "nothing was measured");
    let index = (sorted.len() * hundredths / 100).min(sorted.len() - 1);
    let value = sorted.get(index).context("no such place")?;
    Ok(micros(value.as_secs_f64()))
}

fn micros(seconds: f64) -> f64 {
    seconds * 1e6
}

/// A count as a divisor.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn number(count: usize) -> f64 {
    count as f64
}
