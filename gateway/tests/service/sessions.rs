//! How many sessions an account may have.

use std::time::Duration;

use crate::common::answer;
use crate::control::SOCKET;
use crate::site::{ALICE, BOB, Setup};
use crate::status::status;

#[tokio::test]
async fn the_idle_session_ends_for_a_newer_one_and_the_busy_one_goes_on() {
    let setup = Setup {
        limits: "failure_grid = \"0s\"\nsessions_per_user = 2\nidle_after = \"4s\"",
        more: SOCKET.to_owned(),
        ..Setup::default()
    };
    let site = setup.start().await;
    let gateway = &site.gateway;
    let mut sleeping = gateway.login(ALICE.0, ALICE.1).await;
    sleeping.command("SELECT INBOX").await.unwrap();
    sleeping.idle().await.unwrap();
    let mut busy = gateway.login(ALICE.0, ALICE.1).await;
    let mut newest = gateway.connect().await;
    let mut refusals = 0;
    // A connection may give 100 commands before its login: enough for far longer than `idle_after`.
    let mut patience = tokio::time::interval(Duration::from_millis(250));
    // While both are in use, the newest is refused.
    loop {
        patience.tick().await;
        let reply = answer(&mut newest, ALICE.0, ALICE.1).await;
        if reply.is_ok() {
            break;
        }
        let text = reply.tagged.text().into_owned();
        assert!(
            text.ends_with("NO [LIMIT] too many sessions of this account, try again later"),
            "{text}"
        );
        refusals += 1;
        busy.command("NOOP").await.unwrap();
    }
    assert!(refusals > 0);
    let line = gateway.logged("result=too-many-sessions").await;
    assert!(
        line.contains("level=warn") && line.contains(" id=alice "),
        "{line}"
    );
    let bye = sleeping.wait_for("BYE").await.unwrap();
    let words = "too many sessions of this account, the one idle for longest ends";
    assert_eq!(bye.text().trim_end(), format!("* BYE {words}"));
    sleeping.closed().await.unwrap();
    let line = gateway.logged("event=let-go").await;
    assert!(line.contains(" account=alice ") && line.contains(words), "{line}");
    for client in [&mut busy, &mut newest] {
        client.command("NOOP").await.unwrap();
    }
    // Others have sessions of their own.
    gateway.login(BOB.0, BOB.1).await;
    let said = status(gateway);
    assert_eq!(said["refused.let-go"], "1");
    assert_eq!(said["refused.sessions"], refusals.to_string());
}

#[tokio::test]
async fn without_a_limit_there_may_be_many() {
    let site = Setup {
        limits: "sessions_per_user = 0",
        ..Setup::default()
    };
    let site = site.start().await;
    let mut clients = Vec::new();
    for _ in 0..60 {
        clients.push(site.gateway.login(ALICE.0, ALICE.1).await);
    }
    clients[0].command("NOOP").await.unwrap();
}
