//! The one question that a login asks: whose claim is this, and is it true?

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use gatepost_directory::{
    Account, Claim, Denial, Directory, Entry, EntryId, Resolution, Standing, Unavailable, Verdict,
};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::flights::{Flight, Flights, Ours};
use crate::guard::{Attempt, Guard, Network, Outcome, Permit, Stopped, Why};
use crate::turns::{Crowded, Target, Turn};

/// How long a login waits for what the directory says to others of the account.
const PATIENCE: Duration = Duration::from_secs(15);

/// The client has to hear something before it is cut off.
const TOO_LATE: &str = "no answer within the client's time to log in";

/// Whose a true claim is.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) account: Account,
    /// The version of the secret that it was true of, where the directory knows one.
    pub(crate) secret_version: Option<String>,
}

/// What became of a claim.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// The claim is true.
    Granted(Granted),
    /// It is not, or the account may not be used. The id is there if the name is somebody's.
    Denied {
        /// Why.
        denial: Denial,
        /// Whose name it was.
        id: Option<EntryId>,
        /// More for the log.
        note: &'static str,
    },
    /// The directory said before that the proof is wrong, and was not asked again.
    KnownWrong {
        /// Whose name it was, if it is somebody's.
        id: Option<EntryId>,
    },
    /// The directory was not asked, because it might have locked the account.
    Guarded {
        /// Whose name it was, if it is somebody's.
        id: Option<EntryId>,
        /// What is exceeded.
        why: Why,
    },
    /// Too many others ask the directory.
    Crowded(Crowded),
    /// The directory could not be asked.
    Unavailable(Unavailable),
}

/// Who is to be asked, and from where the claim came.
pub(crate) struct Judge {
    pub(crate) directory: Arc<dyn Directory>,
    /// The directory's name in the configuration.
    pub(crate) name: String,
    /// Its domains: names in these are the names without.
    pub(crate) domains: [String; 2],
    pub(crate) guard: Arc<Guard>,
    pub(crate) flights: Arc<Flights>,
    pub(crate) network: Network,
    /// How long a right password need not be asked about again.
    pub(crate) right_for: Duration,
    /// When the client's time is over.
    pub(crate) latest: Instant,
}

/// A claim, and who is meant by its name.
struct Asked<'a> {
    claim: &'a Claim,
    attempt: Attempt,
    /// Or why it is nobody.
    entry: Result<&'a Entry, &'static str>,
}

/// Resolves, asks the guard, and verifies, within the client's time. Once asked, the directory's answer is awaited to its
/// end and counted even if the client has gone or its time is over; such a client does not wait to ask. `turn` is the
/// directory's.
pub(crate) async fn judge(judge: Judge, claim: Claim, turn: Turn) -> Judgement {
    let latest = judge.latest;
    let gone = CancellationToken::new();
    let _here = gone.clone().drop_guard();
    let mut asked = Box::pin(async move {
        match judge.resolve_and_verify(&claim, turn, &gone).await {
            Ok(judgement) | Err(judgement) => judgement,
        }
    });
    // What is known without asking anybody needs no task of its own. A panic ends this judgement and nothing else.
    let first = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| asked.as_mut().poll(cx)));
        Poll::Ready(polled)
    });
    let judgement = match first.await {
        Ok(Poll::Ready(judgement)) => Some(judgement),
        Ok(Poll::Pending) => match timeout_at(latest, tokio::spawn(asked)).await {
            Ok(done) => done.ok(),
            Err(_) => Some(unavailable(TOO_LATE)),
        },
        Err(_) => None,
    };
    judgement.unwrap_or_else(|| unavailable("the directory's task ended without an answer"))
}

impl Judge {
    /// The error is a judgement without asking the directory about the proof.
    async fn resolve_and_verify(
        &self,
        claim: &Claim,
        turn: Turn,
        gone: &CancellationToken,
    ) -> Result<Judgement, Judgement> {
        let resolution = self.directory.resolve(claim.name()).await;
        let asked = match &resolution {
            Resolution::Found(entry) => self.about(entry, claim),
            Resolution::Unknown { why } => self.about_nobody(why, claim),
            Resolution::Unavailable(why) => return Err(Judgement::Unavailable(why.clone())),
        };
        let verdict = self.verdict(&asked, turn, gone).await?;
        Ok(asked.judgement(verdict))
    }

    fn about<'a>(&self, entry: &'a Entry, claim: &'a Claim) -> Asked<'a> {
        let attempt = self.guard.at_account(&self.name, entry, self.network, claim);
        Asked {
            claim,
            attempt: attempt.right_for(self.right_for),
            entry: Ok(entry),
        }
    }

    fn about_nobody<'a>(&self, why: &'static str, claim: &'a Claim) -> Asked<'a> {
        let attempt = self
            .guard
            .at_nobody(&self.name, &self.domains, self.network, claim);
        Asked {
            claim,
            attempt,
            entry: Err(why),
        }
    }

