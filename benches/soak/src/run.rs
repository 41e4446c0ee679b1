//! The story of a soak: servers, gateway, phones, chaos; then everything comes to rest, and is looked at.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::task::{JoinSet, block_in_place};
use tokio::time::timeout;

use crate::Options;
use crate::chaos::{Chaos, Course, Plan};
use crate::gateway::{Gateway, Vitals};
use crate::memory::Sample;
use crate::people::people;
use crate::phone::{Phone, World, old_tablet};
use crate::random::Random;
use crate::report::{Outcome, progress};
use crate::rest::Rest;
use crate::servers::{Front, Servers};
use crate::verdict::conclude;

/// Users with an old tablet.
const TABLETS: usize = 4;
/// What the phones may take to log out.
const GOODBYE_TIME: Duration = Duration::from_secs(60);

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
    let mut outcome = Outcome {
        seed,
        length,
        phones: options.phones,
        users: options.users,
        ..Outcome::default()
    };
    let phones = populate(&world, options, seed);
    let chaos = Chaos {
        world: &world,
        servers: &mut servers,
        gateway: &mut gateway,
        plan: Plan::of(length),
        random,
    };
    let course = chaos.run().await;
    let Course {
        restarts,
        mut samples,
    } = course.unwrap_or_else(|error| {
        outcome.violations.push(format!("{error:#}"));
        Course::default()
    });
    outcome.restarts = restarts;
    if let Err(error) = goodbye(&world, phones).await {
        outcome.violations.push(format!("{error:#}"));
    }
    let mut rest = Rest {
        servers: &servers,
        gateway: &mut gateway,
        people: &world.people,
        outcome: &mut outcome,
    };
    rest.drained().await?;
    rest.settled(&before, &peers).await?;
    rest.seats()?;
    samples.extend(last_sample(&samples, rest.gateway)?);
    rest.memory(&samples);
    rest.mailboxes(&world).await?;
    rest.ended(&master).await?;
    conclude(&world, &servers, &gateway, &folder, outcome)
}

/// Memory when all is over, at the time of the last look.
fn last_sample(samples: &[Sample], gateway: &Gateway) -> anyhow::Result<Option<Sample>> {
    let Some(last) = samples.last() else {
        return Ok(None);
    };
    let kib = gateway.memory()?;
    Ok(Some(Sample { at: last.at, kib }))
}

fn fresh_seed() -> anyhow::Result<u64> {
    let mut seed = [0; 4];
    getrandom::fill(&mut seed).context("the system has no random octets")?;
    Ok(u64::from(u32::from_ne_bytes(seed)))
}

/// An empty folder of that name.
fn prepared(folder: &Path) -> anyhow::Result<PathBuf> {
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
    progress("the phones log out");
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
