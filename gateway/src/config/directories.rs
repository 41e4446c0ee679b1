//! Directories: where users are looked up and their claims judged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatepost_directory::ldap;
use gatepost_sasl::ClaimKinds;

use super::reader::Section;
use super::{ConfigError, secret};

/// A directory.
#[derive(Debug)]
pub enum DirectoryConfig {
    /// A file of users.
    File(FileDirectoryConfig),
    /// An LDAP server, or several.
    Ldap(Box<ldap::Config>),
}

/// A file of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDirectoryConfig {
    /// The file.
    pub path: PathBuf,
}

#[derive(Clone, Copy)]
enum Kind {
    File,
    Ldap,
}

pub(super) fn read(
    root: &Section<'_>,
    folder: &Path,
) -> Result<BTreeMap<String, DirectoryConfig>, ConfigError> {
    let mut directories = BTreeMap::new();
    for (name, section) in root.named("directories")? {
        directories.insert(name, DirectoryConfig::read(section, folder)?);
    }
    Ok(directories)
}

impl DirectoryConfig {
    fn read(section: Section<'_>, folder: &Path) -> Result<Self, ConfigError> {
        let kind = section.choice("kind", &[("file", Kind::File), ("ldap", Kind::Ldap)])?;
        let directory = match section.required("kind", kind)?.value {
            Kind::File => {
                Self::File(FileDirectoryConfig { path: folder.join(section.required_text("path")?.value) })
            }
            Kind::Ldap => Self::Ldap(Box::new(read_ldap(&section, folder)?)),
        };
        section.finish()?;
        Ok(directory)
    }

    /// What a directory of this kind can judge at best; what it can judge in fact is known once it is open.
    pub(super) fn can_judge(&self) -> ClaimKinds {
        match self {
            Self::File(_) | Self::Ldap(_) => ClaimKinds::PASSWORD,
        }
    }
}
