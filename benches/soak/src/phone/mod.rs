//! A phone: it logs in, reads, idles, sends, roams and dies, and begins again.

mod door;
mod login;
mod reading;
mod sending;

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub(crate) use door::{Door, Doors};
use door::{abort, source};
use login::Way;
use reading::Mailbox;
pub(crate) use sending::COPY_WAIT;

use crate::ledger::{Ledger, User};
use crate::people::{Home, Person};
use crate::random::Random;
use crate::tally::Tally;
use crate::weather::{Calm, Weather};

/// What a step may take. Whoever waits for longer has been forgotten.
pub(crate) const STEP_LIMIT: Duration = Duration::from_secs(40);

/// What all phones share.
pub(crate) struct World {
    pub(crate) doors: Doors,
    pub(crate) people: Vec<Person>,
    pub(crate) weather: Weather,
    /// The end of the population.
    pub(crate) over: CancellationToken,
    ledger: Mutex<Ledger>,
    tally: Mutex<Tally>,
}

impl World {
    pub(crate) fn new(doors: Doors, people: Vec<Person>) -> Self {
        Self {
            doors,
            people,
            weather: Weather::new(),
            over: CancellationToken::new(),
            ledger: Mutex::default(),
            tally: Mutex::default(),
        }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a step of a phone's came to nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection ended, or there was none.
    Lost(&'static str),
    /// There was no answer in time.
    Late,
    /// The answer was another one.
    Refused(String),
    /// What was said is not what such a server says.
    Odd(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(how) => f.write_str(how),
            Self::Late => write!(f, "no answer within {STEP_LIMIT:?}"),
            Self::Refused(answer) => write!(f, "refused: {answer}"),
            Self::Odd(what) => write!(f, "unexpected: {what}"),
        }
    }
}

impl From<gatepost_testkit::client::Error> for Fault {
    fn from(error: gatepost_testkit::client::Error) -> Self {
        use gatepost_testkit::client::ErrorKind;
        match error.kind() {
            ErrorKind::Late(_) => Self::Late,
            ErrorKind::Closed => Self::Lost("closed"),
            ErrorKind::Io(_) => Self::Lost("broken"),
            ErrorKind::Refused => Self::Refused(last(error.heard())),
            _ => Self::Odd(error.to_string()),
        }
    }
}

impl From<gatepost_testkit::smtp_client::Error> for Fault {
    fn from(error: gatepost_testkit::smtp_client::Error) -> Self {
        use gatepost_testkit::smtp_client::ErrorKind;
        match error.kind() {
            ErrorKind::Late(_) => Self::Late,
            ErrorKind::Closed => Self::Lost("closed"),
            ErrorKind::Io(_) => Self::Lost("broken"),
            ErrorKind::Refused => Self::Refused(last(error.heard())),
            _ => Self::Odd(error.to_string()),
        }
    }
}

fn last(heard: &[impl fmt::Debug]) -> String {
    heard
        .last()
        .map(|answer| format!("{answer:?}"))
        .unwrap_or_default()
}

/// One of somebody's phones.
pub(crate) struct Phone {
    world: Arc<World>,
    number: usize,
    user: User,
    way: Way,
    random: Random,
    source: Ipv4Addr,
    letters: u64,
    /// What it has read, and of which mailbox.
    mailbox: Mailbox,
    session: Option<reading::Session>,
}

impl Phone {
    /// The first phone of each user tells passwords, the others log in in all ways.
    pub(crate) fn new(world: Arc<World>, number: usize, seed: u64) -> Self {
        let mut random = Random::of(seed, number);
        let first = number < world.people.len();
        Self {
            user: number % world.people.len().max(1),
            way: if first { Way::Plain } else { Way::any(&mut random) },
            source: source(&mut random),
            world,
            number,
            random,
            letters: 0,
            mailbox: Mailbox::default(),
            session: None,
        }
    }

    fn person(&self) -> Option<&Person> {
        self.world.people.get(self.user)
    }

