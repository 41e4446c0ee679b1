//! SIGTERM.

use tokio::net::{TcpListener, TcpStream};

use crate::site::{ALICE, BOB, Setup};

#[tokio::test]
async fn an_end_in_good_order() {
    let mut site = Setup::default().start().await;
    let address = site.gateway.address(0);
    let mut stranger = site.gateway.connect().await;
    let mut alice = site.gateway.login(ALICE.0, ALICE.1).await;
    let mut bob = site.gateway.login(BOB.0, BOB.1).await;
    alice.command("SELECT INBOX").await.unwrap();
    bob.idle().await.unwrap();

    site.gateway.terminate();
    assert!(stranger.response().await.unwrap().starts_with("* BYE"));
    stranger.closed().await.unwrap();
    site.gateway.logged("event=stopping").await;
    assert!(TcpStream::connect(address).await.is_err(), "still accepting");
    // The port is free for the next gateway while the sessions of this one go on.
    let next = TcpListener::bind(address).await;
    assert!(next.is_ok(), "{next:?}");
    alice.command("FETCH 1 FLAGS").await.unwrap();

    // The grace is over.
    for client in [&mut alice, &mut bob] {
        assert!(
            client
                .response()
                .await
                .unwrap()
                .starts_with("* BYE the gateway shuts down")
        );
        client.closed().await.unwrap();
    }
    assert!(site.gateway.ended().await.success());
    site.mail.control().wait_for_connections(0).await;
}

#[tokio::test]
async fn nobody_is_waited_for_who_is_not_there() {
    let mut site = Setup::default().start().await;
    let mut alice = site.gateway.login(ALICE.0, ALICE.1).await;
    alice.command("LOGOUT").await.unwrap();
    alice.closed().await.unwrap();
    site.gateway.terminate();
    assert!(site.gateway.ended().await.success());
    assert!(
        site.gateway.log().contains("event=stopped"),
        "{}",
        site.gateway.log()
    );
}

/// Nothing can be said in a TLS handshake, so it is not waited for at all.
#[tokio::test]
async fn a_handshake_is_broken_off() {
    let setup = Setup {
        grace: "1h",
        ..Setup::default()
    };
    let mut site = setup.start().await;
    let _silent = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    site.gateway.logged("event=accepted").await;
    site.gateway.terminate();
    assert!(site.gateway.ended().await.success());
    let log = site.gateway.log();
    assert!(log.contains("reason=\"the gateway shuts down\""), "{log}");
}

/// A mail server that does not answer is waited for until the grace is over.
#[tokio::test]
async fn a_login_that_goes_nowhere_ends_with_the_grace() {
    let mut site = Setup::default().start().await;
    site.mail
        .control()
        .set_greeting(gatepost_testkit::mail::Greeting::Withheld);
    let mut alice = site.gateway.connect().await;
    alice.send(b"a LOGIN alice wonderland\r\n").await.unwrap();
    site.mail.control().wait_for_connections(1).await;
    site.gateway.terminate();
    assert!(site.gateway.ended().await.success());
    let log = site.gateway.log();
    assert!(!log.contains("abandoned"), "{log}");
    assert!(log.contains("reason=\"the gateway shuts down\""), "{log}");
}
