//! The story of a soak: servers, gateway, phones, chaos; then everything comes to rest, and is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::task::{JoinSet, block_in_place};
use tokio::time::{Instant, sleep, timeout};

use crate::Options;
use crate::chaos::{Chaos, Course, Plan};
use crate::gateway::{self, Gateway, LogFault, LogReport, Vitals};
use crate::ledger::judge;
use crate::people::{Person, people};
use crate::phone::{Phone, World, old_tablet};
use crate::random::Random;
use crate::report::{Outcome, progress};
use crate::servers::{Front, POOL, Servers};
use crate::{letter, memory};

/// Users with an old tablet.
const TABLETS: usize = 4;
/// What the phones may take to log out.
const GOODBYE_TIME: Duration = Duration::from_secs(60);
/// What deliveries and filings may take when everything is up. A mailbox's lock may be left for two minutes.
const DRAIN_TIME: Duration = Duration::from_secs(180);
/// What connections and threads may take to go.
const REST_TIME: Duration = Duration::from_secs(40);
/// What the gateway's end may take.
const END_TIME: Duration = Duration::from_secs(30);
/// Threads for work with files, which the look into the spool's queue keeps from ending.
const IDLE_THREADS: u64 = 4;
/// How often something is looked at that tells nobody when it happens.
const PAUSE: Duration = Duration::from_millis(200);
/// So many lines of the gateway's logs are shown for a letter.
const LINES: usize = 12;

/// Runs it and prints what there is to say; whether all is well.
pub(crate) async fn run(options: &Options) -> anyhow::Result<bool> {
    let seed = options.seed.map_or_else(fresh_seed, Ok)?;
    let length = Duration::try_from_secs_f64(options.minutes * 60.0).context("minutes")?;
    ensure!(options.users > 3, "four users at least");
    progress(&format!("--seed {seed}, {} s", length.as_secs()));
    let mut random = Random::new(seed);
    let people = people(options.users, &mut random);
    let master = format!("master-{:016x}", random.next());
    let folder = prepared(&options.folder)?;
    let front = Front::reserve()?;
    let mut servers = block_in_place(|| Servers::start(&people, &master))?;
    front.write(&folder, &servers, &people, &master)?;
    let mut gateway = Gateway::start(&options.gatepost, &folder).await?;
    let peers = front.peers(&servers);
    let before = Vitals::of(gateway.process(), &peers)?;
    let world = Arc::new(World::new(front.doors()?, people));
    let phones = populate(&world, options, seed);
    let chaos = Chaos {
        world: &world,
        servers: &mut servers,
        gateway: &mut gateway,
        plan: Plan::of(length),
        random: random.clone(),
    };
    let mut outcome = Outcome {
        seed,
        length,
        phones: options.phones,
        users: options.users,
        ..Outcome::default()
    };
    let course = match chaos.run().await {
        Ok(course) => course,
        Err(error) => {
            outcome.violations.push(format!("{error:#}"));
            Course::default()
        }
    };
    outcome.restarts = course.restarts;
    progress("the phones log out");
    if goodbye(&world, phones).await.is_err() {
        outcome.violations.push("phones that do not end".to_owned());
    }
    let mut samples = course.samples;
    let mut rest = Rest {
        servers: &servers,
        gateway: &mut gateway,
        people: &world.people,
        outcome: &mut outcome,
    };
    rest.drained().await?;
    let after = rest.settled(&before, &peers).await?;
    if let Some(last) = samples.last().copied() {
        let kib = rest.gateway.memory()?;
        samples.push(memory::Sample { at: last.at, kib });
    }
    rest.mailboxes(&world).await?;
    rest.ended(&master).await?;
    outcome.memory = memory::judge(&samples);
    let unsteady = outcome.memory.as_ref().and_then(|memory| memory.fault.clone());
    outcome
        .violations
        .extend(unsteady.map(|fault| format!("memory: {fault}")));
    outcome.descriptors = [&before, &after].map(|vitals| vitals.descriptors.to_string());
    outcome.threads = [before.threads, after.threads];
    conclude(&world, &servers, &gateway, &folder, outcome)
}

