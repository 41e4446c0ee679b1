//! Domain controllers by SRV records.

use std::net::SocketAddr;

use gatepost_directory::ad::{Config, Controllers, Protection, Srv};
use gatepost_testkit::servers::Samba;

use crate::company::{found, granted, open, unavailable, with_controllers};

fn by_records(samba: &Samba, dns_servers: Vec<SocketAddr>) -> Config {
    let srv = Srv {
        protection: Protection::Tls,
        site: None,
        dns_servers,
    };
    with_controllers(samba, Controllers::Srv(srv))
}

fn srv(config: &mut Config) -> &mut Srv {
    match &mut config.controllers {
        Controllers::Srv(srv) => srv,
        Controllers::Urls(_) => panic!("a list"),
    }
}

#[tokio::test]
async fn the_domains_own_dns_says_where_it_is() {
    let mut samba = Samba::corp().unwrap();
    let mut config = by_records(&samba, vec![samba.dns()]);
    for protection in [Protection::Tls, Protection::StartTls] {
        srv(&mut config).protection = protection;
        let directory = open(config.clone());
        let alice = found(&directory, "alice").await;
        granted(&directory, &alice, &Samba::password("alice")).await;
        let reports = directory.probe().await;
        assert_eq!(reports.len(), 1);
        // The certificate holds the name of the record; the system's resolver does not know it.
        assert!(
            reports[0].url.contains(samba.host()) && reports[0].outcome.is_ok(),
            "{reports:?}"
        );
    }
    srv(&mut config).site = Some("Default-First-Site-Name".to_owned());
    let directory = open(config.clone());
    found(&directory, "alice").await;

    let mut elsewhere = config;
    srv(&mut elsewhere).site = Some("Nowhere".to_owned());
    let nowhere = open(elsewhere);
    let why = unavailable(&nowhere, "alice").await;
    assert!(
        why.contains("_ldap._tcp.Nowhere._sites.dc._msdcs.corp.example.test."),
        "{why}"
    );
    assert!(nowhere.probe().await[0].outcome.is_err());

    // What was known of it while DNS is down is kept.
    samba.kill();
    unavailable(&directory, "alice").await;
    samba.start().unwrap();
    found(&directory, "alice").await;
}
