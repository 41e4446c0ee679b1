//! The control socket, and `gatepost guard`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::common::Gateway;
use crate::site::{ALICE, BOB, Setup, Site};

/// A user of this system who is neither root nor anybody else in particular.
const NOBODY: u32 = 65_534;

pub(crate) const SOCKET: &str = "[control]\nsocket = \"control.sock\"\n";

const HEADER: &str = "ACCOUNT  DIRECTORY  FAILURES  REFUSED FOR  WRONG PASSWORDS  ID  FROM\n";

async fn site() -> Site {
    let more = "[control]\nsocket = \"control.sock\"\n[guard]\nfailures = 2\n";
    let setup = Setup {
        limits: "failure_grid = \"0s\"\nfailures_per_connection = 100",
        more: more.to_owned(),
        ..Setup::default()
    };
    setup.start().await
}

fn socket(gateway: &Gateway) -> PathBuf {
    gateway.folder().join("control.sock")
}

/// `gatepost guard`, with the gateway's configuration.
fn guard(gateway: &Gateway, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.arg("guard").args(arguments);
    command
        .arg("--config")
        .arg(gateway.folder().join("gatepost.toml"));
    command
}

/// What it prints.
fn said(gateway: &Gateway, arguments: &[&str]) -> String {
    let output = guard(gateway, arguments).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What it says when it fails.
fn failed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    errors(&output)
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The cells of the second line of a table.
fn first_row(table: &str) -> Vec<String> {
    let line = table.lines().nth(1).unwrap_or_default();
    let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
    cells.map(str::to_owned).collect()
}

#[tokio::test]
async fn failures_are_listed_and_forgotten() {
    let site = site().await;
    let gateway = &site.gateway;
    assert_eq!(said(gateway, &["list"]), HEADER);
    for wrong in ["guess-1", "guess-2"] {
        let heard = gateway.refused("Alice", wrong).await;
        assert!(heard.starts_with("NO [AUTHENTICATIONFAILED]"), "{heard}");
    }
    // The failures are spent, for the right password too: it has not been seen yet.
    let heard = gateway.refused(ALICE.0, ALICE.1).await;
    assert!(heard.starts_with("NO [UNAVAILABLE]"), "{heard}");
    let table = said(gateway, &["list"]);
    let row = first_row(&table);
    assert_eq!(
        [&row[0], &row[1], &row[2], &row[4], &row[5], &row[6]],
        ["alice", "users", "2", "2", "alice", "127.0.0.0/24 (2)"],
        "{table}"
    );
    assert!(row[3] == "30m" || row[3] == "29m", "{table}");
    assert_eq!(
        said(gateway, &["clear", "ALICE"]),
        "alice (users, alice): cleared\n"
    );
    let line = gateway.logged("event=guard-cleared").await;
    assert!(
        line.ends_with(" directory=users account=alice id=alice") && line.contains("level=info"),
        "{line}"
    );
    let user = format!("user={} process=", rustix::process::geteuid().as_raw());
    let line = gateway.logged("request=\"guard clear account ALICE\"").await;
    assert!(line.contains(&user), "{line}");
    assert_eq!(said(gateway, &["list"]), HEADER);
    gateway.login(ALICE.0, ALICE.1).await;
    for secret in ["guess-1", "guess-2", ALICE.1] {
        assert!(
            !table.contains(secret) && !gateway.log().contains(secret),
            "{secret}"
        );
    }
}

#[tokio::test]
async fn all_are_forgotten_at_once() {
    let site = site().await;
    let gateway = &site.gateway;
    assert_eq!(
        said(gateway, &["clear", "--all"]),
        "nothing was known of anybody\n"
    );
    gateway.refused(ALICE.0, "guess").await;
    assert_eq!(
        said(gateway, &["clear", "bob"]),
        "bob (users, bob): nothing was known\n"
    );
    gateway.refused(BOB.0, "guess").await;
    assert_eq!(
        said(gateway, &["clear", "--all"]),
        "alice (users, alice): cleared\nbob (users, bob): cleared\n"
    );
    assert_eq!(
        failed(guard(gateway, &["clear", "carol"])),
        "gatepost: nobody is known by the name or id carol\n"
    );
    for nonsense in [&["clear"][..], &["clear", "alice", "--all"], &["forget"]] {
        let output = guard(gateway, nonsense).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{nonsense:?}");
    }
    assert_eq!(
        failed(guard(gateway, &["clear", "a\nguard clear all"])),
        "gatepost: that cannot be the name or id of an account\n"
    );
}

#[tokio::test]
async fn the_socket_comes_and_goes_with_the_gateway() {
    let mut site = site().await;
    let socket = socket(&site.gateway);
    let mode = fs::symlink_metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // What is left over is replaced.
    site.gateway.kill().await;
    let nobody_listens = format!(
        "gatepost: the gateway does not run: nobody listens at {}\n",
        socket.display()
    );
    assert_eq!(failed(guard(&site.gateway, &["list"])), nobody_listens);
    site.gateway.restart().await;
    assert_eq!(said(&site.gateway, &["list"]), HEADER);
    site.gateway.terminate();
    assert!(site.gateway.ended().await.success());
    assert!(!socket.exists());
    let none = format!(
        "gatepost: the gateway does not run, or has another socket: there is no {}\n",
        socket.display()
    );
    assert_eq!(failed(guard(&site.gateway, &["list"])), none);
}

#[tokio::test]
async fn a_second_gateway_does_not_take_the_socket() {
    let site = site().await;
    let mut second = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    let config = site.gateway.folder().join("gatepost.toml");
    second.args(["run", "--config"]).arg(config).stdout(Stdio::null());
    let error = failed(second);
    let expected = format!(
        "gatepost: the control socket {}: another gateway listens there\n",
        socket(&site.gateway).display()
    );
    assert!(error.ends_with(&expected), "{error}");
    assert_eq!(said(&site.gateway, &["list"]), HEADER);
}

#[tokio::test]
async fn a_gateway_without_a_socket_cannot_be_asked() {
    let site = Setup::default().start().await;
    let config = site.gateway.folder().join("gatepost.toml");
    let expected = format!("gatepost: no [control] socket in {}\n", config.display());
    assert_eq!(failed(guard(&site.gateway, &["list"])), expected);
    // Whatever the configuration says.
    let other = self::site().await;
    let socket = socket(&other.gateway);
    let arguments = ["list", "--socket", socket.to_str().unwrap()];
    assert_eq!(said(&site.gateway, &arguments), HEADER);
}

/// Only root can be somebody else: who runs this otherwise sees the mode alone, above.
#[tokio::test]
async fn other_users_are_turned_away() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let site = site().await;
    let open = |path: PathBuf, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    open(site.gateway.folder().to_owned(), 0o755);
    let list_as_nobody = || {
        let mut command = guard(&site.gateway, &["list"]);
        command.uid(NOBODY).gid(NOBODY);
        failed(command)
    };
    let error = list_as_nobody();
    assert!(error.contains("permission denied"), "{error}");
    // Even if somebody has changed the mode.
    open(socket(&site.gateway), 0o666);
    let error = list_as_nobody();
    assert!(error.contains("does not let this user ask"), "{error}");
    let line = site.gateway.logged("event=control-refused").await;
    assert!(line.contains(&format!("user={NOBODY} ")), "{line}");
    assert_eq!(said(&site.gateway, &["list"]), HEADER);
}
