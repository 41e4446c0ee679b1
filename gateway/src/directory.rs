//! The directories of a gateway, whatever their kind, and the one question that a login asks.

mod file;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use gatepost_directory::ldap::LdapDirectory;
use gatepost_directory::{
    Account, Claim, ClaimKinds, Denial, Directory, EntryId, Resolution, Unavailable, Verdict,
};

use crate::config::{Config, DirectoryKind};

pub(crate) use file::{HashingPool, WatchedFile};

/// The directories by name.
pub(crate) type Directories = BTreeMap<String, Arc<dyn Directory>>;

/// Opens every configured directory. `required` is what the listeners of a directory ask of it.
pub(crate) fn open(
    config: &Config,
    required: impl Fn(&str) -> ClaimKinds,
) -> anyhow::Result<(Directories, Vec<Arc<WatchedFile>>)> {
    let pool = HashingPool::new(&config.limits);
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
    /// The directory could not be asked.
    Unavailable(Unavailable),
}

/// Resolves and verifies. Once asked, the directory's answer is awaited to its end even if the client has gone.
pub(crate) async fn judge(directory: Arc<dyn Directory>, claim: Claim) -> Judgement {
    let asked = tokio::spawn(async move { resolve_and_verify(&*directory, &claim).await });
    match asked.await {
        Ok(judgement) => judgement,
        Err(_) => Judgement::Unavailable(Unavailable(
            "the directory's task ended without an answer".to_owned(),
        )),
    }
}

async fn resolve_and_verify(directory: &dyn Directory, claim: &Claim) -> Judgement {
    let entry = match directory.resolve(claim.name()).await {
        Resolution::Found(entry) => entry,
        Resolution::Unknown { why } => {
            directory.verify_unknown(claim).await;
            return Judgement::Denied {
                denial: Denial::BadCredentials,
                id: None,
                note: why,
            };
        }
        Resolution::Unavailable(why) => return Judgement::Unavailable(why),
    };
    match directory.verify(&entry, claim).await {
        Verdict::Granted(account) => Judgement::Granted(Granted {
            account,
            secret_version: entry.secret_version,
        }),
        Verdict::Denied(denial) => Judgement::Denied {
            denial,
            id: Some(entry.id),
            note: "",
        },
        Verdict::Unavailable(why) => Judgement::Unavailable(why),
    }
}
