//! A domain controller for tests, in memory, on the same NDR and PDUs. It checks what it is asked, and can misbehave.

mod answers;
mod conversation;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::DuplexStream;
use tokio::sync::watch;

pub(crate) use answers::{granted, refused, sid};

use crate::crypto::SessionKey;
use crate::rpc::Dial;

/// The port of its Netlogon.
pub(crate) const PORT: u16 = 49152;

/// What a controller is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) computer: String,
    pub(crate) user: String,
    pub(crate) domain: String,
    pub(crate) workstation: String,
    pub(crate) challenge: [u8; 8],
    pub(crate) nt_response: Vec<u8>,
    pub(crate) lm_response: Vec<u8>,
}

/// The replies of a controller, by what they answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    MapperBind,
    Map,
    Bind,
    Challenge,
    Authenticate,
    SealedBind,
    Logon,
}

/// What can be wrong with a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mischief {
    /// None comes.
    Stall,
    /// The connection is closed instead.
    Eof,
    /// It ends after so many octets, and so does the connection.
    Short(usize),
    /// Its stub data ends after so many octets, but it is well framed.
    ShortStub(usize),
    /// Its header announces more than we take.
    Oversize,
    /// Its header announces less than a header.
    Undersize,
    WrongCall,
    WrongVersion,
    BigEndian,
    Fault(u32),
    /// It has another type.
    WrongKind,
    /// A bind is refused.
    Nak,
    /// A token that is longer than the fragment.
    LongToken,
    /// Its first fragment is not marked as such.
    NotFirst,
    /// In fragments of so many octets of stub data.
    Fragments(usize),
    /// Fragments without an end.
    Endless,
    NotMapped,
    WrongCredential,
    NoAes,
    Status(u32),
    NotSealed,
    Checksum,
    Data,
    Confounder,
    Sequence,
    Padding,
    /// Sealed with another key.
    OtherKey,
    /// The last answer to a logon that was right, whatever was asked now.
    Recorded,
    /// Our own challenge, but for what is behind so many octets.
    Echo(usize),
}

type Judge = dyn Fn(&Asked) -> Vec<u8> + Send + Sync;

/// A controller.
pub(crate) struct Fake {
    password: Mutex<String>,
    judge: Box<Judge>,
    /// The key of the account's secure channel, if there is one.
    key: Mutex<Option<SessionKey>>,
    recorded: Mutex<Vec<u8>>,
    plan: Mutex<Vec<(Stage, Mischief, usize)>>,
    /// Whether connections are taken; a change closes those that there are.
    is_up: watch::Sender<bool>,
    pub(crate) connections: AtomicUsize,
    pub(crate) authentications: AtomicUsize,
    pub(crate) logons: AtomicUsize,
    pub(crate) closed: AtomicUsize,
}

impl Fake {
    pub(crate) fn new(
        password: &str,
        judge: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            password: Mutex::new(password.to_owned()),
            judge: Box::new(judge),
            key: Mutex::default(),
            recorded: Mutex::default(),
            plan: Mutex::default(),
            is_up: watch::Sender::new(true),
            connections: AtomicUsize::new(0),
            authentications: AtomicUsize::new(0),
            logons: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
        })
    }

    /// The next so many replies at that stage are wrong in that way.
    pub(crate) fn misbehave(&self, stage: Stage, mischief: Mischief, times: usize) {
        self.plan.lock().unwrap().push((stage, mischief, times));
    }

    pub(crate) fn behave(&self) {
        self.plan.lock().unwrap().clear();
    }

    fn mischief(&self, stage: Stage) -> Option<Mischief> {
        let mut plan = self.plan.lock().unwrap();
        let (_, mischief, times) = plan
            .iter_mut()
            .find(|(at, _, times)| *at == stage && *times > 0)?;
        *times -= 1;
        Some(*mischief)
    }

    /// As a second user of the account would: connections bound so far stay, but no new one can use the old key.
    pub(crate) fn rekey(&self) {
        *self.key.lock().unwrap() = Some(SessionKey::from([9; 16]));
    }

    /// Closes all connections and forgets the key.
    pub(crate) fn restart(&self) {
        self.stop();
        self.start();
    }

    pub(crate) fn stop(&self) {
        self.is_up.send_replace(false);
        *self.key.lock().unwrap() = None;
    }

    pub(crate) fn start(&self) {
        self.is_up.send_replace(true);
    }

    pub(crate) fn set_password(&self, password: &str) {
        *self.password.lock().unwrap() = password.to_owned();
    }
}

/// A network of controllers, by name.
#[derive(Clone, Default)]
pub(crate) struct Net(Arc<Mutex<HashMap<String, Arc<Fake>>>>);

impl Net {
    pub(crate) fn add(&self, host: &str, fake: &Arc<Fake>) {
        self.0.lock().unwrap().insert(host.to_owned(), Arc::clone(fake));
    }
}

impl Dial for Net {
    type Stream = DuplexStream;

    async fn dial(&self, host: &str, port: u16) -> io::Result<(DuplexStream, String)> {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let fake = self.0.lock().unwrap().get(host).map(Arc::clone);
        let fake = fake.ok_or_else(refused)?;
        if !*fake.is_up.borrow() || !matches!(port, 135 | PORT) {
            return Err(refused());
        }
        fake.connections.fetch_add(1, Ordering::Relaxed);
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(conversation::run(fake, theirs));
        Ok((ours, host.to_owned()))
    }
}
