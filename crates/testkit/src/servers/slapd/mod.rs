//! OpenLDAP's slapd: the directory that a company has if it has not Microsoft's.

use std::net::SocketAddr;
use std::path::PathBuf;

use tempfile::TempDir;

use super::process::{self, Process};
use super::{Error, Identity, address, certificates};
use config::Config;

mod config;
mod person;

pub use person::Person;

/// What all names in the directory end with.
const BASE: &str = "dc=example,dc=org";
/// The account that may search.
const SERVICE: &str = "cn=gateway,ou=services,dc=example,dc=org";
const SERVICE_PASSWORD: &str = "service-secret";
const ADMIN: &str = "cn=admin,dc=example,dc=org";
const ADMIN_PASSWORD: &str = "admin-secret";

/// What there is before the first person: `ou=people`, `ou=groups`, the service account and the password policies.
const TREE: &str = include_str!("tree.ldif");

/// An OpenLDAP server with people in `ou=people` and groups in `ou=groups`, below `dc=example,dc=org`.
///
/// - People are found by `uid`, `mail` and `mailLocalAddress`; `mailHost` says where their mail is.
/// - Groups are `groupOfNames`; people show theirs in `memberOf`.
/// - Secrets for challenge-response mechanisms are in `sambaNTPassword`, `cramMd5State` and `clearPassword`.
/// - The service account alone can search. Binds need TLS, by `ldaps://` or StartTLS.
/// - The password policy says why it refuses to those who ask it to, and locks after ten wrong passwords.
#[derive(Debug)]
pub struct Slapd {
    // Declared first, so that it ends before its directory goes.
    process: Process,
    admin_url: String,
    ldap: SocketAddr,
    ldaps: SocketAddr,
    identity: Identity,
    _directory: TempDir,
}

/// What a [`Slapd`] is to be like.
#[derive(Debug, Default)]
pub struct SlapdBuilder {
    people: Vec<Person>,
    groups: Vec<(String, Vec<String>)>,
    more: String,
    identity: Option<Identity>,
    plaintext: config::Plaintext,
    readers: config::Readers,
}

impl SlapdBuilder {
    /// Adds somebody.
    #[must_use]
    pub fn person(mut self, person: Person) -> Self {
        self.people.push(person);
        self
    }

    /// Adds a group of people, by their `uid`; there must be one at least.
    #[must_use]
    pub fn group(mut self, name: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|member| person::dn(member)).collect();
        self.groups.push((name.to_owned(), members));
        self
    }

    /// Adds entries in LDIF (RFC 2849), such as other kinds of groups, or referrals.
    #[must_use]
    pub fn ldif(mut self, entries: &str) -> Self {
        self.more.push_str(entries);
        self.more.push_str("\n\n");
        self
    }

    /// Shows this certificate, instead of a good one for [`address`](super::address) by an authority of its own.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Takes passwords without TLS too.
    #[must_use]
    pub fn taking_plaintext(mut self) -> Self {
        self.plaintext = config::Plaintext::Allowed;
        self
    }

    /// Shows the secrets for challenge-response mechanisms to nobody, not even to the service account.
    #[must_use]
    pub fn hiding_secrets(mut self) -> Self {
        self.readers = config::Readers::Nobody;
        self
    }

    /// Lets the service account search for those secrets, but does not show them.
    #[must_use]
    pub fn hiding_found_secrets(mut self) -> Self {
        self.readers = config::Readers::Searched;
        self
    }

    /// Starts it, waits until it listens, and fills it.
    ///
    /// # Errors
    /// If it is not installed, does not come up, or does not take an entry.
    pub fn start(self) -> Result<Slapd, Error> {
        let directory = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
        let identity = self.identity.map_or_else(certificates::usual, Ok)?;
        let config = Config {
            directory: directory.path(),
            identity: &identity,
            plaintext: self.plaintext,
            readers: self.readers,
            ldap: address::reserve()?,
            ldaps: address::reserve()?,
        };
        config.write()?;
        let process = Process::start(config.plan())?;
        let (admin_url, ldap, ldaps) = (config.admin_url(), config.ldap, config.ldaps);
        let slapd = Slapd {
            process,
            admin_url,
            ldap,
            ldaps,
            identity,
            _directory: directory,
        };
        let people = self.people.iter().map(Person::ldif);
        let groups = self
            .groups
            .iter()
            .map(|(name, members)| person::group(name, members));
        let all: Vec<String> = [TREE.to_owned()]
            .into_iter()
            .chain(people)
            .chain(groups)
            .chain([self.more])
            .collect();
        slapd.change("ldapadd", &all.join("\n"))?;
        Ok(slapd)
    }
}

