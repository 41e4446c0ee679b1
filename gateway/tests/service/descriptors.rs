//! A process that has no descriptors left.

use gatepost_testkit::client::Client;
use tokio::net::TcpStream;

use crate::common::LIMIT;
use crate::control::SOCKET;
use crate::site::{ALICE, Setup};
use crate::status::status;

#[tokio::test]
async fn accepting_pauses_what_is_open_goes_on_and_then_it_is_well_again() {
    let setup = Setup {
        more: SOCKET.to_owned(),
        ..Setup::default()
    };
    let site = setup.start().await;
    let gateway = &site.gateway;
    let mut alice = gateway.login(ALICE.0, ALICE.1).await;
    alice.command("SELECT INBOX").await.unwrap();
    gateway.limit_descriptors(Some(1));
    let waiting = TcpStream::connect(gateway.address(0)).await.unwrap();
    let line = gateway.logged("event=accept-failed").await;
    assert!(
        line.contains("level=error") && line.contains("Too many open files"),
        "{line}"
    );
    for _ in 0..20 {
        alice.command("NOOP").await.unwrap();
    }
    alice.idle().await.unwrap();
    alice.done().await.unwrap();
    gateway.limit_descriptors(None);
    let line = gateway.logged("event=accept-resumed").await;
    assert!(
        line.contains(" failures=") && line.contains(" duration_ms="),
        "{line}"
    );
    // Who has waited is served.
    let stream = gateway.tls(waiting).await;
    let (mut client, _) = Client::greeted(stream, LIMIT).await.unwrap();
    client.authenticate_plain("", ALICE.0, ALICE.1).await.unwrap();
    assert_eq!(
        gateway.lines("event=accept-failed").len(),
        1,
        "once for all failures"
    );
    let failures: u64 = status(gateway)["refused.descriptors"].parse().unwrap();
    assert!(failures > 0);
}
