//! People and groups as LDIF (RFC 2849).

use std::fmt::Write as _;

use gatepost_wire::base64;

use super::BASE;

/// An `inetOrgPerson` with the attributes of mail routing (`inetLocalMailRecipient`).
#[derive(Debug, Clone)]
pub struct Person {
    uid: String,
    attributes: Vec<(String, String)>,
}

impl Person {
    /// Somebody without password and mail address. The name may hold anything.
    pub fn new(uid: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            attributes: Vec::new(),
        }
    }

    /// Sets the password.
    #[must_use]
    pub fn password(self, password: &str) -> Self {
        self.attribute("userPassword", password)
    }

    /// Adds a mail address.
    #[must_use]
    pub fn mail(self, address: &str) -> Self {
        self.attribute("mail", address)
    }

    /// Adds a further mail address (`mailLocalAddress`).
    #[must_use]
    pub fn alias(self, address: &str) -> Self {
        self.attribute("mailLocalAddress", address)
    }

    /// Adds a mail address as Active Directory has them (`proxyAddresses`): `SMTP:` before the primary, `smtp:` before
    /// others, other words before addresses that are not of mail.
    #[must_use]
    pub fn proxy_address(self, address: &str) -> Self {
        self.attribute("proxyAddresses", address)
    }

    /// Says where the mail is (`mailHost`).
    #[must_use]
    pub fn mail_host(self, host: &str) -> Self {
        self.attribute("mailHost", host)
    }

    /// Sets the NT hash (`sambaNTPassword`), which the server takes in whatever form.
    #[must_use]
    pub fn nt_hash(self, hash: &str) -> Self {
        self.attribute("objectClass", "sambaSamAccount")
            .attribute("sambaSID", "S-1-5-21-1-2-3-1000")
            .attribute("sambaNTPassword", hash)
    }

    /// Adds a secret of CRAM-MD5 (`cramMd5State`).
    #[must_use]
    pub fn cram_md5_state(self, state: &str) -> Self {
        self.attribute("cramMd5State", state)
    }

    /// Adds a password in the clear (`clearPassword`), besides the one that binds.
    #[must_use]
    pub fn clear_password(self, password: &str) -> Self {
        self.attribute("clearPassword", password)
    }

    /// Adds a value of another attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn ldif(&self) -> String {
        let mut text = line("dn", &dn(&self.uid));
        text.push_str("objectClass: inetOrgPerson\nobjectClass: inetLocalMailRecipient\n");
        text.push_str("objectClass: mailRecipient\nobjectClass: mailSecrets\n");
        for name in ["uid", "cn", "sn"] {
            text.push_str(&line(name, &self.uid));
        }
        for (name, value) in &self.attributes {
            text.push_str(&line(name, value));
        }
        text
    }
}

/// A group as LDIF.
pub(super) fn group(name: &str, members: &[String]) -> String {
    let head = line("dn", &group_dn(name)) + "objectClass: groupOfNames\n" + &line("cn", name);
    members
        .iter()
        .fold(head, |text, member| text + &line("member", member))
}

/// A change of one person's attributes as LDIF.
pub(super) fn replacement(uid: &str, values: &[(&str, &str)]) -> String {
    let head = line("dn", &dn(uid)) + "changetype: modify\n";
    let change = |(name, value): &(&str, &str)| format!("replace: {name}\n{}-\n", line(name, value));
    values
        .iter()
        .map(change)
        .fold(head, |text, change| text + &change)
}

pub(super) fn dn(uid: &str) -> String {
    format!("uid={},ou=people,{BASE}", escaped(uid))
}

pub(super) fn group_dn(name: &str) -> String {
    format!("cn={},ou=groups,{BASE}", escaped(name))
}

/// A value in a distinguished name, every octet that could be special in hexadecimal (RFC 4514 section 2.4).
fn escaped(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, octet| {
        match octet.is_ascii_alphanumeric() {
            true => text.push(char::from(octet)),
            // Writing to a string cannot fail.
            false => drop(write!(text, "\\{octet:02x}")),
        }
        text
    })
}

/// `name:: base64`, which may hold any value.
fn line(name: &str, value: &str) -> String {
    let mut encoded = Vec::new();
    base64::encode(value.as_bytes(), &mut encoded);
    format!("{name}:: {}\n", String::from_utf8_lossy(&encoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_change_the_ldif() {
        let text = Person::new("a,b\n").password("x\ny").ldif();
        let expected = "dn:: dWlkPWFcMmNiXDBhLG91PXBlb3BsZSxkYz1leGFtcGxlLGRjPW9yZw==\n\
                        objectClass: inetOrgPerson\nobjectClass: inetLocalMailRecipient\n\
                        objectClass: mailRecipient\nobjectClass: mailSecrets\n\
                        uid:: YSxiCg==\ncn:: YSxiCg==\nsn:: YSxiCg==\nuserPassword:: eAp5\n";
        assert_eq!(text, expected);
        assert_eq!(dn("a,b\n"), "uid=a\\2cb\\0a,ou=people,dc=example,dc=org");
    }
}
