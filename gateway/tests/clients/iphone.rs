//! What an iPhone does, from traces of real ones.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use gatepost_testkit::client::{Client, Response};
use gatepost_wire::base64;
use socket2::SockRef;
use tokio::net::TcpStream;

use crate::common::{LIMIT, TlsClient};
use crate::site::{Site, message};

/// A slice of a body, in octets: 384 KiB.
const SLICE: usize = 393_216;

/// Sends a command with its tag, and reads up to the tagged OK.
async fn ask(client: &mut TlsClient, tag: &str, command: &str) -> Vec<Response> {
    client
        .send(format!("{tag} {command}\r\n").as_bytes())
        .await
        .unwrap();
    let mut responses = Vec::new();
    loop {
        let response = client.response().await.unwrap();
        if response.starts_with(&format!("{tag} ")) {
            assert!(response.starts_with(&format!("{tag} OK")), "{response:?}");
            responses.push(response);
            return responses;
        }
        responses.push(response);
    }
}

/// The first command on the socket is the login: the greeting has to say what is possible.
async fn log_in(site: &Site) -> TlsClient {
    let stream = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    let (mut client, greeting) = Client::greeted(site.gateway.tls(stream).await, LIMIT)
        .await
        .unwrap();
    for capability in ["SASL-IR", "AUTH=PLAIN", "ID"] {
        assert!(greeting.contains(capability), "{greeting:?}");
    }
    let mut command = b"AUTHENTICATE PLAIN ".to_vec();
    base64::encode(b"\0alice\0wonderland", &mut command);
    let answered = ask(&mut client, "A1", std::str::from_utf8(&command).unwrap()).await;
    let ok = answered.last().unwrap();
    assert!(
        ok.contains("[CAPABILITY ") && ok.contains("IDLE") && !ok.contains("COMPRESS"),
        "{ok:?}"
    );
    client
}

#[tokio::test]
async fn opens_its_account() {
    let (site, _) = Site::with_mail().await;
    let mut client = log_in(&site).await;
    let id = "ID (\"name\" \"iPhone Mail\" \"version\" \"22C161\" \"os\" \"iOS\" \"os-version\" \"18.2.1 (22C161)\")";
    ask(&mut client, "2", id).await;
    let listed = ask(&mut client, "3", "LIST \"\" \"*\" RETURN (SPECIAL-USE)").await;
    assert!(listed.iter().any(|line| line.contains("\\Sent")), "{listed:?}");
    let listed = ask(
        &mut client,
        "4",
        "LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (UNSEEN))",
    )
    .await;
    assert!(
        listed.iter().any(|line| line.contains("STATUS INBOX (UNSEEN 3)")),
        "{listed:?}"
    );
    let selected = ask(&mut client, "5", "SELECT INBOX (CONDSTORE)").await;
    assert!(
        selected.iter().any(|line| line.contains("HIGHESTMODSEQ")),
        "{selected:?}"
    );
    let found = ask(&mut client, "6", "UID SEARCH RETURN (ALL) NOT DELETED").await;
    assert!(found.iter().any(|line| line.contains("ALL 1:3")), "{found:?}");
    // A comma set, behind a blank line.
    client.send(b"\r\n").await.unwrap();
    let fetched = ask(&mut client, "L67", "UID FETCH 1,3 (FLAGS UID)").await;
    assert_eq!(fetched.len(), 3, "{fetched:?}");
    let moved = ask(&mut client, "L68", "UID MOVE 1,2 Trash").await;
    assert!(moved.iter().any(|line| line.contains("COPYUID")), "{moved:?}");
}

/// A message whose part 1 ends inside the eighth slice, so that the last two lie past its end.
fn large() -> (String, Vec<u8>) {
    let line = "0123456789 the quick brown fox jumps over the lazy dog {0}\r\n";
    let body = line.repeat(3_000_000 / line.len());
    (
        message(1).split_once("\r\n\r\n").unwrap().0.to_owned() + "\r\n\r\n" + &body,
        body.into_bytes(),
    )
}

