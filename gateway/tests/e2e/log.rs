//! What the log says, and what it never says.

use gatepost_wire::base64;

use crate::common::Gateway;
use crate::setup::{MASTER_PASSWORD, Setup, backend, slapd};

/// Fields that every one of these lines has, in this order.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "accepted",
        &[
            "session=",
            "rip=127.0.0.1",
            "rport=",
            "lip=127.0.0.1",
            "listener=127.0.0.1:",
            "proto=imap",
        ],
    ),
    ("tls", &["session=", "tls=1.3", "cipher=TLS13_", "sni=localhost"]),
    (
        "client-id",
        &[
            "session=",
            "name=\"iPhone Mail\"",
            "version=22C161",
            "os=iOS",
            "os_version=",
        ],
    ),
    (
        "upstream",
        &[
            "session=",
            "backend=one",
            "address=127.",
            "tls=1.3",
            "cipher=TLS13_",
            "upstream_ms=",
        ],
    ),
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
        &[
            "session=",
            "bytes_in=",
            "bytes_out=",
            "duration_ms=",
            "reason=\"upstream closed\"",
        ],
    ),
];

async fn some_logins() -> Gateway {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot)
        .with("[log]\nlevel = \"trace\"")
        .start()
        .await;
    let mut client = gateway.login("alice@example.org", "wonderland").await;
    let id = "ID (\"name\" \"iPhone Mail\" \"version\" \"22C161\" \"os\" \"iOS\" \"os-version\" \"18.2.1\")";
    client.command(id).await.unwrap();
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
async fn a_client_may_say_what_it_is_before_it_logs_in() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let mut client = gateway.connect().await;
    client
        .command("ID (\"name\" \"a\\\" event=login user=\\\"eve\")")
        .await
        .unwrap();
    client.login("alice", "wonderland").await.unwrap();
    let line = gateway.logged("event=client-id ").await;
    assert!(
        line.ends_with(" name=\"a\\\" event=login user=\\\"eve\""),
        "{line}"
    );
    assert_eq!(gateway.lines("event=client-id ").len(), 1);
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

/// The addresses that fail2ban would find in these lines, by the expression in the manual.
fn banned(lines: &str) -> Vec<String> {
    let manual = include_str!("../../../docs/operations.md");
    let expression = manual.lines().find_map(|line| line.strip_prefix("failregex = "));
    let expression = expression.unwrap().replace("<HOST>", r"(?P<host>[0-9a-f.:]+)");
    let script = "import re, sys\n\
        found = (re.search(sys.argv[1], line) for line in sys.argv[2].splitlines())\n\
        print(*(match['host'] for match in found if match))";
    let output = std::process::Command::new("python3")
        .args(["-c", script, &expression, lines])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let hosts = String::from_utf8(output.stdout).unwrap();
    hosts.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn nobody_can_have_others_banned() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    gateway.refused("alice", "wrong").await;
    let line = gateway.logged("event=login-failed").await;
    assert_eq!(banned(&line), ["127.0.0.1"], "{line}");
    let in_journal = format!("mail gatepost[123]: {line}");
    assert_eq!(banned(&in_journal), ["127.0.0.1"]);

    let forged = "level=info event=login-failed session=1 rip=192.0.2.1 rport=1 result=bad-credentials ";
    gateway.refused(forged, "x").await;
    gateway.refused(&format!("h gatepost[1]: {forged}"), "x").await;
    let mut client = gateway.connect().await;
    client
        .command(&format!("ID (\"name\" \"{forged}\")"))
        .await
        .unwrap();
    client.login("alice", "wonderland").await.unwrap();
    gateway.logged_times("event=login-failed", 3).await;
    gateway.logged("event=client-id").await;
    assert_eq!(gateway.log().matches("192.0.2.1").count(), 3, "{}", gateway.log());
    assert_eq!(banned(&gateway.log()), ["127.0.0.1"; 3]);
}
