//! What an entry says of its account's state. A server that is asked to bind looks at it by itself; after a claim that
//! no bind has judged, it is for us to look.

use ldap3::SearchEntry;

use crate::Denial;

/// OpenLDAP's password policy: when the account was locked.
const LOCKED_TIME: &str = "pwdAccountLockedTime";
/// OpenLDAP's password policy: the password must be changed first.
const RESET: &str = "pwdReset";
/// Samba's flags, such as `[UD         ]`.
const SAMBA_FLAGS: &str = "sambaAcctFlags";
/// 389 Directory Server: `true` if the account is inactive.
const ACCOUNT_LOCK: &str = "nsAccountLock";

/// The attributes to read.
pub(super) const ATTRIBUTES: [&str; 4] = [LOCKED_TIME, RESET, SAMBA_FLAGS, ACCOUNT_LOCK];

/// What the right proof hears, in the order in which a server that binds would say it.
pub(super) fn denial(found: &SearchEntry) -> Option<Denial> {
    if has(found, LOCKED_TIME, |_| true) || has_flag(found, 'L') {
        Some(Denial::Locked)
    } else if has(found, RESET, is_true) {
        Some(Denial::PasswordExpired)
    } else if is_disabled(found) {
        Some(Denial::Disabled)
    } else {
        None
    }
}

/// Whether an administrator has disabled the account.
pub(super) fn is_disabled(found: &SearchEntry) -> bool {
    has_flag(found, 'D') || has(found, ACCOUNT_LOCK, is_true)
}

fn has_flag(found: &SearchEntry, flag: char) -> bool {
    has(found, SAMBA_FLAGS, |flags| flags.contains(flag))
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// Whether a value of the attribute is such.
fn has(found: &SearchEntry, name: &str, is_such: impl Fn(&str) -> bool) -> bool {
    let mut attributes = found.attrs.iter();
    attributes
        .any(|(key, values)| key.eq_ignore_ascii_case(name) && values.iter().any(|value| is_such(value)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn found(attributes: &[(&str, &str)]) -> SearchEntry {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), vec![(*value).to_owned()]);
        SearchEntry {
            dn: "uid=x".to_owned(),
            attrs: attributes.iter().map(owned).collect(),
            bin_attrs: HashMap::new(),
        }
    }

    #[test]
    fn flags_are_understood() {
        for (attributes, expected) in [
            (vec![], None),
            (vec![("sambaAcctFlags", "[U          ]")], None),
            (vec![("pwdReset", "FALSE"), ("nsAccountLock", "false")], None),
            (vec![("sambaAcctFlags", "[UD         ]")], Some(Denial::Disabled)),
            (vec![("nsaccountlock", "TRUE")], Some(Denial::Disabled)),
            (vec![("sambaAcctFlags", "[UL         ]")], Some(Denial::Locked)),
            (
                vec![("pwdAccountLockedTime", "000001010000Z")],
                Some(Denial::Locked),
            ),
            (vec![("pwdReset", "TRUE")], Some(Denial::PasswordExpired)),
        ] {
            assert_eq!(denial(&found(&attributes)), expected, "{attributes:?}");
        }
    }

    #[test]
    fn a_server_says_locked_first() {
        let all = [
            ("pwdAccountLockedTime", "20260101000000Z"),
            ("pwdReset", "TRUE"),
            ("sambaAcctFlags", "[UD]"),
        ];
        assert_eq!(denial(&found(&all)), Some(Denial::Locked));
        assert_eq!(denial(&found(&all[1..])), Some(Denial::PasswordExpired));
        assert!(is_disabled(&found(&all)));
    }
}
