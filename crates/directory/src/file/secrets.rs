//! All secrets of one user, and which of them judges what.

use gatepost_sasl::cram_md5::{self, State};
use gatepost_sasl::ntlm::{self, NtHash};
use gatepost_wire::Secret;

use super::stored::{Stored, Work};
use crate::proof::{self, CRAM_MD5_SCHEME};
use crate::{ClaimKind, ClaimKinds, MAX_PASSWORD_OCTETS, Unavailable};

/// What an NT hash begins with in the file. One name is enough, so that a file can be searched for it; this one says what
/// follows, which `{NTLM}` does not, and is not as easily a slip of the pen as `{NT}`.
pub(super) const NT_HASH_SCHEME: &str = "{NTHASH}";

/// The secrets of a user, at most one for each use.
///
/// What `{PLAIN}` can judge is computed when the file is read, so that a claim costs the same whatever it is judged by.
#[derive(Default)]
pub(super) struct Secrets {
    password: Option<Stored>,
    cram_md5: Option<State>,
    nt_hash: Option<NtHash>,
}

/// What is wrong with a secret, and what is allowed; never the secret itself.
type Parsed<T> = Result<T, String>;

impl Secrets {
    /// Reads one more secret.
    pub(super) fn add(&mut self, text: &str) -> Parsed<()> {
        let wrong = |wrong: proof::Wrong| wrong.in_words().to_owned();
        if let Some(digits) = text.strip_prefix(NT_HASH_SCHEME) {
            put(&mut self.nt_hash, proof::nt_hash(digits).map_err(wrong)?)
        } else if text.starts_with(CRAM_MD5_SCHEME) {
            put(&mut self.cram_md5, proof::cram_md5_state(text).map_err(wrong)?)
        } else {
            self.add_stored(Stored::parse(text)?)
        }
    }

    /// A password in the clear serves every use, a slow hash its own alone.
    fn add_stored(&mut self, stored: Stored) -> Parsed<()> {
        if let Stored::Plain(password) = &stored {
            put(&mut self.cram_md5, State::of_password(password))?;
            let hash = NtHash::of_password(password).map_err(|_| "expected UTF-8 after {PLAIN}")?;
            put(&mut self.nt_hash, hash)?;
        }
        put(&mut self.password, stored)
    }

    /// Whether there is none at all.
    pub(super) fn is_empty(&self) -> bool {
        self.accepts() == ClaimKinds::NONE
    }

    /// The kinds of claims that can be judged. Every secret can judge a password.
    pub(super) fn accepts(&self) -> ClaimKinds {
        let cram_md5 = self.cram_md5.as_ref().map(|_| ClaimKind::CramMd5);
        let ntlm = self.nt_hash.as_ref().map(|_| ClaimKind::Ntlm);
        let others: ClaimKinds = cram_md5.into_iter().chain(ntlm).collect();
        match self.password {
            None if others == ClaimKinds::NONE => others,
            _ => others.with(ClaimKind::Password),
        }
    }

    /// Whether `password` is the right one, by the strongest secret. Slow.
    pub(super) fn is_password(&self, password: &Secret) -> Result<bool, Unavailable> {
        if password.len() > MAX_PASSWORD_OCTETS {
            return Ok(false);
        }
        match (&self.password, &self.nt_hash, &self.cram_md5) {
            (Some(stored), _, _) => stored.is_of(password),
            (None, Some(hash), _) => Ok(proof::is_nt_hash_of(hash, password)),
            (None, None, Some(state)) => Ok(proof::is_state_of(state, password)),
            (None, None, None) => Ok(false),
        }
    }

    /// Whether the digest is right; `None` if there is nothing to tell by.
    pub(super) fn is_cram_md5(&self, claim: &cram_md5::CramMd5) -> Option<bool> {
        self.cram_md5.as_ref().map(|state| claim.is_of(state))
    }

    /// Whether the response is right, its message integrity code too; `None` if there is nothing to tell by.
    pub(super) fn is_ntlm(&self, claim: &ntlm::Ntlm) -> Option<bool> {
        self.nt_hash.as_ref().map(|hash| claim.is_of(hash))
    }

    /// The work that [`Secrets::is_password`] does.
    pub(super) fn work(&self) -> Work {
        match (&self.password, &self.nt_hash) {
            (Some(stored), _) => stored.work(),
            (None, Some(_)) => Work::NtHash,
            (None, None) => Work::CramMd5,
        }
    }

    /// What there is, in words.
    pub(super) fn kinds(&self) -> String {
        let plain = matches!(self.password, Some(Stored::Plain(_)));
        let password = self.password.as_ref().map(Stored::kind);
        let cram_md5 = self.cram_md5.as_ref().filter(|_| !plain);
        let nt_hash = self.nt_hash.as_ref().filter(|_| !plain);
        let others = [nt_hash.map(|_| "NT hash"), cram_md5.map(|_| "CRAM-MD5 state")];
        let kinds: Vec<&str> = password.into_iter().chain(others.into_iter().flatten()).collect();
        kinds.join(", ")
    }
}

fn put<T>(place: &mut Option<T>, secret: T) -> Parsed<()> {
    match place.replace(secret) {
        None => Ok(()),
        Some(_) => Err("another secret of this user has that use already; \
             allowed are one hash of the password, one {NTHASH} and one {CRAM-MD5}, or {PLAIN} alone"
            .to_owned()),
    }
}

/// What a user needs so that claims of that kind can be judged.
pub(super) fn needed(kind: ClaimKind) -> String {
    match kind {
        ClaimKind::CramMd5 => format!("a secret that begins with {CRAM_MD5_SCHEME} or {{PLAIN}}"),
        ClaimKind::Ntlm => format!("a secret that begins with {NT_HASH_SCHEME} or {{PLAIN}}"),
        _ => "a secret".to_owned(),
    }
}
