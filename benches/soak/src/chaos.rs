//! What dies, when, and for how long.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use crate::gateway::Gateway;
use crate::memory::Sample;
use crate::people::Home;
use crate::phone::World;
use crate::random::Random;
use crate::report::progress;
use crate::servers::Servers;

/// How often the memory is looked at.
const SAMPLING: Duration = Duration::from_secs(2);
/// How often the gateway is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A power cut of a mail server, and its return.
    Dovecot(Home),
    /// The processes of all sessions of a mail server die.
    Sessions(Home),
    Postfix,
    Slapd,
    /// SIGKILL.
    GatewayKilled,
    /// SIGTERM.
    GatewayTold,
}

impl Event {
    const SERVERS: [Self; 6] = [
        Self::Dovecot(Home::One),
        Self::Dovecot(Home::Two),
        Self::Sessions(Home::One),
        Self::Sessions(Home::Two),
        Self::Postfix,
        Self::Slapd,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Dovecot(_) => "Dovecot killed and started",
            Self::Sessions(_) => "Dovecot's sessions killed",
            Self::Postfix => "Postfix killed and started",
            Self::Slapd => "slapd killed and started",
            Self::GatewayKilled => "gatepost killed and started",
            Self::GatewayTold => "gatepost ended and started",
        }
    }
}

/// When things happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) begun: Instant,
    /// The end of the run.
    pub(crate) end: Instant,
    /// The gateway itself is not touched any more from here on: its memory is looked at.
    pub(crate) last_restart: Instant,
    /// The shortest and the longest pause.
    pub(crate) pause: (Duration, Duration),
}

impl Plan {
    /// A quarter of the time is for restarts of the gateway, but for no more than ten minutes.
    pub(crate) fn of(length: Duration) -> Self {
        let now = Instant::now();
        let pause = if length < Duration::from_secs(600) {
            (Duration::from_secs(9), Duration::from_secs(16))
        } else {
            (Duration::from_secs(20), Duration::from_secs(50))
        };
        Self {
            begun: now,
            end: now + length,
            last_restart: now + (length / 4).min(Duration::from_secs(600)),
            pause,
        }
    }
}

/// How often each thing happened.
pub(crate) type Restarts = BTreeMap<&'static str, usize>;

/// Makes things happen, and looks at the gateway meanwhile.
pub(crate) struct Chaos<'a> {
    pub(crate) world: &'a World,
    pub(crate) servers: &'a mut Servers,
    pub(crate) gateway: &'a mut Gateway,
    pub(crate) plan: Plan,
    pub(crate) random: Random,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Course {
    pub(crate) restarts: Restarts,
    /// The memory of the gateway's last life.
    pub(crate) samples: Vec<Sample>,
}

impl Chaos<'_> {
    /// Until the end; leaves with everything up.
    pub(crate) async fn run(mut self) -> anyhow::Result<Course> {
        let mut course = Course::default();
        let mut turn: Vec<Event> = Vec::new();
        let (least, most) = self.plan.pause;
        let spread = u64::try_from((most - least).as_millis()).unwrap_or(1);
        for number in 1_u32.. {
            let pause = least + self.random.millis(0, spread);
            // The last outage has its time to be over.
            if Instant::now() + pause + most >= self.plan.end {
                break;
            }
            self.watch(Instant::now() + pause, &mut course.samples).await?;
            let event = self.next(number, &mut turn);
            *course.restarts.entry(event.name()).or_default() += 1;
            let away = self.random.millis(0, 4_000);
            progress(&format!("{} ({away:?} away)", event.name()));
            self.world.weather.outage();
            happen(event, self.servers, self.gateway, away).await?;
            self.world.weather.up();
            if matches!(event, Event::GatewayKilled | Event::GatewayTold) {
                course.samples.clear();
            }
        }
        self.watch(self.plan.end, &mut course.samples).await?;
        Ok(course)
    }

    /// Every other thing is the gateway's own end, as long as that may be; of the others each has its turn.
    fn next(&mut self, number: u32, turn: &mut Vec<Event>) -> Event {
        if Instant::now() < self.plan.last_restart && number % 2 == 1 {
            return if number % 4 == 1 {
                Event::GatewayKilled
            } else {
                Event::GatewayTold
            };
        }
        if turn.is_empty() {
            turn.extend(Event::SERVERS);
        }
        turn.swap_remove(self.random.place(turn.len()))
    }

    /// Waits, looks at the memory, and sees to it that the gateway does not end by itself.
    async fn watch(&mut self, until: Instant, samples: &mut Vec<Sample>) -> anyhow::Result<()> {
        while Instant::now() < until {
            if let Some(status) = self.gateway.ended()? {
                anyhow::bail!("the gateway ended by itself, {status}");
            }
            let at = self.plan.begun.elapsed();
            if samples.last().is_none_or(|last| at - last.at >= SAMPLING) {
                let kib = self.gateway.memory()?;
                samples.push(Sample { at, kib });
            }
            sleep(LOOK).await;
        }
        Ok(())
    }
}

async fn happen(
    event: Event,
    servers: &mut Servers,
    gateway: &mut Gateway,
    away: Duration,
) -> anyhow::Result<()> {
    match event {
        Event::Dovecot(home) => {
            let dovecot = servers.dovecot_mut(home);
            block_in_place(|| dovecot.stop());
            sleep(away).await;
            block_in_place(|| dovecot.restart())?;
        }
        Event::Sessions(home) => {
            block_in_place(|| servers.dovecot(home).kill_sessions())?;
        }
        Event::Postfix => {
            block_in_place(|| servers.postfix.stop());
            sleep(away).await;
            block_in_place(|| servers.postfix.restart())?;
        }
        Event::Slapd => {
            block_in_place(|| servers.slapd.stop());
            sleep(away).await;
            block_in_place(|| servers.slapd.restart())?;
        }
        Event::GatewayKilled => {
            gateway.kill()?;
            sleep(away / 4).await;
            gateway.again().await?;
        }
        Event::GatewayTold => {
            gateway.terminate(Duration::from_secs(20)).await?;
            gateway.again().await?;
        }
    }
    Ok(())
}
