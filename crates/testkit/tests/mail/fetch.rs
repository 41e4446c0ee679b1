//! FETCH and APPEND.

use gatepost_testkit::mail::Flag;

use crate::pair::{alice, answer, builder, inbox, lines};

const PLAIN: &str = "Subject: one\r\nFrom: Bob <bob@example.org>\r\n\r\nline 1\r\nline 2\r\n";
const MIXED: &str = "Subject: two\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n\
    Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n--b--\r\n";

#[tokio::test]
async fn what_is_appended_is_fetched_octet_for_octet() {
    let server = builder().build();
    let mut client = alice(&server).await;
    let message: Vec<u8> = (0..=255_u8).cycle().take(300_000).collect();
    let reply = client.append("INBOX", &message).await.unwrap();
    assert!(reply.tagged.contains("OK [APPENDUID 1 1]"), "{:?}", reply.tagged);
    client.command("SELECT INBOX").await.unwrap();
    let reply = client.command("FETCH 1 (BODY.PEEK[] RFC822.SIZE)").await.unwrap();
    assert_eq!(reply.literal().unwrap(), message);
    assert!(reply.untagged[0].contains("RFC822.SIZE 300000)"));
    assert_eq!(
        server.store().messages("alice", "INBOX").unwrap()[0].octets,
        message
    );
}

#[tokio::test]
async fn append_takes_flags_a_date_and_both_kinds_of_literal() {
    let server = builder().build();
    let mut client = alice(&server).await;
    client
        .send(b"a APPEND inbox (\\Seen $Work) \"17-Jul-1996 02:44:25 -0700\" {5+}\r\nabc\r\n\r\n")
        .await
        .unwrap();
    assert!(client.response().await.unwrap().starts_with("a OK"));
    let reply = client.ask_parts(&[b"APPEND Nowhere ", b"abc"]).await.unwrap();
    assert!(reply.tagged.contains("NO [TRYCREATE]"), "{:?}", reply.tagged);
    client.command("SELECT INBOX").await.unwrap();
    let fetched = lines(&mut client, "FETCH 1 (FLAGS INTERNALDATE)").await;
    assert_eq!(
        fetched,
        ["* 1 FETCH (FLAGS (\\Seen $Work) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")"]
    );
    assert!(
        server.store().messages("alice", "INBOX").unwrap()[0]
            .flags
            .contains(&Flag::Seen)
    );
}

#[tokio::test]
async fn partials_tell_their_origin_alone_and_are_empty_behind_the_end() {
    let (_server, mut client) = inbox(&[PLAIN]).await;
    let fetched = lines(&mut client, "FETCH 1 BODY.PEEK[1]<0.4>").await;
    assert_eq!(fetched, ["* 1 FETCH (BODY[1]<0> {4}\r\nline)"]);
    let fetched = lines(&mut client, "UID FETCH 1 BODY.PEEK[1]<14.393216>").await;
    assert_eq!(fetched, ["* 1 FETCH (UID 1 BODY[1]<14> {2}\r\n\r\n)"]);
    let fetched = lines(
        &mut client,
        "FETCH 1 (BODY.PEEK[1]<16.4> BODY.PEEK[1]<4294967295.4294967295>)",
    )
    .await;
    assert_eq!(
        fetched,
        ["* 1 FETCH (BODY[1]<16> {0}\r\n BODY[1]<4294967295> {0}\r\n)"]
    );
    assert_eq!(
        lines(&mut client, "FETCH 1 BODY.PEEK[2]<0.4>").await,
        ["* 1 FETCH (BODY[2]<0> NIL)"]
    );
}

#[tokio::test]
async fn sections_lead_into_messages_in_messages() {
    let (_server, mut client) = inbox(&[MIXED]).await;
    let fetched = lines(
        &mut client,
        "FETCH 1 (BODY.PEEK[2.1] BODY.PEEK[2.HEADER.FIELDS (Subject)])",
    )
    .await;
    let expected =
        "* 1 FETCH (BODY[2.1] {5}\r\nhello BODY[2.HEADER.FIELDS (Subject)] {18}\r\nSubject: inner\r\n\r\n)";
    assert_eq!(fetched, [expected]);
    let fetched = lines(&mut client, "FETCH 1 BODY").await;
    assert!(
        fetched[0].contains("(NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL)"),
        "{fetched:?}"
    );
}

