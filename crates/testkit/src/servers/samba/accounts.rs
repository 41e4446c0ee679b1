//! What an administrator does to accounts while the server runs, or does not.

use std::time::Duration;

use super::admin::Orders;
use super::user::{DomainUser, Hindrance};
use super::{Error, Samba};

/// Accounts are named by `sAMAccountName`; a computer's ends with `$`. Each of these takes a fraction of a second, and
/// fails if there is no such account.
impl Samba {
    /// Adds somebody.
    ///
    /// # Errors
    /// If it is refused.
    pub fn add(&self, user: &DomainUser) -> Result<(), Error> {
        let mut orders = Orders::default();
        user.orders(&mut orders);
        self.have_done(&orders).map(drop)
    }

    /// Removes an account.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn delete(&self, name: &str) -> Result<(), Error> {
        self.order(&["delete", name])
    }

    /// Changes the password of an account.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), Error> {
        self.order(&["password", name, password])
    }

    /// Replaces all values of an attribute by one.
    ///
    /// # Errors
    /// If there is no account of that name, or it is refused.
    pub fn set(&self, name: &str, attribute: &str, value: &str) -> Result<(), Error> {
        self.order(&["replace", name, attribute, value])
    }

    /// Disables an account.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn disable(&self, name: &str) -> Result<(), Error> {
        self.order(&["disable", name])
    }

    /// Enables an account.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn enable(&self, name: &str) -> Result<(), Error> {
        self.order(&["enable", name])
    }

    /// Locks an account, as too many wrong passwords do.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn lock_out(&self, name: &str) -> Result<(), Error> {
        self.hinder(name, Hindrance::Locked)
    }

    /// Unlocks an account, and forgets its wrong passwords.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn unlock(&self, name: &str) -> Result<(), Error> {
        self.order(&["unlock", name])
    }

    /// Hinders somebody.
    ///
    /// # Errors
    /// If there is nobody of that name.
    pub fn hinder(&self, name: &str, hindrance: Hindrance) -> Result<(), Error> {
        let mut orders = Orders::default();
        hindrance.orders(name, &mut orders);
        self.have_done(&orders).map(drop)
    }

    /// Puts an account or a group into a group.
    ///
    /// # Errors
    /// If there is no such group or member, or it is in already.
    pub fn join(&self, group: &str, member: &str) -> Result<(), Error> {
        self.order(&["join", group, member])
    }

    /// Takes an account or a group out of a group.
    ///
    /// # Errors
    /// If there is no such group or member, or it is not in.
    pub fn leave(&self, group: &str, member: &str) -> Result<(), Error> {
        self.order(&["leave", group, member])
    }

    /// Locks accounts after so many wrong passwords within `window`, for as long, in whole seconds; 0 is never, and
    /// then nobody counts.
    ///
    /// # Errors
    /// If it is refused.
    pub fn set_lockout(&self, threshold: u32, window: Duration) -> Result<(), Error> {
        let mut orders = Orders::default();
        orders.lockout(threshold, window);
        self.have_done(&orders).map(drop)
    }

    /// How many wrong passwords the domain has counted (`badPwdCount`). After the window this stays, until the next
    /// login.
    ///
    /// # Errors
    /// If there is no account of that name.
    pub fn bad_pwd_count(&self, name: &str) -> Result<u32, Error> {
        let count = self.attribute(name, "badPwdCount")?;
        Ok(count.and_then(|count| count.parse().ok()).unwrap_or_default())
    }

    /// The first value of an attribute, if there is one.
    ///
    /// # Errors
    /// If there is no account of that name, or the value is no text.
    pub fn attribute(&self, name: &str, attribute: &str) -> Result<Option<String>, Error> {
        Ok(self
            .ask(&["get", name, attribute])?
            .lines()
            .next()
            .map(str::to_owned))
    }

    /// The SID (`objectSid`), as `S-1-5-21-...`.
    ///
    /// # Errors
    /// If there is no account of that name.
    pub fn object_sid(&self, name: &str) -> Result<String, Error> {
        Ok(self.ask(&["sid", name])?.trim_end().to_owned())
    }

    /// The distinguished name of an account or a group.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn dn(&self, name: &str) -> Result<String, Error> {
        Ok(self.ask(&["dn", name])?.trim_end().to_owned())
    }

    fn order(&self, words: &[&str]) -> Result<(), Error> {
        self.ask(words).map(drop)
    }

    fn ask(&self, words: &[&str]) -> Result<String, Error> {
        let mut orders = Orders::default();
        orders.add(words);
        self.have_done(&orders)
    }

    fn have_done(&self, orders: &Orders) -> Result<String, Error> {
        orders.carry_out(&self.config_file)
    }
}
