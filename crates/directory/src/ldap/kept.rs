//! What entries keep in attributes with secrets.

use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_sasl::{Claim, ClaimKind};
use gatepost_wire::Secret;
use ldap3::SearchEntry;

use super::Config;
use super::secret_attributes::{Form, Kept};
use crate::proof::{self, CRAM_MD5_SCHEME, Wrong};
use crate::{MAX_PASSWORD_OCTETS, Unavailable};

/// What judges a claim.
pub(super) enum Proof {
    NtHash(NtHash),
    CramMd5(State),
}

impl Kept<'_> {
    /// What an entry keeps here for a kind of claim. The values are taken out of the entry, so that they are wiped.
    fn proof(self, found: &mut SearchEntry, kind: ClaimKind) -> Result<Option<Proof>, Unavailable> {
        let values = take(found, self.name);
        let mut proofs = values
            .iter()
            .filter_map(|value| self.read(value, kind).transpose());
        let wrong = |what: &str| Unavailable(format!("{} of {:?}: {what}", self.name, found.dn));
        match (proofs.next(), proofs.next()) {
            (None, _) => Ok(None),
            (Some(proof), None) => proof.map(Some).map_err(|why| wrong(why.in_words())),
            // Nobody can tell which of them is meant.
            (Some(_), Some(_)) => Err(wrong("there is more than one value")),
        }
    }

    /// What a value says; `None` if it is no secret for this purpose.
    fn read(self, value: &Secret, kind: ClaimKind) -> Result<Option<Proof>, Wrong> {
        let text = value.expose_str().map_err(|_| Wrong::Form("expected text"))?;
        let read = match self.form {
            Form::NtHash if is_unset(text) => return Ok(None),
            Form::NtHash => proof::nt_hash(text).map(Proof::NtHash),
            Form::CramMd5 => match cram_md5_state(text) {
                Some(state) => state.map(Proof::CramMd5),
                None => return Ok(None),
            },
            Form::Plaintext => match password(text)? {
                Some(password) => Proof::of_password(&password, kind),
                None => return Ok(None),
            },
        };
        match read {
            // Nobody may log in with it, whoever wrote it there.
            Err(Wrong::Empty) => Ok(None),
            read => read.map(Some),
        }
    }
}

impl Proof {
    /// What an entry keeps for a kind of claim; `None` if it keeps nothing.
    pub(super) fn read(
        found: &mut SearchEntry,
        kind: ClaimKind,
        config: &Config,
    ) -> Result<Option<Self>, Unavailable> {
        let mut kept = config.kept_for(kind);
        kept.find_map(|kept| kept.proof(found, kind).transpose())
            .transpose()
    }

    fn of_password(password: &Secret, kind: ClaimKind) -> Result<Self, Wrong> {
        if kind == ClaimKind::CramMd5 {
            return Ok(Self::CramMd5(State::of_password(password)));
        }
        let hash = NtHash::of_password(password).map_err(|_| Wrong::Form("expected text"))?;
        Ok(Self::NtHash(hash))
    }

    /// Whether a claim is true.
    pub(super) fn is_of(&self, claim: &Claim) -> bool {
        match (self, claim) {
            (Self::NtHash(hash), Claim::Ntlm(claim)) => claim.is_of(hash),
            (Self::CramMd5(state), Claim::CramMd5(claim)) => claim.is_of(state),
            _ => false,
        }
    }

    /// As much work as [`Proof::is_of`], where there is nothing to judge by.
    pub(super) fn waste_time_on(claim: &Claim) {
        let nobodys = Secret::from("nobody's");
        if let Ok(proof) = Self::of_password(&nobodys, claim.kind()) {
            let _ = std::hint::black_box(proof.is_of(claim));
        }
    }
}

/// The values of an attribute, whatever the case of its name.
fn take(found: &mut SearchEntry, name: &str) -> Vec<Secret> {
    let texts = found
        .attrs
        .extract_if(|key, _| key.eq_ignore_ascii_case(name))
        .flat_map(|(_, values)| values)
        .map(String::into_bytes);
    let octets = found
        .bin_attrs
        .extract_if(|key, _| key.eq_ignore_ascii_case(name))
        .flat_map(|(_, values)| values);
    texts.chain(octets).map(Secret::new).collect()
}

/// What Samba and its tools write where there is no password: `NO PASSWORD` and a filling of `X`, or the filling alone.
fn is_unset(text: &str) -> bool {
    let filling = text.strip_prefix("NO PASSWORD").unwrap_or(text);
    filling.bytes().all(|octet| matches!(octet, b'X' | b'*'))
}

/// A CRAM-MD5 state; `None` if it is another scheme's hash.
fn cram_md5_state(text: &str) -> Option<Result<State, Wrong>> {
    match scheme(text) {
        Some((name, _)) if is_among(name, &["CRAM-MD5"]) => Some(proof::cram_md5_state(text)),
        Some(_) => None,
        None => {
            let text = Secret::new([CRAM_MD5_SCHEME, text].concat().into_bytes());
            let text = text.expose_str().unwrap_or_default();
            Some(proof::cram_md5_state(text))
        }
    }
}

