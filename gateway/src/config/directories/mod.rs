//! Directories: where users are looked up and their claims judged.

mod active_directory;
mod domain;
mod ldap;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatepost_directory::{ad, ldap as directory};
use gatepost_sasl::ClaimKind;
use gatepost_sasl::ntlm::Target;

use super::ConfigError;
use super::reader::Section;

use domain::NtlmDomain;

/// A directory.
#[derive(Debug)]
pub struct DirectoryConfig {
    /// What it is.
    pub kind: DirectoryKind,
    /// How long it need not be asked about a password again that was right; zero: it always is.
    pub remember_for: Duration,
    domain: NtlmDomain,
}

/// What a directory is.
#[derive(Debug)]
pub enum DirectoryKind {
    /// A file of users.
    File(FileDirectoryConfig),
    /// An LDAP server, or several.
    Ldap(Box<directory::Config>),
    /// The domain controllers of an Active Directory.
    ActiveDirectory(Box<ad::Config>),
}

/// A file of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDirectoryConfig {
    /// The file.
    pub path: PathBuf,
}

/// How long a right password may be remembered.
const REMEMBERED: (&str, &str) = ("0s", "10m");

#[derive(Clone, Copy)]
enum Kind {
    File,
    Ldap,
    ActiveDirectory,
}

const KINDS: [(&str, Kind); 3] = [
    ("file", Kind::File),
    ("ldap", Kind::Ldap),
    ("active-directory", Kind::ActiveDirectory),
];

/// `host` is the gateway's own name, which stands in for a domain that nothing names.
pub(super) fn read(
    root: &Section<'_>,
    folder: &Path,
    host: &str,
) -> Result<BTreeMap<String, DirectoryConfig>, ConfigError> {
    let mut directories = BTreeMap::new();
    for (name, section) in root.named("directories")? {
        directories.insert(name, DirectoryConfig::read(section, folder, host)?);
    }
    Ok(directories)
}

impl DirectoryConfig {
    fn read(section: Section<'_>, folder: &Path, host: &str) -> Result<Self, ConfigError> {
        let kind = section.choice("kind", &KINDS)?;
        let remember_for = section.duration_within("remember_for", REMEMBERED, Duration::ZERO)?;
        let directory = match section.required("kind", kind)?.value {
            Kind::File => Self {
                remember_for,
                kind: DirectoryKind::File(FileDirectoryConfig {
                    path: folder.join(section.required_text("path")?.value),
                }),
                domain: NtlmDomain::read(&section, host)?,
            },
            Kind::Ldap => Self {
                remember_for,
                kind: DirectoryKind::Ldap(Box::new(ldap::read(&section, folder)?)),
                domain: NtlmDomain::read(&section, host)?,
            },
            Kind::ActiveDirectory => {
                let domain = active_directory::read(&section, folder)?;
                Self {
                    remember_for,
                    domain: NtlmDomain::of(&domain),
                    kind: DirectoryKind::ActiveDirectory(Box::new(domain)),
                }
            }
        };
        section.finish()?;
        Ok(directory)
    }

    /// The names that NTLM clients are told. `host` is the gateway's own, which a domain controller does not look at.
    pub fn ntlm_target(&self, host: &str) -> Target {
        if let DirectoryKind::ActiveDirectory(domain) = &self.kind
            && let Some(target) = domain.ntlm_target()
        {
            return target;
        }
        Target::new(&self.domain.netbios, &self.domain.dns, host)
    }

    /// Why a directory that is configured so cannot judge claims of this kind, whoever makes them. What one that is
    /// open can judge in fact may be less: in a file it depends on every user's secrets.
    pub fn judges(&self, kind: ClaimKind) -> Result<(), &'static str> {
        match (&self.kind, kind) {
            (_, ClaimKind::Password) | (DirectoryKind::File(_), _) => Ok(()),
            (DirectoryKind::Ldap(ldap), kind) => ldap::judges(ldap, kind),
            (DirectoryKind::ActiveDirectory(domain), kind) => active_directory::judges(domain, kind),
        }
    }
}