    /// What the directory says of the proof: to us, or to whoever asks about the same at the moment.
    async fn verdict(
        &self,
        asked: &Asked<'_>,
        turn: Turn,
        gone: &CancellationToken,
    ) -> Result<Verdict, Judgement> {
        let target = Arc::clone(turn.target());
        let mut turn = Some(turn);
        loop {
            match self.flights.join(asked.attempt.print(), asked.entry.ok()) {
                Flight::Ours(ours) => {
                    let turns = Turns { target, turn };
                    return self.ask(asked, ours, turns, gone).await;
                }
                Flight::Theirs(theirs) => {
                    // Whoever listens keeps nobody from asking.
                    turn = None;
                    if let Some(verdict) = patiently(theirs.verdict(), gone).await? {
                        let outcome = Outcome::of(&verdict);
                        self.guard.shared(&asked.attempt, outcome);
                        return match outcome {
                            // It was said once, so it is known by now.
                            Outcome::Wrong => Err(Judgement::KnownWrong { id: asked.id() }),
                            _ => Ok(verdict),
                        };
                    }
                }
            }
        }
    }

    async fn ask(
        &self,
        asked: &Asked<'_>,
        ours: Ours,
        mut turns: Turns,
        gone: &CancellationToken,
    ) -> Result<Verdict, Judgement> {
        let permit = self.permit(asked, &mut turns, gone).await?;
        let turn = gone.run_until_cancelled(turns.turn(self.latest)).await;
        let _turn = turn.ok_or_else(client_gone)?.map_err(Judgement::Crowded)?;
        let verdict = match permit {
            Some(_) => self.verify(asked).await,
            None => self.let_in_again(asked).await,
        };
        let landed = ours.landed();
        match permit {
            Some(permit) => permit.answered(Outcome::of(&verdict)),
            None => self.guard.shared(&asked.attempt, Outcome::of(&verdict)),
        }
        landed.tell(&verdict);
        Ok(verdict)
    }

    /// The proof was right a moment ago. Whether the account may be used is asked all the same.
    async fn let_in_again(&self, asked: &Asked<'_>) -> Verdict {
        let Ok(entry) = asked.entry else {
            return Verdict::Denied(Denial::BadCredentials);
        };
        match self.directory.standing(entry).await {
            Standing::Usable => Verdict::Granted(entry.account.clone()),
            Standing::Denied(denial) => Verdict::Denied(denial),
            Standing::Unavailable(why) => Verdict::Unavailable(why),
        }
    }

    async fn verify(&self, asked: &Asked<'_>) -> Verdict {
        match asked.entry {
            Ok(entry) => self.directory.verify(entry, asked.claim).await,
            // What could not have been judged for somebody either is an outage for nobody too.
            Err(_) => match self.directory.verify_unknown(asked.claim).await {
                Ok(()) => Verdict::Denied(Denial::BadCredentials),
                Err(why) => Verdict::Unavailable(why),
            },
        }
    }

    /// The guard's permission; `None`: the proof need not be asked about. Who has to wait for what the directory says to
    /// others does not keep them from asking.
    async fn permit(
        &self,
        asked: &Asked<'_>,
        turns: &mut Turns,
        gone: &CancellationToken,
    ) -> Result<Option<Permit>, Judgement> {
        let mut permit = pin!(self.guard.permit(asked.attempt.clone()));
        let permit = match at_once(permit.as_mut()).await {
            Some(permit) => permit,
            None => {
                turns.turn = None;
                patiently(permit, gone).await?
            }
        };
        match permit {
            Ok(permit) => Ok(Some(permit)),
            Err(Stopped::KnownRight) => Ok(None),
            Err(Stopped::KnownWrong) => Err(Judgement::KnownWrong { id: asked.id() }),
            Err(Stopped::Spent(why)) => Err(Judgement::Guarded { id: asked.id(), why }),
        }
    }
}

/// The turn that was taken, or the line to stand in again.
struct Turns {
    target: Arc<Target>,
    turn: Option<Turn>,
}

impl Turns {
    async fn turn(self, latest: Instant) -> Result<Turn, Crowded> {
        match self.turn {
            Some(turn) => Ok(turn),
            None => self.target.turn(latest).await,
        }
    }
}

impl Asked<'_> {
    fn id(&self) -> Option<EntryId> {
        self.entry.ok().map(|entry| entry.id.clone())
    }

    fn judgement(&self, verdict: Verdict) -> Judgement {
        match (verdict, self.entry) {
            (Verdict::Granted(account), Ok(entry)) => Judgement::Granted(Granted {
                account,
                secret_version: entry.secret_version.clone(),
            }),
            (Verdict::Granted(_), Err(_)) => unavailable("the directory let nobody in"),
            (Verdict::Denied(denial), entry) => Judgement::Denied {
                denial,
                id: self.id(),
                note: entry.map_or_else(|why| why, |_| note(denial)),
            },
            (Verdict::Unavailable(why), _) => Judgement::Unavailable(why),
        }
    }
}

/// Waits for what the directory says to others, but not for ever, and not for a client that has gone.
async fn patiently<T>(answer: impl Future<Output = T>, gone: &CancellationToken) -> Result<T, Judgement> {
    let waited = gone.run_until_cancelled(timeout(PATIENCE, answer)).await;
    let waited = waited.ok_or_else(client_gone)?;
    waited.map_err(|_| unavailable("no answer yet to other logins of the account"))
}

fn unavailable(why: &str) -> Judgement {
    Judgement::Unavailable(Unavailable(why.to_owned()))
}

fn client_gone() -> Judgement {
    unavailable("the client has gone")
}

/// What a future has to say without waiting.
async fn at_once<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// What the word for a denial does not say.
fn note(denial: Denial) -> &'static str {
    match denial {
        Denial::Disagreement => "LDAP and Netlogon name different accounts: look at both",
        _ => "",
    }
}
