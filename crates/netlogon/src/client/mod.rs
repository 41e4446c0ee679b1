//! Asks the domain controllers, whatever happens to them meanwhile.

mod controllers;
mod opener;
mod pool;
mod probe;

use std::fmt;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::controllers::Controllers;
use self::opener::{Channel, Opener};
use self::pool::Pool;
pub use self::probe::{Finding, Report, Step};
use crate::answer::{Answer, Logon};
use crate::config::{Config, ConfigError, Controller};
use crate::error::{Failure, Unavailable};
use crate::nrpc::{self, Reply, SAM_LOGON_EX};
use crate::rpc::{Dial, Names, Tcp};
use crate::status::About;
use crate::target;

/// A client of the domain controllers of one domain. Share it: it keeps connections for all logons.
pub struct Netlogon(Client<Tcp>);

impl Netlogon {
    /// A client. Nothing is connected before the first logon.
    ///
    /// # Errors
    /// If the configuration cannot work, whatever the controllers say.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Client::new(Tcp, config).map(Self)
    }

    /// Asks a domain controller whether the responses are right, and who the user is.
    ///
    /// Anonymous logons, those without an NT response, and names or responses of more than 16 KiB are denied without
    /// asking (STATUS_LOGON_FAILURE). A controller that fails is asked again once on a new secure channel, and then the
    /// others, each with the limits of [`Config`]. If one keeps silent, nobody is asked any more: it may have counted a
    /// wrong password already. So may one whose answer is lost or spoilt: that is made good once and no more. Dropping the future closes the connection that it used.
    ///
    /// # Errors
    /// If the response repeats other names than those of our account and domain from the challenge
    /// (MsvAvNbComputerName, MsvAvNbDomainName), no controller could be asked, or the answer says nothing of the user.
    pub async fn logon(&self, logon: &Logon<'_>) -> Result<Answer, Unavailable> {
        self.0.logon(logon).await
    }

    /// Uses other domain controllers from now on, the preferred ones first: DNS has changed, say. An empty list
    /// changes nothing.
    pub fn replace_controllers(&self, controllers: Vec<Controller>) {
        self.0.replace_controllers(controllers);
    }

    /// Tries each controller, one after another, and says in words what works: for an administrator.
    ///
    /// It opens secure channels of its own, and does not disturb those in use. The logon that it tries is of a user that does not exist.
    pub async fn probe(&self) -> Vec<Report> {
        self.0.probe().await
    }
}

impl fmt::Debug for Netlogon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Netlogon")
            .field("controllers", &self.0.controllers.order())
            .field("names", &self.0.opener.names)
            .finish_non_exhaustive()
    }
}

/// The same, over any transport.
pub(crate) struct Client<D: Dial> {
    opener: Opener<D>,
    controllers: Controllers,
    pool: Pool<D::Stream>,
    permits: Semaphore,
    call_time: Duration,
}

impl<D: Dial> Client<D> {
    pub(crate) fn new(dial: D, config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            controllers: Controllers::new(config.controllers),
            pool: Pool::new(),
            permits: Semaphore::new(config.connections.clamp(1, Semaphore::MAX_PERMITS)),
            call_time: config.call_time,
            opener: Opener {
                dial,
                names: Names {
                    domain: config.domain,
                    computer: config.account.computer.clone(),
                },
                account: config.account,
                limit: config.connect_time,
            },
        })
    }

    pub(crate) async fn logon(&self, logon: &Logon<'_>) -> Result<Answer, Unavailable> {
        if let Some(status) = logon.refused() {
            return Ok(Answer::Denied(status));
        }
        target::check(logon.nt_response, &self.opener.names)
            .map_err(|mismatch| Unavailable(mismatch.to_string()))?;
        let stub = nrpc::sam_logon_ex(&self.opener.names.computer, logon);
        let seen = self.pool.attempts();
        let Ok(Ok(_permit)) = timeout(self.call_time, self.permits.acquire()).await else {
            return Err(Unavailable(
                "every connection to the domain controllers is busy".to_owned(),
            ));
        };
        self.ask(seen, &stub).await
    }

    /// Asks until somebody answers: the same controller twice, since a channel may only have grown old, then the others.
    async fn ask(&self, mut seen: u64, stub: &[u8]) -> Result<Answer, Unavailable> {
        let mut chances = self.controllers.count() + 1;
        let mut is_first = true;
        let mut doubts = 0;
        loop {
            let mut channel = self.pool.take_or_open(seen, self.open()).await?;
            seen = self.pool.attempts();
            let failure = match self.ask_on(&mut channel, stub).await {
                Ok(reply) => {
                    let answer = judged(&channel.controller, reply);
                    self.keep(channel);
                    return answer;
                }
                Err(failure) => failure,
            };
            // What happened to this channel may have happened to all.
            self.pool.close(&channel.controller);
            if !is_first || failure.is_silence() {
                self.controllers.mark_failed(&channel.controller);
            }
            is_first = false;
            chances -= 1;
            doubts += u8::from(failure.is_doubtful());
            if chances == 0 || doubts > 1 || failure.is_silence() {
                return Err(in_words(&channel.controller, &failure));
            }
        }
    }

    async fn ask_on(&self, channel: &mut Channel<D::Stream>, stub: &[u8]) -> Result<Reply, Failure> {
        let called = timeout(self.call_time, channel.connection.call(SAM_LOGON_EX, stub)).await;
        let reply = nrpc::reply(&called.map_err(|_| Failure::NoAnswer(self.call_time))??)?;
        match reply {
            Reply::Refused(status) if status.about() == About::Channel => Err(Failure::Logon(status)),
            reply => Ok(reply),
        }
    }

    fn keep(&self, channel: Channel<D::Stream>) {
        if self.controllers.has(&channel.controller) {
            self.pool.keep(channel);
        }
    }

    /// A channel to the first controller that takes us.
    async fn open(&self) -> Result<Channel<D::Stream>, Unavailable> {
        let mut whys = Vec::new();
        for controller in self.controllers.order() {
            match self.opener.open(&controller).await {
                Ok(channel) => {
                    self.controllers.mark_well(&controller);
                    return Ok(channel);
                }
                Err(failure) => {
                    self.controllers.mark_failed(&controller);
                    whys.push(in_words(&controller, &failure).0);
                }
            }
        }
        Err(Unavailable(whys.join("; ")))
    }

    pub(crate) fn replace_controllers(&self, controllers: Vec<Controller>) {
        if !controllers.is_empty() {
            self.pool.retain(&controllers);
            self.controllers.replace(controllers);
        }
    }
}

/// What a reply says of the user.
fn judged(controller: &Controller, reply: Reply) -> Result<Answer, Unavailable> {
    match reply {
        Reply::Granted(identity) => Ok(Answer::Granted(identity)),
        Reply::Refused(status) if status.about() == About::User => Ok(Answer::Denied(status)),
        Reply::Refused(status) => Err(in_words(controller, &Failure::Logon(status))),
    }
}

fn in_words(controller: &Controller, failure: &Failure) -> Unavailable {
    Unavailable(format!("{controller}: {failure}"))
}
