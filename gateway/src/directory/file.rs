//! A file directory behind the asynchronous contract: hashing on the blocking pool, reloading when the file changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use gatepost_directory::file::{FileDirectory, FileError};
use gatepost_directory::{
    BoxFuture, Claim, ClaimKinds, Directory, Entry, EntryId, Explanation, Resolution, Standing, Unavailable,
    Verdict,
};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::{error, info};

use crate::config::Limits;
use crate::refusals::{Reason, Refusals};
use crate::watch::{self, Stamp, Watched};

/// Bounds how many slow hashes are computed at once, and how many wait.
#[derive(Debug)]
pub(crate) struct HashingPool {
    workers: Semaphore,
    places: Semaphore,
    refusals: Arc<Refusals>,
}

impl HashingPool {
    pub(crate) fn new(limits: &Limits, refusals: Arc<Refusals>) -> Arc<Self> {
        let workers = limits.password_workers as usize;
        let places = workers + limits.password_queue as usize;
        Arc::new(Self {
            workers: Semaphore::new(workers),
            places: Semaphore::new(places),
            refusals,
        })
    }

    /// Runs `work` on the blocking pool, or says that too many wait already.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let busy = || Unavailable("too many password hashes are waiting".to_owned());
        let place = self.places.try_acquire();
        let _place = place.map_err(|_| {
            self.refusals.count(Reason::PasswordQueue);
            busy()
        })?;
        let _worker = self.workers.acquire().await.map_err(|_| busy())?;
        let done = spawn_blocking(work).await;
        done.map_err(|_| Unavailable("the password hash ended without an answer".to_owned()))
    }
}

/// A file of users that is read again when it has changed.
pub(crate) struct WatchedFile {
    name: String,
    path: PathBuf,
    required: ClaimKinds,
    /// Of the file as it was first loaded.
    stamp: Stamp,
    current: RwLock<Arc<FileDirectory>>,
    pool: Arc<HashingPool>,
}

impl WatchedFile {
    /// Loads the file. `required` is what its listeners ask of every user's secret.
    pub(crate) fn open(
        name: &str,
        path: &Path,
        required: ClaimKinds,
        pool: &Arc<HashingPool>,
    ) -> anyhow::Result<Self> {
        // Taken before loading, so that a change in between is noticed.
        let stamp = Stamp::of([path]);
        let users = load(path, required)?;
        Ok(Self {
            name: name.to_owned(),
            path: path.to_owned(),
            required,
            stamp,
            current: RwLock::new(Arc::new(users)),
            pool: Arc::clone(pool),
        })
    }

    /// Watches the file for ever and takes over what it becomes.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut watched = Watched::new(self.stamp.clone());
        let mut ticks = watch::ticks();
        loop {
            ticks.tick().await;
            if watched.changed_and_still(Stamp::of([self.path.as_path()])) {
                self.reload().await;
            }
        }
    }

    /// Reads the file by a thread apart: thousands of users take as many hundredths of a millisecond, in which this one
    /// would serve nobody.
    async fn reload(self: &Arc<Self>) {
        let file = Arc::clone(self);
        if let Err(error) = spawn_blocking(move || file.take_over()).await {
            let reason = error.to_string();
            error!(directory = self.name, reason, "directory-kept");
        }
    }

    /// A file that is missing, broken, empty, or not enough for its listeners changes nothing.
    fn take_over(&self) {
        match load(&self.path, self.required) {
            Ok(users) => {
                info!(directory = self.name, users = users.len(), "directory-reloaded");
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                let former = std::mem::replace(&mut *current, Arc::new(users));
                // To forget thousands takes time too, in which nobody need wait for the others.
                drop(current);
                drop(former);
            }
            Err(error) => {
                let reason = error.to_string();
                error!(directory = self.name, reason, "directory-kept");
            }
        }
    }

    fn current(&self) -> Arc<FileDirectory> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether the file was read again since the entry was found, and knows the user no more, or by another secret. What is
/// wrong by that secret need not have been wrong by the entry's, which is back as soon as the edit is taken back: the
/// guard would know the right password to be wrong then.
fn is_of_the_past(users: &FileDirectory, entry: &Entry) -> bool {
    match users.resolve_id(&entry.id) {
        Resolution::Found(now) => now.secret_version != entry.secret_version,
        Resolution::Unknown { .. } | Resolution::Unavailable(_) => true,
    }
}

/// Every user has to be one whom the listeners' mechanisms can judge.
fn load(path: &Path, required: ClaimKinds) -> Result<FileDirectory, FileError> {
    FileDirectory::load(path)?.require(required)
}

