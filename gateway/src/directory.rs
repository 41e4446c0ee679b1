//! The directories of a gateway, whatever their kind, and the one question that a login asks.

mod file;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use gatepost_directory::ad::ActiveDirectory;
use gatepost_directory::ldap::LdapDirectory;
use gatepost_directory::{
    Account, Claim, ClaimKinds, Denial, Directory, Entry, EntryId, Resolution, Unavailable, Verdict,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, DirectoryKind};
use crate::guard::{Attempt, Guard, Network, Outcome, Permit, Stopped, Why};
use crate::refusals::Refusals;

pub(crate) use file::{HashingPool, WatchedFile};

/// How long a login waits for what the directory says to others of the account. Those that try the same password are
/// asked about one after the other while it says nothing; the last would be cut off before it heard of the outage.
const PATIENCE: Duration = Duration::from_secs(15);

/// The directories by name.
pub(crate) type Directories = BTreeMap<String, Arc<dyn Directory>>;

/// Opens every configured directory. `required` is what the listeners of a directory ask of it.
pub(crate) fn open(
    config: &Config,
    refusals: &Arc<Refusals>,
    required: impl Fn(&str) -> ClaimKinds,
) -> anyhow::Result<(Directories, Vec<Arc<WatchedFile>>)> {
    let pool = HashingPool::new(&config.limits, Arc::clone(refusals));
    let (mut directories, mut files) = (Directories::new(), Vec::new());
    for (name, directory) in &config.directories {
        let opened: Arc<dyn Directory> = match &directory.kind {
            DirectoryKind::File(file) => {
                let file = WatchedFile::open(name, &file.path, required(name), &pool)
                    .with_context(|| format!("directory `{name}`"))?;
                let file = Arc::new(file);
                files.push(Arc::clone(&file));
                file
            }
            DirectoryKind::Ldap(ldap) => {
                let ldap =
                    LdapDirectory::new((**ldap).clone()).with_context(|| format!("directory `{name}`"))?;
                Arc::new(ldap)
            }
            DirectoryKind::ActiveDirectory(domain) => {
                let domain = ActiveDirectory::new((**domain).clone());
                Arc::new(domain.with_context(|| format!("directory `{name}`"))?)
            }
        };
        directories.insert(name.clone(), opened);
    }
    Ok((directories, files))
}

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
    pub(crate) network: Network,
}

/// Resolves, asks the guard, and verifies. Once asked, the directory's answer is awaited to its end and counted even if
/// the client has gone; a client that has gone does not wait to ask.
pub(crate) async fn judge(judge: Judge, claim: Claim) -> Judgement {
    let gone = CancellationToken::new();
    let _here = gone.clone().drop_guard();
    let asked = tokio::spawn(async move {
        match judge.resolve_and_verify(&claim, &gone).await {
            Ok(judgement) | Err(judgement) => judgement,
        }
    });
    match asked.await {
        Ok(judgement) => judgement,
        Err(_) => Judgement::Unavailable(Unavailable(
            "the directory's task ended without an answer".to_owned(),
        )),
    }
}

impl Judge {
    /// The error is a judgement without asking the directory about the proof.
    async fn resolve_and_verify(
        &self,
        claim: &Claim,
        gone: &CancellationToken,
    ) -> Result<Judgement, Judgement> {
        match self.directory.resolve(claim.name()).await {
            Resolution::Found(entry) => self.verify(entry, claim, gone).await,
            Resolution::Unknown { why } => self.verify_unknown(why, claim, gone).await,
            Resolution::Unavailable(why) => Err(Judgement::Unavailable(why)),
        }
    }

    async fn verify(
        &self,
        entry: Entry,
        claim: &Claim,
        gone: &CancellationToken,
    ) -> Result<Judgement, Judgement> {
        let attempt = self.guard.at_account(&self.name, &entry, self.network, claim);
        let permit = self.permit(attempt, Some(&entry.id), gone).await?;
        let verdict = self.directory.verify(&entry, claim).await;
        permit.answered(Outcome::of(&verdict));
        Ok(match verdict {
            Verdict::Granted(account) => Judgement::Granted(Granted {
                account,
                secret_version: entry.secret_version,
            }),
            Verdict::Denied(denial) => Judgement::Denied {
                denial,
                id: Some(entry.id),
                note: note(denial),
            },
            Verdict::Unavailable(why) => Judgement::Unavailable(why),
        })
    }

    async fn verify_unknown(
        &self,
        why: &'static str,
        claim: &Claim,
        gone: &CancellationToken,
    ) -> Result<Judgement, Judgement> {
        let attempt = self
            .guard
            .at_nobody(&self.name, &self.domains, self.network, claim);
        let permit = self.permit(attempt, None, gone).await?;
        // What could not have been judged for somebody either is an outage for nobody too.
        if let Err(why) = self.directory.verify_unknown(claim).await {
            permit.answered(Outcome::NotJudged);
            return Ok(Judgement::Unavailable(why));
        }
        permit.answered(Outcome::Wrong);
        Ok(Judgement::Denied {
            denial: Denial::BadCredentials,
            id: None,
            note: why,
        })
    }

    async fn permit(
        &self,
        attempt: Attempt,
        id: Option<&EntryId>,
        gone: &CancellationToken,
    ) -> Result<Permit, Judgement> {
        let id = id.cloned();
        let permit = timeout(PATIENCE, self.guard.permit(attempt));
        match gone.run_until_cancelled(permit).await {
            Some(Ok(Ok(permit))) => Ok(permit),
            Some(Ok(Err(Stopped::KnownWrong))) => Err(Judgement::KnownWrong { id }),
            Some(Ok(Err(Stopped::Spent(why)))) => Err(Judgement::Guarded { id, why }),
            Some(Err(_)) => Err(Judgement::Unavailable(Unavailable(
                "no answer yet to other logins of the account".to_owned(),
            ))),
            None => Err(Judgement::Unavailable(Unavailable(
                "the client has gone".to_owned(),
            ))),
        }
    }
}

/// What the word for a denial does not say.
fn note(denial: Denial) -> &'static str {
    match denial {
        Denial::Disagreement => "LDAP and Netlogon name different accounts: look at both",
        _ => "",
    }
}
