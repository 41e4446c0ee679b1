//! IDLE.

use gatepost_testkit::client::ErrorKind;

use crate::pair::{alice, answer, inbox, lines};

#[tokio::test]
async fn an_idling_client_hears_of_everything() {
    let (server, mut client) = inbox(&["a"]).await;
    client.idle().await.unwrap();
    server.store().deliver("alice", "INBOX", "b").unwrap();
    assert_eq!(client.wait_for("EXISTS").await.unwrap().text(), "* 2 EXISTS");
    let mut other = alice(&server).await;
    other.command("SELECT INBOX").await.unwrap();
    other.command("STORE 1 +FLAGS.SILENT (\\Deleted)").await.unwrap();
    assert_eq!(
        client.wait_for("FETCH").await.unwrap().text(),
        "* 1 FETCH (UID 1 FLAGS (\\Deleted))"
    );
    other.command("EXPUNGE").await.unwrap();
    assert_eq!(client.wait_for("EXPUNGE").await.unwrap().text(), "* 1 EXPUNGE");
    client.done().await.unwrap();
    assert_eq!(lines(&mut client, "FETCH 1:* UID").await, ["* 1 FETCH (UID 2)"]);
}

#[tokio::test]
async fn what_happened_before_idle_is_told_when_it_begins() {
    let (server, mut client) = inbox(&[]).await;
    server.store().deliver("alice", "INBOX", "a").unwrap();
    client.idle().await.unwrap();
    assert_eq!(client.wait_for("EXISTS").await.unwrap().text(), "* 1 EXISTS");
    client.done().await.unwrap();
}

#[tokio::test]
async fn done_at_once_and_commands_behind_it() {
    let (_server, mut client) = inbox(&[]).await;
    client
        .send(b"a IDLE\r\nDONE\r\nb NOOP\r\nc IDLE\r\nd NOOP\r\n")
        .await
        .unwrap();
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(client.response().await.unwrap().text().into_owned());
    }
    assert_eq!(
        heard,
        [
            "+ idling",
            "a OK idle ended",
            "b OK nothing done",
            "+ idling",
            "c BAD expected DONE"
        ]
    );
}

#[tokio::test]
async fn idling_without_a_mailbox_is_allowed() {
    let (_server, mut client) = inbox(&[]).await;
    client.command("UNSELECT").await.unwrap();
    client.idle().await.unwrap();
    client.done().await.unwrap();
    assert!(answer(&mut client, "IDLE now").await.starts_with("BAD"));
}

#[tokio::test]
async fn many_sessions_hear_of_one_message() {
    let (server, _client) = inbox(&[]).await;
    let mut idling = Vec::new();
    for _ in 0..300 {
        let mut client = alice(&server).await;
        client.command("SELECT INBOX").await.unwrap();
        client.idle().await.unwrap();
        idling.push(client);
    }
    server.store().deliver("alice", "INBOX", "a").unwrap();
    for client in &mut idling {
        assert_eq!(client.wait_for("EXISTS").await.unwrap().text(), "* 1 EXISTS");
    }
    server.control().drop_connections();
    for client in &mut idling {
        assert!(matches!(
            client.wait_for("BYE").await.unwrap_err().kind(),
            ErrorKind::Closed
        ));
    }
}
