//! The user's own bind, which judges the password.

use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapError, LdapResult};

use super::server::code;
use crate::{Denial, Unavailable};

/// The password policy control (draft-behera-ldap-password-policy): asked for, an OpenLDAP server says why.
const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

/// Whether a server took a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Yes,
    No(Denial),
}

/// Binds. What the answer means depends on the kind of server: [`verdict`] for most.
pub(crate) async fn run(ldap: &mut Ldap, dn: &str, password: &str) -> Result<LdapResult, LdapError> {
    let control = RawControl {
        ctype: PASSWORD_POLICY.to_owned(),
        crit: false,
        val: None,
    };
    ldap.with_controls(control).simple_bind(dn, password).await
}

/// What an answer says of the password; an error if it is no verdict.
pub(crate) fn verdict(result: &LdapResult) -> Result<Bound, Unavailable> {
    let policy = result
        .ctrls
        .iter()
        .find(|control| control.1.ctype == PASSWORD_POLICY);
    let policy = policy.and_then(|control| policy_error(control.1.val.as_deref()?));
    verdict_under(result, policy)
}

/// Result codes of RFC 4511 section 4.1.9 that say something about the user; all others say something about the
/// server.
fn verdict_under(result: &LdapResult, policy: Option<PolicyError>) -> Result<Bound, Unavailable> {
    match (result.rc, policy) {
        // The right password, but the server will let this user do nothing else than change it.
        (0, Some(PolicyError::ChangeAfterReset)) | (49, Some(PolicyError::PasswordExpired)) => {
            Ok(Bound::No(Denial::PasswordExpired))
        }
        (0, _) => Ok(Bound::Yes),
        // 19 constraintViolation is what 389 Directory Server says after too many failures.
        (49, Some(PolicyError::AccountLocked)) | (19, _) => Ok(Bound::No(Denial::Locked)),
        // 32 noSuchObject, 48 inappropriateAuthentication (the entry has no password), 49 invalidCredentials.
        (32 | 48 | 49, _) => Ok(Bound::No(Denial::BadCredentials)),
        _ => Err(Unavailable(format!("the bind failed: {}", code(result)))),
    }
}

/// The errors of the password policy control that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PolicyError {
    PasswordExpired,
    AccountLocked,
    ChangeAfterReset,
}

/// Reads the control's value:
///
/// ```text
/// PasswordPolicyResponseValue ::= SEQUENCE {
///    warning [0] CHOICE { .. } OPTIONAL,
///    error   [1] ENUMERATED { passwordExpired (0), accountLocked (1), changeAfterReset (2), .. } OPTIONAL }
/// ```
fn policy_error(value: &[u8]) -> Option<PolicyError> {
    let (0x30, mut rest, _) = element(value)? else {
        return None;
    };
    while let Some((tag, content, behind)) = element(rest) {
        if tag == 0x81 {
            return match content {
                [0] => Some(PolicyError::PasswordExpired),
                [1] => Some(PolicyError::AccountLocked),
                [2] => Some(PolicyError::ChangeAfterReset),
                _ => None,
            };
        }
        rest = behind;
    }
    None
}

/// One BER element with a short length: tag, content, and what is behind it.
fn element(octets: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = octets.split_first()?;
    let (&length, rest) = rest.split_first()?;
    if length > 127 {
        return None;
    }
    let (content, behind) = rest.split_at_checked(usize::from(length))?;
    Some((tag, content, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32) -> LdapResult {
        LdapResult {
            rc,
            matched: String::new(),
            text: "text".to_owned(),
            refs: Vec::new(),
            ctrls: Vec::new(),
        }
    }

    #[test]
    fn only_success_is_success() {
        assert_eq!(verdict_under(&result(0), None), Ok(Bound::Yes));
        for rc in 1..=130 {
            assert_ne!(verdict_under(&result(rc), None), Ok(Bound::Yes), "{rc}");
        }
    }

    #[test]
    fn an_outage_is_never_a_denial() {
        for rc in [1, 2, 3, 8, 10, 11, 13, 50, 51, 52, 53, 80, 81, 85, 91] {
            assert!(verdict_under(&result(rc), None).is_err(), "{rc}");
        }
        for rc in [32, 48, 49] {
            assert_eq!(
                verdict_under(&result(rc), None),
                Ok(Bound::No(Denial::BadCredentials))
            );
        }
    }

    #[test]
    fn the_policy_control_says_why() {
        assert_eq!(
            policy_error(&[0x30, 3, 0x81, 1, 1]),
            Some(PolicyError::AccountLocked)
        );
        assert_eq!(
            policy_error(&[0x30, 8, 0xa0, 3, 0x80, 1, 5, 0x81, 1, 0]),
            Some(PolicyError::PasswordExpired)
        );
        let locked = verdict_under(&result(49), Some(PolicyError::AccountLocked));
        assert_eq!(locked, Ok(Bound::No(Denial::Locked)));
        let reset = verdict_under(&result(0), Some(PolicyError::ChangeAfterReset));
        assert_eq!(reset, Ok(Bound::No(Denial::PasswordExpired)));
        for garbage in [
            &[][..],
            &[0x30],
            &[0x30, 200],
            &[0x30, 3, 0x81, 9, 1],
            &[0x81, 1, 1],
            &[0x30, 2, 0x81, 0],
        ] {
            assert_eq!(policy_error(garbage), None, "{garbage:?}");
        }
    }
}
