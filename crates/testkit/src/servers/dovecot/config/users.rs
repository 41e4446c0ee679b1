//! Who may log in: passwd-files.

use std::path::Path;

use gatepost_wire::base64;

use super::{Error, Version};
use crate::servers::write;

/// Somebody with a password. A master has no mail, and so no quota.
#[derive(Debug, Clone)]
pub(in crate::servers::dovecot) struct User {
    pub(in crate::servers::dovecot) name: String,
    pub(in crate::servers::dovecot) password: String,
    /// What the mail may come to, in octets.
    pub(in crate::servers::dovecot) quota: Option<u64>,
}

impl User {
    pub(in crate::servers::dovecot) fn new(name: &str, password: &str) -> Self {
        Self {
            name: name.to_lowercase(),
            password: password.to_owned(),
            quota: None,
        }
    }

    /// `name:{SCHEME}password`, five fields that are empty, and the quota; base64 keeps colons and spaces out of trouble.
    /// Names are looked up with a backslash before quotes and backslashes.
    fn line(&self, version: Version) -> String {
        let mut password = Vec::new();
        base64::encode(self.password.as_bytes(), &mut password);
        let password = String::from_utf8_lossy(&password);
        let quota = match (self.quota, version) {
            (None, _) => String::new(),
            (Some(octets), Version::V2_3) => format!("userdb_quota_rule=*:bytes={octets}"),
            (Some(octets), Version::V2_4) => format!("userdb_quota_storage_size={octets}"),
        };
        let name = self
            .name
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\'', "\\'");
        format!("{name}:{{PLAIN.B64}}{password}::::::{quota}\n")
    }
}

/// Writes a file of users, which takes the place of an older one at once: a server may be reading it.
pub(in crate::servers::dovecot) fn write_users(
    file: &Path,
    version: Version,
    users: &[User],
) -> Result<(), Error> {
    let new = file.with_extension("new");
    let lines: String = users.iter().map(|user| user.line(version)).collect();
    write(&new, lines)?;
    std::fs::rename(&new, file).map_err(Error::file(file))
}
