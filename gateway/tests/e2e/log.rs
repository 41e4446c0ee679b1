//! What the log says, and what it never says.

use gatepost_wire::base64;

use crate::common::Gateway;
use crate::setup::{MASTER_PASSWORD, Setup, backend, slapd};

/// Fields that every one of these lines has, in this order.
const FIELDS: &[(&str, &[&str])] = &[
    ("accepted", &["session=", "rip=127.0.0.1", "rport=", "proto=imap"]),
    ("tls", &["session=", "tls=1.3"]),
    (
        "login",
        &[
            "session=",
            "rip=127.0.0.1",
            "rport=",
            "user=alice@example.org",
            "account=alice",
            "id=",
            "mech=PLAIN",
            "result=ok",
            "backend=one",
            "upstream_ms=",
        ],
    ),
    (
        "login-failed",
        &[
            "session=",
            "rip=127.0.0.1",
            "user=alice",
            "mech=PLAIN",
            "result=bad-credentials",
        ],
    ),
    (
        "closed",
        &["session=", "bytes_in=", "bytes_out=", "duration_ms=", "reason="],
    ),
];

async fn some_logins() -> Gateway {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot)
        .with("[log]\nlevel = \"trace\"")
        .start()
        .await;
    let mut client = gateway.login("alice@example.org", "wonderland").await;
    client.command("LOGOUT").await.unwrap();
    client.closed().await.unwrap();
    gateway
        .connect()
        .await
        .login("alice", "wonderland")
        .await
        .unwrap();
    gateway.refused("alice", "not-so-secret").await;
    gateway
        .connect()
        .await
        .login("alice", "not-so-secret")
        .await
        .unwrap_err();
    gateway.logged_times("event=closed", 4).await;
    gateway
}

#[tokio::test]
async fn each_event_has_its_fields() {
    let gateway = some_logins().await;
    for (event, fields) in FIELDS {
        let line = gateway.lines(&format!("event={event} ")).into_iter().next();
        let line = line.unwrap_or_else(|| panic!("no {event} in\n{}", gateway.log()));
        assert!(line.starts_with("ts=20"), "{line}");
        let mut rest = line.as_str();
        for field in *fields {
            rest = rest
                .split_once(&format!(" {field}"))
                .unwrap_or_else(|| panic!("no {field} in {line}"))
                .1;
        }
    }
}

#[tokio::test]
async fn no_secret_is_ever_logged() {
    let gateway = some_logins().await;
    let log = gateway.log();
    let mut secrets: Vec<String> = ["wonderland", "not-so-secret", MASTER_PASSWORD, "service-secret"]
        .map(str::to_owned)
        .into();
    for message in [
        "\0alice\0wonderland",
        "\0alice\0not-so-secret",
        "alice\0gateway\0master-secret",
        "wonderland",
    ] {
        let mut encoded = Vec::new();
        base64::encode(message.as_bytes(), &mut encoded);
        secrets.push(String::from_utf8(encoded).unwrap());
    }
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in\n{log}");
    }
}

#[tokio::test]
async fn a_name_cannot_forge_a_line() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    gateway
        .refused("eve result=ok\" event=login user=alice", "x")
        .await;
    let line = gateway.logged("event=login-failed").await;
    assert!(
        line.contains("user=\"eve result=ok\\\" event=login user=alice\""),
        "{line}"
    );
    assert_eq!(
        gateway.lines("event=login ").len(),
        usize::from(line.contains("event=login "))
    );
}
