//! What is looked at when nobody wants anything any more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, sleep};

use crate::gateway::{self, Gateway, LogFault, LogReport, Vitals};
use crate::ledger::judge;
use crate::letter;
use crate::memory::{self, Sample};
use crate::people::Person;
use crate::phone::World;
use crate::report::{Outcome, progress};
use crate::servers::{POOL, Servers};

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

/// Everything is up, and nobody wants anything any more.
pub(crate) struct Rest<'a> {
    pub(crate) servers: &'a Servers,
    pub(crate) gateway: &'a mut Gateway,
    pub(crate) people: &'a [Person],
    pub(crate) outcome: &'a mut Outcome,
}

impl Rest<'_> {
    fn violation(&mut self, what: impl Into<String>) {
        self.outcome.violations.push(what.into());
    }

    /// Waits until all is delivered and filed.
    pub(crate) async fn drained(&mut self) -> anyhow::Result<()> {
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
    pub(crate) async fn settled(&mut self, before: &Vitals, peers: &gateway::Peers) -> anyhow::Result<()> {
        progress("waiting for the gateway to come to rest");
        let after = self.at_rest(before, peers).await?;
        self.outcome.descriptors = [before, &after].map(|vitals| vitals.descriptors.to_string());
        self.outcome.threads = [before.threads, after.threads];
        Ok(())
    }

    async fn at_rest(&mut self, before: &Vitals, peers: &gateway::Peers) -> anyhow::Result<Vitals> {
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

    pub(crate) fn memory(&mut self, samples: &[Sample]) {
        self.outcome.memory = memory::judge(samples);
        self.outcome.samples = samples.to_vec();
        let fault = self
            .outcome
            .memory
            .as_ref()
            .and_then(|memory| memory.fault.clone());
        if let Some(fault) = fault {
            self.violation(format!("memory: {fault}"));
        }
    }

    /// By the gateway's own count, nobody is connected; what it has refused is told.
    pub(crate) fn seats(&mut self) -> anyhow::Result<()> {
        for (key, value) in self.gateway.status()? {
            let is_count = key.ends_with(".logged_in") || key.ends_with(".before_login");
            if value == "0" {
                continue;
            }
            if is_count {
                self.violation(format!("gatepost status has {key} {value}"));
            } else if let Some(reason) = key.strip_prefix("refused.") {
                let count = value.parse().with_context(|| key.clone())?;
                self.outcome.refused.insert(reason.to_owned(), count);
            }
        }
        Ok(())
    }

    /// Holds what is in the mailboxes against the ledger.
    pub(crate) async fn mailboxes(&mut self, world: &World) -> anyhow::Result<()> {
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
    pub(crate) async fn ended(&mut self, master: &str) -> anyhow::Result<()> {
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
