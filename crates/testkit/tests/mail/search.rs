//! SEARCH.

use crate::pair::{answer, inbox, lines};

#[tokio::test]
async fn found_by_number_uid_flag_and_text() {
    let (_server, mut client) = inbox(&[
        "Subject: a\r\n\r\nfirst",
        "Subject: b\r\n\r\nsecond",
        "Subject: c\r\n\r\nthird",
    ])
    .await;
    client.command("STORE 2 +FLAGS.SILENT (\\Seen)").await.unwrap();
    client.command("STORE 1 +FLAGS.SILENT (\\Deleted)").await.unwrap();
    client.command("EXPUNGE").await.unwrap();
    assert_eq!(lines(&mut client, "SEARCH UNSEEN").await, ["* SEARCH 2"]);
    assert_eq!(lines(&mut client, "UID SEARCH UNSEEN").await, ["* SEARCH 3"]);
    assert_eq!(lines(&mut client, "UID SEARCH UID 1:2").await, ["* SEARCH 2"]);
    assert_eq!(lines(&mut client, "UID SEARCH *").await, ["* SEARCH 3"]);
    assert_eq!(lines(&mut client, "SEARCH BODY nothing").await, ["* SEARCH"]);
    assert_eq!(
        lines(
            &mut client,
            "SEARCH CHARSET UTF-8 SUBJECT {1+}\r\nC OR SEEN NOT SEEN"
        )
        .await,
        ["* SEARCH 2"]
    );
    assert!(
        answer(&mut client, "SEARCH CHARSET KOI8-R ALL")
            .await
            .starts_with("NO [BADCHARSET (UTF-8)]")
    );
    assert_eq!(
        answer(&mut client, "SEARCH FOO").await,
        "BAD expected a search key at octet 11"
    );
}

#[tokio::test]
async fn extended_results() {
    let (_server, mut client) = inbox(&["a"; 5]).await;
    client.command("STORE 4 +FLAGS.SILENT (\\Seen)").await.unwrap();
    let mut found = async |command: &str| {
        let line = lines(&mut client, command).await.remove(0);
        line.split_once(") ")
            .or_else(|| line.split_once(')'))
            .unwrap()
            .1
            .to_owned()
    };
    assert_eq!(found("UID SEARCH RETURN (ALL) UNSEEN").await, "UID ALL 1:3,5");
    assert_eq!(found("SEARCH RETURN () UNSEEN").await, "ALL 1:3,5");
    assert_eq!(
        found("SEARCH RETURN (MIN MAX COUNT) ALL").await,
        "MIN 1 MAX 5 COUNT 5"
    );
    assert_eq!(found("SEARCH RETURN (COUNT) DRAFT").await, "COUNT 0");
    assert_eq!(found("SEARCH RETURN (ALL) DRAFT").await, "");
}
