//! Whose a copy is, by the directory of then and of now; and copies that are left when none are kept any more.

use gatepost_testkit::servers::{Person, Slapd};

use crate::site::{Site, alice, send, try_login};

/// With the filter of a company whose people log in with their addresses, and the canonical name in `uid`.
fn by_address(slapd: &Slapd, more: &str) -> String {
    let (url, ca_file) = (slapd.ldaps_url(), slapd.ca_file());
    let (bind_dn, base) = (slapd.service_dn(), slapd.base());
    format!(
        "kind = \"ldap\"\nurls = [{url:?}]\nca_file = {ca_file:?}\nbind_dn = {bind_dn:?}\n\
         bind_password_file = \"service\"\nbase = {base:?}\nfilter = \"(mail={{name}})\"\n{more}"
    )
}

/// Alice sends, and has her copy.
async fn sends_and_files(more: &str) {
    let person = Person::new("alice")
        .password("wonderland")
        .mail("alice@example.org");
    let slapd = Slapd::builder().person(person).start().unwrap();
    let site = Site::new().await;
    let (users, files) = (by_address(&slapd, more), [("service", slapd.service_password())]);
    let gateway = site.gateway_of(&users, &files, "wait = \"0s\"").await;
    let mut client = try_login(&gateway, "alice@example.org").await.unwrap();
    send(&mut client, "<1@example.org>").await.unwrap();
    let line = gateway.logged("event=sent-filed").await;
    assert!(line.contains("attempts=1"), "{line}");
    assert_eq!(site.messages("alice", "Sent").len(), 1);
}

#[tokio::test]
async fn who_logs_in_with_an_address_has_copies() {
    sends_and_files("").await;
}

#[tokio::test]
async fn who_is_known_by_a_distinguished_name_has_copies() {
    let more =
        "id_attribute = \"employeeNumber\"\nname_attribute = \"employeeNumber\"\nlogin_attribute = \"uid\"";
    sends_and_files(more).await;
}

#[tokio::test]
async fn who_has_another_name_by_now_has_copies() {
    let named = |name: &str| {
        Person::new("alice")
            .password("wonderland")
            .mail(name)
            .attribute("employeeNumber", "7")
    };
    let more = "id_attribute = \"employeeNumber\"\nname_attribute = \"mail\"\nlogin_attribute = \"uid\"";
    let site = Site::new().await;
    let start = |name: &str| Slapd::builder().person(named(name)).start().unwrap();
    let before = start("alice@example.org");
    let files = [("service", before.service_password())];
    let mut gateway = site
        .gateway_of(&by_address(&before, more), &files, "wait = \"1h\"")
        .await;
    let mut client = try_login(&gateway, "alice@example.org").await.unwrap();
    send(&mut client, "<1@example.org>").await.unwrap();
    gateway.kill().await;
    let now = start("alice.smith@example.org");
    let files = [("service", now.service_password())];
    let gateway = site
        .gateway_of(&by_address(&now, more), &files, "wait = \"0s\"")
        .await;
    gateway.logged("event=sent-filed").await;
    assert_eq!(site.messages("alice", "Sent").len(), 1);
}

#[tokio::test]
async fn what_waits_when_copies_are_turned_off_is_filed_and_nothing_new_is_kept() {
    let site = Site::new().await;
    let mut gateway = site.gateway("wait = \"1h\"").await;
    send(&mut alice(&gateway).await, "<1@example.org>").await.unwrap();
    gateway.kill().await;
    let gateway = site.gateway("mode = \"off\"\nwait = \"0s\"").await;
    let line = gateway.logged("event=sent-left").await;
    assert!(line.contains("copies=1"), "{line}");
    gateway.logged("event=sent-filed").await;
    send(&mut alice(&gateway).await, "<2@example.org>").await.unwrap();
    site.filed().await;
    assert_eq!(site.messages("bob", "INBOX").len(), 2);
    assert_eq!(site.messages("alice", "Sent").len(), 1);
}
