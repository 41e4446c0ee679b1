//! Whether an account may use mail, whatever its owner can prove.

use super::ActiveDirectory;
use super::clock::windows_time;
use super::controllers::Controllers;
use super::flags::{self, Flags};
use crate::ldap::search::{Scope, Search};
use crate::{Denial, Entry, Unavailable};

/// Members of members are members (MS-ADTS section 3.1.1.3.4.4.3, LDAP_MATCHING_RULE_TRANSITIVE_EVAL).
pub(super) const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

impl ActiveDirectory {
    /// Why not; `None` if it may.
    pub(super) async fn permission(&self, entry: &Entry) -> Result<Option<Denial>, Unavailable> {
        let home = self.home(&entry.handle);
        let Some(flags) = read_flags(home, &entry.handle).await? else {
            // It has gone since it was found.
            return Ok(Some(Denial::NotPermitted));
        };
        let flags = match self.is_own(&entry.handle) {
            true => flags,
            false => flags.as_in_a_catalog(),
        };
        if !flags.are_readable() {
            return Err(Unavailable(format!(
                "userAccountControl of {} cannot be read by the service account",
                entry.handle
            )));
        }
        if let Some(denial) = flags.denial() {
            return Ok(Some(denial));
        }
        if let Some(expires) = flags.expires()
            && expires <= now(home).await?
        {
            return Ok(Some(Denial::Disabled));
        }
        match &self.config.required_group {
            Some(group) if !is_member(home, &entry.handle, group).await? => Ok(Some(Denial::NotPermitted)),
            _ => Ok(None),
        }
    }
}

/// `None`: there is no such entry.
pub(super) async fn read_flags(home: &Controllers, dn: &str) -> Result<Option<Flags>, Unavailable> {
    let search = Search {
        base: dn,
        filter: "(objectClass=user)",
        attributes: flags::ATTRIBUTES.to_vec(),
        scope: Scope::Base,
    };
    let found = home.find(&search).await?;
    Ok(found.first().map(Flags::of))
}

/// Whether the group holds the entry, itself or by a group in it.
pub(super) async fn is_member(home: &Controllers, dn: &str, group: &str) -> Result<bool, Unavailable> {
    let filter = format!("(memberOf:{IN_CHAIN}:={})", ldap3::ldap_escape(group));
    if home.matches_if_there(dn, &filter).await? == Some(true) {
        return Ok(true);
    }
    // Without the group nobody can tell: that is no fault of the user.
    match home.matches_if_there(group, "(objectClass=group)").await? {
        Some(true) => Ok(false),
        _ => Err(Unavailable(format!("the required group {group} does not exist"))),
    }
}

/// The domain controller's time, by which it judges too: in 100 ns since 1601.
async fn now(home: &Controllers) -> Result<i64, Unavailable> {
    let search = Search {
        base: "",
        filter: "(objectClass=*)",
        attributes: vec!["currentTime"],
        scope: Scope::Base,
    };
    let found = home.find(&search).await?;
    let times = found.iter().flat_map(|entry| entry.attrs.get("currentTime"));
    let time = times.flatten().find_map(|text| windows_time(text));
    time.ok_or_else(|| Unavailable("the domain controller does not tell its time".to_owned()))
}