impl Directory for WatchedFile {
    fn accepts(&self) -> ClaimKinds {
        self.current().accepts()
    }

    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Resolution> {
        Box::pin(async move { self.current().resolve(name) })
    }

    fn resolve_id<'a>(&'a self, id: &'a EntryId) -> BoxFuture<'a, Resolution> {
        Box::pin(async move { self.current().resolve_id(id) })
    }

    fn verify<'a>(&'a self, entry: &'a Entry, claim: &'a Claim) -> BoxFuture<'a, Verdict> {
        let users = self.current();
        let is_of_the_past = is_of_the_past(&users, entry);
        Box::pin(async move {
            let verdict = if users.is_slow(claim.kind()) {
                let (entry, claim) = (entry.clone(), claim.clone());
                let judged = self.pool.run(move || users.verify(&entry, &claim)).await;
                judged.unwrap_or_else(Verdict::Unavailable)
            } else {
                users.verify(entry, claim)
            };
            match verdict {
                Verdict::Denied(_) if is_of_the_past => {
                    Verdict::Unavailable(Unavailable("the file has changed meanwhile".to_owned()))
                }
                verdict => verdict,
            }
        })
    }

    fn standing<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Standing> {
        Box::pin(async move { self.current().standing(entry) })
    }

    fn explain<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Explanation, Unavailable>> {
        let mut explanation = self.current().explain(entry);
        let file = ("file".to_owned(), self.path.display().to_string());
        explanation.facts.insert(0, file);
        Box::pin(std::future::ready(Ok(explanation)))
    }

    fn verify_unknown<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Unavailable>> {
        let users = self.current();
        Box::pin(async move {
            if !users.is_slow(claim.kind()) {
                users.verify_unknown(claim);
                return Ok(());
            }
            let claim = claim.clone();
            // A full queue must not tell who exists.
            self.pool.run(move || users.verify_unknown(&claim)).await
        })
    }
}

#[cfg(test)]
mod tests {
    use gatepost_directory::ClaimKind;

    use super::*;

    const ALICE: &str = "[[user]]\nname = \"alice\"\nsecret = \"{PLAIN}one\"\n";

    const SLOW_BOB: &str = "[[user]]\nname = \"bob\"\nsecret = \"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\"\n";

    fn opened(path: &Path) -> WatchedFile {
        let pool = HashingPool::new(&Limits::default(), Refusals::new());
        WatchedFile::open("users", path, ClaimKinds::PASSWORD, &pool).unwrap()
    }

    async fn knows(file: &WatchedFile, name: &str) -> bool {
        matches!(file.resolve(name).await, Resolution::Found(_))
    }

    #[tokio::test]
    async fn an_edit_is_taken_over_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        std::fs::write(&path, ALICE).unwrap();
        let file = opened(&path);
        std::fs::write(&path, ALICE.replace("alice", "bob")).unwrap();
        file.take_over();
        assert!(knows(&file, "bob").await && !knows(&file, "alice").await);