fn fresh_seed() -> anyhow::Result<u64> {
    let mut seed = [0; 4];
    getrandom::fill(&mut seed).context("the system has no random octets")?;
    Ok(u64::from(u32::from_ne_bytes(seed)))
}

/// An empty folder of that name.
fn prepared(folder: &Path) -> anyhow::Result<std::path::PathBuf> {
    let shown = || folder.display().to_string();
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(shown)?;
    }
    std::fs::create_dir_all(folder).with_context(shown)?;
    folder.canonicalize().with_context(shown)
}

fn populate(world: &Arc<World>, options: &Options, seed: u64) -> JoinSet<()> {
    let mut phones = JoinSet::new();
    for number in 0..options.phones {
        phones.spawn(Phone::new(Arc::clone(world), number, seed).live());
    }
    for user in 0..TABLETS.min(world.people.len()) {
        phones.spawn(old_tablet(Arc::clone(world), user, seed));
    }
    phones
}

/// All phones end.
async fn goodbye(world: &World, mut phones: JoinSet<()>) -> anyhow::Result<()> {
    world.over.cancel();
    let all = async {
        while let Some(ended) = phones.join_next().await {
            ended.context("a phone broke")?;
        }
        Ok(())
    };
    timeout(GOODBYE_TIME, all)
        .await
        .context("phones that do not end")?
}

/// Everything is up, and nobody wants anything any more.
struct Rest<'a> {
    servers: &'a Servers,
    gateway: &'a mut Gateway,
    people: &'a [Person],
    outcome: &'a mut Outcome,
}