#[tokio::test]
async fn reads_a_large_message_in_pipelined_slices() {
    let site = Site::start().await;
    let (message, body) = large();
    site.deliver(&message);
    let mut client = log_in(&site).await;
    ask(&mut client, "2", "SELECT INBOX (CONDSTORE)").await;
    let commands: String = (0..10)
        .map(|slice| {
            format!(
                "P{slice} UID FETCH 1 (UID BODY.PEEK[1]<{}.{SLICE}>)\r\n",
                slice * SLICE
            )
        })
        .collect();
    client.send(commands.as_bytes()).await.unwrap();
    let (mut slices, mut done) = (BTreeMap::new(), 0);
    while done < 10 {
        let response = client.response().await.unwrap();
        let text = response.text().into_owned();
        match text.split_once("BODY[1]<") {
            Some((_, rest)) => {
                let origin: usize = rest.split_once('>').unwrap().0.parse().unwrap();
                // An empty literal stalls the phone for a minute: it has to be a quoted string.
                let slice = response.literal(0);
                assert_eq!(slice.is_none(), origin >= body.len(), "slice at {origin}");
                assert_eq!(slice.is_none(), text.ends_with(" \"\")"), "slice at {origin}");
                slices.insert(origin, slice.unwrap_or_else(Bytes::new));
            }
            None if text.starts_with('P') => {
                assert!(text.contains(" OK "), "{text}");
                done += 1;
            }
            None => {}
        }
    }
    let read: Vec<u8> = slices.into_values().flatten().collect();
    assert!(read == body, "{} octets of {}", read.len(), body.len());
}

#[tokio::test]
async fn idles_and_hears_of_a_new_message() {
    let site = Site::start().await;
    let mut client = log_in(&site).await;
    ask(&mut client, "2", "SELECT INBOX (CONDSTORE)").await;
    client.send(b"3 IDLE\r\n").await.unwrap();
    client.wait_for("+").await.unwrap();
    site.deliver(&message(1));
    client.wait_for("1 EXISTS").await.unwrap();
    client.send(b"DONE\r\n").await.unwrap();
    assert!(client.wait_for("3 OK").await.unwrap().starts_with("3 OK"));
    let fetched = ask(&mut client, "4", "UID FETCH 1:* (FLAGS)").await;
    assert!(fetched[0].contains("UID 1"), "{fetched:?}");
}

#[tokio::test]
async fn keeps_what_it_sent() {
    let site = Site::start().await;
    let mut client = log_in(&site).await;
    let sent = message(1);
    let command = format!("2 APPEND Sent (\\Seen) {{{}}}\r\n", sent.len());
    client.send(command.as_bytes()).await.unwrap();
    assert!(client.response().await.unwrap().starts_with("+"));
    client.send(format!("{sent}\r\n").as_bytes()).await.unwrap();
    let answer = client.wait_for("2 ").await.unwrap();
    assert!(answer.starts_with("2 OK [APPENDUID "), "{answer:?}");
    ask(&mut client, "3", "SELECT Sent (CONDSTORE)").await;
    let fetched = ask(&mut client, "4", "UID FETCH 1 (FLAGS BODY.PEEK[])").await;
    assert!(fetched[0].contains("\\Seen"), "{fetched:?}");
    assert_eq!(fetched[0].literal(0).unwrap(), sent.as_bytes());
}

#[tokio::test]
async fn dies_in_the_middle_and_comes_back() {
    let (site, _) = Site::with_mail().await;
    for reset in [false, true] {
        let mut client = log_in(&site).await;
        ask(&mut client, "2", "SELECT INBOX").await;
        client.send(b"3 IDLE\r\n").await.unwrap();
        client.wait_for("+").await.unwrap();
        let stream = client.into_stream();
        if reset {
            SockRef::from(stream.get_ref().0)
                .set_linger(Some(Duration::ZERO))
                .unwrap();
        }
        drop(stream);
        site.gateway
            .logged_times("event=closed", 1 + usize::from(reset))
            .await;
    }
    let mut client = log_in(&site).await;
    ask(&mut client, "2", "SELECT INBOX").await;
}

#[tokio::test]
async fn opens_five_connections_at_once() {
    let (site, _) = Site::with_mail().await;
    let (one, two, three, four, five) = tokio::join!(
        log_in(&site),
        log_in(&site),
        log_in(&site),
        log_in(&site),
        log_in(&site)
    );
    for mut client in [one, two, three, four, five] {
        ask(&mut client, "2", "SELECT INBOX").await;
    }
    assert_eq!(site.gateway.lines("event=login ").len(), 5);
}
