//! What an administrator wants to know of a user.

use gatepost_sasl::ClaimKind;

use super::config::distinguished_name;
use super::entry::sid_of;
use super::permission::{IN_CHAIN, is_member, read_flags};
use super::{ActiveDirectory, config};
use crate::ldap::search::{Scope, Search};
use crate::{Entry, Explanation, Unavailable};

/// More groups are not shown.
const MOST_GROUPS: usize = 200;

/// The last part of the identifier of the group whose members no domain controller lets in by NTLM: Protected Users
/// (MS-DTYP section 2.4.2.4, PROTECTED_USERS).
const PROTECTED_USERS: &str = "-525";

/// The groups that an entry is in, itself or by another group.
struct Groups {
    names: Vec<String>,
    protected: bool,
}

impl ActiveDirectory {
    pub(super) async fn explain_entry(&self, entry: &Entry) -> Result<Explanation, Unavailable> {
        let home = self.home(&entry.handle);
        let flags = read_flags(home, &entry.handle).await?.unwrap_or_default();
        let groups = self.groups(entry).await?;
        let account = &entry.account;
        let attribute = |name: &str| account.attribute(name).unwrap_or("none").to_owned();
        let meant = self.domain().meant_by(&account.name);
        let filter = meant.map_or_else(str::to_owned, |meant| meant.either());
        let mut facts = vec![
            ("filter", filter),
            ("dn", entry.handle.clone()),
            ("objectSid", entry.id.0.clone()),
            ("sAMAccountName", account.name.clone()),
            ("userPrincipalName", attribute("userPrincipalName")),
            ("pwdLastSet", attribute("pwdLastSet")),
            ("userAccountControl", flags.in_words()),
            (
                "accountExpires",
                flags
                    .expires()
                    .map_or_else(|| "never".to_owned(), |time| time.to_string()),
            ),
            ("may use mail", self.may_use_mail(entry).await?),
            ("groups", listed(&groups.names)),
            ("addresses", listed(&account.addresses)),
        ];
        if self.pass_through.is_some() {
            facts.push(("names for NTLM", self.names_for_ntlm(entry)));
        }
        if let Some(group) = &self.config.required_group {
            let is_member = is_member(home, &entry.handle, group).await?;
            let word = if is_member { "a member of" } else { "no member of" };
            facts.push(("required group", format!("{word} {group}")));
        }
        let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value));
        Ok(Explanation {
            facts: facts.collect(),
            claims: self.judgeable(&groups),
        })
    }

    /// The names by which domain controllers know the user, whatever else leads to the entry.
    fn names_for_ntlm(&self, entry: &Entry) -> String {
        let name = &entry.account.name;
        let mut names = match self.is_own(&entry.handle) {
            true => vec![name.clone(), format!("{}\\{name}", self.config.netbios_domain)],
            false => Vec::new(),
        };
        names.push(format!("{name}@{}", config::domain_of(&entry.handle)));
        let principal = entry.account.attribute("userPrincipalName");
        names.extend(principal.map(str::to_owned));
        names.dedup();
        names.join(", ")
    }

    async fn may_use_mail(&self, entry: &Entry) -> Result<String, Unavailable> {
        let denial = self.permission(entry).await?;
        Ok(denial.map_or_else(|| "yes".to_owned(), |denial| format!("no: {}", denial.as_str())))
    }

    fn judgeable(&self, groups: &Groups) -> Vec<(ClaimKind, Result<(), String>)> {
        let kinds = ClaimKind::ALL.iter().copied();
        kinds.map(|kind| (kind, self.can_judge(kind, groups))).collect()
    }

    fn can_judge(&self, kind: ClaimKind, groups: &Groups) -> Result<(), String> {
        match kind {
            ClaimKind::Password => Ok(()),
            ClaimKind::Ntlm if self.pass_through.is_none() => Err(
                "no computer account is configured, with which a domain controller could be asked".to_owned(),
            ),
            ClaimKind::Ntlm if groups.protected => {
                Err("domain controllers refuse NTLM for members of Protected Users".to_owned())
            }
            ClaimKind::Ntlm => Ok(()),
            _ => Err(format!(
                "Active Directory gives nobody a secret that {} could be judged with",
                kind.name()
            )),
        }
    }

    /// The groups of the entry's own domain; the catalog shows those of other domains that hold for the whole forest.
    async fn groups(&self, entry: &Entry) -> Result<Groups, Unavailable> {
        let dn = ldap3::ldap_escape(&entry.handle);
        let filter = format!("(&(objectClass=group)(member:{IN_CHAIN}:={dn}))");
        let base = distinguished_name(&config::domain_of(&entry.handle));
        let search = Search {
            base: &base,
            filter: &filter,
            attributes: vec!["cn", "objectSid"],
            scope: Scope::Subtree,
        };
        let limit = i32::try_from(MOST_GROUPS).unwrap_or(i32::MAX);
        let found = self.home(&entry.handle).find_up_to(&search, limit).await?;
        let protected = found
            .iter()
            .filter_map(sid_of)
            .any(|sid| sid.ends_with(PROTECTED_USERS));
        let names = found
            .iter()
            .filter_map(|group| group.attrs.get("cn")?.first().cloned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        if names.len() == MOST_GROUPS {
            names.push("and perhaps more".to_owned());
        }
        Ok(Groups { names, protected })
    }
}

fn listed(values: &[String]) -> String {
    match values {
        [] => "none".to_owned(),
        values => values.join(", "),
    }
}
