//! What those hear who do not get in: the response codes of RFC 5530, and when.

use gatepost_testkit::servers::{Dovecot, Person, Slapd};

use crate::common::{Gateway, answer};
use crate::setup::{ALL_ON_ONE, BY_AUTHZID, Setup, alice, backend, bob, slapd};

const REFUSED: &str = "NO [AUTHENTICATIONFAILED]";

fn person(uid: &str) -> Person {
    Person::new(uid).password("right").mail("shared@example.org")
}

/// Somebody of each kind.
fn people() -> Slapd {
    let slapd = Slapd::builder()
        .person(alice())
        .person(bob())
        .person(person("disabled").attribute("employeeType", "disabled"))
        .person(person("outsider"))
        .person(person("locked"))
        .person(person("expired"))
        .person(Person::new("secretless"))
        .group("mail", &["alice", "disabled", "locked", "expired", "secretless"])
        .start()
        .unwrap();
    slapd.lock("locked").unwrap();
    slapd.expire_password("expired").unwrap();
    slapd
}

async fn start(slapd: &Slapd, dovecot: &Dovecot) -> Gateway {
    let filters = format!(
        "required_filter = \"(memberOf={})\"\ndisabled_filter = \"(employeeType=disabled)\"",
        slapd.group_dn("mail")
    );
    let setup = Setup::new().ldap(slapd, &filters).with(ALL_ON_ONE);
    setup.upstream("one", dovecot, BY_AUTHZID).start().await
}

#[tokio::test]
async fn each_refusal_says_what_it_may_and_no_more() {
    let (slapd, dovecot) = (people(), backend().start().unwrap());
    let gateway = start(&slapd, &dovecot).await;
    let expected = [
        ("alice", "wrong", REFUSED),
        ("nobody", "right", REFUSED),
        ("secretless", "right", REFUSED),
        ("*", "right", REFUSED),
        ("shared@example.org", "right", REFUSED),
        ("locked", "right", REFUSED),
        ("disabled", "wrong", REFUSED),
        ("disabled", "right", "NO [CONTACTADMIN]"),
        ("outsider", "wrong", REFUSED),
        ("outsider", "right", "NO [AUTHORIZATIONFAILED]"),
        ("expired", "wrong", REFUSED),
        ("expired", "right", "NO [EXPIRED]"),
    ];
    for (user, password, wanted) in expected {
        let heard = gateway.refused(user, password).await;
        assert!(heard.starts_with(wanted), "{user} {password}: {heard}");
    }
    gateway.logged_times("event=login-failed", expected.len()).await;
    assert_eq!(gateway.lines("event=login-failed").len(), expected.len());
    assert!(!dovecot.log().contains("Login:"), "{}", dovecot.log());
    // All this time somebody else could log in.
    gateway
        .login("alice", "wonderland")
        .await
        .command("NOOP")
        .await
        .unwrap();
}

#[tokio::test]
async fn refusals_before_the_right_password_are_the_same_words() {
    let (slapd, dovecot) = (people(), backend().start().unwrap());
    let gateway = start(&slapd, &dovecot).await;
    let first = gateway.refused("alice", "wrong").await;
    for (user, password) in [
        ("nobody", "x"),
        ("locked", "right"),
        ("disabled", "x"),
        ("shared@example.org", "right"),
    ] {
        assert_eq!(gateway.refused(user, password).await, first, "{user}");
    }
}

#[tokio::test]
async fn an_empty_password_is_refused_and_the_directory_not_asked() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let heard = gateway.refused("alice", "").await;
    assert!(heard.starts_with(REFUSED), "{heard}");
    let error = gateway.connect().await.login("alice", "").await.unwrap_err();
    assert!(error.heard().last().unwrap().contains(REFUSED), "{error}");
    let asked = ["BIND dn=\"uid=alice", "filter=\"(|(uid=alice)"];
    assert!(
        !asked.iter().any(|asked| slapd.log().contains(asked)),
        "{}",
        slapd.log()
    );
    assert!(!dovecot.log().contains("Login:"), "{}", dovecot.log());
}

#[tokio::test]
async fn nobody_acts_as_somebody_else() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let mut client = gateway.connect().await;
    let foreign = client.authenticate_plain("bob", "alice", "wonderland").await;
    let error = foreign.unwrap_err();
    assert!(
        error.heard().last().unwrap().contains("AUTHORIZATIONFAILED"),
        "{error}"
    );
    // A client may name itself, as mutt does.
    client
        .authenticate_plain("alice", "alice", "wonderland")
        .await
        .unwrap();
    assert!(!dovecot.log().contains("user=<bob>"), "{}", dovecot.log());
    // Nor by the mail server's own means.
    let heard = gateway.refused("bob*gateway", "master-secret").await;
    assert!(heard.starts_with(REFUSED), "{heard}");
}

#[tokio::test]
async fn the_third_failure_is_the_last_of_a_connection() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let mut client = gateway.connect().await;
    for _ in 0..3 {
        assert!(!answer(&mut client, "alice", "wrong").await.is_ok());
    }
    client.closed().await.unwrap();
    gateway.logged_times("event=login-failed", 3).await;
}
