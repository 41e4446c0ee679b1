//! Who may use mail, which is told to nobody without the right password.

use gatepost_directory::Denial;
use gatepost_directory::ldap::Config;

use crate::company::{config, denied, found, granted, open, people, unjudged};

#[tokio::test]
async fn a_group_can_be_required() {
    let slapd = people().start().unwrap();
    let filter = format!("(memberOf={})", slapd.group_dn("staff"));
    let directory = open(Config {
        required_filter: Some(filter),
        ..config(&slapd)
    });
    let (alice, bob) = (found(&directory, "alice").await, found(&directory, "bob").await);
    granted(&directory, &alice, "secret").await;
    assert_eq!(denied(&directory, &bob, "hunter2").await, Denial::NotPermitted);
    assert_eq!(denied(&directory, &bob, "wrong").await, Denial::BadCredentials);
}

#[tokio::test]
async fn accounts_can_be_disabled() {
    let slapd = people().start().unwrap();
    let filter = "(employeeType=disabled)".to_owned();
    let directory = open(Config {
        disabled_filter: Some(filter),
        ..config(&slapd)
    });
    let (alice, bob) = (found(&directory, "alice").await, found(&directory, "bob").await);
    granted(&directory, &alice, "secret").await;
    assert_eq!(denied(&directory, &bob, "hunter2").await, Denial::Disabled);
    assert_eq!(denied(&directory, &bob, "wrong").await, Denial::BadCredentials);
}

#[tokio::test]
async fn a_filter_that_cannot_be_asked_permits_nothing() {
    let slapd = people().start().unwrap();
    let asks = Config {
        required_filter: Some("(uid=*)".to_owned()),
        ..config(&slapd)
    };
    let alice = found(&open(asks.clone()), "alice").await;
    let directory = open(Config {
        service: None,
        ..asks
    });
    let why = unjudged(&directory, &alice, "secret").await;
    assert!(why.contains("result code 50"), "{why}");
}
