//! What an administrator asks the program.

use std::process::{Command, Output, Stdio};

use gatepost_testkit::servers::Samba;

use crate::common::Gateway;
use crate::site::Servers;

/// Runs the program with the gateway's configuration and a line of standard input.
async fn gatepost(gateway: &Gateway, arguments: &[&str], line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command
        .args(arguments)
        .arg("--config")
        .arg(gateway.folder().join("gatepost.toml"));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let line = format!("{line}\n");
    let run = move || {
        use std::io::Write as _;
        let mut child = command.spawn().unwrap();
        // Who needs no line does not read it.
        let _ = child.stdin.take().unwrap().write_all(line.as_bytes());
        child.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn shown(output: &Output) -> String {
    let octets = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&octets).into_owned()
}

#[tokio::test]
async fn auth_test_logs_in_without_a_client() {
    let servers = Servers::start();
    let gateway = servers.site().group("mail-users").start().await;
    for mechanism in ["PLAIN", "LOGIN", "NTLM"] {
        for (name, is_let_in, words) in [
            ("CORP\\alice", true, "alice@example.test"),
            ("müller", true, "mueller@example.test"),
            ("carol", false, "disabled"),
            ("erin", false, "expired"),
            ("judy", false, "not"),
            ("nobody", false, "no user matches"),
        ] {
            let password = Samba::password(name.trim_start_matches("CORP\\"));
            let output = gatepost(
                &gateway,
                &["auth", "test", name, "--mechanism", mechanism],
                &password,
            )
            .await;
            let shown = shown(&output);
            assert_eq!(output.status.success(), is_let_in, "{mechanism} {name}: {shown}");
            assert!(
                shown.contains(words) && !shown.contains(&password),
                "{mechanism} {name}: {shown}"
            );
        }
    }
}

#[tokio::test]
async fn auth_explain_tells_what_the_domain_knows() {
    let servers = Servers::start();
    let gateway = servers.site().group("mail-users").start().await;
    let output = gatepost(&gateway, &["auth", "explain", "alice"], "").await;
    let shown = shown(&output);
    assert!(output.status.success(), "{shown}");
    let sid = servers.samba.object_sid("alice").unwrap();
    let dn = servers.samba.dn("alice").unwrap();
    for wanted in [&sid[..], &dn, "alice.alias@example.test", "mail-inner", "NTLM"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}

#[tokio::test]
async fn check_asks_the_controller() {
    let mut servers = Servers::start();
    let gateway = servers.site().start().await;
    let good = gatepost(&gateway, &["check", "--connect"], "").await;
    let address = servers.samba.address().to_string();
    assert!(shown(&good).contains(&address), "{good:?}");
    servers.samba.kill();
    let bad = gatepost(&gateway, &["check", "--connect"], "").await;
    assert!(
        !bad.status.success() && shown(&bad).contains(&address),
        "{}",
        shown(&bad)
    );
    assert_ne!(shown(&good), shown(&bad));
}
