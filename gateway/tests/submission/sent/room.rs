//! A spool that is full, and who may read it.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use gatepost_testkit::smtp_client::Reply;

use super::{ALICE, BOB, assert_once, emptied, filed, files, left, site, spool};
use crate::common::Gateway;
use crate::mounted::Mounted;
use crate::setup::Servers;

const MIB: usize = 1024 * 1024;

/// Sends a message from Bob to Alice, and tells whether DATA or the message was answered last, and how.
async fn try_to_send(gateway: &Gateway, id: &str, size: usize) -> (&'static str, Reply) {
    let mut client = BOB.log_in(gateway).await;
    let commands = [
        "MAIL FROM:<bob@example.org>",
        "RCPT TO:<alice@example.org>",
        "DATA",
    ];
    let reply = client.batch(&commands).await.unwrap().pop().unwrap();
    if reply.code != 354 {
        return ("DATA", reply);
    }
    let message = [BOB.message(ALICE, id), b"0123456789abcde\r\n".repeat(size / 17)].concat();
    let reply = client.message(&message).await.unwrap();
    // Whatever it was, the session goes on.
    client.command("NOOP").await.unwrap();
    ("message", reply)
}

fn assert_full(answered: &(&'static str, Reply), stage: &str) {
    let reply = &answered.1;
    assert_eq!(
        (answered.0, reply.code, reply.enhanced()),
        (stage, 452, Some("4.3.1")),
        "{answered:?}"
    );
}

#[tokio::test]
async fn a_spool_that_has_reached_its_limit_takes_no_more_until_there_is_room() {
    let mut servers = Servers::start();
    let gateway = site(
        &servers,
        "mode = \"always\"\nmax_spool_size = \"1MiB\"\nmax_account_size = \"1MiB\"",
    )
    .start()
    .await;
    servers.two.stop();
    let mut accepted = Vec::new();
    for number in 0..3 {
        let id = format!("<{number}@example.org>");
        let answered = try_to_send(&gateway, &id, 400 * 1024).await;
        match number {
            2 => assert_full(&answered, "message"),
            _ => {
                assert_eq!(answered.1.code, 250, "{answered:?}");
                accepted.push(id);
            }
        }
    }
    // One fits in still; for the next there is not even an octet.
    let room = MIB - 2 * (400 * 1024 + 4096 + 400) - 5000;
    let answered = try_to_send(&gateway, "<fits@example.org>", room).await;
    assert_eq!(answered.1.code, 250, "{answered:?}");
    accepted.push("<fits@example.org>".to_owned());
    assert_full(&try_to_send(&gateway, "<none@example.org>", 10).await, "DATA");
    servers.postfix.drained().unwrap();
    assert_once(&ALICE.inbox(&servers).await, accepted.clone());
    assert!(files(&gateway, "pending").is_empty());
    servers.two.restart().unwrap();
    filed(&gateway).await;
    assert_once(&BOB.sent(&servers).await, accepted);
    let answered = try_to_send(&gateway, "<again@example.org>", 400 * 1024).await;
    assert_eq!(answered.1.code, 250, "{answered:?}");
    filed(&gateway).await;
    assert_eq!(BOB.sent(&servers).await.len(), 4);
}

#[tokio::test]
async fn a_full_disk_takes_no_more_until_there_is_room() {
    let disk = tempfile::tempdir().unwrap();
    let _mounted = Mounted::at(disk.path(), MIB);
    let servers = Servers::start();
    let keys = format!(
        "mode = \"always\"\nmin_free_space = \"1B\"\nspool = {:?}",
        disk.path()
    );
    let gateway = site(&servers, &keys).start().await;
    std::os::unix::fs::symlink(disk.path(), spool(&gateway)).unwrap();
    // In the middle of a message, in its last piece, and when it is whole but for what is written in front of it.
    for size in [5 * MIB, MIB + 10_000, MIB - 2000] {
        assert_full(
            &try_to_send(&gateway, "<large@example.org>", size).await,
            "message",
        );
    }
    let line = gateway.logged("No space left on device").await;
    assert!(line.contains("event="), "{line}");
    // Somebody else has taken it all.
    let filler = disk.path().join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[b'x'; 4096]).is_ok() {}
    drop(file);
    assert_full(&try_to_send(&gateway, "<none@example.org>", 10).await, "DATA");
    std::fs::remove_file(&filler).unwrap();
    let answered = try_to_send(&gateway, "<fits@example.org>", 500 * 1024).await;
    assert_eq!(answered.1.code, 250, "{answered:?}");
    filed(&gateway).await;
    servers.postfix.drained().unwrap();
    for messages in [ALICE.inbox(&servers).await, BOB.sent(&servers).await] {
        assert_once(&messages, ["<fits@example.org>".to_owned()]);
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn nobody_else_can_read_what_is_in_the_spool() {
    let servers = Servers::start();
    let gateway = site(&servers, "wait = \"1h\"").start().await;
    ALICE.send(&gateway, BOB, "<1@example.org>").await;
    // One more is on its way.
    let mut client = ALICE.log_in(&gateway).await;
    let commands = [
        "MAIL FROM:<alice@example.org>",
        "RCPT TO:<bob@example.org>",
        "DATA",
    ];
    client.batch(&commands).await.unwrap();
    client.send(&b"0123456789abcde\r\n".repeat(10_000)).await.unwrap();
    left(&gateway, "pending", 1).await;
    let spool = spool(&gateway);
    assert_eq!(mode(&spool), 0o700);
    for folder in ["pending", "queue", "doubt", "failed"] {
        assert_eq!(mode(&spool.join(folder)), 0o700, "{folder}");
    }
    for folder in ["pending", "queue"] {
        let [file] = &files(&gateway, folder)[..] else {
            panic!("not one file in {folder}")
        };
        assert_eq!(mode(file), 0o600, "{folder}");
    }
    assert_eq!(mode(&spool.join("lock")), 0o600);
    drop(client);
    emptied(&gateway, "pending").await;
}
