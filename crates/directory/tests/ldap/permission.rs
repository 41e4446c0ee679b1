//! Who may use mail, which is told to nobody without the right password.

use gatepost_directory::Denial;
use gatepost_directory::ldap::Config;
use gatepost_testkit::servers::Person;

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

/// Groups of the three common kinds, which alice and somebody with an odd name are members of. Nothing in the people's
/// own entries says so.
const GROUPS: &str = "dn: cn=names,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: names
member: uid=alice,ou=people,dc=example,dc=org
member: uid=o\\2c\\28d\\29\\2a,ou=people,dc=example,dc=org

dn: cn=unique,ou=groups,dc=example,dc=org
objectClass: groupOfUniqueNames
cn: unique
uniqueMember: uid=alice,ou=people,dc=example,dc=org
uniqueMember: uid=o\\2c\\28d\\29\\2a,ou=people,dc=example,dc=org

dn: cn=posix,ou=groups,dc=example,dc=org
objectClass: posixGroup
cn: posix
gidNumber: 100
memberUid: alice
memberUid: o,(d)*";

#[tokio::test]
async fn a_required_group_may_list_its_members_itself() {
    let odd = Person::new("o,(d)*").password("p");
    let slapd = people().person(odd).ldif(GROUPS).start().unwrap();
    for name in ["names", "unique", "posix"] {
        let directory = open(Config {
            required_group: Some(slapd.group_dn(name)),
            ..config(&slapd)
        });
        for (member, password) in [("alice", "secret"), ("o,(d)*", "p")] {
            let entry = found(&directory, member).await;
            granted(&directory, &entry, password).await;
        }
        let bob = found(&directory, "bob").await;
        assert_eq!(
            denied(&directory, &bob, "hunter2").await,
            Denial::NotPermitted,
            "{name}"
        );
        assert_eq!(
            denied(&directory, &bob, "wrong").await,
            Denial::BadCredentials,
            "{name}"
        );
        assert!(directory.probe().await[0].outcome.is_ok());
    }
}

#[tokio::test]
async fn a_required_group_that_is_not_there_is_nobodys_fault() {
    let slapd = people().start().unwrap();
    let directory = open(Config {
        required_group: Some(slapd.group_dn("gone")),
        ..config(&slapd)
    });
    let alice = found(&directory, "alice").await;
    let why = unjudged(&directory, &alice, "secret").await;
    assert!(
        why.contains("cn=gone,") && why.contains("does not exist"),
        "{why}"
    );
    let report = directory.probe().await[0].outcome.clone().unwrap_err();
    assert!(report.contains("cn=gone,"), "{report}");
}