#[tokio::test]
async fn reading_sets_seen_and_peeking_does_not() {
    let (_server, mut client) = inbox(&[PLAIN, PLAIN]).await;
    assert_eq!(
        lines(&mut client, "FETCH 1 BODY.PEEK[]<0.1>").await,
        ["* 1 FETCH (BODY[]<0> {1}\r\nS)"]
    );
    assert_eq!(lines(&mut client, "FETCH 1 RFC822.HEADER").await.len(), 1);
    let fetched = lines(&mut client, "FETCH 1 BODY[]<0.1>").await;
    assert_eq!(fetched, ["* 1 FETCH (BODY[]<0> {1}\r\nS FLAGS (\\Seen))"]);
    assert_eq!(
        lines(&mut client, "FETCH 1 BODY[]<0.1>").await,
        ["* 1 FETCH (BODY[]<0> {1}\r\nS)"]
    );
    client.command("EXAMINE INBOX").await.unwrap();
    assert_eq!(
        lines(&mut client, "FETCH 2 (RFC822.TEXT FLAGS)").await,
        ["* 2 FETCH (RFC822.TEXT {16}\r\nline 1\r\nline 2\r\n FLAGS ())"]
    );
}

#[tokio::test]
async fn macros_and_sets() {
    let (_server, mut client) = inbox(&[PLAIN; 6]).await;
    let fast = lines(&mut client, "FETCH 1 FAST").await;
    assert!(
        fast[0].starts_with("* 1 FETCH (FLAGS () INTERNALDATE \"") && fast[0].ends_with(" RFC822.SIZE 61)"),
        "{fast:?}"
    );
    assert!(lines(&mut client, "FETCH 1 ALL").await[0].ends_with(" NIL NIL NIL NIL))"));
    assert!(lines(&mut client, "FETCH 1 FULL").await[0].contains(" BODY (\"TEXT\" \"plain\" "));
    let numbers = |lines: Vec<String>| -> String { lines.iter().map(|line| &line[2..3]).collect() };
    assert_eq!(numbers(lines(&mut client, "FETCH 2,5:*,1,2 UID").await), "1256");
    assert_eq!(numbers(lines(&mut client, "UID FETCH *:5 FLAGS").await), "56");
    assert_eq!(numbers(lines(&mut client, "UID FETCH 100:* FLAGS").await), "6");
    assert_eq!(numbers(lines(&mut client, "UID FETCH 100:200 FLAGS").await), "");
    assert!(
        answer(&mut client, "FETCH 0 FLAGS")
            .await
            .starts_with("BAD expected a set of messages at octet")
    );
    assert!(answer(&mut client, "FETCH 1 (FLAGS").await.starts_with("BAD"));
    assert!(answer(&mut client, "FETCH 1 BODY[1").await.starts_with("BAD"));
    assert!(answer(&mut client, "FETCH").await.starts_with("BAD"));
}

#[tokio::test]
async fn ten_pipelined_slices_of_a_large_message() {
    let text = "x".repeat(1_000_000);
    let (_server, mut client) = inbox(&[&format!("Subject: big\r\n\r\n{text}")]).await;
    let slice = 393_216;
    let commands: String = (0..10)
        .map(|index| {
            format!(
                "s{index} UID FETCH 1 (UID BODY.PEEK[1]<{}.{slice}>)\r\n",
                index * slice
            )
        })
        .collect();
    client.send(commands.as_bytes()).await.unwrap();
    let mut body = Vec::new();
    for index in 0..10 {
        let fetched = client.response().await.unwrap();
        assert!(
            fetched.contains(&format!("BODY[1]<{}>", index * slice)),
            "{fetched:?}"
        );
        body.extend_from_slice(&fetched.literal(0).unwrap());
        assert!(
            client
                .response()
                .await
                .unwrap()
                .starts_with(&format!("s{index} OK"))
        );
    }
    assert_eq!(body, text.as_bytes());
}
