//! The whole benchmark with small counts, of Gatepost alone, so that it keeps working where the others are not installed.
//!
//! The gateway is the library that this test is built with: whether there is a current program is not for it to know.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gatepost::config::Config;
use tokio::runtime::Builder;

/// Says that a process of this test is the gateway, and what its configuration is.
const CONFIG: &str = "GATEPOST_VERSUS_CONFIG";

/// Does nothing, unless it is the gateway. It runs until it is killed.
#[test]
fn gateway() {
    let Some(config) = std::env::var_os(CONFIG) else {
        return;
    };
    let config = Config::load(Path::new(&config)).unwrap();
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let _running = gatepost::gateway::start(&config).await.unwrap();
        std::future::pending::<()>().await;
    });
}

/// A program that takes `run --config FILE`, as Gatepost does.
fn program(folder: &Path) -> PathBuf {
    let path = folder.join("gatepost");
    let this = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = run ] || exec echo tested\n{CONFIG}=\"$3\" exec {this:?} --exact gateway --nocapture\n"
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn versus(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost-versus"));
    command.args(["--quick", "--proxies", "gatepost,direct", "--gatepost"]);
    command.arg(program(folder.path())).args(arguments);
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let said = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{said}\n{}", String::from_utf8_lossy(&stderr));
    said
}

/// The row with this title, by columns.
fn row<'a>(markdown: &'a str, title: &str) -> Vec<&'a str> {
    let mut rows = markdown.lines().map(|line| line.split('|').map(str::trim));
    let row = rows.find(|row| row.clone().nth(1) == Some(title));
    row.unwrap_or_else(|| panic!("no {title:?} in {markdown}"))
        .skip(2)
        .collect()
}

fn number(cell: &str) -> f64 {
    cell.replace(',', "").parse().unwrap()
}

#[test]
fn gatepost_is_measured() {
    let said = versus(&["--only", "login,commands,fetch,idle,empty"]);
    assert!(said.contains("\n- gatepost: tested\n"), "{said}");
    for title in [
        "full handshake, CPU us",
        "resumed handshake, CPU us",
        "1 connection, CPU us",
        "32 connections, CPU us",
        "8 connections, CPU s/GiB",
        "100 sessions: memory each, KiB",
        "memory, MiB",
    ] {
        assert!(number(row(&said, title)[0]) > 0.0, "{title}: {said}");
    }
    assert_eq!(row(&said, "resumed handshakes that were, %"), ["100", "100", ""]);
    assert!(said.contains("\n| gatepost: memory, MiB | 12 |"), "{said}");
}

#[test]
fn sent_messages_are_counted_with_their_copies() {
    let said = versus(&["--only", "submit"]);
    let [plain, copied, direct] = [0, 1, 2].map(|column| number(row(&said, "10 KiB on 465, CPU us")[column]));
    assert!(0.0 < direct && direct < plain && plain < copied, "{said}");
}
