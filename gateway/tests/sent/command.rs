//! `gatepost sent`, and what is refused at start.

use std::path::Path;
use std::process::Command as Blocking;

use crate::site::{Site, alice, command, send};

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn a_waiting_copy_is_listed_and_shown_beside_the_running_gateway() {
    let site = Site::new().await;
    let gateway = site.gateway("wait = \"1h\"").await;
    send(&mut alice(&gateway).await, "<1@example.org>").await.unwrap();
    let list = said(&command(site.spool(), &["list"]).await);
    let line = list.lines().nth(1).unwrap();
    assert!(
        line.starts_with("queue ") && line.ends_with("alice, <1@example.org>"),
        "{list}"
    );
    let id = line.split_whitespace().nth(1).unwrap();
    let shown = said(&command(site.spool(), &["show", id]).await);
    assert!(shown.contains("\nsender: <alice@example.org>\n"), "{shown}");
    assert!(shown.ends_with("\nMessage-ID: <1@example.org>\n"), "{shown}");
    let raw = said(&command(site.spool(), &["show", "--raw", id]).await);
    assert!(raw.ends_with("\r\n\r\n.Hello!\r\n"), "{raw}");
    let again = said(&command(site.spool(), &["retry", id]).await);
    assert_eq!(again, format!("{id}: is in the queue already\n"));
    assert!(!command(site.spool(), &["retry"]).await.status.success());
}

#[tokio::test]
async fn two_gateways_on_one_spool_are_refused() {
    let site = Site::new().await;
    let gateway = site.gateway("").await;
    let config = gateway.folder().join("gatepost.toml");
    let output = tokio::task::spawn_blocking(move || run(&config)).await.unwrap();
    assert!(output.contains("another gatepost uses it"), "{output}");
}

fn run(config: &Path) -> String {
    let mut command = Blocking::new(env!("CARGO_BIN_EXE_gatepost"));
    let output = command.args(["run", "--config"]).arg(config).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}
