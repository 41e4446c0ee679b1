//! The directories of a gateway, whatever their kind, and the one question that a login asks.

mod file;
mod flights;
mod judging;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use gatepost_directory::ad::ActiveDirectory;
use gatepost_directory::ldap::LdapDirectory;
use gatepost_directory::{ClaimKinds, Directory};

use crate::config::{Config, DirectoryKind};
use crate::refusals::Refusals;

pub(crate) use file::{HashingPool, WatchedFile};
pub(crate) use flights::Flights;
pub(crate) use judging::{Granted, Judge, Judgement, judge};

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
