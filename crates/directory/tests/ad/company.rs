//! The domain `CORP`, and the questions that all tests ask.

use gatepost_directory::ad::{ActiveDirectory, Config, Controllers};
use gatepost_directory::ldap::{ServerUrl, Service};
use gatepost_directory::{Account, Claim, Denial, Directory as _, Entry, Resolution, Unavailable, Verdict};
use gatepost_testkit::servers::Samba;

/// A configuration for that domain controller by `ldaps://`.
pub(crate) fn config(samba: &Samba) -> Config {
    config_for(samba, &[&samba.ldaps_url()])
}

/// A configuration for the domain, whose controllers are at these addresses.
pub(crate) fn config_for(samba: &Samba, urls: &[&str]) -> Config {
    with_controllers(
        samba,
        Controllers::Urls(urls.iter().map(|url| url_of(url)).collect()),
    )
}

pub(crate) fn with_controllers(samba: &Samba, controllers: Controllers) -> Config {
    Config {
        ca_file: Some(samba.ca_file()),
        ..Config::new(controllers, samba.dns_domain(), samba.domain(), service(samba))
    }
}

pub(crate) fn url_of(url: &str) -> ServerUrl {
    ServerUrl::parse(url).unwrap()
}

pub(crate) fn service(samba: &Samba) -> Service {
    Service {
        dn: samba.service_dn(),
        password: samba.service_password().as_str().into(),
    }
}

pub(crate) fn open(config: Config) -> ActiveDirectory {
    ActiveDirectory::new(config).unwrap()
}

pub(crate) async fn found(directory: &ActiveDirectory, name: &str) -> Entry {
    match directory.resolve(name).await {
        Resolution::Found(entry) => entry,
        other => panic!("{name:?}: {other:?}"),
    }
}

/// Why there is nobody of that name.
pub(crate) async fn unknown(directory: &ActiveDirectory, name: &str) -> &'static str {
    match directory.resolve(name).await {
        Resolution::Unknown { why } => why,
        other => panic!("{name:?}: {other:?}"),
    }
}

/// Why nobody can say who that is.
pub(crate) async fn unavailable(directory: &ActiveDirectory, name: &str) -> String {
    match directory.resolve(name).await {
        Resolution::Unavailable(Unavailable(why)) => why,
        other => panic!("{name:?}: {other:?}"),
    }
}

pub(crate) async fn verify(directory: &ActiveDirectory, entry: &Entry, password: &str) -> Verdict {
    match Claim::password(entry.account.name.as_bytes(), password.as_bytes()) {
        Ok(claim) => directory.verify(entry, &claim).await,
        // What nobody can claim never gets to a directory.
        Err(_) => Verdict::Denied(Denial::BadCredentials),
    }
}

pub(crate) async fn granted(directory: &ActiveDirectory, entry: &Entry, password: &str) -> Account {
    match verify(directory, entry, password).await {
        Verdict::Granted(account) => account,
        other => panic!("{}: {other:?}", entry.handle),
    }
}

pub(crate) async fn denied(directory: &ActiveDirectory, entry: &Entry, password: &str) -> Denial {
    match verify(directory, entry, password).await {
        Verdict::Denied(denial) => denial,
        other => panic!("{}: {other:?}", entry.handle),
    }
}

/// Why nobody can judge the password.
pub(crate) async fn unjudged(directory: &ActiveDirectory, entry: &Entry, password: &str) -> String {
    match verify(directory, entry, password).await {
        Verdict::Unavailable(Unavailable(why)) => why,
        other => panic!("{}: {other:?}", entry.handle),
    }
}
