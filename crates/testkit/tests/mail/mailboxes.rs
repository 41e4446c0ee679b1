//! LIST, STATUS, SELECT and what makes and removes mailboxes.

use gatepost_testkit::mail::{MailServer, demo};

use crate::pair::{alice, answer, builder, greeted, inbox, lines};

fn with_demo_mail() -> MailServer {
    let server = builder().build();
    demo::fill(server.store()).unwrap();
    server
}

#[tokio::test]
async fn list_as_a_phone_and_as_thunderbird_ask_it() {
    let server = with_demo_mail();
    let mut client = alice(&server).await;
    let listed = lines(
        &mut client,
        "LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (UNSEEN MESSAGES))",
    )
    .await;
    assert_eq!(
        listed[..4],
        [
            "* LIST (\\HasNoChildren \\Archive) \"/\" Archive",
            "* STATUS Archive (UNSEEN 0 MESSAGES 0)",
            "* LIST (\\HasNoChildren \\Trash) \"/\" \"Deleted Messages\"",
            "* STATUS \"Deleted Messages\" (UNSEEN 0 MESSAGES 0)",
        ]
    );
    assert!(
        listed.contains(&"* STATUS INBOX (UNSEEN 1 MESSAGES 3)".into()),
        "{listed:?}"
    );
    client.command("UNSUBSCRIBE Junk").await.unwrap();
    let listed = lines(&mut client, "list (subscribed) \"\" \"*\" return (special-use)").await;
    assert_eq!(listed.len(), 5);
    assert_eq!(listed[3], "* LIST (\\HasNoChildren \\Subscribed) \"/\" INBOX");
    let listed = lines(&mut client, "LIST (SPECIAL-USE) \"\" (\"S%\" \"D*\" INBOX)").await;
    assert_eq!(listed.len(), 3);
}

#[tokio::test]
async fn list_walks_the_hierarchy() {
    let server = builder().build();
    let mut client = alice(&server).await;
    client.command("CREATE work/2026/").await.unwrap();
    client.command("SUBSCRIBE work/2026").await.unwrap();
    assert_eq!(
        lines(&mut client, "LIST \"\" %").await,
        [
            "* LIST (\\HasNoChildren) \"/\" INBOX",
            "* LIST (\\HasChildren) \"/\" work"
        ]
    );
    assert_eq!(
        lines(&mut client, "LIST work/ %").await,
        ["* LIST (\\HasNoChildren) \"/\" work/2026"]
    );
    assert_eq!(
        lines(&mut client, "LIST \"\" \"\"").await,
        ["* LIST (\\Noselect) \"/\" \"\""]
    );
    assert_eq!(
        lines(&mut client, "LSUB \"\" \"work*\"").await,
        ["* LSUB (\\HasNoChildren) \"/\" work/2026"]
    );
    assert_eq!(
        lines(&mut client, "NAMESPACE").await,
        ["* NAMESPACE ((\"\" \"/\")) NIL NIL"]
    );
}

#[tokio::test]
async fn mailboxes_are_created_renamed_and_deleted() {
    let server = builder().build();
    let mut client = alice(&server).await;
    client.command("CREATE \"Gr&APwA3w-e\"").await.unwrap();
    assert!(
        answer(&mut client, "CREATE inbox")
            .await
            .starts_with("NO [ALREADYEXISTS]")
    );
    assert!(
        answer(&mut client, "CREATE a//b")
            .await
            .starts_with("NO [CANNOT]")
    );
    client
        .command("RENAME \"Gr&APwA3w-e\" {4+}\r\na/ b")
        .await
        .unwrap();
    assert_eq!(server.store().mailboxes("alice").unwrap(), ["INBOX", "a", "a/ b"]);
    assert!(
        answer(&mut client, "DELETE a")
            .await
            .starts_with("NO [HASCHILDREN]")
    );
    client.command("DELETE \"a/ b\"").await.unwrap();
    assert!(
        answer(&mut client, "DELETE \"a/ b\"")
            .await
            .starts_with("NO [NONEXISTENT]")
    );
    assert!(
        answer(&mut client, "SUBSCRIBE \"a/ b\"")
            .await
            .starts_with("NO [NONEXISTENT]")
    );
}

#[tokio::test]
async fn renaming_inbox_moves_its_messages() {
    let (server, mut client) = inbox(&["a", "b"]).await;
    let told = lines(&mut client, "RENAME INBOX old").await;
    assert_eq!(told, ["* 1 EXPUNGE", "* 1 EXPUNGE"]);
    assert_eq!(server.store().messages("alice", "old").unwrap().len(), 2);
    assert!(server.store().messages("alice", "INBOX").unwrap().is_empty());
}

#[tokio::test]
async fn select_describes_the_mailbox() {
    let (_server, mut client) = inbox(&["a", "b"]).await;
    client.command("STORE 1 +FLAGS.SILENT (\\Seen)").await.unwrap();
    assert_eq!(
        lines(&mut client, "SELECT INBOX (CONDSTORE)").await,
        [
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
            "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] flags that last",
            "* 2 EXISTS",
            "* 0 RECENT",
            "* OK [UNSEEN 2] first unseen",
            "* OK [UIDVALIDITY 1] UIDs are valid",
            "* OK [UIDNEXT 3] next UID",
        ]
    );
    assert!(
        answer(&mut client, "EXAMINE INBOX")
            .await
            .starts_with("OK [READ-ONLY]")
    );
    assert!(
        answer(&mut client, "STORE 1 FLAGS ()")
            .await
            .starts_with("NO [CANNOT]")
    );
    assert!(
        answer(&mut client, "SELECT nowhere")
            .await
            .starts_with("NO [NONEXISTENT]")
    );
    assert!(
        answer(&mut client, "FETCH 1 FLAGS")
            .await
            .starts_with("BAD no mailbox is selected")
    );
}

#[tokio::test]
async fn status_counts() {
    let (_server, mut client) = inbox(&["ab", "cde"]).await;
    client
        .command("STORE 1 FLAGS.SILENT (\\Seen \\Deleted)")
        .await
        .unwrap();
    let items = "MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE";
    let status = lines(&mut client, &format!("STATUS inbox ({items})")).await;
    let expected = "MESSAGES 2 RECENT 0 UIDNEXT 3 UIDVALIDITY 1 UNSEEN 1 DELETED 1 SIZE 5";
    assert_eq!(status, [format!("* STATUS INBOX ({expected})")]);
    assert!(answer(&mut client, "STATUS INBOX (FOO)").await.starts_with("BAD"));
}

#[tokio::test]
async fn unknown_and_misplaced_commands_are_bad() {
    let server = builder().build();
    let mut client = alice(&server).await;
    for command in [
        "COMPRESS DEFLATE",
        "LOGIN alice secret",
        "STARTTLS",
        "AUTHENTICATE PLAIN",
        "UID",
        "UID NOOP",
        "CHECK",
        "CLOSE",
    ] {
        assert!(answer(&mut client, command).await.starts_with("BAD"), "{command}");
    }
    assert!(answer(&mut client, "NOOP").await.starts_with("OK"));
    assert!(answer(&mut client, "NOOP x").await.starts_with("BAD"));
    assert_eq!(lines(&mut client, "ENABLE UTF8=ACCEPT").await, ["* ENABLED"]);
    let mut other = greeted(&server).await;
    assert!(answer(&mut other, "SELECT INBOX").await.starts_with("BAD"));
}
