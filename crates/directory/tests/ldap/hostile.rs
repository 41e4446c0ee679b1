//! Servers that hang, close, or say what is wrong: nobody is granted or denied by them.

use std::time::Duration;

use gatepost_directory::ldap::{Config, LdapDirectory, Service};
use gatepost_directory::{Account, Attributes, Denial, Entry, EntryId};
use gatepost_testkit::servers::Authority;
use tokio::time::{Instant, timeout};

use crate::company::{config_for, denied, found, granted, open, people, unavailable, unjudged, unknown};
use crate::fake::{AGAIN, Behaviour, Fake};

const SHORT: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_secs(5);

fn short(config: Config) -> Config {
    Config {
        connect_time: SHORT,
        operation_time: SHORT,
        ..config
    }
}

fn alice() -> Entry {
    let id = EntryId("alice".to_owned());
    let account = Account {
        id: id.clone(),
        name: "alice".to_owned(),
        upstream_login: "alice".to_owned(),
        addresses: Vec::new(),
        attributes: Attributes::new(),
    };
    Entry {
        id,
        secret_version: None,
        handle: "uid=alice".to_owned(),
        account,
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_left() {
    let mut fake = Fake::start(Behaviour::Silent).await;
    let authority = Authority::new().unwrap();
    for (index, url) in [fake.ldaps(), fake.starttls(), fake.plain()]
        .into_iter()
        .enumerate()
    {
        let config = Config {
            ca_file: Some(authority.ca_file()),
            ..Config::new(vec![url], "dc=x")
        };
        let directory = LdapDirectory::new(short(config)).unwrap();
        let started = Instant::now();
        unavailable(&directory, "alice").await;
        unjudged(&directory, &alice(), "secret").await;
        assert!(started.elapsed() < LATEST);
        // Each question had a connection of its own, which is closed although the directory lives on.
        timeout(LATEST, fake.ended(2 * (index + 1)))
            .await
            .expect("no connection is left");
        drop(directory);
    }
    let heard = fake.ended(6).await.concat();
    let secret = b"secret";
    let encrypted = &heard
        .windows(secret.len())
        .filter(|window| window == secret)
        .count();
    assert_eq!(
        *encrypted, 1,
        "once, by the plain connection that has no service account"
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_passed_over() {
    let slapd = people().start().unwrap();
    let fake = Fake::start(Behaviour::Silent).await;
    let (first, second) = (format!("ldaps://{}", fake.address), slapd.ldaps_url());
    let urls = [first.as_str(), &second];
    let directory = open(Config {
        connect_time: SHORT,
        ..config_for(&slapd, &urls)
    });
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    let why = "the second question need not wait for the first server";
    assert_eq!(fake.accepted(), 1, "{why}");
}

/// A bind response with a result code.
macro_rules! bound {
    ($code:expr) => {
        &[0x30, 12, 2, 1, 1, 0x61, 7, 0x0a, 1, $code, 4, 0, 4, 0]
    };
}

#[tokio::test]
async fn only_success_grants_and_only_a_verdict_denies() {
    let fake = Fake::start(Behaviour::Says(bound!(0))).await;
    granted(&fake.directory(short), &alice(), "secret").await;
    let fake = Fake::start(Behaviour::Says(bound!(49))).await;
    assert_eq!(
        denied(&fake.directory(short), &alice(), "secret").await,
        Denial::BadCredentials
    );
    for (says, code) in [
        (bound!(1), 1),
        (bound!(14), 14),
        (bound!(51), 51),
        (bound!(52), 52),
        (bound!(53), 53),
    ] {
        let fake = Fake::start(Behaviour::Says(says)).await;
        let why = unjudged(&fake.directory(short), &alice(), "secret").await;
        assert!(why.contains(&format!("result code {code}")), "{why}");
    }
}

#[tokio::test]
async fn nonsense_is_an_outage() {
    let nonsense: [&[u8]; 10] = [
        b"220 mail.example.org ESMTP\r\n",
        b"\x16\x03\x01\x00\x05hello",
        // An empty message; one with nothing but a number; a bind response without content.
        &[0x30, 0],
        &[0x30, 3, 2, 1, 1],
        &[0x30, 5, 2, 1, 1, 0x61, 0],
        // Success for another question.
        &[0x30, 12, 2, 1, 77, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0],
        // Success that is cut off, or of a wrong type.
        &[0x30, 12, 2, 1, 1, 0x61, 7, 0x0a, 1],
        &[0x30, 12, 2, 1, 1, 0x61, 7, 4, 1, 0, 4, 0, 4, 0],
        // An entry, of which the distinguished name is no text.
        &[0x30, 12, 2, 1, 1, 0x64, 7, 4, 1, 0xff, 0x30, 0, 4, 0],
        // The end of a search.
        &[0x30, 12, 2, 1, 1, 0x65, 7, 0x0a, 1, 0, 4],
    ];
    for says in nonsense {
        for behaviour in [Behaviour::Says(says), Behaviour::SaysAndCloses(says)] {
            let fake = Fake::start(behaviour).await;
            let directory = fake.directory(|config| {
                let limit = Duration::from_millis(200);
                Config {
                    connect_time: limit,
                    operation_time: limit,
                    ..config
                }
            });
            unjudged(&directory, &alice(), "secret").await;
            unavailable(&directory, "alice").await;
        }
    }
}

#[tokio::test]
async fn a_server_that_closes_at_once_is_an_outage() {
    let mut fake = Fake::start(Behaviour::SaysAndCloses(b"")).await;
    let directory = fake.directory(short);
    let why = unjudged(&directory, &alice(), "secret").await;
    assert!(why.contains("the server closed the connection"), "{why}");
    unavailable(&directory, "alice").await;
    assert_eq!(fake.ended(2).await.len(), 2);
}

/// It may have heard the password, and counted it: that another is asked could lock the account.
#[tokio::test]
async fn a_server_that_closes_instead_of_judging_hears_the_password_alone() {
    let mut fakes = [
        Fake::start(Behaviour::SaysAndCloses(b"")).await,
        Fake::start(Behaviour::SaysAndCloses(b"")).await,
    ];
    let urls = vec![fakes[0].plain(), fakes[1].plain()];
    let directory = fakes[0].directory(|config| short(Config { urls, ..config }));
    let why = unjudged(&directory, &alice(), "secret").await;
    assert!(why.contains("the server closed the connection"), "{why}");
    assert_eq!(fakes[0].ended(1).await.len(), 1);
    // The next one is told to the other, and a search to each.
    unjudged(&directory, &alice(), "secret").await;
    assert_eq!(fakes[1].ended(1).await.len(), 1);
    unavailable(&directory, "alice").await;
    assert_eq!(fakes[0].ended(2).await.len(), 2);
    assert_eq!(fakes[1].ended(2).await.len(), 2);
}

/// Each connection on which a password is told may count it: those that wait beside a dead one are as dead.
#[tokio::test]
async fn a_password_is_told_once_more_after_a_connection_was_cut_while_idle() {
    let wrong = &[0x30, 12, 2, 1, 1, 0x61, 7, 0x0a, 1, 49, 4, 0, 4, 0];
    let mut fake = Fake::start(Behaviour::SaysOnce(wrong)).await;
    let directory = fake.directory(short);
    let alice = alice();
    let ask = |password| denied(&directory, &alice, password);
    let both = tokio::join!(ask("first"), ask("second"), ask("third"));
    assert_eq!(
        both,
        (
            Denial::BadCredentials,
            Denial::BadCredentials,
            Denial::BadCredentials
        )
    );
    assert_eq!(ask("another").await, Denial::BadCredentials);
    drop(directory);
    let heard = fake.ended(4).await;
    let has = |heard: &[u8], what: &[u8]| heard.windows(7).any(|window| window == what);
    let again = heard.iter().filter(|heard| has(heard, AGAIN)).count();
    let anew = heard.iter().filter(|heard| has(heard, b"another")).count();
    assert_eq!((again, anew), (1, 1));
}

/// Results busy (51) and unavailable (52) say that nobody was judged.
#[tokio::test]
async fn a_server_that_says_that_it_cannot_is_left() {
    let says: [(&[u8], &[u8]); 2] = [
        (
            &[0x30, 12, 2, 1, 1, 0x65, 7, 0x0a, 1, 52, 4, 0, 4, 0],
            &[0x30, 12, 2, 1, 1, 0x65, 7, 0x0a, 1, 0, 4, 0, 4, 0],
        ),
        (
            &[0x30, 12, 2, 1, 1, 0x61, 7, 0x0a, 1, 51, 4, 0, 4, 0],
            &[0x30, 12, 2, 1, 1, 0x61, 7, 0x0a, 1, 49, 4, 0, 4, 0],
        ),
    ];
    for (unwell, well) in says {
        let first = Fake::start(Behaviour::Says(unwell)).await;
        let second = Fake::start(Behaviour::Says(well)).await;
        let urls = vec![first.plain(), second.plain()];
        let (both, alone) = (
            first.directory(|config| short(Config { urls, ..config })),
            first.directory(short),
        );
        if unwell[5] == 0x65 {
            assert_eq!(unknown(&both, "alice").await, "no entry matches");
            let why = unavailable(&alone, "alice").await;
            assert!(why.contains("result code 52"), "{why}");
        } else {
            assert_eq!(denied(&both, &alice(), "wrong").await, Denial::BadCredentials);
            let why = unjudged(&alone, &alice(), "wrong").await;
            assert!(why.contains("result code 51"), "{why}");
        }
    }
}

#[tokio::test]
async fn no_password_is_sent_where_starttls_is_refused() {
    // An extended response with protocolError, and with success but what follows is no TLS.
    let refuses: [&[u8]; 2] = [
        &[0x30, 12, 2, 1, 1, 0x78, 7, 0x0a, 1, 2, 4, 0, 4, 0],
        &[0x30, 12, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0],
    ];
    for says in refuses {
        let mut fake = Fake::start(Behaviour::Says(says)).await;
        let service = Service {
            dn: "cn=service".to_owned(),
            password: "service-secret".into(),
        };
        let directory = LdapDirectory::new(short(Config {
            ca_file: Some(Authority::new().unwrap().ca_file()),
            service: Some(service),
            ..Config::new(vec![fake.starttls()], "dc=x")
        }));
        unavailable(&directory.unwrap(), "alice").await;
        let heard = fake.ended(1).await.concat();
        assert!(
            !heard.windows(7).any(|window| window == b"service"),
            "{}",
            heard.escape_ascii()
        );
    }
}