    fn is_over(&self) -> bool {
        self.world.over.is_cancelled()
    }

    /// A pause that the end of the population ends.
    async fn pause(&mut self, least_millis: u64, limit_millis: u64) {
        let pause = self.random.millis(least_millis, limit_millis);
        self.world.over.run_until_cancelled(sleep(pause)).await;
    }

    /// Lives until the population is over, and logs out.
    pub(crate) async fn live(mut self) {
        self.pause(0, 4_000).await;
        while !self.is_over() {
            let calm = self.world.weather.calm();
            let begun = Instant::now();
            if let Err(fault) = self.step().await {
                self.session = None;
                self.complain(&fault, calm, begun);
                self.pause(300, 2_500).await;
            }
        }
        if let Some(session) = self.session.take() {
            // The server may be away at that moment.
            let _ = session.log_out().await;
        }
    }

    fn complain(&self, fault: &Fault, calm: Option<Calm>, begun: Instant) {
        let is_calm = self.world.weather.still(calm);
        let mut tally = self.world.tally();
        let ending = match fault {
            Fault::Lost(how) => how,
            Fault::Late => "late",
            Fault::Refused(_) => "refused",
            Fault::Odd(_) => "odd",
        };
        *tally.endings.entry(ending).or_default() += 1;
        let what = match fault {
            Fault::Odd(_) => "a server that talks nonsense",
            Fault::Late => "no answer",
            _ if is_calm => "a session that ended although all was well",
            _ => return,
        };
        let phone = self.number;
        tally.violation(
            what,
            &format!("phone {phone}, after {:?}: {fault}", begun.elapsed()),
        );
    }

    /// One thing that phones do.
    async fn step(&mut self) -> Result<(), Fault> {
        if self.session.is_none() && !self.open().await? {
            self.pause(300, 2_500).await;
            return Ok(());
        }
        self.read_news().await?;
        match self.random.below(100) {
            0..42 => self.idle().await?,
            42..68 => self.send().await?,
            68..74 => self.look_around().await?,
            74..82 => {
                self.deed("logged out");
                if let Some(session) = self.session.take() {
                    session.log_out().await?;
                }
                self.pause(500, 4_000).await;
            }
            82..88 => self.roam(),
            88..90 => {
                // Dropping it closes the connection.
                self.deed("hung up");
                self.session = None;
                self.pause(500, 4_000).await;
            }
            90..93 => self.stop_reading().await?,
            93..95 => self.die_in_literal().await?,
            95..99 => self.die_sending().await?,
            _ => self.say_nothing().await?,
        }
        Ok(())
    }

    fn deed(&self, what: &'static str) {
        self.world.tally().deed(what);
    }

    /// Another network: the old connection dies without a word.
    fn roam(&mut self) {
        self.deed("roamed");
        if let Some(session) = self.session.take() {
            abort(session.into_stream());
        }
        self.source = source(&mut self.random);
    }

    /// Connects, and leaves.
    async fn say_nothing(&mut self) -> Result<(), Fault> {
        self.deed("said nothing");
        let person = self.person().ok_or(Fault::Lost("nobody"))?;
        let stream = self.world.doors.imaps(person.realm).tcp(self.source).await?;
        self.pause(500, 3_000).await;
        if self.random.once_in(2) {
            abort(stream);
        }
        Ok(())
    }

    /// Whether the user's phones may file copies by themselves.
    fn files_copies(&self) -> bool {
        self.person().is_some_and(|person| person.home == Home::One)
    }
}

/// Somebody's old tablet, which nobody has told the new password.
pub(crate) async fn old_tablet(world: Arc<World>, user: User, seed: u64) {
    let mut random = Random::of(!seed, user);
    let source = source(&mut random);
    let Some(person) = world.people.get(user) else {
        return;
    };
    while !world.over.is_cancelled() {
        login::try_old_password(&world, person, source).await;
        let pause = random.millis(4_000, 10_000);
        world.over.run_until_cancelled(sleep(pause)).await;
    }
}
