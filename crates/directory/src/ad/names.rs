//! Who is meant by a name: the search filter for each form that Active Directory knows.

use ldap3::ldap_escape;

/// Users, and neither computers nor trusts nor contacts: `sAMAccountType` is SAM_USER_OBJECT (MS-SAMR section 2.2.1.9).
const A_USER: &str = "(objectCategory=person)(objectClass=user)(sAMAccountType=805306368)";

/// The names of the domain, which may stand before a backslash or behind an `@`.
pub(super) struct Domain<'a> {
    pub(super) dns: &'a str,
    pub(super) netbios: &'a str,
}

impl Domain<'_> {
    fn is_called(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        name == self.dns.to_lowercase() || name == self.netbios.to_lowercase()
    }

    /// The filter for what was typed:
    ///
    /// | form | matches |
    /// |---|---|
    /// | `alice` | sAMAccountName |
    /// | `DOMAIN\alice`, the domain by either of its names | sAMAccountName |
    /// | `alice@any.example` | userPrincipalName, mail, proxyAddresses |
    /// | `alice@domain`, the domain by either of its names | these, and sAMAccountName `alice`: every account has that implicit name |
    ///
    /// What was typed cannot change the filter's shape. The error says why it can be nobody's name.
    pub(super) fn filter_for(&self, name: &str) -> Result<String, &'static str> {
        if let Some((domain, user)) = name.split_once('\\') {
            return match self.is_called(domain) {
                _ if user.is_empty() => Err("there is no name behind the backslash"),
                false => Err("the name is of another domain"),
                true => Ok(user_with(&account_name(user))),
            };
        }
        let Some((local, domain)) = name.rsplit_once('@') else {
            return Ok(user_with(&account_name(name)));
        };
        let value = ldap_escape(name);
        let mut names = format!("(userPrincipalName={value})(mail={value})(proxyAddresses=smtp:{value})");
        if self.is_called(domain) && !local.is_empty() {
            names.push_str(&account_name(local));
        }
        Ok(user_with(&format!("(|{names})")))
    }
}

/// The filter for the user with that identifier, whose octets are escaped already.
pub(super) fn filter_for_sid(value: &str) -> String {
    user_with(&format!("(objectSid={value})"))
}

/// The filter that every user matches.
pub(super) fn any_user() -> String {
    user_with("")
}

fn account_name(name: &str) -> String {
    format!("(sAMAccountName={})", ldap_escape(name))
}

fn user_with(condition: &str) -> String {
    format!("(&{A_USER}{condition})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::is_filter;

    const CORP: Domain<'_> = Domain {
        dns: "corp.example.test",
        netbios: "CORP",
    };

    fn condition(name: &str) -> String {
        let filter = CORP.filter_for(name).unwrap();
        assert!(is_filter(&filter), "{filter}");
        let condition = filter.strip_prefix(&format!("(&{A_USER}")).unwrap();
        condition.strip_suffix(')').unwrap().to_owned()
    }

    #[test]
    fn each_form_has_its_attributes() {
        for name in ["alice", "CORP\\alice", "corp\\alice", "Corp.Example.TEST\\alice"] {
            assert_eq!(condition(name), "(sAMAccountName=alice)", "{name}");
        }
        assert_eq!(
            condition("a@mail.example"),
            "(|(userPrincipalName=a@mail.example)(mail=a@mail.example)(proxyAddresses=smtp:a@mail.example))"
        );
        for name in ["a@corp.EXAMPLE.test", "a@corp"] {
            let all = format!(
                "(|(userPrincipalName={name})(mail={name})(proxyAddresses=smtp:{name})(sAMAccountName=a))"
            );
            assert_eq!(condition(name), all);
        }
        assert!(!condition("@corp").contains("sAMAccountName"));
        // The domain is what is behind the last `@`.
        assert!(condition("a@corp@mail.example").contains("(mail=a@corp@mail.example)"));
        assert!(!condition("a@corp@mail.example").contains("sAMAccountName"));
    }

    #[test]
    fn other_domains_are_nobody() {
        for name in [
            "OTHER\\alice",
            "\\alice",
            "child.corp.example.test\\alice",
            "COR\\alice",
        ] {
            assert_eq!(
                CORP.filter_for(name),
                Err("the name is of another domain"),
                "{name}"
            );
        }
        assert_eq!(
            CORP.filter_for("CORP\\"),
            Err("there is no name behind the backslash")
        );
    }

    #[test]
    fn a_name_cannot_change_the_filter() {
        assert_eq!(condition("a*)(cn=\0"), "(sAMAccountName=a\\2a\\29\\28cn=\\00)");
        assert_eq!(
            condition("CORP\\a\\*"),
            "(sAMAccountName=a\\5c\\2a)",
            "only the first backslash is the domain's"
        );
        let hostile = condition("*)(objectClass=*@corp");
        assert!(
            hostile.ends_with("(sAMAccountName=\\2a\\29\\28objectClass=\\2a))"),
            "{hostile}"
        );
        assert!(is_filter(&filter_for_sid("\\01\\00")) && is_filter(&any_user()));
    }
}
