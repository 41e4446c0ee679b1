//! What a domain controller's answer to a bind says of the password and the account.

use ldap3::LdapResult;

use crate::ldap::bind::Bound;
use crate::ldap::server::code;
use crate::{Denial, Unavailable};

/// Success is the right password, invalidCredentials (49) a verdict with its reason in the text, or none; every other result
/// code (RFC 4511 section 4.1.9) says something of the server, not of the user.
pub(super) fn verdict(result: &LdapResult) -> Result<Bound, Unavailable> {
    match result.rc {
        0 => Ok(Bound::Yes),
        49 => match sub_code(&result.text) {
            Some(code) if is_outage(code) => Err(Unavailable(format!(
                "the bind was not judged: {}",
                self::code(result)
            ))),
            code => Ok(Bound::No(code.map_or(Denial::BadCredentials, denial))),
        },
        _ => Err(Unavailable(format!("the bind failed: {}", code(result)))),
    }
}

/// The hexadecimal number in `80090308: LdapErr: DSID-..., comment: AcceptSecurityContext error, data 52e, v1db1`.
fn sub_code(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once(", data ")?;
    let digits = rest.split(|char: char| !char.is_ascii_hexdigit()).next()?;
    u32::from_str_radix(digits, 16).ok()
}

/// Whether the domain controller could not ask whoever had to judge: a read-only one its writable one, one of another
/// domain by its trust. It says invalidCredentials all the same.
fn is_outage(sub_code: u32) -> bool {
    matches!(
        sub_code,
        // No memory, a device or another server that does not answer, RPC that fails.
        0x8 | 0xe | 0x1f | 0x79 | 0x5aa | 0x5b4 | 0x6a6..=0x6bf
        // No logon servers, no such domain, an internal error, clocks that differ.
        | 0x51f | 0x548..=0x54b | 0x54f | 0x576
        // Trusts that are broken, Netlogon not started, no domain controller found.
        | 0x6fa..=0x6fe | 0x700 | 0x774
    )
}

/// The sub-codes are Windows' error numbers (MS-ERREF section 2.2). All but 525, 52e and 775 are said only after the
/// right password. What is in no table could be said after a wrong one.
fn denial(sub_code: u32) -> Denial {
    match sub_code {
        // Logon hours, workstations.
        0x530 | 0x531 => Denial::NotPermitted,
        // Expired, must be changed.
        0x532 | 0x773 => Denial::PasswordExpired,
        // Disabled, account expired.
        0x533 | 0x701 => Denial::Disabled,
        // Wrong passwords hear it too.
        0x775 => Denial::Locked,
        // 525 no such user, 52e wrong password, and others.
        _ => Denial::BadCredentials,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32, text: &str) -> LdapResult {
        LdapResult {
            rc,
            matched: String::new(),
            text: text.to_owned(),
            refs: Vec::new(),
            ctrls: Vec::new(),
        }
    }

    fn refused(data: &str) -> Denial {
        let text = format!(
            "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1\0"
        );
        match verdict(&result(49, &text)) {
            Ok(Bound::No(denial)) => denial,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_sub_code_of_the_table() {
        for (data, denial) in [
            ("525", Denial::BadCredentials),
            ("52e", Denial::BadCredentials),
            ("52E", Denial::BadCredentials),
            ("530", Denial::NotPermitted),
            ("531", Denial::NotPermitted),
            ("532", Denial::PasswordExpired),
            ("773", Denial::PasswordExpired),
            ("533", Denial::Disabled),
            ("701", Denial::Disabled),
            ("775", Denial::Locked),
        ] {
            assert_eq!(refused(data), denial, "{data}");
        }
    }

    #[test]
    fn what_is_in_no_table_is_a_wrong_password() {
        for data in ["52f", "80090346", "5300", "0", "", "xyz", "ffffffffffff", "533x"] {
            let expected = match data {
                "533x" => Denial::Disabled,
                _ => Denial::BadCredentials,
            };
            assert_eq!(refused(data), expected, "{data}");
        }
        for text in ["", "data 533", "Invalid credentials", ", data "] {
            let verdict = verdict(&result(49, text));
            assert_eq!(verdict, Ok(Bound::No(Denial::BadCredentials)), "{text}");
        }
    }

    #[test]
    fn a_server_that_could_not_judge_denies_nobody() {
        for data in [
            "51f", "51F", "54b", "54f", "8", "79", "5aa", "6ba", "6fa", "6fb", "6fc", "6fd", "6fe", "548",
            "700", "576",
        ] {
            let text = format!(
                "80090311: LdapErr: DSID-0C090421, comment: AcceptSecurityContext error, data {data}, v2580"
            );
            assert!(verdict(&result(49, &text)).is_err(), "{data}");
        }
    }

    #[test]
    fn only_success_is_success_and_an_outage_is_no_denial() {
        assert_eq!(verdict(&result(0, ", data 533,")), Ok(Bound::Yes));
        for rc in (1..=130).filter(|rc| *rc != 49) {
            assert!(verdict(&result(rc, ", data 52e,")).is_err(), "{rc}");
        }
    }
}
