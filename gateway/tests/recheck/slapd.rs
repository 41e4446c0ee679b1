//! Users in an LDAP server.

use gatepost_testkit::servers::{Person, Slapd};

use crate::site::{CHANGED, NOT_ALLOWED, Site, goes_on, is_sent_away};

fn slapd() -> Slapd {
    let person = |name: &str, password: &str| {
        let person = Person::new(name).password(password);
        person.mail(&format!("{name}@example.org"))
    };
    let builder = Slapd::builder().person(person("alice", "wonderland"));
    builder.person(person("bob", "builder")).start().unwrap()
}

async fn site(slapd: &Slapd) -> Site {
    let (url, ca_file) = (slapd.ldaps_url(), slapd.ca_file());
    let directory = format!(
        "kind = \"ldap\"\nurls = [{url:?}]\nca_file = {ca_file:?}\n\
         bind_dn = \"cn=gateway,ou=services,dc=example,dc=org\"\nbind_password_file = \"bind\"\n\
         base = \"ou=people,dc=example,dc=org\"\ndisabled_filter = \"(employeeType=left)\"\n\
         connect_time = \"5s\"\noperation_time = \"5s\"\n"
    );
    Site::of(&directory, &[("bind", "service-secret")]).await
}

#[tokio::test]
async fn who_has_left_is_sent_away() {
    let slapd = slapd();
    let site = site(&slapd).await;
    let mut alice = site.idle("alice", "wonderland").await;
    let mut bob = site.idle("bob", "builder").await;
    slapd.set("alice", "employeeType", "left").unwrap();
    is_sent_away(&mut alice, NOT_ALLOWED).await;
    let line = site.gateway.logged("event=recheck ").await;
    assert!(
        line.contains(" account=alice ") && line.contains("reason=disabled"),
        "{line}"
    );
    goes_on(&mut bob).await;
}

#[tokio::test]
async fn a_changed_password_ends_the_sessions_that_had_the_old_one() {
    let slapd = slapd();
    // Long before now: its unit is a second.
    slapd.set("alice", "pwdChangedTime", "20250101000000Z").unwrap();
    let site = site(&slapd).await;
    let mut alice = site.idle("alice", "wonderland").await;
    let mut bob = site.idle("bob", "builder").await;
    slapd.set_password("alice", "looking-glass").unwrap();
    // She need not change what the administrator chose.
    slapd.set("alice", "pwdReset", "FALSE").unwrap();
    is_sent_away(&mut alice, CHANGED).await;
    goes_on(&mut bob).await;
    // One more look, and the new session stays: a user who has left says that it was taken.
    let mut alice = site.idle("alice", "looking-glass").await;
    slapd.set("bob", "employeeType", "left").unwrap();
    is_sent_away(&mut bob, NOT_ALLOWED).await;
    goes_on(&mut alice).await;
}

#[tokio::test]
async fn an_outage_ends_nothing() {
    let mut slapd = slapd();
    let site = site(&slapd).await;
    let mut alice = site.idle("alice", "wonderland").await;
    let mut bob = site.idle("bob", "builder").await;
    slapd.stop();
    let line = site.gateway.logged("event=recheck-unavailable").await;
    assert!(
        line.contains("level=warn") && line.contains("directory=users"),
        "{line}"
    );
    goes_on(&mut alice).await;
    slapd.restart().unwrap();
    site.gateway.logged("event=recheck-available").await;
    assert!(site.gateway.lines("event=recheck ").is_empty());
    // And it is asked again.
    slapd.set("alice", "employeeType", "left").unwrap();
    is_sent_away(&mut alice, NOT_ALLOWED).await;
    goes_on(&mut bob).await;
}