impl Rest<'_> {
    fn violation(&mut self, what: impl Into<String>) {
        self.outcome.violations.push(what.into());
    }

    /// Waits until all is delivered and filed.
    async fn drained(&mut self) -> anyhow::Result<()> {
        progress("waiting for deliveries and copies");
        let deadline = Instant::now() + DRAIN_TIME;
        loop {
            let queued = self.servers.postfix.queued()?;
            let (waiting, pending) = (self.gateway.spooled("queue")?, self.gateway.spooled("pending")?);
            if queued.is_empty() && waiting.is_empty() && pending.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                self.violation(format!(
                    "not drained: the MTA holds {queued:?}, the spool's queue {waiting:?}, pending {pending:?}"
                ));
                return Ok(());
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until the gateway has no more open, and no more threads, than before the first phone.
    async fn settled(&mut self, before: &Vitals, peers: &gateway::Peers) -> anyhow::Result<Vitals> {
        progress("waiting for the gateway to come to rest");
        let deadline = Instant::now() + REST_TIME;
        loop {
            let now = Vitals::of(self.gateway.process(), peers)?;
            let leaked = now.descriptors.leaked_since(&before.descriptors, POOL);
            let threads = now.threads > before.threads + IDLE_THREADS;
            if leaked.is_empty() && !threads {
                return Ok(now);
            }
            if Instant::now() >= deadline {
                if !leaked.is_empty() {
                    self.violation(format!("leaked descriptors: {leaked}"));
                }
                if threads {
                    self.violation(format!("{} threads, {} before", now.threads, before.threads));
                }
                return Ok(now);
            }
            sleep(PAUSE).await;
        }
    }

    /// Holds what is in the mailboxes against the ledger.
    async fn mailboxes(&mut self, world: &World) -> anyhow::Result<()> {
        progress("reading all mailboxes");
        let found = self.servers.found(self.people).await?;
        let doubt: BTreeSet<String> = self
            .gateway
            .listed("doubt")?
            .iter()
            .filter_map(|message_id| letter::id(message_id))
            .collect();
        let failed = self.gateway.spooled("failed")?;
        if !failed.is_empty() {
            self.violation(format!("copies that could not be filed: {failed:?}"));
        }
        let letters = world.ledger().letters().clone();
        self.outcome.judgement = judge(&letters, &found, &doubt);
        self.outcome.in_doubt = doubt.len();
        self.outcome.letters = letters;
        Ok(())
    }

    /// Ends the gateway, and looks through all that it has logged.
    async fn ended(&mut self, master: &str) -> anyhow::Result<()> {
        if let Err(error) = self.gateway.terminate(END_TIME).await {
            self.violation(format!("{error:#}"));
        }
        let passwords = self
            .people
            .iter()
            .flat_map(|person| [person.password.as_str(), &person.old_password]);
        let secrets = gateway::forms(passwords.chain([master, self.servers.slapd.service_password()]));
        for life in self.gateway.lives().to_vec() {
            let octets = std::fs::read(&life.log).with_context(|| life.log.display().to_string())?;
            let log = String::from_utf8_lossy(&octets);
            let LogReport {
                faults,
                events,
                refusals,
            } = gateway::inspect(&log, life.ending, &secrets);
            add(&mut self.outcome.events, events);
            add(&mut self.outcome.refusals, refusals);
            for LogFault { what, lines } in faults {
                let name = life
                    .log
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                self.violation(format!("{name}: {what}\n    {}", lines.join("\n    ")));
            }
        }
        Ok(())
    }
}

fn add(all: &mut BTreeMap<String, usize>, more: BTreeMap<String, usize>) {
    for (name, count) in more {
        *all.entry(name).or_default() += count;
    }
}

/// Prints the summary, and keeps everything if something is wrong; whether all is well.
fn conclude(
    world: &World,
    servers: &Servers,
    gateway: &Gateway,
    folder: &Path,
    mut outcome: Outcome,
) -> anyhow::Result<bool> {
    for violation in &outcome.judgement.violations {
        let id = violation.id.as_deref();
        let letter = id.and_then(|id| outcome.letters.get(id));
        let lines = id.map(|id| logged(gateway, id)).unwrap_or_default();
        let lines: String = lines.iter().map(|line| format!("\n    {line}")).collect();
        outcome
            .violations
            .push(format!("{violation}; the ledger has {letter:?}{lines}"));
    }
    let tally = world.tally();
    for (what, times) in &tally.violations {
        outcome.violations.push(format!("{what}: {times} times"));
    }
    outcome.violations.extend(tally.complaints.iter().cloned());
    let summary = outcome.text(&tally);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{summary}")?;
    if !tally.calm_refusals.is_empty() {
        writeln!(out, "Refused while all was well: {:?}\n", tally.calm_refusals)?;
    }
    for violation in &outcome.violations {
        writeln!(out, "- {violation}")?;
    }
    let is_good = outcome.violations.is_empty();
    std::fs::write(folder.join("summary.md"), &summary)?;
    if is_good {
        return Ok(true);
    }
    std::fs::write(folder.join("ledger.tsv"), world.ledger().text())?;
    for (name, log) in servers.logs() {
        std::fs::write(folder.join(name), log)?;
    }
    writeln!(
        out,
        "\nLogs and the ledger: {}; --seed {}",
        folder.display(),
        outcome.seed
    )?;
    Ok(false)
}

/// The lines of the gateway's logs about a letter.
fn logged(gateway: &Gateway, id: &str) -> Vec<String> {
    let wanted = letter::message_id(id);
    let logs = gateway
        .lives()
        .iter()
        .filter_map(|life| std::fs::read(&life.log).ok());
    let mut lines: Vec<String> = logs
        .flat_map(|log| {
            let text = String::from_utf8_lossy(&log).into_owned();
            let about = text.lines().filter(|line| line.contains(&wanted));
            about.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    lines.truncate(LINES);
    lines
}
