//! Which attributes keep secrets, for the claims that no bind can judge.

use gatepost_sasl::{ClaimKind, ClaimKinds};

use super::config::{Config, ConfigError};

/// How an attribute keeps a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// 32 hexadecimal digits, as in `sambaNTPassword`.
    NtHash,
    /// 64 hexadecimal digits, with or without `{CRAM-MD5}`.
    CramMd5,
    /// The password, with or without `{PLAIN}` or `{CLEARTEXT}`.
    Plaintext,
}

/// An attribute that keeps secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept<'a> {
    pub(super) name: &'a str,
    pub(super) form: Form,
}

impl Config {
    /// The kinds of claims that can be judged: passwords, and what the attributes with secrets are for.
    pub fn accepts(&self) -> ClaimKinds {
        let kinds = ClaimKind::ALL.iter().copied();
        let kept = kinds.filter(|kind| self.kept_for(*kind).next().is_some());
        kept.fold(ClaimKinds::PASSWORD, ClaimKinds::with)
    }

    /// Every attribute that keeps secrets.
    pub(super) fn kept(&self) -> impl Iterator<Item = Kept<'_>> {
        let all = [
            (&self.nt_hash_attribute, Form::NtHash),
            (&self.cram_md5_attribute, Form::CramMd5),
            (&self.plaintext_attribute, Form::Plaintext),
        ];
        all.into_iter()
            .filter_map(|(name, form)| name.as_deref().map(|name| Kept { name, form }))
    }

    /// The attributes that can judge a kind of claim, in the order in which they are looked at.
    pub(super) fn kept_for(&self, kind: ClaimKind) -> impl Iterator<Item = Kept<'_>> {
        self.kept().filter(move |kept| match kept.form {
            Form::NtHash => kind == ClaimKind::Ntlm,
            Form::CramMd5 => kind == ClaimKind::CramMd5,
            Form::Plaintext => matches!(kind, ClaimKind::CramMd5 | ClaimKind::Ntlm),
        })
    }

    /// Whether the attributes with secrets are for the service account alone, and for nothing else.
    ///
    /// # Errors
    /// If there is no service account, if a name is none, or if the attribute is read for something else too.
    pub fn check_secret_attributes(&self) -> Result<(), ConfigError> {
        let mut seen = Vec::new();
        for name in self.kept().map(|kept| kept.name) {
            if !is_attribute(name) {
                return Err(ConfigError(format!("not an attribute's name: {name:?}")));
            }
            if self.service.is_none() {
                return Err(ConfigError(format!(
                    "only a service account that is allowed to can read {name}, and there is none"
                )));
            }
            let others = self.attribute_names().chain(seen.iter().copied());
            if let Some(other) = others.into_iter().find(|other| reads(other, name)) {
                return Err(ConfigError(format!(
                    "{name} keeps secrets, but {other:?} would read it for something else"
                )));
            }
            seen.push(name);
        }
        Ok(())
    }
}

/// An attribute's name or number (RFC 4512 section 1.4).
fn is_attribute(text: &str) -> bool {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-.".contains(&octet);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Whether who asks for `attribute`, which may have options, or stand for all of a kind, is given that of a name.
fn reads(attribute: &str, name: &str) -> bool {
    let (plain, _) = attribute.split_once(';').unwrap_or((attribute, ""));
    plain.eq_ignore_ascii_case(name) || matches!(plain, "*" | "+")
}

#[cfg(test)]
mod tests {
    use gatepost_wire::Secret;

    use super::*;
    use crate::ldap::{ServerUrl, Service};

    /// Why a configuration with a service account is refused.
    fn refused(change: impl FnOnce(Config) -> Config) -> String {
        let service = Service {
            dn: "cn=x".to_owned(),
            password: Secret::from("x"),
        };
        let config = Config {
            service: Some(service),
            ..Config::new(vec![ServerUrl::parse("ldaps://a").unwrap()], "dc=x")
        };
        let error = change(config).validate().err();
        error.map(|error| error.to_string()).unwrap_or_default()
    }

    fn reading(attribute: &str) -> Option<String> {
        Some(attribute.to_owned())
    }

    #[test]
    fn secrets_are_read_for_nothing_else() {
        let beside = |attribute: &str| {
            refused(|config| Config {
                nt_hash_attribute: reading("sambaNTPassword"),
                attributes: vec!["mailHost".to_owned(), attribute.to_owned()],
                ..config
            })
        };
        assert_eq!(beside("sambaSID"), "");
        for attribute in [
            "sambaNTPassword",
            "SAMBANTPASSWORD",
            "sambaNTPassword;binary",
            "*",
            "+",
        ] {
            assert_eq!(
                beside(attribute),
                format!("sambaNTPassword keeps secrets, but {attribute:?} would read it for something else")
            );
        }
        let twice = |config| Config {
            cram_md5_attribute: reading("x"),
            plaintext_attribute: reading("X"),
            ..config
        };
        assert_eq!(
            refused(twice),
            "X keeps secrets, but \"x\" would read it for something else"
        );
        let login = |config| Config {
            plaintext_attribute: reading("uid"),
            ..config
        };
        assert!(refused(login).starts_with("uid keeps secrets"));
    }

    #[test]
    fn nobody_reads_secrets_anonymously() {
        let anonymous = |config| Config {
            service: None,
            nt_hash_attribute: reading("sambaNTPassword"),
            ..config
        };
        assert_eq!(
            refused(anonymous),
            "only a service account that is allowed to can read sambaNTPassword, and there is none"
        );
    }

    #[test]
    fn attributes_have_names() {
        for wrong in ["", "a b", "a)(b", "*", "ä", "a;b"] {
            let named = |config| Config {
                nt_hash_attribute: reading(wrong),
                ..config
            };
            assert_eq!(refused(named), format!("not an attribute's name: {wrong:?}"));
        }
    }
}
