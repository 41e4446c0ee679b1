//! Asks every server by itself, for an administrator who wants to know what does not work.

use super::guard::guarded;
use super::search::{self, Found, Scope, Search};
use super::secret_attributes::Kept;
use super::server::{Connection, in_words};
use super::{LdapDirectory, ServerReport};
use crate::Unavailable;

impl LdapDirectory {
    /// Asks every server by itself: does it answer, with which TLS problem, does it take the service account, can the
    /// search base be read, and can secrets.
    pub async fn probe(&self) -> Vec<ServerReport> {
        let mut reports = Vec::new();
        for index in 0..self.config.urls.len() {
            let url = self.servers.url(index).to_string();
            let mut warnings = Vec::new();
            let outcome = self.probe_one(index, &mut warnings).await;
            reports.push(ServerReport {
                url,
                outcome: outcome.map_err(|why| why.0),
                warnings,
            });
        }
        reports
    }

    async fn probe_one(&self, index: usize, warnings: &mut Vec<String>) -> Result<String, Unavailable> {
        let mut connection = self.servers.connect_to(index, self.searches.identity()).await?;
        self.probe_entry(&mut connection, &self.config.base).await?;
        if let Some(group) = &self.config.required_group {
            self.probe_entry(&mut connection, group).await?;
        }
        for kept in self.config.kept() {
            warnings.extend(self.probe_kept(&mut connection, kept).await);
        }
        Ok(format!("connected, bound, and {} can be read", self.config.base))
    }

    async fn probe_entry(&self, connection: &mut Connection, dn: &str) -> Result<(), Unavailable> {
        let itself = Search {
            base: dn,
            filter: "(objectClass=*)",
            attributes: vec!["1.1"],
            scope: Scope::Base,
        };
        match search::read_one(connection, &itself, self.config.operation_time).await? {
            true => Ok(()),
            false => Err(Unavailable(format!("{dn} cannot be read by the service account"))),
        }
    }

    /// What keeps the service account from reading secrets; their values are not asked for.
    async fn probe_kept(&self, connection: &mut Connection, kept: Kept<'_>) -> Option<String> {
        let (name, base) = (kept.name, &self.config.base);
        let anybody = Search {
            base,
            filter: &format!("({name}=*)"),
            attributes: vec![name],
            scope: Scope::Subtree,
        };
        let limit = self.config.operation_time;
        let entries = match guarded(limit, search::types(&mut connection.ldap, &anybody)).await {
            Ok(Found::Entries(entries)) => entries,
            Ok(Found::NoSuchObject) => Vec::new(),
            Ok(Found::Failed(Unavailable(why)) | Found::Unwell(Unavailable(why))) => {
                return Some(format!("searching for {name}: {why}"));
            }
            Err(error) => return Some(format!("searching for {name}: {}", in_words(&error))),
        };
        let shows = |key: &String| key.eq_ignore_ascii_case(name);
        if entries.is_empty() {
            Some(format!(
                "no entry below {base} shows {name}: either nobody has it, or the service account may not read it"
            ))
        } else if entries.iter().any(|entry| entry.attrs.keys().any(shows)) {
            None
        } else {
            Some(format!(
                "the service account may search for {name}, but not read it"
            ))
        }
    }
}
