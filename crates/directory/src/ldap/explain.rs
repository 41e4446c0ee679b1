//! What an administrator wants to know of an entry.

use std::collections::BTreeSet;

use gatepost_sasl::ClaimKind;

use super::search::{Scope, Search};
use super::{LdapDirectory, flags};
use crate::{Entry, Explanation, Unavailable};

impl LdapDirectory {
    /// The entry, whether it may use mail, and which secrets it has, but none of their values.
    pub(super) async fn described(&self, entry: &Entry) -> Result<Explanation, Unavailable> {
        let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let there = self.names_of_kept(entry).await?;
        let mut facts = vec![fact("filter", &self.config.filter), fact("dn", &entry.handle)];
        let may_use = match self.obstacle(entry).await? {
            None => "yes".to_owned(),
            Some(denial) => format!("no: {}", denial.as_str()),
        };
        facts.push(("may use mail".to_owned(), may_use));
        for kept in self.config.kept() {
            let is_there = there.contains(&kept.name.to_ascii_lowercase());
            facts.push(fact(kept.name, if is_there { "present" } else { ABSENT }));
        }
        facts.extend(self.flags_of(entry).await?);
        let judged = |&kind: &ClaimKind| (kind, self.judgeable(kind, &there));
        Ok(Explanation {
            facts,
            claims: ClaimKind::ALL.iter().map(judged).collect(),
        })
    }

    /// Whether an entry with those attributes can have such a claim judged, or why not.
    fn judgeable(&self, kind: ClaimKind, there: &BTreeSet<String>) -> Result<(), String> {
        if kind == ClaimKind::Password {
            return Ok(());
        }
        let names: Vec<&str> = self.config.kept_for(kind).map(|kept| kept.name).collect();
        let is_there = |name: &&str| there.contains(&name.to_ascii_lowercase());
        match names.as_slice() {
            [] => Err("no attribute is configured that keeps a secret for it".to_owned()),
            names if names.iter().any(is_there) => Ok(()),
            names => Err(format!("{} is {ABSENT}", names.join(" and "))),
        }
    }

    /// The attributes with secrets that the service account may read of an entry, in lower case.
    async fn names_of_kept(&self, entry: &Entry) -> Result<BTreeSet<String>, Unavailable> {
        let attributes: Vec<&str> = self.config.kept().map(|kept| kept.name).collect();
        if attributes.is_empty() || entry.handle.is_empty() {
            return Ok(BTreeSet::new());
        }
        let itself = Search {
            base: &entry.handle,
            filter: "(objectClass=*)",
            attributes,
            scope: Scope::Base,
        };
        let found = self.searches.find_types(&itself).await?;
        let names = found.iter().flat_map(|entry| entry.attrs.keys());
        Ok(names.map(|name| name.to_ascii_lowercase()).collect())
    }

    /// The flags that an entry has.
    async fn flags_of(&self, entry: &Entry) -> Result<Vec<(String, String)>, Unavailable> {
        if self.config.kept().next().is_none() {
            return Ok(Vec::new());
        }
        let found = self.read(&entry.handle, flags::ATTRIBUTES.to_vec()).await?;
        let attributes = found.into_iter().flat_map(|found| found.attrs);
        let mut flags: Vec<(String, String)> = attributes
            .map(|(name, values)| (name, values.join(", ")))
            .collect();
        flags.sort();
        Ok(flags)
    }
}

const ABSENT: &str = "absent, or the service account may not read it";
