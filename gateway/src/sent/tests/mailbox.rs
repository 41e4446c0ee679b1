//! A mailbox that is a list, and the worker that files in it.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::SentConfig;
use crate::gateway::Stop;
use crate::sent::entry::Metadata;
use crate::sent::entry::tests::envelope;
use crate::sent::source::Source;
use crate::sent::worker::{Filer, Outcome};
use crate::sent::{Copies, Synced};

/// What accounts have in their mailboxes: Message-ID and message.
pub(super) type Filed = BTreeMap<String, Vec<(String, Vec<u8>)>>;

/// Files in lists, as a mail server with a search does. Outcomes that are planned come first.
#[derive(Clone, Default)]
pub(super) struct Mailboxes(Arc<Inner>);

#[derive(Default)]
struct Inner {
    filed: Mutex<Filed>,
    planned: Mutex<VecDeque<Planned>>,
    /// How long a filing takes.
    time: Mutex<Duration>,
    running: AtomicUsize,
    most: AtomicUsize,
    calls: watch::Sender<usize>,
    /// Is told before and after an APPEND.
    step: Mutex<Option<Box<dyn Fn() + Send>>>,
}

pub(super) enum Planned {
    Outcome(Outcome),
    Panic,
    FiledAndPanic,
}

impl Mailboxes {
    pub(super) fn with(filed: Filed) -> Self {
        let mailboxes = Self::default();
        *mailboxes.0.filed.lock().unwrap() = filed;
        mailboxes
    }

    pub(super) fn plan(&self, planned: Planned) {
        self.0.planned.lock().unwrap().push_back(planned);
    }

    pub(super) fn take_time(&self, time: Duration) {
        *self.0.time.lock().unwrap() = time;
    }

    pub(super) fn tell(&self, step: impl Fn() + Send + 'static) {
        *self.0.step.lock().unwrap() = Some(Box::new(step));
    }

    pub(super) fn filed(&self) -> Filed {
        self.0.filed.lock().unwrap().clone()
    }

    /// How many messages an account has.
    pub(super) fn count(&self, name: &str) -> usize {
        self.0.filed.lock().unwrap().get(name).map_or(0, Vec::len)
    }

    /// How many filings were begun.
    pub(super) fn calls(&self) -> usize {
        *self.0.calls.borrow()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    pub(super) async fn called(&self, times: usize) {
        let mut calls = self.0.calls.subscribe();
        calls.wait_for(|calls| *calls >= times).await.unwrap();
    }

    fn step(&self) {
        if let Some(step) = &*self.0.step.lock().unwrap() {
            step();
        }
    }

    async fn append(&self, copy: &Metadata, mut message: Source) -> Outcome {
        let mut octets = Vec::new();
        loop {
            let piece = message.next().await.unwrap();
            if piece.is_empty() {
                break;
            }
            octets.extend_from_slice(piece);
        }
        let message_id = copy.message_id.clone().unwrap_or_default();
        self.step();
        let uid = {
            let mut filed = self.0.filed.lock().unwrap();
            let mailbox = filed.entry(copy.envelope.name.clone()).or_default();
            if !message_id.is_empty() && mailbox.iter().any(|(id, _)| *id == message_id) {
                return Outcome::Present {
                    mailbox: "Sent".into(),
                };
            }
            mailbox.push((message_id, octets));
            u32::try_from(mailbox.len()).unwrap()
        };
        self.step();
        Outcome::Filed {
            mailbox: "Sent".into(),
            uid: Some((1, uid)),
        }
    }
}

impl Filer for Mailboxes {
    async fn file(&self, copy: &Metadata, message: Source) -> Outcome {
        let running = Running::new(self);
        self.0.calls.send_modify(|calls| *calls += 1);
        let time = *self.0.time.lock().unwrap();
        tokio::time::sleep(time).await;
        let planned = self.0.planned.lock().unwrap().pop_front();
        let outcome = match planned {
            Some(Planned::Outcome(outcome)) => outcome,
            Some(Planned::Panic) => panic!("planned"),
            Some(Planned::FiledAndPanic) => {
                self.append(copy, message).await;
                panic!("planned")
            }
            None => self.append(copy, message).await,
        };
        drop(running);
        outcome
    }
}

/// Counts filings while they run.
struct Running(Mailboxes);

impl Running {
    fn new(mailboxes: &Mailboxes) -> Self {
        let inner = &mailboxes.0;
        let running = inner.running.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most.fetch_max(running, Ordering::SeqCst);
        Self(mailboxes.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Copies with a worker.
pub(super) struct Post {
    pub(super) copies: Copies,
    pub(super) stop: Stop,
    working: JoinHandle<()>,
}

impl Post {
    pub(super) fn start(spool: &Path, mailboxes: &Mailboxes) -> Self {
        let config = SentConfig {
            spool: spool.to_owned(),
            ..SentConfig::default()
        };
        Self::on(Copies::open(&config).unwrap(), mailboxes)
    }

    pub(super) fn on(copies: Copies, mailboxes: &Mailboxes) -> Self {
        let (stop, working) = (Stop::default(), copies.clone());
        let (filer, stopping) = (mailboxes.clone(), stop.clone());
        let working = tokio::spawn(async move { working.work(filer, stopping).await });
        Self {
            copies,
            stop,
            working,
        }
    }

    pub(super) async fn stop(self) {
        self.stop.begin.cancel();
        self.working.await.unwrap();
    }

    /// Waits until nothing waits any more.
    pub(super) async fn emptied(&self) {
        while self.copies.waiting() > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// A message that the MTA has not answered.
    pub(super) async fn synced(&self, name: &str, message_id: &str) -> Synced {
        synced(&self.copies, name, message_id).await
    }

    pub(super) async fn send(&self, name: &str, message_id: &str) {
        self.synced(name, message_id).await.queue().await;
    }
}

/// An empty Message-ID is none.
pub(super) async fn synced(copies: &Copies, name: &str, message_id: &str) -> Synced {
    let mut pending = copies.begin(envelope(name));
    for piece in [b"Subject: x\r\n\r\n".as_slice(), b"Hello!\r\n"] {
        pending.append(piece).await.unwrap();
    }
    pending.sync(Some(message_id.as_bytes())).await.unwrap()
}
