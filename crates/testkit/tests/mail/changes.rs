//! STORE, EXPUNGE, COPY, MOVE, and what other sessions hear of them.

use crate::pair::{alice, answer, inbox, lines};

#[tokio::test]
async fn flags_are_stored_and_told() {
    let (server, mut client) = inbox(&["a", "b", "c"]).await;
    assert_eq!(
        lines(&mut client, "STORE 1 +FLAGS (\\Seen Work)").await,
        ["* 1 FETCH (UID 1 FLAGS (\\Seen Work))"]
    );
    assert_eq!(
        lines(&mut client, "UID STORE 1:2 -FLAGS \\Seen").await,
        ["* 1 FETCH (UID 1 FLAGS (Work))", "* 2 FETCH (UID 2 FLAGS ())"]
    );
    assert!(
        lines(&mut client, "STORE 3 FLAGS.SILENT (\\Draft)")
            .await
            .is_empty()
    );
    assert_eq!(
        server.store().messages("alice", "INBOX").unwrap()[2]
            .flags
            .to_string(),
        "(\\Draft)"
    );
    assert!(
        answer(&mut client, "STORE 1 +FLAGS (\\Recent)")
            .await
            .starts_with("BAD")
    );
    assert!(answer(&mut client, "STORE 1 FLAG ()").await.starts_with("BAD"));
}

#[tokio::test]
async fn other_sessions_hear_of_flags_and_new_messages_at_their_next_command() {
    let (server, mut client) = inbox(&["a"]).await;
    let mut other = alice(&server).await;
    other.command("SELECT INBOX").await.unwrap();
    other.command("STORE 1 +FLAGS.SILENT (\\Flagged)").await.unwrap();
    server.store().deliver("alice", "INBOX", "b").unwrap();
    assert_eq!(
        lines(&mut client, "NOOP").await,
        ["* 1 FETCH (UID 1 FLAGS (\\Flagged))", "* 2 EXISTS"]
    );
    assert!(lines(&mut client, "NOOP").await.is_empty());
    assert_eq!(lines(&mut other, "NOOP").await, ["* 2 EXISTS"]);
}

#[tokio::test]
async fn numbers_stay_while_a_command_uses_them() {
    let (server, mut client) = inbox(&["a", "b", "c"]).await;
    let mut other = alice(&server).await;
    other.command("SELECT INBOX").await.unwrap();
    other
        .command("UID STORE 1:2 +FLAGS.SILENT \\Deleted")
        .await
        .unwrap();
    assert_eq!(lines(&mut other, "EXPUNGE").await, ["* 1 EXPUNGE", "* 1 EXPUNGE"]);
    server.store().deliver("alice", "INBOX", "d").unwrap();
    assert_eq!(
        lines(&mut client, "FETCH 1:3 UID").await,
        ["* 4 EXISTS", "* 3 FETCH (UID 3)"]
    );
    assert_eq!(lines(&mut client, "SEARCH ALL").await, ["* SEARCH 3 4"]);
    assert_eq!(lines(&mut client, "NOOP").await, ["* 1 EXPUNGE", "* 1 EXPUNGE"]);
    assert_eq!(
        lines(&mut client, "FETCH 1:* UID").await,
        ["* 1 FETCH (UID 3)", "* 2 FETCH (UID 4)"]
    );
}

#[tokio::test]
async fn uid_expunge_takes_only_what_it_names() {
    let (server, mut client) = inbox(&["a", "b", "c"]).await;
    client
        .command("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
        .await
        .unwrap();
    assert_eq!(lines(&mut client, "UID EXPUNGE 2:3").await, ["* 2 EXPUNGE"]);
    let left = |server: &gatepost_testkit::mail::MailServer| {
        let messages = server.store().messages("alice", "INBOX").unwrap();
        messages.iter().map(|message| message.uid).collect::<Vec<_>>()
    };
    assert_eq!(left(&server), [1, 3]);
    client.command("UNSELECT").await.unwrap();
    assert_eq!(left(&server), [1, 3]);
    client.command("SELECT INBOX").await.unwrap();
    assert!(lines(&mut client, "CLOSE").await.is_empty());
    assert_eq!(left(&server), [3]);
    assert!(answer(&mut client, "NOOP").await.starts_with("OK"));
}

#[tokio::test]
async fn copy_keeps_flags_and_tells_uids() {
    let (server, mut client) = inbox(&["a", "b", "c"]).await;
    client.command("CREATE Archive").await.unwrap();
    client.command("STORE 2 +FLAGS.SILENT (\\Flagged)").await.unwrap();
    assert!(
        answer(&mut client, "COPY 1,3 Nowhere")
            .await
            .starts_with("NO [TRYCREATE]")
    );
    assert!(
        answer(&mut client, "UID COPY 2:3 Archive")
            .await
            .starts_with("OK [COPYUID 3 2:3 1:2]")
    );
    assert_eq!(
        answer(&mut client, "UID COPY 99 Archive").await,
        "OK messages copied"
    );
    let copies = server.store().messages("alice", "Archive").unwrap();
    assert_eq!(copies[0].flags.to_string(), "(\\Flagged)");
    assert_eq!(copies[1].octets, "c");
    assert!(
        answer(&mut client, "COPY 1 INBOX")
            .await
            .starts_with("OK [COPYUID 1 1 4]")
    );
    assert_eq!(lines(&mut client, "SEARCH ALL").await, ["* SEARCH 1 2 3 4"]);
}

#[tokio::test]
async fn move_takes_messages_along_with_comma_sets() {
    let (server, mut client) = inbox(&["a", "b", "c", "d"]).await;
    client.command("CREATE Trash").await.unwrap();
    assert_eq!(
        lines(&mut client, "UID MOVE 1,3:4 Trash").await,
        [
            "* OK [COPYUID 3 1,3:4 1:3] messages moved",
            "* 1 EXPUNGE",
            "* 2 EXPUNGE",
            "* 2 EXPUNGE"
        ]
    );
    assert!(lines(&mut client, "UID MOVE 1,3:4 Trash").await.is_empty());
    assert_eq!(server.store().messages("alice", "Trash").unwrap().len(), 3);
    assert_eq!(server.store().messages("alice", "INBOX").unwrap()[0].octets, "b");
    assert_eq!(
        lines(&mut client, "MOVE 1 INBOX").await,
        ["* OK [COPYUID 1 2 5] messages moved", "* 1 EXPUNGE", "* 1 EXISTS"]
    );
}
