//! NTSTATUS (MS-ERREF 2.3): what a domain controller says of a logon.

use std::fmt;

/// A status code of Windows, such as 0xc000006a.
///
/// These speak of the user, and become [`Answer::Denied`](crate::Answer::Denied). A controller says those marked with `*` to
/// everybody, so they tell nothing of the proof:
///
/// | status | |
/// |---|---|
/// | `INVALID_ACCOUNT_NAME` `NO_SUCH_USER` `NO_SUCH_DOMAIN` `WRONG_PASSWORD` `LOGON_FAILURE` | the name or the proof is wrong |
/// | `ACCOUNT_LOCKED_OUT` * | after too many wrong passwords |
/// | `ACCOUNT_DISABLED` `ACCOUNT_EXPIRED` | the proof is right, the account is out of use |
/// | `PASSWORD_EXPIRED` `PASSWORD_MUST_CHANGE` | the proof is right, the password is to be changed first |
/// | `ACCOUNT_RESTRICTION` `INVALID_LOGON_HOURS` `INVALID_WORKSTATION` `LOGON_TYPE_NOT_GRANTED` | the proof is right, but not here or now |
/// | `AUTHENTICATION_FIREWALL_FAILED` | selective authentication keeps the user from this computer account |
/// | `NOLOGON_INTERDOMAIN_TRUST_ACCOUNT` `NOLOGON_WORKSTATION_TRUST_ACCOUNT` `NOLOGON_SERVER_TRUST_ACCOUNT` | not an account of a person |
///
/// `ACCESS_DENIED` and `NO_TRUST_SAM_ACCOUNT` speak of the computer account, `INSUFFICIENT_RESOURCES`,
/// `INVALID_SERVER_STATE` and `NETLOGON_NOT_STARTED` of the controller: a new secure channel is tried, then another
/// controller. All others, known or not, are [`Unavailable`](crate::Unavailable): a broken trust, NTLM blocked by policy
/// (`NTLM_BLOCKED`), which an administrator has to change and not the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NtStatus(pub u32);

/// Whom a status speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The user: a denial.
    User,
    /// Our secure channel, or the controller's state: a new channel may help, or another controller.
    Channel,
    /// Anything else: an outage, as far as the user is concerned.
    Other,
}

macro_rules! statuses {
    ($($name:ident = $code:literal, $about:ident, $words:literal;)*) => {
        impl NtStatus {
            $(#[doc = concat!("STATUS_", stringify!($name), ": ", $words, ".")]
            pub const $name: Self = Self($code);)*

            fn known(self) -> Option<(About, &'static str)> {
                match self.0 {
                    $($code => Some((About::$about, $words)),)*
                    _ => None,
                }
            }
        }
    };
}

// The one table of what a status means. Only `User` becomes `Answer::Denied`.
statuses! {
    SUCCESS = 0x0000_0000, Other, "success";

    INVALID_ACCOUNT_NAME = 0xc000_0062, User, "not a valid account name";
    NO_SUCH_USER = 0xc000_0064, User, "no such user";
    WRONG_PASSWORD = 0xc000_006a, User, "wrong password";
    LOGON_FAILURE = 0xc000_006d, User, "wrong user name or password";
    ACCOUNT_RESTRICTION = 0xc000_006e, User, "restricted account";
    INVALID_LOGON_HOURS = 0xc000_006f, User, "not at this hour";
    INVALID_WORKSTATION = 0xc000_0070, User, "not from this workstation";
    PASSWORD_EXPIRED = 0xc000_0071, User, "password expired";
    ACCOUNT_DISABLED = 0xc000_0072, User, "account disabled";
    NO_SUCH_DOMAIN = 0xc000_00df, User, "no such domain";
    LOGON_TYPE_NOT_GRANTED = 0xc000_015b, User, "this type of logon is not granted";
    ACCOUNT_EXPIRED = 0xc000_0193, User, "account expired";
    NOLOGON_INTERDOMAIN_TRUST_ACCOUNT = 0xc000_0198, User, "the account of a trusted domain";
    NOLOGON_WORKSTATION_TRUST_ACCOUNT = 0xc000_0199, User, "the account of a computer";
    NOLOGON_SERVER_TRUST_ACCOUNT = 0xc000_019a, User, "the account of a domain controller";
    PASSWORD_MUST_CHANGE = 0xc000_0224, User, "password must be changed";
    // What Samba says of a wrong password for a user principal name if there is an LM response too.
    NOT_FOUND = 0xc000_0225, User, "not found";
    ACCOUNT_LOCKED_OUT = 0xc000_0234, User, "account locked out";
    AUTHENTICATION_FIREWALL_FAILED = 0xc000_0413, User, "not allowed to authenticate to this computer";

    ACCESS_DENIED = 0xc000_0022, Channel, "access denied";
    NO_TRUST_SAM_ACCOUNT = 0xc000_018b, Channel, "no such computer account";

    INVALID_PARAMETER = 0xc000_000d, Other, "invalid parameter";
    NO_LOGON_SERVERS = 0xc000_005e, Other, "no logon servers";
    INSUFFICIENT_RESOURCES = 0xc000_009a, Channel, "insufficient resources";
    INVALID_SERVER_STATE = 0xc000_00dc, Channel, "the controller is not ready";
    INVALID_COMPUTER_NAME = 0xc000_0122, Other, "invalid computer name";
    TIME_DIFFERENCE_AT_DC = 0xc000_0133, Other, "the clocks differ too much";
    NO_TRUST_LSA_SECRET = 0xc000_018a, Other, "no secret for the trust";
    TRUSTED_DOMAIN_FAILURE = 0xc000_018c, Other, "the trust between the domains is broken";
    TRUSTED_RELATIONSHIP_FAILURE = 0xc000_018d, Other, "the trust of this computer is broken";
    NETLOGON_NOT_STARTED = 0xc000_0192, Channel, "the Netlogon service is not started";
    DOMAIN_CONTROLLER_NOT_FOUND = 0xc000_0233, Other, "domain controller not found";
    DOWNGRADE_DETECTED = 0xc000_0388, Other, "a downgrade was detected";
    NTLM_BLOCKED = 0xc000_0418, Other, "NTLM is blocked in the domain";
}

impl NtStatus {
    /// Whom it speaks of. What is not known says nothing of the user.
    pub(crate) fn about(self) -> About {
        self.known().map_or(About::Other, |(about, _)| about)
    }
}

/// `0xc000006a (wrong password)`, or the number alone where its meaning is not known.
impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)?;
        match self.known() {
            Some((_, words)) => write!(f, " ({words})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_statuses_have_words_and_others_a_number() {
        assert_eq!(NtStatus(0xc000_006a).to_string(), "0xc000006a (wrong password)");
        assert_eq!(NtStatus(0xc000_1234).to_string(), "0xc0001234");
    }

    #[test]
    fn only_what_is_said_of_the_user_is_a_denial() {
        assert_eq!(NtStatus::ACCOUNT_DISABLED.about(), About::User);
        assert_eq!(NtStatus::ACCESS_DENIED.about(), About::Channel);
        assert_eq!(NtStatus::NO_LOGON_SERVERS.about(), About::Other);
        assert_eq!(NtStatus::SUCCESS.about(), About::Other);
        assert_eq!(NtStatus(0xc000_1234).about(), About::Other);
    }
}
