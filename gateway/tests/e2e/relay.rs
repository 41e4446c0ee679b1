//! Behind the login: what is passed on, and what is not.

use crate::setup::{ALL_ON_ONE, BY_AUTHZID, Setup, backend, message, slapd};
use crate::tap::Tap;

/// A gateway with plaintext to its mail server on loopback, so that the test hears what is said there.
#[tokio::test]
async fn refused_commands_never_reach_the_mail_server() {
    let (slapd, dovecot) = (slapd(), backend().trusting().start().unwrap());
    let tap = Tap::start(dovecot.imap()).await;
    let upstream = format!(
        "[upstreams.one]\naddress = \"{}\"\ntls = \"none\"\n{BY_AUTHZID}",
        tap.address()
    );
    let gateway = Setup::new()
        .ldap(&slapd, "")
        .with(ALL_ON_ONE)
        .with(&upstream)
        .start()
        .await;
    let mut client = gateway.login("alice", "wonderland").await;
    for command in [
        "COMPRESS DEFLATE",
        "STARTTLS",
        "AUTHENTICATE PLAIN",
        "LOGIN a b",
        "UNAUTHENTICATE",
    ] {
        assert_eq!(client.ask(command).await.unwrap().status(), "BAD", "{command}");
    }
    client.command("NOOP").await.unwrap();
    let heard = tap.heard();
    assert!(heard.contains(" NOOP\r\n"), "{heard}");
    for word in ["COMPRESS", "STARTTLS", " LOGIN ", "UNAUTHENTICATE"] {
        assert!(!heard.contains(word), "{word} in {heard}");
    }
    assert_eq!(
        heard.matches("AUTHENTICATE").count(),
        1,
        "only the gateway's own: {heard}"
    );
}

#[tokio::test]
async fn the_list_of_capabilities_is_one_list() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let mut client = gateway.connect().await;
    let ok = client
        .authenticate_plain("", "alice", "wonderland")
        .await
        .unwrap()
        .tagged;
    let text = ok.text().into_owned();
    let told = text
        .split_once("[CAPABILITY ")
        .unwrap()
        .1
        .split_once(']')
        .unwrap()
        .0;
    let later = client.command("CAPABILITY").await.unwrap();
    assert_eq!(later.untagged[0].text(), format!("* CAPABILITY {told}"));
    assert!(
        told.contains("IDLE") && told.contains("CONDSTORE") && !told.contains("AUTH="),
        "{told}"
    );
}

#[tokio::test]
async fn a_refused_literal_ends_its_command_and_no_other() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let mut client = gateway.login("alice", "wonderland").await;
    // Dovecot refuses the mailbox with the tagged NO, or takes the literal and refuses then; either way NOOP is next.
    client.send(b"x1 APPEND \"no/such\" {20}\r\n").await.unwrap();
    let answer = client.response().await.unwrap();
    if answer.starts_with("+") {
        client.send(b"x1 COMPRESS DEFLATE\r\n").await.unwrap();
        client.send(b"\r\n").await.unwrap();
        assert!(client.wait_for("x1 ").await.unwrap().starts_with("x1 NO"));
    }
    client.command("NOOP").await.unwrap();
}

#[tokio::test]
async fn pipelined_commands_are_all_answered() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    dovecot.deliver("alice", "INBOX", &message("one")).unwrap();
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let mut client = gateway.login("alice", "wonderland").await;
    let commands = "p1 SELECT INBOX\r\np2 FETCH 1 BODY.PEEK[]\r\np3 STATUS INBOX (MESSAGES)\r\np4 NOOP\r\n";
    client.send(commands.as_bytes()).await.unwrap();
    // A server may answer the fetch after what came behind it.
    let mut waiting = vec!["p1 OK", "p2 OK", "p3 OK", "p4 OK"];
    while !waiting.is_empty() {
        let response = client.response().await.unwrap();
        waiting.retain(|tag| !response.starts_with(tag));
    }
}

#[tokio::test]
async fn a_half_closed_client_hears_its_answer() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let mut stream = gateway.login("alice", "wonderland").await.into_stream();
    stream
        .write_all(b"h1 STATUS INBOX (MESSAGES)\r\nh2 LOGOUT\r\n")
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    assert!(heard.contains("h1 OK") && heard.contains("h2 OK"), "{heard}");
    gateway.logged("event=closed").await;
}
