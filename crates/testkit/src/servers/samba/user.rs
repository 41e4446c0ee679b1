//! Users of the domain.

use super::admin::Orders;

/// Somebody with a password, and what else Active Directory knows of him.
#[derive(Debug, Clone)]
pub struct DomainUser {
    name: String,
    password: String,
    attributes: Vec<(String, String)>,
    groups: Vec<String>,
    hindrance: Option<Hindrance>,
}

/// Why somebody with the right password does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hindrance {
    /// The account is disabled (533).
    Disabled,
    /// The account has expired (701).
    Expired,
    /// The password has expired (532).
    PasswordExpired,
    /// The password has to be changed first (773).
    MustChange,
    /// There is no hour of the week for logging in (530).
    Hours,
    /// It may be from a workstation named `WS1` only (531).
    Workstation,
    /// There were too many wrong passwords (775). It ends with the window of observation.
    Locked,
}

impl DomainUser {
    /// Somebody by `sAMAccountName`, with that name at the domain as `userPrincipalName`, and without mail address.
    pub fn new(name: &str, password: &str) -> Self {
        Self {
            name: name.to_owned(),
            password: password.to_owned(),
            attributes: Vec::new(),
            groups: Vec::new(),
            hindrance: None,
        }
    }

    /// Sets another `userPrincipalName`; only the first counts.
    #[must_use]
    pub fn upn(self, name: &str) -> Self {
        self.attribute("userPrincipalName", name)
    }

    /// Sets the mail address.
    #[must_use]
    pub fn mail(self, address: &str) -> Self {
        self.attribute("mail", address)
    }

    /// Adds a mail address as Exchange does (`proxyAddresses`): `SMTP:` before the primary, `smtp:` before others,
    /// other words before addresses that are not of mail.
    #[must_use]
    pub fn proxy_address(self, address: &str) -> Self {
        self.attribute("proxyAddresses", address)
    }

    /// Adds a value of another attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts him into a group that there is already.
    #[must_use]
    pub fn member_of(mut self, group: &str) -> Self {
        self.groups.push(group.to_owned());
        self
    }

    /// Hinders him.
    #[must_use]
    pub fn hindered(mut self, hindrance: Hindrance) -> Self {
        self.hindrance = Some(hindrance);
        self
    }

    pub(super) fn orders(&self, orders: &mut Orders) {
        let mut words = vec!["user", &self.name, &self.password];
        for (name, value) in &self.attributes {
            words.extend([name.as_str(), value]);
        }
        orders.add(&words);
        for group in &self.groups {
            orders.add(&["join", group, &self.name]);
        }
        if let Some(hindrance) = self.hindrance {
            hindrance.orders(&self.name, orders);
        }
    }
}

impl Hindrance {
    pub(super) fn orders(self, name: &str, orders: &mut Orders) {
        match self {
            Self::Disabled => orders.add(&["disable", name]),
            Self::Expired => orders.add(&["replace", name, "accountExpires", "125911584000000000"]),
            Self::PasswordExpired => orders.add(&["expire_password", name]),
            Self::MustChange => orders.add(&["must_change", name]),
            Self::Hours => orders.add(&["no_hours", name]),
            Self::Workstation => orders.add(&["replace", name, "userWorkstations", "WS1"]),
            Self::Locked => orders.add(&["lock", name]),
        }
    }
}