        for broken in ["", "# nobody\n", "[[user]]\nname = \"eve\"\n", "[[user"] {
            std::fs::write(&path, broken).unwrap();
            file.take_over();
            assert!(knows(&file, "bob").await, "{broken:?}");
        }
        std::fs::remove_file(&path).unwrap();
        file.take_over();
        assert!(knows(&file, "bob").await);
    }

    /// A pipe is a file that takes its time.
    #[tokio::test]
    async fn while_the_file_is_read_the_thread_serves_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        std::fs::write(&path, ALICE).unwrap();
        let file = Arc::new(opened(&path));
        std::fs::remove_file(&path).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into()).unwrap();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (serve, is_served) = std::sync::mpsc::channel();
        let writer = std::thread::spawn(move || {
            // Waits for a reader.
            let mut pipe = std::fs::OpenOptions::new().write(true).open(path).unwrap();
            let _ = begun.send(());
            let is_served = is_served.recv_timeout(std::time::Duration::from_secs(10));
            std::io::Write::write_all(&mut pipe, ALICE.replace("alice", "bob").as_bytes()).unwrap();
            is_served.is_ok()
        });
        let reloading = Arc::clone(&file);
        let reloading = tokio::spawn(async move { reloading.reload().await });
        has_begun.await.unwrap();
        let _ = serve.send(());
        reloading.await.unwrap();
        assert!(writer.join().unwrap());
        assert!(knows(&file, "bob").await && !knows(&file, "alice").await);
    }

    /// What the listeners offer is offered to everybody, so a user who could not log in by it is a mistake in the file.
    #[tokio::test]
    async fn who_could_not_use_what_is_offered_is_not_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        let pool = HashingPool::new(&Limits::default(), Refusals::new());
        let offered = ClaimKinds::PASSWORD.with(ClaimKind::Ntlm);
        std::fs::write(&path, ALICE).unwrap();
        let file = WatchedFile::open("users", &path, offered, &pool).unwrap();
        let bob = "[[user]]\nname = \"bob\"\nsecret = \"{NTHASH}a4f49c406510bdcab6824ee7c30fd852\"\n";
        let cram_md5 = format!("{{CRAM-MD5}}{}", "d06d4e1b26fccaa4b0b61801132340a3".repeat(2));
        for (secret, is_taken) in [
            ("{NTHASH}a4f49c406510bdcab6824ee7c30fd852", true),
            (cram_md5.as_str(), false),
        ] {
            let carol = format!("[[user]]\nname = \"carol\"\nsecret = \"{secret}\"\n");
            std::fs::write(&path, format!("{bob}{carol}")).unwrap();
            file.take_over();
            assert_eq!(knows(&file, "carol").await, is_taken, "{secret}");
            std::fs::write(&path, bob).unwrap();
            file.take_over();
            assert!(knows(&file, "bob").await && !knows(&file, "carol").await);
        }
    }

    /// The file is read again between the two questions.
    #[tokio::test]
    async fn what_is_wrong_by_a_later_secret_is_not_wrong_by_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        std::fs::write(&path, ALICE).unwrap();
        let file = opened(&path);
        let Resolution::Found(entry) = file.resolve("alice").await else {
            panic!("alice is there")
        };
        let claim = |password: &[u8]| Claim::password(b"alice", password).unwrap();
        for edit in [ALICE.replace("one", "two"), ALICE.replace("alice", "bob")] {
            std::fs::write(&path, edit).unwrap();
            file.take_over();
            let verdict = file.verify(&entry, &claim(b"one")).await;
            assert!(matches!(verdict, Verdict::Unavailable(_)), "{verdict:?}");
        }
        // Another user, or the same secret, is no change.
        std::fs::write(&path, ALICE.to_owned() + &ALICE.replace("alice", "bob")).unwrap();
        file.take_over();
        let verdict = file.verify(&entry, &claim(b"two")).await;
        assert!(matches!(verdict, Verdict::Denied(_)), "{verdict:?}");
        let verdict = file.verify(&entry, &claim(b"one")).await;
        assert!(matches!(verdict, Verdict::Granted(_)), "{verdict:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        std::fs::write(&path, ALICE).unwrap();
        let file = Arc::new(opened(&path));
        let watching = tokio::spawn(Arc::clone(&file).watch());
        std::fs::write(&path, ALICE.replace("alice", "bartholomew")).unwrap();
        while !knows(&file, "bartholomew").await {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        watching.abort();
        assert!(!knows(&file, "alice").await);
    }

    /// What a file says of a password for alice, and of one for nobody, while no hash can be computed.
    async fn with_a_full_queue(users: &str, password: &[u8]) -> (Verdict, Result<(), Unavailable>, u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.toml");
        std::fs::write(&path, users).unwrap();
        let limits = Limits {
            password_workers: 1,
            password_queue: 0,
            ..Limits::default()
        };
        let pool = HashingPool::new(&limits, Refusals::new());
        let _busy = pool.places.acquire().await.unwrap();
        let file = WatchedFile::open("users", &path, ClaimKinds::PASSWORD, &pool).unwrap();
        let Resolution::Found(entry) = file.resolve("alice").await else {
            panic!("alice is there")
        };
        let verdict = file
            .verify(&entry, &Claim::password(b"alice", password).unwrap())
            .await;
        let nobody = Claim::password(b"nobody", password).unwrap();
        let nobody = file.verify_unknown(&nobody).await;
        (verdict, nobody, pool.refusals.of(Reason::PasswordQueue))
    }

    #[tokio::test]
    async fn a_full_queue_is_an_outage_and_no_wrong_password() {
        // Whose secret is quick waits as those do whose is not: nobody can tell who exists.
        let (alice, nobody, refused) = with_a_full_queue(&format!("{ALICE}{SLOW_BOB}"), b"one").await;
        assert!(matches!(alice, Verdict::Unavailable(_)), "{alice:?}");
        assert!(nobody.is_err());
        assert_eq!(refused, 2);
    }

    #[tokio::test]
    async fn where_all_secrets_are_quick_nobody_waits() {
        let (alice, nobody, refused) = with_a_full_queue(ALICE, b"one").await;
        assert!(matches!(alice, Verdict::Granted(_)), "{alice:?}");
        assert!(nobody.is_ok());
        let (alice, _, _) = with_a_full_queue(ALICE, b"two").await;
        assert!(matches!(alice, Verdict::Denied(_)), "{alice:?}");
        assert_eq!(refused, 0);
    }
}
