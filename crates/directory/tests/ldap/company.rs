//! A directory with a few people, and the questions that all tests ask.

use gatepost_directory::ldap::{Config, LdapDirectory, ServerUrl, Service};
use gatepost_testkit::servers::{Person, Slapd, SlapdBuilder};

pub(crate) use crate::questions::{denied, found, granted, unavailable, unjudged, unknown, verify};

/// alice and bob, who share an address; alice is in `staff`, and bob's account is disabled.
pub(crate) fn people() -> SlapdBuilder {
    let alice = Person::new("alice")
        .password("secret")
        .mail("alice@example.org")
        .mail("both@example.org");
    let alice = alice.alias("a.smith@example.org").mail_host("mail1.example.org");
    let bob = Person::new("bob").password("hunter2").mail("both@example.org");
    let bob = bob.attribute("employeeType", "disabled");
    Slapd::builder()
        .person(alice)
        .person(bob)
        .group("staff", &["alice"])
}

/// A configuration for that server by `ldaps://`.
pub(crate) fn config(slapd: &Slapd) -> Config {
    config_for(slapd, &[&slapd.ldaps_url()])
}

/// A configuration for the content of that server, to be asked for at other addresses.
pub(crate) fn config_for(slapd: &Slapd, urls: &[&str]) -> Config {
    let urls = urls.iter().map(|url| ServerUrl::parse(url).unwrap()).collect();
    Config {
        ca_file: Some(slapd.ca_file()),
        service: Some(service(slapd, slapd.service_password())),
        filter: "(|(uid={name})(mail={name})(mailLocalAddress={name}))".to_owned(),
        attributes: vec!["mailHost".to_owned(), "memberOf".to_owned()],
        ..Config::new(urls, slapd.base())
    }
}

pub(crate) fn service(slapd: &Slapd, password: &str) -> Service {
    Service {
        dn: slapd.service_dn().to_owned(),
        password: password.into(),
    }
}

pub(crate) fn open(config: Config) -> LdapDirectory {
    LdapDirectory::new(config).unwrap()
}
