//! The domain `CORP`, and the questions that all tests ask.

use gatepost_directory::ad::{ActiveDirectory, Config, Controllers};
use gatepost_directory::ldap::{ServerUrl, Service};
use gatepost_testkit::servers::Samba;

pub(crate) use crate::questions::{denied, found, granted, unavailable, unjudged, unknown};

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
