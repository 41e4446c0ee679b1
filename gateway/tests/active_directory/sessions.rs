//! Sessions that go on while their account changes.

use gatepost_testkit::servers::{Hindrance, Samba};

use crate::common::{Gateway, TlsClient};
use crate::site::{Servers, Site};

const OFTEN: &str = "recheck = \"1s\"";

async fn idle(gateway: &Gateway, name: &str) -> TlsClient {
    let mut client = gateway.login(name, &Samba::password(name)).await;
    client.command("SELECT INBOX").await.unwrap();
    client.idle().await.unwrap();
    client
}

async fn is_sent_away(client: &mut TlsClient, words: &str) {
    let heard = client.response().await.unwrap();
    assert_eq!(heard.text().trim_end(), format!("* BYE {words}"));
    client.closed().await.unwrap();
}

async fn goes_on(client: &mut TlsClient) {
    client.done().await.unwrap();
    client.command("NOOP").await.unwrap();
    client.idle().await.unwrap();
}

fn site(servers: &Servers) -> Site<'_> {
    servers.site().group("mail-users").limits(OFTEN)
}

#[tokio::test]
async fn who_is_no_longer_allowed_is_sent_away() {
    let servers = Servers::start();
    let gateway = site(&servers).start().await;
    let samba = &servers.samba;
    let mut bob = idle(&gateway, "bob").await;
    for (change, back) in [
        (
            (|samba| samba.disable("alice")) as fn(&Samba) -> _,
            (|samba| samba.enable("alice")) as fn(&Samba) -> _,
        ),
        (
            |samba| samba.leave("mail-inner", "alice"),
            |samba| samba.join("mail-inner", "alice"),
        ),
        (
            |samba| samba.hinder("alice", Hindrance::Expired),
            |samba| samba.set("alice", "accountExpires", "0"),
        ),
    ] {
        let mut alice = idle(&gateway, "alice").await;
        change(samba).unwrap();
        is_sent_away(&mut alice, "this account is no longer allowed").await;
        back(samba).unwrap();
    }
    goes_on(&mut bob).await;
    samba.delete("bob").unwrap();
    is_sent_away(&mut bob, "this account is no longer allowed").await;
}

#[tokio::test]
async fn a_changed_password_ends_sessions_and_a_lock_does_not() {
    let servers = Servers::start();
    let gateway = site(&servers).start().await;
    let mut alice = idle(&gateway, "alice").await;
    let mut bob = idle(&gateway, "bob").await;
    servers.samba.lock_out("bob").unwrap();
    servers.samba.set_password("alice", "another-Secret2").unwrap();
    is_sent_away(&mut alice, "the password has changed, log in again").await;
    goes_on(&mut bob).await;
}

#[tokio::test]
async fn an_outage_ends_nothing() {
    let mut servers = Servers::start();
    let gateway = site(&servers).start().await;
    let mut alice = idle(&gateway, "alice").await;
    servers.samba.kill();
    gateway.logged("event=recheck-unavailable").await;
    goes_on(&mut alice).await;
    servers.samba.start().unwrap();
    gateway.logged("event=recheck-available").await;
    goes_on(&mut alice).await;
    servers.samba.disable("alice").unwrap();
    is_sent_away(&mut alice, "this account is no longer allowed").await;
}
