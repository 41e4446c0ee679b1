//! The directory decides where the mail is.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatepost_testkit::servers::{Dovecot, Person, Slapd, address};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::common::{Gateway, TlsClient};
use crate::setup::{BY_AUTHZID, Setup, alice, backend, bob, message};

/// A backend where everybody has one message that says where it is.
fn labelled(subject: &str) -> Dovecot {
    let dovecot = backend().start().unwrap();
    for user in ["alice", "bob"] {
        dovecot.deliver(user, "INBOX", &message(subject)).unwrap();
    }
    dovecot
}

async fn subject(client: &mut TlsClient) -> String {
    client.command("EXAMINE INBOX").await.unwrap();
    let reply = client.command("FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]").await;
    let header = reply.unwrap().literal().unwrap();
    String::from_utf8_lossy(&header).trim().to_owned()
}

/// Where the user's mail is.
async fn place(gateway: &Gateway, user: &str, password: &str) -> String {
    subject(&mut gateway.login(user, password).await).await
}

fn directory(people: impl IntoIterator<Item = Person>) -> Slapd {
    let start = Slapd::builder();
    let filled = people
        .into_iter()
        .fold(start, |slapd, person| slapd.person(person));
    filled.start().unwrap()
}

/// A loopback address where no server of the tests listens.
fn elsewhere() -> Ipv4Addr {
    let [_, second, third, fourth] = address().octets();
    Ipv4Addr::new(127, second | 128, third, fourth)
}

#[tokio::test]
async fn an_attribute_leads_each_user_to_the_own_server() {
    let (one, two) = (labelled("on one"), labelled("on two"));
    let slapd = directory([alice().mail_host("North"), bob().mail_host("south")]);
    let setup = Setup::new().ldap(&slapd, "attributes = [\"mailHost\"]");
    let setup = setup
        .upstream("one", &one, BY_AUTHZID)
        .upstream("two", &two, BY_AUTHZID);
    let table = "[routing]\nattribute = \"mailHost\"\ntable = { north = \"one\", SOUTH = \"two\" }";
    let gateway = setup.with(table).start().await;
    assert_eq!(place(&gateway, "alice", "wonderland").await, "Subject: on one");
    assert_eq!(place(&gateway, "bob", "builder").await, "Subject: on two");
    // By the master account, and by no password of the user's.
    one.logged("user=<alice>, auth=<gateway>").unwrap();
    two.logged("user=<bob>, auth=<gateway>").unwrap();
    assert!(!one.log().contains("<bob>") && !two.log().contains("<alice>"));
}

#[tokio::test]
async fn an_allowed_host_is_used_and_all_others_go_to_the_default() {
    let (one, two) = (labelled("on one"), labelled("on two"));
    let slapd = directory([alice().mail_host(&address().to_string()), bob()]);
    // The model has an address of its own where nobody is: the host comes from the directory.
    let (port, ca_file) = (two.imaps().port(), two.ca_file());
    let model = format!(
        "[upstreams.model]\naddress = \"{}:{port}\"\nca_file = {ca_file:?}\n{BY_AUTHZID}\n[routing]\n\
         attribute = \"mailHost\"\ndefault = \"one\"\nhost_model = \"model\"\nallowed_hosts = [\"{}\"]",
        elsewhere(),
        address()
    );
    let setup = Setup::new().ldap(&slapd, "attributes = [\"mailHost\"]");
    let gateway = setup.upstream("one", &one, BY_AUTHZID).with(&model).start().await;
    assert_eq!(place(&gateway, "alice", "wonderland").await, "Subject: on two");
    assert_eq!(place(&gateway, "bob", "builder").await, "Subject: on one");
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_refused_and_never_connected_to() {
    let one = labelled("on one");
    let trap = SocketAddr::from((elsewhere(), one.imaps().port()));
    let trap = TcpListener::bind(trap).await.unwrap();
    let slapd = directory([
        alice().mail_host(&elsewhere().to_string()),
        bob().mail_host(&address().to_string()),
    ]);
    let routing = format!(
        "[routing]\nattribute = \"mailHost\"\ndefault = \"one\"\nhost_model = \"one\"\nallowed_hosts = [\"{}\"]",
        address()
    );
    let setup = Setup::new().ldap(&slapd, "attributes = [\"mailHost\"]");
    let gateway = setup
        .upstream("one", &one, BY_AUTHZID)
        .with(&routing)
        .start()
        .await;
    let heard = gateway.refused("alice", "wonderland").await;
    assert!(heard.starts_with("NO [CONTACTADMIN]"), "{heard}");
    let line = gateway.logged("result=no-route").await;
    assert!(line.contains(&elsewhere().to_string()), "{line}");
    assert!(timeout(Duration::ZERO, trap.accept()).await.is_err(), "connected");
    assert!(!one.log().contains("<alice>"));
    assert_eq!(place(&gateway, "bob", "builder").await, "Subject: on one");
}

#[tokio::test]
async fn where_the_mail_is_is_told_only_after_the_right_password() {
    let one = labelled("on one");
    let slapd = directory([alice().mail_host("nowhere")]);
    let routing = "[routing]\nattribute = \"mailHost\"\ntable = { north = \"one\" }";
    let setup = Setup::new().ldap(&slapd, "attributes = [\"mailHost\"]");
    let gateway = setup
        .upstream("one", &one, BY_AUTHZID)
        .with(routing)
        .start()
        .await;
    let heard = gateway.refused("alice", "wrong").await;
    assert!(heard.starts_with("NO [AUTHENTICATIONFAILED]"), "{heard}");
    let heard = gateway.refused("alice", "wonderland").await;
    assert!(heard.starts_with("NO [CONTACTADMIN]"), "{heard}");
}
