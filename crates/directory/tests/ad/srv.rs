//! Domain controllers by SRV records.

use std::net::{Ipv4Addr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use gatepost_directory::ad::{Config, Controllers, Protection, Srv};
use gatepost_testkit::servers::{Samba, address};
use tokio::net::UdpSocket;

use crate::company::{found, granted, open, unavailable, with_controllers};
use crate::dns::{Dns, Host};

/// After a failure the records are asked for again when so much time has passed since they were.
const RETRY: Duration = Duration::from_secs(5);
/// No record is believed for longer than this.
const LONGEST: Duration = Duration::from_secs(3600);

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

fn host(priority: u16, name: &'static str, address: Ipv4Addr) -> Host {
    Host {
        priority,
        name,
        address,
    }
}

#[tokio::test]
async fn records_are_followed_as_far_as_they_can_be_trusted() {
    let samba = Samba::corp().unwrap();
    let nobody = address();
    let good = host(1, "dc1.corp.example.test", samba.address());
    // Nothing listens where the first is, the name of the next is of another domain: a certificate would prove it.
    let all = [
        host(0, "dc0.corp.example.test", nobody),
        host(0, "evil.example.net", samba.address()),
        good.clone(),
    ];
    let dns = Dns::start(&all).await;
    let directory = open(by_records(&samba, vec![dns.address]));
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, &Samba::password("alice")).await;
    let reports = directory.probe().await;
    let tried: Vec<(&str, bool)> = reports
        .iter()
        .map(|report| (report.url.as_str(), report.outcome.is_ok()))
        .collect();
    let expected = [
        ("ldaps://dc0.corp.example.test:636", false),
        ("ldaps://dc1.corp.example.test:636", true),
    ];
    assert_eq!(tried, expected);
    assert_eq!(dns.asked(), 1, "what was found is kept");

    // However many addresses a host is said to have, some are enough.
    let many: Vec<Host> = (1..20)
        .map(|last| host(0, "dc3.corp.example.test", Ipv4Addr::new(127, 99, 99, last)))
        .collect();
    let dns = Dns::start(&many[..]).await;
    let directory = open(by_records(&samba, vec![dns.address]));
    assert_eq!(directory.probe().await.len(), 16);

    // A name that leads to the right place is not enough: the certificate must hold it.
    let dns = Dns::start(&[host(0, "dc2.corp.example.test", samba.address())]).await;
    let why = unavailable(&open(by_records(&samba, vec![dns.address])), "alice").await;
    assert!(why.contains("certificate"), "{why}");

    for none in [&[host(0, "evil.example.net", samba.address())][..], &[]] {
        let dns = Dns::start(none).await;
        let directory = open(by_records(&samba, vec![dns.address]));
        let why = unavailable(&directory, "alice").await;
        assert!(why.contains("_ldap._tcp.dc._msdcs.corp.example.test."), "{why}");
        unavailable(&directory, "alice").await;
        assert_eq!(dns.asked(), 1, "not asked again at once");
    }
}

#[tokio::test]
async fn servers_that_have_moved_are_found_again() {
    let samba = Samba::corp().unwrap();
    let dns = Dns::start(&[host(0, "dc1.corp.example.test", address())]).await;
    let directory = open(by_records(&samba, vec![dns.address]));
    unavailable(&directory, "alice").await;
    dns.say(&[host(0, "dc1.corp.example.test", samba.address())]);
    unavailable(&directory, "alice").await;
    assert_eq!(dns.asked(), 1, "not asked again at once");
    pass(RETRY).await;
    found(&directory, "alice").await;
    assert_eq!(dns.asked(), 2);
    // DNS that fails takes nothing away that works.
    dns.say(&[]);
    pass(LONGEST).await;
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, &Samba::password("alice")).await;
    assert_eq!(dns.asked(), 3);
}

#[tokio::test]
async fn one_dns_server_of_several_is_enough_and_is_asked_once() {
    let samba = Samba::corp().unwrap();
    let dns = Dns::start(&[host(0, "dc1.corp.example.test", samba.address())]).await;
    // Nothing listens at the first; the second says nothing.
    let dead = SocketAddr::from((address(), 1));
    let silent = UdpSocket::bind((address(), 0)).await.unwrap();
    let servers = vec![dead, silent.local_addr().unwrap(), dns.address];
    let directory = open(by_records(&samba, servers));
    let everybody = (0..20).map(|_| found(&directory, "alice"));
    let entries = all_of(everybody).await;
    assert!(entries.windows(2).all(|two| two[0] == two[1]));
    assert_eq!((entries.len(), dns.asked()), (20, 1));
}

/// What comes of them all, at the same time.
async fn all_of<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = futures.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        pending.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(value) => {
                done.push(value);
                false
            }
            Poll::Pending => true,
        });
        if pending.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    done
}

/// Lets time pass at once.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}
