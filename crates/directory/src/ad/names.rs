//! Who is meant by a name: the search filter for each form that Active Directory knows.

use ldap3::ldap_escape;

/// Users, and neither computers nor trusts nor contacts: `sAMAccountType` is SAM_USER_OBJECT (MS-SAMR section 2.2.1.9).
const A_USER: &str = "(objectCategory=person)(objectClass=user)(sAMAccountType=805306368)";

/// The names of the domain, which may stand before a backslash or behind an `@`.
pub(super) struct Domain<'a> {
    dns: &'a str,
    netbios: &'a str,
}

/// What an entry must match to be who is meant: one of two conditions.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meant {
    /// An account of this domain, whatever others of the forest are called.
    own: Option<String>,
    /// A name that is the same in the whole forest.
    anywhere: Option<String>,
}

impl Meant {
    /// Who has that identifier, whose octets are escaped already.
    pub(super) fn by_sid(value: &str) -> Self {
        Self {
            own: None,
            anywhere: Some(format!("(objectSid={value})")),
        }
    }

    /// The filter for a user of the forest by the second condition alone, if there is one.
    pub(super) fn anywhere(&self) -> Option<String> {
        self.anywhere.as_deref().map(user_with)
    }

    /// The filter for a user by either of them.
    pub(super) fn either(&self) -> String {
        match (&self.own, &self.anywhere) {
            (Some(own), Some(anywhere)) => user_with(&format!("(|{own}{anywhere})")),
            (one, other) => user_with(one.as_deref().or(other.as_deref()).unwrap_or_default()),
        }
    }
}

impl<'a> Domain<'a> {
    pub(super) fn new(dns: &'a str, netbios: &'a str) -> Self {
        Self { dns, netbios }
    }

    /// Whether it is one of the domain's two names.
    pub(super) fn is_called(&self, name: &str) -> bool {
        is(name, self.dns) || is(name, self.netbios)
    }

    /// Whether domain controllers themselves know the user of that account and principal name by what was typed: not so by
    /// a mail address, which is a name for us alone.
    pub(super) fn knows(&self, typed: &str, account: &str, principal: Option<&str>) -> bool {
        let Some((local, domain)) = typed.rsplit_once('@') else {
            return true;
        };
        principal.is_some_and(|principal| is(principal, typed))
            || (is(local, account) && self.is_called(domain))
    }

    /// Who is meant by what was typed:
    ///
    /// | form | matches |
    /// |---|---|
    /// | `alice` | sAMAccountName, in this domain |
    /// | `DOMAIN\alice`, the domain by either of its names | the same |
    /// | `alice@any.example` | userPrincipalName, mail, proxyAddresses, in the whole forest |
    /// | `alice@domain`, the domain by either of its names | these, and `alice` as above: every account has that implicit name |
    ///
    /// What was typed cannot change the filter's shape. The error says why it can be nobody's name.
    pub(super) fn meant_by(&self, name: &str) -> Result<Meant, &'static str> {
        if let Some((domain, user)) = name.split_once('\\') {
            return match self.is_called(domain) {
                _ if user.is_empty() => Err("there is no name behind the backslash"),
                false => Err("the name is of another domain"),
                true => Ok(Meant {
                    own: Some(account_name(user)),
                    anywhere: None,
                }),
            };
        }
        let Some((local, domain)) = name.rsplit_once('@') else {
            return Ok(Meant {
                own: Some(account_name(name)),
                anywhere: None,
            });
        };
        let value = ldap_escape(name);
        let is_implicit = self.is_called(domain) && !local.is_empty();
        Ok(Meant {
            own: is_implicit.then(|| account_name(local)),
            anywhere: Some(format!(
                "(|(userPrincipalName={value})(mail={value})(proxyAddresses=smtp:{value}))"
            )),
        })
    }
}

/// Whether two names are the same but for case. The Kelvin sign is no `k` to a domain controller.
fn is(one: &str, other: &str) -> bool {
    let same = |(one, other): (char, char)| {
        one.is_ascii() == other.is_ascii() && one.to_lowercase().eq(other.to_lowercase())
    };
    one.chars().count() == other.chars().count() && one.chars().zip(other.chars()).all(same)
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
        let filter = CORP.meant_by(name).unwrap().either();
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
                "(|(sAMAccountName=a)(|(userPrincipalName={name})(mail={name})(proxyAddresses=smtp:{name})))"
            );
            assert_eq!(condition(name), all);
        }
        assert!(!condition("@corp").contains("sAMAccountName"));
        // The domain is what is behind the last `@`.
        assert!(condition("a@corp@mail.example").contains("(mail=a@corp@mail.example)"));
        assert!(!condition("a@corp@mail.example").contains("sAMAccountName"));
    }

    #[test]
    fn a_mail_address_is_no_name_to_a_domain_controller() {
        let bob = |typed: &str| CORP.knows(typed, "bob", Some("B.Baker@mail.example.test"));
        for name in [
            "bob",
            "BOB@corp.example.test",
            "bob@corp",
            "b.baker@MAIL.example.test",
            "whoever-has-no-domain",
        ] {
            assert!(bob(name), "{name}");
        }
        for address in ["bob@mail.example.test", "b.baker@corp", "@corp", "bob@"] {
            assert!(!bob(address), "{address}");
        }
        assert!(!CORP.knows("bob@mail.example.test", "bob", None));
    }

    #[test]
    fn a_domain_is_called_by_its_letters() {
        let kraut = Domain::new("kraut.example", "KRAUT");
        assert!(kraut.is_called("kraut") && kraut.is_called("Kraut.Example"));
        for other in ["\u{212a}raut", "krau", "krautt", "kraut.example.", ""] {
            assert!(!kraut.is_called(other), "{other}");
        }
        assert!(Domain::new("müll.example", "MÜLL").is_called("müll"));
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
                CORP.meant_by(name),
                Err("the name is of another domain"),
                "{name}"
            );
        }
        assert_eq!(
            CORP.meant_by("CORP\\"),
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
            hostile.starts_with("(|(sAMAccountName=\\2a\\29\\28objectClass=\\2a)(|(user"),
            "{hostile}"
        );
        assert!(is_filter(&Meant::by_sid("\\01\\00").either()) && is_filter(&any_user()));
    }
}
