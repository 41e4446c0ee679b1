//! The example of a proxy in the IMAP crate, between a client and a real server.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gatepost_testkit::client::Client;
use gatepost_testkit::servers::Dovecot;
use tokio::net::TcpStream;

#[path = "../../../imap/examples/verbs.rs"]
#[allow(dead_code)]
mod example;

const LIMIT: Duration = Duration::from_secs(10);

/// What the proxy printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<String>>>);

impl Printed {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// All that is printed behind `C: `.
    fn commands(&self) -> Vec<String> {
        let printed = self.0.lock().unwrap();
        let commands = printed.iter().filter_map(|line| line.strip_prefix("C: "));
        commands.map(str::to_owned).collect()
    }

    fn has(&self, line: &str) -> bool {
        self.0.lock().unwrap().iter().any(|printed| printed == line)
    }
}

/// Runs the proxy for one client.
fn proxy(server: SocketAddr) -> (SocketAddr, Printed, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, printed) = (listener.local_addr().unwrap(), Printed::default());
    let print = printed.clone();
    let running = thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let server = std::net::TcpStream::connect(server).unwrap();
        example::proxy(&client, &server, |line| print.push(line));
    });
    (address, printed, running)
}

#[tokio::test]
async fn the_example_of_a_proxy_prints_verbs_and_changes_nothing() {
    let dovecot = Dovecot::builder()
        .user("alice", "secret")
        .trusting()
        .start()
        .unwrap();
    let (address, printed, running) = proxy(dovecot.imap());
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, _) = Client::greeted(stream, LIMIT).await.unwrap();
    // Every octet, lines that look like commands and announcements, and more than one read holds.
    let all: Vec<u8> = (1..=255).filter(|octet| !b"\r\n".contains(octet)).collect();
    let lines = [&all[..], b"\r\nt9 LOGOUT\r\na {5}\r\n"].concat();
    let message = [b"Subject: greetings\r\n\r\n", &lines.repeat(1000)[..]].concat();

    client.login("alice", "secret").await.unwrap();
    client.command("SELECT INBOX").await.unwrap();
    client.append("INBOX", &message).await.unwrap();
    let refused = client.append("nowhere", b"Subject: x\r\n\r\n").await;
    assert!(refused.unwrap_err().to_string().contains("refused"));
    client.command("NOOP").await.unwrap();
    let fetched = client.command("UID FETCH 1 (FLAGS BODY[])").await.unwrap();
    assert_eq!(fetched.literal().unwrap(), message);
    client.idle().await.unwrap();
    dovecot.deliver("alice", "INBOX", b"Subject: x\r\n\r\n").unwrap();
    client.wait_for("2 EXISTS").await.unwrap();
    client.done().await.unwrap();
    client.command("LOGOUT").await.unwrap();
    client.closed().await.unwrap();
    drop(client);
    running.join().unwrap();

    assert_eq!(
        printed.commands(),
        [
            "LOGIN", "SELECT", "APPEND", "APPEND", "NOOP", "UID", "IDLE", "DONE", "LOGOUT"
        ]
    );
    for line in [
        "S: * OK",
        "S: * FETCH",
        "S: + OK",
        "S: + idling",
        "S: * EXISTS",
        "S: * BYE",
        "S: t1 OK",
    ] {
        assert!(printed.has(line), "{line}: {:?}", printed.0);
    }
    assert_eq!(dovecot.messages("alice", "INBOX").await.unwrap()[0].raw, message);
}
