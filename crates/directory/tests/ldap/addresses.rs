//! Which mail addresses are an account's own.

use gatepost_directory::ldap::Config;
use gatepost_testkit::servers::{Person, Slapd};

use crate::company::{config, found, granted, open, people};

fn employee() -> Person {
    Person::new("erin")
        .password("secret")
        .mail("erin@example.org")
        .mail("E.Smith@example.org")
        .alias("erin@lists.example.org")
        .attribute("mailAlternateAddress", "erin@example.com")
        .proxy_address("smtp:e.smith@EXAMPLE.org")
        .proxy_address("SMTP:Erin.Smith@example.org")
        .proxy_address("smtp:erin@example.net")
        .proxy_address("x500:/o=Example/ou=Exchange/cn=Recipients/cn=erin@example.org")
        .proxy_address("sip:erin@example.org")
        .proxy_address("sip:erin@sip.example.org")
}

fn start() -> Slapd {
    people().person(employee()).start().unwrap()
}

async fn addresses(config: Config, name: &str) -> Vec<String> {
    found(&open(config), name).await.account.addresses
}

#[tokio::test]
async fn the_usual_attributes_are_read_without_being_asked_for() {
    let slapd = start();
    let config = Config {
        attributes: Vec::new(),
        ..config(&slapd)
    };
    let expected = [
        "Erin.Smith@example.org",
        "erin@example.org",
        "E.Smith@example.org",
        "erin@example.com",
        "erin@lists.example.org",
        "erin@example.net",
    ];
    assert_eq!(addresses(config.clone(), "erin").await, expected);
    let directory = open(config);
    let entry = found(&directory, "e.smith@example.org").await;
    assert_eq!(granted(&directory, &entry, "secret").await.addresses, expected);
}

#[tokio::test]
async fn the_attributes_are_for_the_administrator_to_choose() {
    let slapd = start();
    let with = |names: &[&str]| Config {
        address_attributes: names.iter().map(|name| (*name).to_owned()).collect(),
        ..config(&slapd)
    };
    let some = addresses(with(&["MAILALTERNATEADDRESS", "employeeNumber"]), "erin").await;
    assert_eq!(some, ["erin@example.com"]);
    assert_eq!(addresses(with(&[]), "erin").await, [""; 0]);
}

#[tokio::test]
async fn what_is_no_address_is_left_out() {
    let long = format!("{}@example.org", "a".repeat(320 - 12));
    let longer = format!("b{long}");
    let frank = Person::new("frank")
        .mail("frank")
        .mail("@example.org")
        .mail("frank@");
    let frank = frank
        .proxy_address("smtp:frank")
        .proxy_address("SMTP:")
        .proxy_address("a@b\r\nc");
    let frank = frank
        .proxy_address(&long)
        .proxy_address(&longer)
        .proxy_address("jörg@bücher.example");
    let slapd = people().person(frank).start().unwrap();
    assert_eq!(
        addresses(config(&slapd), "frank").await,
        [long.as_str(), "jörg@bücher.example"]
    );
}

#[tokio::test]
async fn an_address_may_be_of_several_and_somebody_may_have_none() {
    let slapd = people().person(Person::new("gil")).start().unwrap();
    for (name, expected) in [
        (
            "alice",
            &["alice@example.org", "both@example.org", "a.smith@example.org"][..],
        ),
        ("bob", &["both@example.org"]),
        ("gil", &[]),
    ] {
        assert_eq!(addresses(config(&slapd), name).await, expected, "{name}");
    }
}
