//! Who gets in, and by which upstream login.

use gatepost_testkit::client::Client;
use gatepost_testkit::servers::{Dovecot, Person, Slapd};
use tokio::net::TcpSocket;

use crate::common::{Gateway, LIMIT};
use crate::setup::{
    ALL_ON_ONE, BY_AUTHZID, BY_SAME_CREDENTIALS, BY_SEPARATOR, MASTER, MASTER_PASSWORD, Setup, alice,
    backend, bob, slapd,
};

/// Names and passwords that a careless program stumbles over, and what the accounts are called on the mail server.
const ODD: &[(&str, &str, &str)] = &[
    ("jörg", "pässwört", "u1"),
    ("日本", "пароль ☂", "u2"),
    ("o\"quote", "\"", "u3"),
    ("back\\slash", "\\\\\"\\", "u4"),
    ("{5}", "x{3+}", "u5"),
    ("with space", " leading and trailing ", "u6"),
    ("star*", "*", "u7"),
    ("(paren)", "*)(uid=*", "u8"),
    ("a,b=c+d", "%s%n]", "u9"),
    ("NIL", "NIL", "u10"),
];

/// A mail server where the odd people have the given passwords.
fn odd_backend(password: impl Fn(&str) -> String) -> Dovecot {
    let builder = Dovecot::builder().master(MASTER, MASTER_PASSWORD);
    let filled = ODD.iter().fold(builder, |dovecot, (_, own, login)| {
        dovecot.user(login, &password(own))
    });
    filled.start().unwrap()
}

fn odd_people() -> Slapd {
    let people = ODD.iter().map(|(uid, password, login)| {
        Person::new(uid)
            .password(password)
            .attribute("employeeType", login)
    });
    let filled = people.fold(Slapd::builder(), |slapd, person| slapd.person(person));
    filled.start().unwrap()
}

/// Everybody logs in by AUTHENTICATE PLAIN and by LOGIN, and is whom they should be.
async fn all_odd_people_log_in(gateway: &Gateway, dovecot: &Dovecot) {
    for (user, password, login) in ODD {
        let mut client = gateway.login(user, password).await;
        client.command(&format!("CREATE is-{login}")).await.unwrap();
        let mut client = gateway.connect().await;
        client.login(user, password).await.unwrap();
        let listed = client.command("LIST \"\" is-*").await.unwrap();
        let names: Vec<_> = listed.with("is-").collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert!(names[0].contains(&format!("is-{login}")), "{names:?}");
        dovecot.logged(&format!("user=<{login}>")).unwrap();
    }
}

#[tokio::test]
async fn odd_names_and_passwords_log_in_by_the_master_account() {
    let (slapd, dovecot) = (odd_people(), odd_backend(|_| "other".to_owned()));
    let setup = Setup::new().ldap(&slapd, "login_attribute = \"employeeType\"");
    let setup = setup.upstream("one", &dovecot, BY_AUTHZID).with(ALL_ON_ONE);
    all_odd_people_log_in(&setup.start().await, &dovecot).await;
}

#[tokio::test]
async fn odd_passwords_reach_the_mail_server_unchanged() {
    let (slapd, dovecot) = (odd_people(), odd_backend(str::to_owned));
    let setup = Setup::new().ldap(&slapd, "login_attribute = \"employeeType\"");
    let setup = setup
        .upstream("one", &dovecot, BY_SAME_CREDENTIALS)
        .with(ALL_ON_ONE);
    all_odd_people_log_in(&setup.start().await, &dovecot).await;
}

/// The names are odd on the mail server too, and go there in each way that there is.
#[tokio::test]
async fn odd_names_reach_the_mail_server_unchanged() {
    let slapd = odd_people();
    for (way, login) in [BY_AUTHZID, BY_SEPARATOR, BY_SAME_CREDENTIALS]
        .into_iter()
        .enumerate()
    {
        let builder = ODD
            .iter()
            .fold(Dovecot::builder(), |dovecot, (user, password, _)| {
                dovecot.user(user, password)
            });
        let dovecot = builder.master(MASTER, MASTER_PASSWORD).start().unwrap();
        let setup = Setup::new().ldap(&slapd, "").with(ALL_ON_ONE);
        let gateway = setup.upstream("one", &dovecot, login).start().await;
        for (user, password, name) in ODD {
            if login != BY_AUTHZID && user.contains('*') {
                // It would be read, by us or by the mail server, as one user's name and a master's.
                let heard = gateway.refused(user, password).await;
                assert!(!heard.starts_with("NO [AUTHENTICATIONFAILED]"), "{heard}");
                gateway.logged("result=upstream-refused").await;
                continue;
            }
            let mut client = gateway.login(user, password).await;
            client.command(&format!("CREATE is-{name}")).await.unwrap();
            let listed = client.command("LIST \"\" is-*").await.unwrap();
            assert_eq!(listed.with("is-").count(), 1, "{way} {user}: {listed:?}");
        }
    }
}

