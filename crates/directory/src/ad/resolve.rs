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

    /// The domain's controllers find their own users, below the domain's base, and know all of them; the catalog finds the
    /// others. Of the domain's own users it may know one who has gone, or is elsewhere by now.
    async fn find_in_forest(
        &self,
        catalog: &Controllers,
        meant: &Meant,
    ) -> Result<Vec<SearchEntry>, Unavailable> {
        let mut found = self.find_own(&meant.either()).await?;
        let Some(filter) = meant.anywhere() else {
            return Ok(found);
        };
        let catalog_of = self.config.global_catalog.as_ref();
        let base = catalog_of.map_or("", |catalog| &catalog.base);
        let listed = self.find(catalog, base, Scope::Subtree, &filter).await?;
        // With others beside it, even an own user who is not below the base makes a name ambiguous.
        let is_several = listed.len() > 1;
        for listed in listed {
            let sid = sid_of(&listed);
            let is_known = |known: &SearchEntry| sid.is_some() && sid_of(known) == sid;
            let counts = is_several || !self.is_own(&listed.dn);
            if counts && !found.iter().any(is_known) {
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
