//! The switches and the memory of a mail server under test.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatepost_imap::server::{Counts, Refusal, RefusalCode};
use gatepost_imap::types::IdParameters;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::connections::{Connected, Connections};

/// Makes a server misbehave, and tells what IMAP clients did. Clones belong to the same server.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    switches: Mutex<Switches>,
    memory: Mutex<Memory>,
    connections: Connections,
    /// Those that are not logged in, and how many there were at most.
    arriving: Connections,
    most_arriving: AtomicUsize,
    /// Held by the login that is being thought about.
    processor: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Switches {
    refusal: Option<Refusal>,
    greeting: Greeting,
    login_time: Duration,
}

#[derive(Debug, Default)]
struct Memory {
    logins: Vec<LoginAttempt>,
    identities: Vec<IdParameters>,
}

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Greeting {
    /// With a greeting, as it should.
    #[default]
    Sent,
    /// With silence: the connection is accepted, and that is all.
    Withheld,
    /// It is closed at once.
    Closed,
}

/// A login that a client attempted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginAttempt {
    /// `PLAIN` or `NTLM` for AUTHENTICATE and AUTH with these, `LOGIN` for the command of IMAP and for AUTH LOGIN.
    pub mechanism: &'static str,
    /// The user to be acted for: PLAIN's authorization identity if it is not empty, or what stands before the `*` of
    /// `user*master`.
    pub authzid: Option<String>,
    /// Who logged in.
    pub authcid: String,
    /// What came of it.
    pub outcome: LoginOutcome,
}

/// What came of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginOutcome {
    /// The client is in.
    Granted,
    /// Name or password are wrong.
    Wrong,
    /// A switch refused it, such as [`Control::refuse_logins`].
    Refused,
}

impl Control {
    pub(crate) fn new() -> Self {
        let shared = Shared {
            switches: Mutex::default(),
            memory: Mutex::default(),
            connections: Connections::new(),
            arriving: Connections::new(),
            most_arriving: AtomicUsize::new(0),
            processor: tokio::sync::Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// From now on refuses logins that would have been granted.
    pub fn refuse_logins(&self, code: RefusalCode, text: impl Into<Cow<'static, str>>) {
        self.switches().refusal = Some(Refusal {
            code,
            text: text.into(),
            counts: Counts::Not,
        });
    }

    /// Grants logins again.
    pub fn grant_logins(&self) {
        self.switches().refusal = None;
    }

    /// From now on every login takes so long, one after the other, as if there was one processor for them.
    pub fn set_login_time(&self, time: Duration) {
        self.switches().login_time = time;
    }

    /// The most connections that there were at once and not logged in.
    pub fn most_arriving(&self) -> usize {
        self.shared.most_arriving.load(Ordering::SeqCst)
    }

    /// How connections begin from now on.
    pub fn set_greeting(&self, greeting: Greeting) {
        self.switches().greeting = greeting;
    }

    /// Closes every connection of the moment without a word. New ones are accepted.
    pub fn drop_connections(&self) {
        self.shared.connections.drop_all();
    }

    /// The logins attempted so far, the oldest first.
    pub fn logins(&self) -> Vec<LoginAttempt> {
        self.memory().logins.clone()
    }

    /// What clients said of themselves by ID after login: fields and values, the oldest first.
    pub fn identities(&self) -> Vec<IdParameters> {
        self.memory().identities.clone()
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.connections.count()
    }

    /// Waits until so many connections are open.
    pub async fn wait_for_connections(&self, count: usize) {
        self.shared.connections.wait_for(count).await;
    }

    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.switches().refusal.clone()
    }

    pub(crate) fn greeting(&self) -> Greeting {
        self.switches().greeting
    }

    /// Cancelled by the next [`Control::drop_connections`].
    pub(crate) fn dropped(&self) -> CancellationToken {
        self.shared.connections.dropped()
    }

    pub(crate) fn record_login(&self, attempt: LoginAttempt) {
        self.memory().logins.push(attempt);
    }

    pub(crate) fn record_identity(&self, identity: IdParameters) {
        self.memory().identities.push(identity);
    }

    /// Takes the time of a login.
    pub(crate) async fn think(&self) {
        let time = || self.switches().login_time;
        if !time().is_zero() {
            let _processor = self.shared.processor.lock().await;
            let time = time();
            sleep(time).await;
        }
    }

    /// Counts a connection until it is logged in.
    pub(crate) fn arriving(&self) -> Connected {
        let connected = self.shared.arriving.connected();
        let count = self.shared.arriving.count();
        self.shared.most_arriving.fetch_max(count, Ordering::SeqCst);
        connected
    }

    pub(crate) fn connected(&self) -> Connected {
        self.shared.connections.connected()
    }

    fn switches(&self) -> MutexGuard<'_, Switches> {
        self.shared
            .switches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.shared.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