impl Slapd {
    /// Begins to describe one.
    pub fn builder() -> SlapdBuilder {
        SlapdBuilder::default()
    }

    /// Where it serves LDAP with TLS from the first octet.
    pub fn ldaps(&self) -> SocketAddr {
        self.ldaps
    }

    /// Where it serves LDAP with StartTLS.
    pub fn ldap(&self) -> SocketAddr {
        self.ldap
    }

    /// The URL of [`Slapd::ldaps`].
    pub fn ldaps_url(&self) -> String {
        format!("ldaps://{}", self.ldaps)
    }

    /// The URL of [`Slapd::ldap`].
    pub fn ldap_url(&self) -> String {
        format!("ldap://{}", self.ldap)
    }

    /// The authority to trust, as a PEM file.
    pub fn ca_file(&self) -> PathBuf {
        self.identity.ca_file()
    }

    /// The certificate that it shows.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The id of its process, while it runs: what it uses is the operating system's to tell.
    pub fn process_id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Below which everything is.
    pub fn base(&self) -> &'static str {
        BASE
    }

    /// The distinguished name of the account that may search.
    pub fn service_dn(&self) -> &'static str {
        SERVICE
    }

    /// The password of the account that may search.
    pub fn service_password(&self) -> &'static str {
        SERVICE_PASSWORD
    }

    /// The distinguished name of a group, for filters with `memberOf`.
    pub fn group_dn(&self, name: &str) -> String {
        person::group_dn(name)
    }

    /// Adds somebody.
    ///
    /// # Errors
    /// If the server does not take the entry.
    pub fn add(&self, person: &Person) -> Result<(), Error> {
        self.change("ldapadd", &person.ldif())
    }

    /// Changes the password of somebody.
    ///
    /// # Errors
    /// If there is nobody of that name.
    pub fn set_password(&self, uid: &str, password: &str) -> Result<(), Error> {
        self.replace(uid, &[("userPassword", password)])
    }

    /// Locks somebody's account, as an administrator does for good.
    ///
    /// # Errors
    /// If there is nobody of that name.
    pub fn lock(&self, uid: &str) -> Result<(), Error> {
        self.replace(uid, &[("pwdAccountLockedTime", "000001010000Z")])
    }

    /// Lets somebody's password have expired.
    ///
    /// # Errors
    /// If there is nobody of that name.
    pub fn expire_password(&self, uid: &str) -> Result<(), Error> {
        self.replace(uid, &[("pwdChangedTime", "20000101000000Z")])
    }

    /// Makes somebody change the password before anything else.
    ///
    /// # Errors
    /// If there is nobody of that name.
    pub fn require_new_password(&self, uid: &str) -> Result<(), Error> {
        self.replace(uid, &[("pwdReset", "TRUE")])
    }

    /// Gives an attribute of somebody's entry one value, instead of those that it has.
    ///
    /// # Errors
    /// If there is nobody of that name, or an entry cannot have it.
    pub fn set(&self, uid: &str, attribute: &str, value: &str) -> Result<(), Error> {
        self.replace(uid, &[(attribute, value)])
    }

    fn replace(&self, uid: &str, values: &[(&str, &str)]) -> Result<(), Error> {
        self.change("ldapmodify", &person::replacement(uid, values))
    }

    /// Runs a tool as the administrator. The policy's own attributes are only changed on request (`relax`).
    fn change(&self, tool: &'static str, ldif: &str) -> Result<(), Error> {
        let arguments = [
            "-x",
            "-H",
            &self.admin_url,
            "-D",
            ADMIN,
            "-w",
            ADMIN_PASSWORD,
            "-e",
            "relax",
        ];
        process::run(tool, &arguments, ldif.as_bytes()).map(drop)
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits for a line of the log that holds `wanted`.
    ///
    /// # Errors
    /// If there is none within some seconds.
    pub fn logged(&self, wanted: &str) -> Result<String, Error> {
        self.process.logged(wanted)
    }

    /// Ends it at once, with all its connections. The entries stay.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Starts it again, with the same ports and entries; ends it before, if it runs.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.process.restart()
    }
}