/// A password in the clear; `None` if it is empty or a hash, which must not become a password by being read as one.
fn password(text: &str) -> Result<Option<Secret>, Wrong> {
    let password = match scheme(text) {
        Some((name, password)) if is_among(name, &["PLAIN", "CLEARTEXT"]) => password,
        Some(_) => return Ok(None),
        None if is_crypt(text) => return Ok(None),
        None => text,
    };
    if password.len() > MAX_PASSWORD_OCTETS || password.contains('\0') {
        return Err(Wrong::Form(
            "expected a password of 1024 octets at most, without NUL",
        ));
    }
    Ok((!password.is_empty()).then(|| Secret::from(password)))
}

/// The scheme in braces (RFC 2307 section 5.3) and what follows it.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix('{')?.split_once('}')?;
    let plausible = |octet: u8| octet.is_ascii_alphanumeric() || b"-_./".contains(&octet);
    (!name.is_empty() && name.bytes().all(plausible)).then_some((name, rest))
}

fn is_among(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// `$id$`, as hashes of crypt(3) begin.
fn is_crypt(text: &str) -> bool {
    let id = text.strip_prefix('$').and_then(|rest| rest.split_once('$'));
    id.is_some_and(|(id, _)| !id.is_empty() && id.bytes().all(|octet| octet.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::ldap::ServerUrl;

    /// The digits of the hash of `Password` (MS-NLMP section 4.2.2.1.2).
    const NT_HASH: &str = "a4f49c406510bdcab6824ee7c30fd852";

    fn config() -> Config {
        Config {
            nt_hash_attribute: Some("hash".to_owned()),
            plaintext_attribute: Some("clear".to_owned()),
            ..Config::new(vec![ServerUrl::parse("ldaps://a").unwrap()], "dc=x")
        }
    }

    fn found(texts: &[(&str, &[&str])], octets: &[(&str, &[&[u8]])]) -> SearchEntry {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let texts = texts
            .iter()
            .map(|(name, values)| ((*name).to_owned(), owned(values)));
        let owned = |values: &[&[u8]]| values.iter().map(|value| value.to_vec()).collect();
        let octets = octets
            .iter()
            .map(|(name, values)| ((*name).to_owned(), owned(values)));
        SearchEntry {
            dn: "uid=x".to_owned(),
            attrs: texts.collect::<HashMap<_, _>>(),
            bin_attrs: octets.collect::<HashMap<_, _>>(),
        }
    }

    /// What the entry keeps for NTLM: whether anything, or what is wrong.
    fn kept(mut entry: SearchEntry) -> Result<bool, String> {
        let read = Proof::read(&mut entry, ClaimKind::Ntlm, &config());
        read.map(|proof| proof.is_some()).map_err(|why| why.0)
    }

    #[test]
    fn values_are_taken_out_of_the_entry() {
        let mut entry = found(&[("HASH", &[NT_HASH]), ("mail", &["a@b"])], &[("Clear", &[b"x"])]);
        let proof = Proof::read(&mut entry, ClaimKind::Ntlm, &config()).unwrap();
        let Some(Proof::NtHash(hash)) = proof else {
            panic!("there is one")
        };
        assert_eq!(hash, NtHash::of_password(&Secret::from("Password")).unwrap());
        assert_eq!(entry.attrs.into_keys().collect::<Vec<_>>(), ["mail"]);
    }

    #[test]
    fn what_says_that_there_is_no_password_is_none() {
        for unset in [
            "",
            "X",
            "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            "NO PASSWORDXXXXXXXXXXXXXXXXXXXXX",
            "NO PASSWORD*****",
        ] {
            assert_eq!(kept(found(&[("hash", &[unset])], &[])), Ok(false), "{unset}");
            assert_eq!(
                kept(found(&[("hash", &[unset, NT_HASH])], &[])),
                Ok(true),
                "{unset}"
            );
        }
        for other in [
            "",
            "{PLAIN}",
            "{CLEARTEXT}",
            "{SSHA}x",
            "{CRYPT}$6$x$y",
            "$6$x$y",
            "$argon2id$v=19$m=1",
        ] {
            assert_eq!(kept(found(&[("clear", &[other])], &[])), Ok(false), "{other}");
        }
    }

    #[test]
    fn passwords_that_only_look_like_hashes_are_some() {
        for password in [
            "{}x",
            "{a b}x",
            "{x",
            "$x",
            "$$x",
            "$a b$x",
            "{PLAIN}{SSHA}x",
            "{clearText}$6$x$y",
        ] {
            assert_eq!(
                kept(found(&[("clear", &[password])], &[])),
                Ok(true),
                "{password}"
            );
        }
    }

    #[test]
    fn what_makes_no_sense_is_said_without_the_value() {
        let long = "x".repeat(MAX_PASSWORD_OCTETS + 1);
        for (entry, why) in [
            (
                found(&[("hash", &["hunter2"])], &[]),
                "hash of \"uid=x\": expected an NT hash: 32 hexadecimal digits",
            ),
            (
                found(&[], &[("hash", &[b"\xff"])]),
                "hash of \"uid=x\": expected text",
            ),
            (
                found(&[("clear", &[&long])], &[]),
                "clear of \"uid=x\": expected a password of 1024 octets at most, without NUL",
            ),
            (
                found(&[("clear", &["a", "b"])], &[]),
                "clear of \"uid=x\": there is more than one value",
            ),
        ] {
            assert_eq!(kept(entry), Err(why.to_owned()));
        }
    }
}
