//! Logins of many at a real directory.

use gatepost_testkit::mail::MailServer;
use gatepost_testkit::servers::{Person, Slapd};

use crate::site::{Site, answer, send_login};

const USERS: usize = 50;

fn slapd() -> Slapd {
    let mut slapd = Slapd::builder();
    for user in 0..USERS {
        slapd = slapd.person(Person::new(&format!("u{user}")).password("secret"));
    }
    slapd.start().unwrap()
}

async fn site(slapd: &Slapd, limits: &str) -> Site {
    let mut mail = MailServer::builder().master("gateway", "master-secret");
    for user in 0..USERS {
        mail = mail.user(&format!("u{user}"), "x");
    }
    let directory = format!(
        "[directories.users]\nkind = \"ldap\"\nurls = [{:?}]\nca_file = {:?}\nbind_dn = {:?}\n\
         bind_password_file = \"bind\"\nbase = {:?}\nsearch_connections = 2\nbind_connections = 3\n",
        slapd.ldaps_url(),
        slapd.ca_file(),
        slapd.service_dn(),
        slapd.base()
    );
    let files = [("bind", slapd.service_password())];
    Site::with(mail.build(), &directory, limits, &files).await
}

fn count(slapd: &Slapd, wanted: &str) -> usize {
    slapd.log().lines().filter(|line| line.contains(wanted)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_logins_at_once_take_a_directorys_few_connections() {
    let slapd = slapd();
    let site = site(&slapd, "").await;
    let mut clients = site.connect_all(200).await;
    let before = count(&slapd, " ACCEPT ");
    for (number, client) in clients.iter_mut().enumerate() {
        send_login(client, number % USERS).await;
    }
    for client in &mut clients {
        let heard = answer(client).await;
        assert!(heard.starts_with("OK"), "{heard}");
    }
    let connections = count(&slapd, " ACCEPT ") - before;
    assert!((2..=5).contains(&connections), "{connections}");
}

/// Five devices of a user, again and again: what they prove together is bound once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_that_come_together_cost_fewer_binds_than_they_are() {
    let slapd = slapd();
    let site = site(&slapd, "").await;
    let mut clients = site.connect_all(100).await;
    for client in &mut clients {
        send_login(client, 7).await;
    }
    for client in &mut clients {
        let heard = answer(client).await;
        assert!(heard.starts_with("OK"), "{heard}");
    }
    let binds = count(&slapd, "BIND dn=\"uid=u7,");
    assert!(binds <= 100, "{binds} lines of binds");
    println!("100 logins of one user cost {binds} lines of binds");
}
