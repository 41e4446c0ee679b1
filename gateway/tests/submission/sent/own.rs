//! Clients that file a copy of their own.

use gatepost_testkit::client::{Client, mailbox_name};
use gatepost_testkit::servers::Dovecot;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{ALICE, BOB, CAROL, Person, assert_once, counted, filed, site};
use crate::common::{Gateway, answer};
use crate::setup::{Servers, Site};

/// Long enough for a client to be within it.
const WAIT: &str = "wait = \"3s\"";

async fn append<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    backend: &Dovecot,
    message: &[u8],
) {
    let command = format!("APPEND {} (\\Seen) ", mailbox_name(&backend.sent()));
    let reply = client.ask_parts(&[command.as_bytes(), message]).await.unwrap();
    assert!(reply.is_ok(), "{reply:?}");
}

/// A copy that comes through the gateway.
async fn append_through(gateway: &Gateway, servers: &Servers, person: Person, message: &[u8]) {
    let mut client = gateway.connect_to(Site::IMAP).await;
    assert!(answer(&mut client, person.name, person.password).await.is_ok());
    append(&mut client, person.backend(servers), message).await;
}

/// A copy that the gateway does not see.
async fn append_directly(servers: &Servers, person: Person, message: &[u8]) {
    let password = if person.name == "bob" {
        "only-here-2"
    } else {
        "only-here-1"
    };
    let backend = person.backend(servers);
    let mut client = backend.connect().await.unwrap();
    client.login(person.name, password).await.unwrap();
    append(&mut client, backend, message).await;
}

#[tokio::test]
async fn a_clients_own_copy_is_the_only_one() {
    let servers = Servers::start();
    let gateway = site(&servers, WAIT).start().await;
    for person in [ALICE, BOB] {
        let message = |id| person.message(CAROL, id);
        // Before it sends.
        append_through(&gateway, &servers, person, &message("<before@example.org>")).await;
        person.send(&gateway, CAROL, "<before@example.org>").await;
        // Behind our 250.
        person.send(&gateway, CAROL, "<behind@example.org>").await;
        append_through(&gateway, &servers, person, &message("<behind@example.org>")).await;
        // Past the gateway.
        person.send(&gateway, CAROL, "<directly@example.org>").await;
        append_directly(&servers, person, &message("<directly@example.org>")).await;
    }
    // What the gateway saw is not looked for. What Bob's mailbox is for it does not know by its name.
    gateway.logged_times("event=sent-own", 1).await;
    gateway.logged_times("event=sent-present", 5).await;
    BOB.send(&gateway, CAROL, "<again@example.org>").await;
    let again = BOB.message(CAROL, "<again@example.org>");
    append_through(&gateway, &servers, BOB, &again).await;
    gateway.logged_times("event=sent-own", 2).await;
    filed(&gateway).await;
    for (person, more) in [(ALICE, None), (BOB, Some("again"))] {
        let ids = ["before", "behind", "directly"].into_iter().chain(more);
        let ids = ids.map(|id| format!("<{id}@example.org>"));
        assert_once(&person.sent(&servers).await, ids);
    }
    assert_eq!(gateway.lines("event=sent-filed"), [""; 0]);
    servers.postfix.drained().unwrap();
    assert_eq!(CAROL.inbox(&servers).await.len(), 7);
}

#[tokio::test]
async fn without_one_there_is_ours_after_the_wait() {
    let servers = Servers::start();
    let gateway = site(&servers, "wait = \"2s\"").start().await;
    for person in [ALICE, BOB] {
        person.send(&gateway, CAROL, "<1@example.org>").await;
    }
    gateway.logged_times("event=sent-filed", 2).await;
    filed(&gateway).await;
    for line in gateway.lines("event=sent-filed") {
        let waited = line.split_once(" wait_ms=").unwrap().1;
        let waited: u64 = waited.split_whitespace().next().unwrap().parse().unwrap();
        assert!(waited >= 2000, "{line}");
    }
    for person in [ALICE, BOB] {
        assert_once(&person.sent(&servers).await, ["<1@example.org>".to_owned()]);
    }
}

#[tokio::test]
async fn one_of_another_message_id_is_another_message() {
    let servers = Servers::start();
    let gateway = site(&servers, "wait = \"1s\"").start().await;
    ALICE.send(&gateway, BOB, "<1@example.org>").await;
    // Its id contains that of the message, which is what a search looks for.
    let other = ALICE.message(BOB, "<11@example.org>");
    append_through(&gateway, &servers, ALICE, &other).await;
    let like = ALICE.message(BOB, "\"<1@example.org>\"@example.org");
    append_through(&gateway, &servers, ALICE, &like).await;
    gateway.logged("event=sent-filed").await;
    filed(&gateway).await;
    let sent = counted(&ALICE.sent(&servers).await);
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(sent["<1@example.org>"], 1);
}

#[tokio::test]
async fn what_a_client_files_elsewhere_is_no_copy() {
    let servers = Servers::start();
    let gateway = site(&servers, "wait = \"1s\"").start().await;
    for person in [ALICE, BOB] {
        let message = person.message(CAROL, "<1@example.org>");
        let prefix = if person.name == "bob" { "INBOX." } else { "" };
        let mut client = gateway.connect_to(Site::IMAP).await;
        assert!(answer(&mut client, person.name, person.password).await.is_ok());
        let mut save = async |mailbox: &str| {
            let command = format!("APPEND {prefix}{mailbox} ");
            let reply = client.ask_parts(&[command.as_bytes(), &message]).await.unwrap();
            assert!(reply.is_ok(), "{reply:?}");
        };
        save("Drafts (\\Seen \\Draft)").await;
        person.send(&gateway, CAROL, "<1@example.org>").await;
        // Some save it once more, forget to say what it is, or throw it away like this.
        save("Drafts (\\Seen \\Draft)").await;
        save("Drafts").await;
        save("Trash (\\Seen)").await;
    }
    gateway.logged_times("event=sent-filed", 2).await;
    filed(&gateway).await;
    for person in [ALICE, BOB] {
        assert_once(&person.sent(&servers).await, ["<1@example.org>".to_owned()]);
    }
}
