//! What an entry's flags and times say of the account, whatever its owner can prove.

use ldap3::SearchEntry;

use crate::Denial;

/// What has to be read for it.
pub(super) const ATTRIBUTES: [&str; 4] = [CONTROL, COMPUTED, "accountExpires", "pwdLastSet"];

const CONTROL: &str = "userAccountControl";
const COMPUTED: &str = "msDS-User-Account-Control-Computed";

/// Bits of `userAccountControl` and `msDS-User-Account-Control-Computed` (MS-ADTS section 2.2.16).
const DISABLED: u32 = 0x2;
const LOCKED_OUT: u32 = 0x10;
const PASSWORD_NEVER_EXPIRES: u32 = 0x1_0000;
const PASSWORD_EXPIRED: u32 = 0x80_0000;

/// The bits in words, for administrators.
const WORDS: [(u32, &str); 12] = [
    (DISABLED, "disabled"),
    (LOCKED_OUT, "locked out"),
    (0x20, "password not required"),
    (0x80, "reversible encryption"),
    (0x200, "normal account"),
    (PASSWORD_NEVER_EXPIRES, "password never expires"),
    (0x4_0000, "smart card required"),
    (0x8_0000, "trusted for delegation"),
    (0x10_0000, "not to be delegated"),
    (0x20_0000, "DES keys only"),
    (0x40_0000, "no Kerberos pre-authentication"),
    (PASSWORD_EXPIRED, "password expired"),
];

/// The flags and times of an account, as far as the service account can read them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flags {
    control: Option<u32>,
    computed: Option<u32>,
    expires: Option<i64>,
    password_set: Option<i64>,
}

impl Flags {
    pub(super) fn of(found: &SearchEntry) -> Self {
        Self {
            control: number(found, CONTROL),
            computed: number(found, COMPUTED),
            expires: number(found, "accountExpires"),
            password_set: number(found, "pwdLastSet"),
        }
    }

    /// Whether the service account can read what a verdict needs at least.
    pub(super) fn are_readable(&self) -> bool {
        self.control.is_some()
    }

    /// What keeps the account from mail. A lock-out does not: see [`ActiveDirectory`](super::ActiveDirectory). Nor does
    /// [`Flags::expires`], for which somebody has to know the time.
    pub(super) fn denial(&self) -> Option<Denial> {
        if self.has(DISABLED) {
            return Some(Denial::Disabled);
        }
        // The domain controller knows the password policy. Where its answer cannot be read, "must be changed" is known.
        let password_expired = match self.computed {
            Some(computed) => computed & PASSWORD_EXPIRED != 0,
            None => self.password_set == Some(0) && !self.has(PASSWORD_NEVER_EXPIRES),
        };
        password_expired.then_some(Denial::PasswordExpired)
    }

    /// The same, read at a global catalog, which holds but a part of an entry. To a server that does not know when a
    /// password was set it has expired (MS-ADTS section 3.1.1.4.5.17).
    pub(super) fn as_in_a_catalog(self) -> Self {
        let knows = self.password_set.is_some();
        let computed = self.computed.filter(|_| knows);
        Self { computed, ..self }
    }

    /// When the account expires, in 100 ns since 1601; `None`: never (both 0 and the largest number say so).
    pub(super) fn expires(&self) -> Option<i64> {
        self.expires.filter(|&time| time != 0 && time != i64::MAX)
    }

    pub(super) fn in_words(&self) -> String {
        let words = WORDS.iter().filter(|(bit, _)| self.has(*bit));
        let words: Vec<&str> = words.map(|(_, word)| *word).collect();
        match self.control {
            Some(control) => format!("{control:#x} ({})", words.join(", ")),
            None => "not readable".to_owned(),
        }
    }

    fn has(&self, bit: u32) -> bool {
        (self.control.unwrap_or(0) | self.computed.unwrap_or(0)) & bit != 0
    }
}

fn number<T: std::str::FromStr>(found: &SearchEntry, name: &str) -> Option<T> {
    let attribute = found.attrs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    attribute?.1.first()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(values: &[(&str, &str)]) -> Flags {
        let attrs = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
        Flags::of(&SearchEntry {
            dn: "cn=alice".to_owned(),
            attrs: attrs.collect(),
            bin_attrs: std::collections::HashMap::new(),
        })
    }

    #[test]
    fn a_disabled_account_is_disabled() {
        assert_eq!(flags(&[("userAccountControl", "512")]).denial(), None);
        let disabled = flags(&[("USERACCOUNTCONTROL", "514"), ("pwdLastSet", "0")]);
        assert_eq!(disabled.denial(), Some(Denial::Disabled));
        assert_eq!(disabled.in_words(), "0x202 (disabled, normal account)");
    }

    #[test]
    fn a_lock_out_denies_nobody() {
        let locked = flags(&[
            ("userAccountControl", "512"),
            ("msDS-User-Account-Control-Computed", "16"),
            ("pwdLastSet", "133"),
        ]);
        assert_eq!(locked.denial(), None);
        assert_eq!(locked.in_words(), "0x200 (locked out, normal account)");
    }

    #[test]
    fn the_domain_controller_knows_best_whether_a_password_has_expired() {
        let computed = |control: &str, computed: &str, set: &str| {
            flags(&[
                ("userAccountControl", control),
                ("msDS-User-Account-Control-Computed", computed),
                ("pwdLastSet", set),
            ])
        };
        let expired = computed("512", "8388608", "133");
        assert_eq!(expired.denial(), Some(Denial::PasswordExpired));
        assert_eq!(computed("512", "0", "0").denial(), None);
        let read = |control: &str, set: &str| flags(&[("userAccountControl", control), ("pwdLastSet", set)]);
        assert_eq!(read("512", "0").denial(), Some(Denial::PasswordExpired));
        assert_eq!(read("66048", "0").denial(), None);
        assert_eq!(read("512", "133").denial(), None);
    }

    /// MS-ADTS section 3.1.1.4.5.17: what was never set has expired, and a catalog does not know when it was.
    #[test]
    fn a_catalog_that_does_not_know_when_a_password_was_set_knows_not_whether_it_has_expired() {
        let seen = flags(&[
            ("userAccountControl", "512"),
            ("msDS-User-Account-Control-Computed", "8388608"),
        ]);
        assert_eq!(seen.denial(), Some(Denial::PasswordExpired));
        assert_eq!(seen.as_in_a_catalog().denial(), None);
        let known = flags(&[
            ("userAccountControl", "512"),
            ("msDS-User-Account-Control-Computed", "8388608"),
            ("pwdLastSet", "133"),
        ]);
        assert_eq!(known.as_in_a_catalog().denial(), Some(Denial::PasswordExpired));
        let disabled = flags(&[
            ("userAccountControl", "514"),
            ("msDS-User-Account-Control-Computed", "8388624"),
        ]);
        assert_eq!(disabled.as_in_a_catalog().denial(), Some(Denial::Disabled));
    }

    #[test]
    fn never_has_two_spellings() {
        for never in ["0", "9223372036854775807"] {
            assert_eq!(flags(&[("accountExpires", never)]).expires(), None);
        }
        assert_eq!(flags(&[]).expires(), None);
        assert_eq!(
            flags(&[("accountExpires", "116444736000000000")]).expires(),
            Some(116_444_736_000_000_000)
        );
    }

    #[test]
    fn what_cannot_be_read_is_known_to_be_unknown() {
        assert!(!flags(&[("pwdLastSet", "1")]).are_readable());
        assert!(!flags(&[("userAccountControl", "x")]).are_readable());
        assert_eq!(flags(&[]).in_words(), "not readable");
    }
}
