//! Who is meant.

use ldap3::SearchEntry;

use super::controllers::Controllers;
use super::entry::{attribute_names, entry, sid_of, unknown};
use super::names::{Domain, Meant};
use super::{ActiveDirectory, sid};
use crate::ldap::search::{Scope, Search};
use crate::{EntryId, MAX_NAME_OCTETS, Resolution, Unavailable};

impl ActiveDirectory {
    pub(super) fn domain(&self) -> Domain<'_> {
        Domain::new(&self.config.dns_domain, &self.config.netbios_domain)
    }

    pub(super) async fn look_up(&self, name: &str) -> Resolution {
        if name.is_empty() || name.len() > MAX_NAME_OCTETS || name.contains('\0') {
            return unknown("the name is empty, too long or holds NUL");
        }
        match self.domain().meant_by(name) {
            Ok(meant) => self.only(&meant).await,
            Err(why) => unknown(why),
        }
    }

    pub(super) async fn look_up_id(&self, id: &EntryId) -> Resolution {
        match sid::filter_value(&id.0) {
            Some(value) => self.only(&Meant::by_sid(&value)).await,
            None => unknown("the id is not a security identifier"),
        }
    }

    /// The only user that is meant.
    async fn only(&self, meant: &Meant) -> Resolution {
        let found = match &self.catalog {
            None => self.find_own(&meant.either()).await,
            Some(catalog) => self.find_in_forest(catalog, meant).await,
        };
        match found {
            Ok(mut found) => match (found.pop(), found.is_empty()) {
                (Some(found), true) => entry(found, &self.config),
                (Some(_), false) => unknown("more than one user has this name or address"),
                (None, _) => unknown("no user matches"),
            },
            Err(why) => Resolution::Unavailable(why),
        }
    }

    async fn find_own(&self, filter: &str) -> Result<Vec<SearchEntry>, Unavailable> {
        let base = &self.config.base;
        self.find(&self.controllers, base, Scope::Subtree, filter).await
    }

    /// The catalog finds users, but holds few of their attributes; the domain's controllers hold all of their own users'.
    async fn find_in_forest(
        &self,
        catalog: &Controllers,
        meant: &Meant,
    ) -> Result<Vec<SearchEntry>, Unavailable> {
        let mut found = match meant.own() {
            Some(filter) => self.find_own(&filter).await?,
            None => Vec::new(),
        };
        let Some(filter) = meant.anywhere() else {
            return Ok(found);
        };
        let base = self
            .config
            .global_catalog
            .as_ref()
            .map_or("", |catalog| &catalog.base);
        for listed in self.find(catalog, base, Scope::Subtree, &filter).await? {
            let sid = sid_of(&listed);
            let is_known = |known: &SearchEntry| sid.is_some() && sid_of(known) == sid;
            if found.iter().any(is_known) {
                continue;
            }
            if self.is_own(&listed.dn) {
                let whole = self
                    .find(&self.controllers, &listed.dn, Scope::Base, &filter)
                    .await?;
                found.extend(whole);
            } else {
                found.push(listed);
            }
        }
        Ok(found)
    }

    async fn find(
        &self,
        servers: &Controllers,
        base: &str,
        scope: Scope,
        filter: &str,
    ) -> Result<Vec<SearchEntry>, Unavailable> {
        let attributes = attribute_names(&self.config);
        let search = Search {
            base,
            filter,
            attributes,
            scope,
        };
        servers.find(&search).await
    }
}