#[tokio::test]
async fn the_upstream_login_is_by_master_or_by_the_same_credentials() {
    let dovecot = backend().user("carol", "christmas").start().unwrap();
    let carol = Person::new("carol").password("christmas");
    let people = [
        alice().mail_host("authzid"),
        bob().mail_host("separator"),
        carol.mail_host("same"),
    ];
    let filled = people
        .into_iter()
        .fold(Slapd::builder(), |slapd, person| slapd.person(person));
    let slapd = filled.start().unwrap();
    let setup = Setup::new().ldap(&slapd, "attributes = [\"mailHost\"]");
    let setup = setup.upstream("authzid", &dovecot, BY_AUTHZID);
    let setup = setup.upstream("separator", &dovecot, BY_SEPARATOR);
    let setup = setup.upstream("same", &dovecot, BY_SAME_CREDENTIALS);
    let gateway = setup.with("[routing]\nattribute = \"mailHost\"").start().await;
    let expected = [
        ("alice", "wonderland", "user=<alice>, auth=<gateway>"),
        ("bob", "builder", "user=<bob>, auth=<gateway>"),
        ("carol", "christmas", "user=<carol>, auth=<carol>"),
    ];
    for (user, password, line) in expected {
        gateway.login(user, password).await.command("NOOP").await.unwrap();
        dovecot.logged(line).unwrap();
    }
}

#[tokio::test]
async fn a_mail_server_that_refuses_the_same_credentials_is_no_wrong_password() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let setup = Setup::new().ldap(&slapd, "").with(ALL_ON_ONE);
    let gateway = setup.upstream("one", &dovecot, BY_SAME_CREDENTIALS).start().await;
    let heard = gateway.refused("alice", "wonderland").await;
    assert!(heard.starts_with("NO [CONTACTADMIN]"), "{heard}");
    gateway.logged("result=upstream-refused").await;
}

#[tokio::test]
async fn a_mail_address_and_an_alias_are_names_too() {
    let alias = alice().alias("lewis@example.org");
    let slapd = Slapd::builder().person(alias).person(bob()).start().unwrap();
    let dovecot = backend().start().unwrap();
    let filter = "filter = \"(|(uid={name})(mail={name})(mailLocalAddress={name}))\"";
    let setup = Setup::new().ldap(&slapd, filter).with(ALL_ON_ONE);
    let gateway = setup.upstream("one", &dovecot, BY_AUTHZID).start().await;
    for name in ["alice", "Alice", "alice@example.org", "lewis@example.org"] {
        let mut client = gateway.login(name, "wonderland").await;
        client.command("SELECT INBOX").await.unwrap();
    }
    let login = "Login: user=<alice>, auth=<gateway>";
    dovecot.logged_times(login, 4).unwrap();
    let own = dovecot.log().matches(login).count();
    assert_eq!(own, 4, "{}", dovecot.log());
    let logged = gateway.lines("event=login ");
    assert!(
        logged.iter().all(|line| line.contains("account=alice")),
        "{logged:?}"
    );
}

#[tokio::test]
async fn the_mail_server_is_told_where_the_client_is() {
    let (slapd, dovecot) = (slapd(), backend().trusting().start().unwrap());
    let forwarding = format!("client_id = \"forward\"\n{BY_AUTHZID}");
    let setup = Setup::new().ldap(&slapd, "").with(ALL_ON_ONE);
    let gateway = setup.upstream("one", &dovecot, &forwarding).start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.77:0".parse().unwrap()).unwrap();
    let stream = socket.connect(gateway.address(0)).await.unwrap();
    let (mut client, _) = Client::greeted(gateway.tls(stream).await, LIMIT).await.unwrap();
    client.login("alice", "wonderland").await.unwrap();
    let line = dovecot.logged("rip=127.0.0.77").unwrap();
    assert!(line.contains("user=<alice>"), "{line}");
}

#[tokio::test]
async fn starttls_reaches_directory_and_mail_server() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let (address, ca_file) = (dovecot.imap(), dovecot.ca_file());
    let setup = Setup::new()
        .ldap_at(&[slapd.ldap_url()], &slapd.ca_file(), "")
        .with(ALL_ON_ONE);
    let upstream = format!(
        "[upstreams.one]\naddress = \"{address}\"\ntls = \"starttls\"\nca_file = {ca_file:?}\n{BY_AUTHZID}"
    );
    let gateway = setup.with(&upstream).start().await;
    let mut client = gateway.login("alice", "wonderland").await;
    client.command("SELECT INBOX").await.unwrap();
    let line = dovecot.logged("user=<alice>").unwrap();
    assert!(line.contains("TLS"), "{line}");
}
