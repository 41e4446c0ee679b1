//! A server and clients of it, in memory.

use std::time::Duration;

use gatepost_testkit::client::{Client, Reply, Response};
use gatepost_testkit::mail::{Builder, MailServer};
use gatepost_testkit::smtp_client;
use tokio::io::DuplexStream;

/// What a step may take before the test fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) type Alice = Client<DuplexStream>;
/// A client that submits mail.
pub(crate) type Submitter = smtp_client::Client<DuplexStream>;

/// A server with Alice, Bob and a master.
pub(crate) fn builder() -> Builder {
    MailServer::builder()
        .user("alice", "secret")
        .user("bob", "hunter2")
        .master("gateway", "master")
}

/// Another client of `server`, greeted.
pub(crate) async fn greeted(server: &MailServer) -> Alice {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let server = server.clone();
    tokio::spawn(async move { server.serve(far).await });
    Client::greeted(near, LIMIT).await.unwrap().0
}

/// Another client of `server`, logged in as Alice.
pub(crate) async fn alice(server: &MailServer) -> Alice {
    let mut client = greeted(server).await;
    client.login("alice", "secret").await.unwrap();
    client
}

/// An SMTP client of `server` that has not read the greeting.
pub(crate) fn smtp(server: &MailServer) -> Submitter {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let server = server.clone();
    tokio::spawn(async move { server.serve_smtp(far).await });
    Submitter::new(near, LIMIT)
}

/// An SMTP client of `server` behind EHLO.
pub(crate) async fn introduced(server: &MailServer) -> Submitter {
    let mut client = smtp(server);
    assert_eq!(client.reply().await.unwrap().code, 220);
    client.ehlo().await.unwrap();
    client
}

/// An SMTP client of `server`, logged in as Alice.
pub(crate) async fn submitter(server: &MailServer) -> Submitter {
    let mut client = introduced(server).await;
    client.auth_plain("", "alice", "secret").await.unwrap();
    client
}

/// Alice at a server with these messages in her INBOX, which is selected.
pub(crate) async fn inbox(messages: &[&str]) -> (MailServer, Alice) {
    let server = builder().build();
    for message in messages {
        server
            .store()
            .deliver("alice", "INBOX", (*message).to_owned())
            .unwrap();
    }
    let mut client = alice(&server).await;
    client.command("SELECT INBOX").await.unwrap();
    (server, client)
}

/// The untagged responses as text. All of them follow the grammar.
pub(crate) fn untagged(reply: &Reply) -> Vec<String> {
    reply.untagged.iter().map(text).collect()
}

fn text(response: &Response) -> String {
    if let Err(error) = gatepost_imap::response::parse(response.octets()) {
        panic!("{error}: {response:?}");
    }
    response.text().into_owned()
}

/// The untagged responses to a command that has to be answered OK.
pub(crate) async fn lines(client: &mut Alice, command: &str) -> Vec<String> {
    untagged(&client.command(command).await.unwrap())
}

/// The tagged answer to a command, without its tag.
pub(crate) async fn answer(client: &mut Alice, command: &str) -> String {
    let reply = client.ask(command).await.unwrap();
    text(&reply.tagged).split_once(' ').unwrap().1.to_owned()
}
