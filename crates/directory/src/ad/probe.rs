//! Whether the servers work, each by itself.

use super::controllers::{Controllers, Pools};
use super::{ActiveDirectory, names};
use crate::Unavailable;
use crate::ldap::ServerReport;
use crate::ldap::search::{self, Scope, Search};
use crate::ldap::server::Connection;

impl ActiveDirectory {
    /// Asks every server by itself: does it answer, with which TLS problem, does it take the service account, can the
    /// search base, the required group and the users' flags be read; and, where NTLM is configured, does it give the
    /// computer account a secure channel.
    pub async fn probe(&self) -> Vec<ServerReport> {
        let base = self.config.base.as_str();
        let mut reports = self
            .probe_all(&self.controllers, "domain controllers", Some(base))
            .await;
        if let Some(catalog) = &self.catalog {
            reports.extend(self.probe_all(catalog, "global catalog", None).await);
        }
        if let (Some(pass_through), Ok(pools)) = (&self.pass_through, self.controllers.pools().await) {
            pass_through.lead_to(&pools.urls);
            reports.extend(pass_through.probe().await);
        }
        reports
    }

    async fn probe_all(&self, servers: &Controllers, what: &str, base: Option<&str>) -> Vec<ServerReport> {
        let pools = match servers.pools().await {
            Ok(pools) => pools,
            Err(why) => {
                return vec![ServerReport {
                    url: what.to_owned(),
                    outcome: Err(why.0),
                    warnings: Vec::new(),
                }];
            }
        };
        let mut reports = Vec::new();
        for (index, url) in pools.urls.iter().enumerate() {
            let outcome = self.probe_one(&pools, index, base).await.map_err(|why| why.0);
            let url = url.to_string();
            reports.push(ServerReport {
                url,
                outcome,
                warnings: Vec::new(),
            });
        }
        reports
    }

    /// Of a catalog no more is asked than whether it takes the service account.
    async fn probe_one(
        &self,
        pools: &Pools,
        index: usize,
        base: Option<&str>,
    ) -> Result<String, Unavailable> {
        let mut connection = pools.servers.connect_to(index, pools.searches.identity()).await?;
        let Some(base) = base else {
            return Ok("connected and bound".to_owned());
        };
        let connection = &mut connection;
        self.probe_entry(connection, base, Scope::Base, "(objectClass=*)", base)
            .await?;
        if let Some(group) = &self.config.required_group {
            self.probe_entry(connection, group, Scope::Base, "(objectClass=group)", group)
                .await?;
        }
        // An attribute that cannot be read matches nothing.
        let readable = format!("(&{}(userAccountControl=*))", names::any_user());
        let what = format!("userAccountControl of users below {base}");
        self.probe_entry(connection, base, Scope::Subtree, &readable, &what)
            .await?;
        Ok(format!(
            "connected, bound, and the users below {base} can be read"
        ))
    }

    async fn probe_entry(
        &self,
        connection: &mut Connection,
        base: &str,
        scope: Scope,
        filter: &str,
        what: &str,
    ) -> Result<(), Unavailable> {
        let search = Search {
            base,
            filter,
            attributes: vec!["1.1"],
            scope,
        };
        match search::read_one(connection, &search, self.config.operation_time).await? {
            true => Ok(()),
            false => Err(Unavailable(format!(
                "{what} cannot be read by the service account"
            ))),
        }
    }
}
