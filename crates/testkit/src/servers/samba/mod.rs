//! Samba as a domain controller of Active Directory: 4.17 (Debian 12) and newer.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tempfile::TempDir;

use super::address::Claim;
use super::process::Process;
use super::{Error, Identity};

mod accounts;
mod admin;
mod builder;
mod cast;
mod config;
mod template;
mod user;

pub use builder::SambaBuilder;
pub use user::{DomainUser, Hindrance};

/// The domain as NTLM names it.
const DOMAIN: &str = "CORP";
/// The domain as DNS names it, and as Kerberos does.
const DNS_DOMAIN: &str = "corp.example.test";
const REALM: &str = "CORP.EXAMPLE.TEST";
/// Below which all users are.
const BASE: &str = "DC=corp,DC=example,DC=test";
/// What users' SIDs begin with.
const SID: &str = "S-1-5-21-1004336348-1177238915-682003330";
/// The domain controller.
const HOST: &str = "DC1";
const DNS_HOST: &str = "dc1.corp.example.test";
const ADMIN: &str = "Administrator";
const ADMIN_PASSWORD: &str = "Administrator-Secret1";

/// A domain controller of the domain `CORP`, which is `corp.example.test`, on a loopback address of its own.
///
/// All its ports are the usual ones. It serves LDAP (389 with StartTLS, 636, and 3268 and 3269 for the global catalog),
/// the endpoint mapper (135) and MS-NRPC, DNS (53) and Kerberos (88).
///
/// These users are there, each with the password that [`Samba::password`] tells and with the mail addresses
/// `NAME@example.test` and `NAME.alias@example.test` (`mail`, `proxyAddresses`):
///
/// | user | what about him |
/// |---|---|
/// | `alice` | in the group `mail-inner`, which is in the group `mail-users` |
/// | `müller` `straße` `µser` `ıdil` `ÿves` | as `alice`; mail to `mueller`, `strasse`, `muser`, `idil`, `yves` |
/// | `bob` | in `mail-users`; his `userPrincipalName` is `b.baker@mail.example.test` |
/// | `judy` | in no group |
/// | `carol` `dave` `erin` `frank` `grace` `heidi` `ivan` | in `mail-users`, and hindered: disabled, expired, must change the password, at no hour, only from `WS1`, locked, password expired |
/// | `svc-gatepost` | the service account, without mail address |
///
/// - `GW1` and `GW2` are accounts of computers.
/// - Five wrong passwords within half an hour lock an account for as long ([`SambaBuilder::lockout`]). The two passwords
///   before the present one are refused, but do not count.
/// - Each is a twin of all others: the same names, SIDs and keys, but no change of one comes to another. So two can be
///   two controllers of one domain.
///
/// Only root can start it.
#[derive(Debug)]
pub struct Samba {
    // Declared first, so that it ends before its directory goes.
    process: Process,
    claim: Claim,
    config_file: PathBuf,
    identity: Identity,
    _directory: TempDir,
}

impl Samba {
    /// Begins to describe one.
    pub fn builder() -> SambaBuilder {
        SambaBuilder::default()
    }

    /// Starts one with nothing but what is there anyway.
    ///
    /// # Errors
    /// As [`SambaBuilder::start`].
    pub fn corp() -> Result<Self, Error> {
        Self::builder().start()
    }

    /// The address where it listens, alone.
    pub fn address(&self) -> Ipv4Addr {
        self.claim.address()
    }

    /// Where it serves LDAP with TLS from the first octet.
    pub fn ldaps(&self) -> SocketAddr {
        (self.address(), 636).into()
    }

    /// Where it serves LDAP with StartTLS.
    pub fn ldap(&self) -> SocketAddr {
        (self.address(), 389).into()
    }

    /// Where it serves the global catalog with TLS from the first octet.
    pub fn global_catalog(&self) -> SocketAddr {
        (self.address(), 3269).into()
    }

    /// Where the endpoint mapper tells the port of MS-NRPC.
    pub fn endpoint_mapper(&self) -> SocketAddr {
        (self.address(), 135).into()
    }

    /// Where it serves DNS, by UDP and TCP: the SRV records of the domain, and its own address.
    pub fn dns(&self) -> SocketAddr {
        (self.address(), 53).into()
    }

    /// The URL of [`Samba::ldaps`].
    pub fn ldaps_url(&self) -> String {
        format!("ldaps://{}", self.address())
    }

    /// The URL of [`Samba::ldap`].
    pub fn ldap_url(&self) -> String {
        format!("ldap://{}", self.address())
    }

    /// The authority to trust, as a PEM file.
    pub fn ca_file(&self) -> PathBuf {
        self.identity.ca_file()
    }

    /// The certificate that it shows.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Its host name.
    pub fn host(&self) -> &'static str {
        DNS_HOST
    }

    /// The domain's NetBIOS name.
    pub fn domain(&self) -> &'static str {
        DOMAIN
    }

    /// The domain's DNS name.
    pub fn dns_domain(&self) -> &'static str {
        DNS_DOMAIN
    }

    /// Below which everything is.
    pub fn base(&self) -> &'static str {
        BASE
    }

    /// The distinguished name of the account that may search.
    pub fn service_dn(&self) -> String {
        format!("CN={},CN=Users,{BASE}", cast::SERVICE)
    }

    /// The password of the account that may search.
    pub fn service_password(&self) -> String {
        cast::password(cast::SERVICE)
    }

    /// The distinguished name of the domain's administrator.
    pub fn admin_dn(&self) -> String {
        format!("CN={ADMIN},CN=Users,{BASE}")
    }

    /// The password of the domain's administrator.
    pub fn admin_password(&self) -> &'static str {
        ADMIN_PASSWORD
    }

    /// The password with which somebody begins who is there anyway; of a computer, by its name without `$`.
    pub fn password(name: &str) -> String {
        cast::password(name)
    }

    /// All that it has logged. A line with `Auth: ` tells of each proof that it has judged.
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

    /// Ends it as an administrator does, which takes about two seconds. The accounts stay.
    pub fn stop(&mut self) {
        self.process.terminate();
    }

    /// Ends it at once, with all its connections. The accounts stay.
    pub fn kill(&mut self) {
        self.process.stop();
    }

    /// Lets it keep silent: connections stay, new ones come to be, and nothing is answered.
    pub fn freeze(&self) {
        self.process.freeze();
    }

    /// Lets it go on after [`Samba::freeze`].
    pub fn thaw(&self) {
        self.process.thaw();
    }

    /// Starts it again, on the same address and with the same accounts; ends it before, if it runs.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(&mut self) -> Result<(), Error> {
        self.process.restart()
    }
}
