//! Claims that no bind can judge: the service account reads the secret, and we judge.

use gatepost_sasl::{Claim, ClaimKind};
use ldap3::SearchEntry;

use super::kept::Proof;
use super::search::{Scope, Search};
use super::{LdapDirectory, flags, verdict};
use crate::{Denial, Entry, Unavailable, Verdict};

impl LdapDirectory {
    /// Whether a claim by challenge and response is true, and then whether the account may be used.
    pub(super) async fn judge_proof(&self, entry: &Entry, claim: &Claim) -> Verdict {
        if !self.config.accepts().contains(claim.kind()) {
            return Verdict::Denied(Denial::NotSupported);
        }
        match self.denial_of(entry, claim).await {
            Ok(None) => verdict(entry, self.permission(entry).await),
            denial => verdict(entry, denial),
        }
    }

    /// Why a claim is denied, before anybody asks who may use mail. The secret is read anew each time.
    async fn denial_of(&self, entry: &Entry, claim: &Claim) -> Result<Option<Denial>, Unavailable> {
        let denial = match self.read_kept(&entry.handle, claim.kind()).await? {
            // It has gone since it was found.
            None => Denial::BadCredentials,
            Some(mut found) => match Proof::read(&mut found, claim.kind(), &self.config)? {
                Some(proof) if proof.is_of(claim) => return Ok(flags::denial(&found)),
                Some(_) => return Ok(Some(Denial::BadCredentials)),
                None => Denial::NotSupported,
            },
        };
        Proof::waste_time_on(claim);
        Ok(Some(denial))
    }

    /// Does what a wrong claim of somebody costs: the search base is read in place of an entry.
    pub(super) async fn judge_nobody(&self, claim: &Claim) -> Result<(), Unavailable> {
        if claim.kind() == ClaimKind::Password || !self.config.accepts().contains(claim.kind()) {
            return Ok(());
        }
        self.read_kept(&self.config.base, claim.kind()).await?;
        Proof::waste_time_on(claim);
        Ok(())
    }

    /// The secrets and the flags of an entry.
    async fn read_kept(&self, dn: &str, kind: ClaimKind) -> Result<Option<SearchEntry>, Unavailable> {
        let kept = self.config.kept_for(kind).map(|kept| kept.name);
        self.read(dn, kept.chain(flags::ATTRIBUTES).collect()).await
    }

    /// Whether an account is disabled by its own flags, which matter where secrets are kept, whatever the claim is.
    pub(super) async fn is_flagged(&self, entry: &Entry) -> Result<bool, Unavailable> {
        if self.config.kept().next().is_none() {
            return Ok(false);
        }
        let found = self.read(&entry.handle, flags::ATTRIBUTES.to_vec()).await?;
        Ok(found.is_some_and(|found| flags::is_disabled(&found)))
    }

    /// These attributes of one entry, if it is there.
    pub(super) async fn read(
        &self,
        dn: &str,
        attributes: Vec<&str>,
    ) -> Result<Option<SearchEntry>, Unavailable> {
        // Without a name it would be the root of the server.
        if dn.is_empty() {
            return Ok(None);
        }
        let itself = Search {
            base: dn,
            filter: "(objectClass=*)",
            attributes,
            scope: Scope::Base,
        };
        Ok(self.searches.find(&itself).await?.pop())
    }
}
