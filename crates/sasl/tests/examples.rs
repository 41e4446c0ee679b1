//! The examples do what they say: every mechanism, the client's side and both servers', over TCP.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "main of an example is not called"
)]

use std::net::{TcpListener, TcpStream};
use std::thread;

use gatepost_sasl::Mechanism;
use gatepost_wire::Secret;

#[path = "../examples/adapter.rs"]
mod adapter;
#[path = "../examples/client.rs"]
mod client;
#[path = "../examples/server.rs"]
mod server;
#[path = "../examples/server_tokio.rs"]
mod server_tokio;

/// What a client hears that logs in by each mechanism.
fn replies(connect: impl Fn() -> TcpStream, name: &str, password: &str) -> Vec<String> {
    let mechanisms = Mechanism::ALL.iter().copied();
    let password = Secret::from(password);
    mechanisms
        .map(|mechanism| client::log_in(&connect(), mechanism, name, &password).unwrap())
        .collect()
}

/// Alice gets in, and nobody else.
fn check(connect: impl Fn() -> TcpStream) {
    for (name, password, reply) in [
        ("alice", "correct horse", "235 welcome, alice"),
        ("alice", "battery staple", "535 authentication failed"),
        ("bob", "correct horse", "535 authentication failed"),
    ] {
        let replies = replies(&connect, name, password);
        assert_eq!(replies, [reply; 4], "{name} {password}");
    }
}

#[test]
fn a_client_logs_in_to_the_server_without_a_runtime() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    check(|| {
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        thread::spawn(move || server::serve(theirs).unwrap());
        stream
    });
}

#[test]
fn a_client_logs_in_to_the_server_with_tokio() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    check(|| {
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = runtime.block_on(listener.accept()).unwrap();
        runtime.spawn(server_tokio::serve(theirs));
        stream
    });
}

#[test]
fn the_servers_answer_what_is_no_exchange() {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let script = b"EHLO x\r\nAUTH SCRAM-SHA-1\r\nAUTH LOGIN =\r\n*\r\nAUTH PLAIN\r\n?\r\nAUTH PLAIN AGE=\r\n";
    let expected = [
        "501 expected AUTH and a mechanism",
        "501 unknown SASL mechanism",
        "334 VXNlcm5hbWU6",
        "501 cancelled",
        "334 ",
        "501 not base64 at offset 0",
        "501 PLAIN: expected authzid NUL authcid NUL password",
        "",
    ];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let replies = runtime.block_on(async {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut read, mut write) = tokio::io::split(ours);
        write.write_all(script).await.unwrap();
        write.shutdown().await.unwrap();
        server_tokio::serve(theirs).await.unwrap();
        let mut replies = String::new();
        read.read_to_string(&mut replies).await.unwrap();
        replies
    });
    assert_eq!(replies.split("\r\n").collect::<Vec<_>>(), expected);

    let mut scripted = Scripted {
        input: script,
        output: Vec::new(),
    };
    server::serve(&mut scripted).unwrap();
    assert_eq!(String::from_utf8(scripted.output).unwrap(), replies);
}

/// A client that says everything at once.
struct Scripted<'a> {
    input: &'a [u8],
    output: Vec<u8>,
}

impl std::io::Read for Scripted<'_> {
    fn read(&mut self, octets: &mut [u8]) -> std::io::Result<usize> {
        self.input.read(octets)
    }
}

impl std::io::Write for Scripted<'_> {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.output.write(octets)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn one_loop_drives_both_sides_of_all_mechanisms_by_the_traits_of_the_sasl_crate() {
    let identities = adapter::log_in_by_all("correct horse").unwrap();
    assert_eq!(identities.len(), Mechanism::ALL.len() + 1);
    assert!(
        identities.iter().all(|(_, identity)| identity == "alice"),
        "{identities:?}"
    );
    assert!(adapter::log_in_by_all("battery staple").is_err());
}
