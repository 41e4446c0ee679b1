//! `gatepost check`: each mistake has a message of its own, with file, line and key.

use std::path::Path;

use crate::{gatepost, succeeded, text};

/// A configuration that is right.
const RIGHT: &str = r#"[server]
name = "mail.example.com"

[limits]
login_time = "30s"
connections = 100

[certificates.main]
chain = "chain.pem"
key = "key.pem"

[directories.users]
kind = "file"
path = "users.toml"

[upstreams.main]
address = "127.0.0.1:143"
tls = "none"
login = { method = "master", user = "gatepost", password_file = "master" }

[routing]
default = "main"

[[listeners]]
protocol = "imap"
addresses = ["127.0.0.1:9930"]
tls = "implicit"
certificates = ["main"]
directory = "users"
mechanisms = ["PLAIN"]
"#;

/// A mistake: what to write instead of what, the line of the message, and the message.
const MISTAKES: &[(&str, &str, usize, &str)] = &[
    (
        "connections = 100",
        "conections = 100",
        6,
        "limits.conections: unknown key; allowed here: connections, connections_per_address, \
         connections_per_network, connections_before_login, before_login_per_address, sessions_per_user, idle_after, \
         login_time, failures_per_connection, failure_grid, upstream_connect_time, upstream_login_time, \
         upstream_logins_at_once, upstream_login_queue, upstream_login_wait, directory_logins_at_once, \
         directory_login_queue, directory_login_wait, release_over, keepalive, \
         dead_peer_time, recheck, password_workers, password_queue",
    ),
    (
        "connections = 100",
        "connections = 0",
        6,
        "limits.connections: expected a whole number from 1 to 10000000",
    ),
    (
        "\"30s\"",
        "30",
        5,
        "limits.login_time: expected a duration from \"1s\" to \"1h\"",
    ),
    (
        "login_time = \"30s\"",
        "keepalive = \"0s\"",
        5,
        "limits.keepalive: expected a duration from \"4s\" to \"9h\"",
    ),
    (
        "login_time = \"30s\"",
        "recheck = \"25h\"",
        5,
        "limits.recheck: expected a duration from \"0s\" to \"24h\"",
    ),
    (
        "login_time = \"30s\"",
        "recheck = \"999ms\"",
        4,
        "limits: recheck has to be \"0s\", which is never, or a second at least",
    ),
    (
        "name = \"mail.example.com\"",
        "shutdown_grace = \"soon\"",
        2,
        "server.shutdown_grace: expected a duration such as \"500ms\", \"30s\", \"5m\", \"1h\" or \"5d\"",
    ),
    (
        "kind = \"file\"",
        "kind = \"ad\"",
        13,
        "directories.users.kind: expected \"file\" or \"ldap\" or \"active-directory\"",
    ),
    (
        "path = \"users.toml\"\n",
        "",
        12,
        "directories.users: the key `path` is missing",
    ),
    (
        "\"127.0.0.1:143\"",
        "\"127.0.0.1\"",
        17,
        "upstreams.main.address: expected HOST:PORT, such as \"imap.example.com:993\" or \"[2001:db8::1]:993\"",
    ),
    (
        "\"127.0.0.1:143\"",
        "\"imap.example.com:143\"",
        18,
        "upstreams.main.tls: \"none\" is allowed for the loopback addresses 127.0.0.0/8 and ::1 only",
    ),
    (
        "password_file = \"master\"",
        "password = \"hunter2\"",
        19,
        "upstreams.main.login.password: a secret does not belong in this file; use password_file, password_env or \
         password_credential",
    ),
    (
        ", password_file = \"master\"",
        "",
        19,
        "upstreams.main.login.user: its password is missing: give password_file, password_env or password_credential",
    ),
    (
        "password_file = \"master\"",
        "password_env = \"GATEPOST_TEST_UNSET\"",
        19,
        "upstreams.main.login.password_env: the environment has no variable `GATEPOST_TEST_UNSET`",
    ),
    (
        "default = \"main\"",
        "default = \"mian\"",
        22,
        "routing.default: no upstream of that name; there are: main",
    ),
    (
        "default = \"main\"",
        "",
        21,
        "routing: no account would have an upstream: give default or attribute",
    ),
    (
        "directory = \"users\"",
        "directory = \"ldap\"",
        29,
        "listeners[0].directory: no directory of that name; there are: users",
    ),
    (
        "[\"PLAIN\"]",
        "[\"PLIAN\"]",
        30,
        "listeners[0].mechanisms: unknown mechanism; allowed: PLAIN, LOGIN, CRAM-MD5, NTLM",
    ),
    (
        "mechanisms = [\"PLAIN\"]",
        "channel_binding = \"never\"",
        30,
        "listeners[0].channel_binding: expected \"ignored\" or \"if-sent\" or \"required\"",
    ),
    (
        "path = \"users.toml\"",
        "path = \"users.toml\"\nntlm_domain = \"CORP\\\\alice\"",
        15,
        "directories.users.ntlm_domain: expected a domain such as \"corp.example.com\" or \"CORP\"",
    ),
    (
        "certificates = [\"main\"]\n",
        "",
        24,
        "listeners[0]: the key `certificates` is missing: a list of [certificates.NAME] names",
    ),
    (
        "tls = \"implicit\"",
        "tls = \"none\"",
        27,
        "listeners[0].tls: expected \"implicit\" or \"starttls\"",
    ),
];

fn written(folder: &Path, config: &str) -> String {
    std::fs::write(folder.join("master"), "secret\n").unwrap();
    let file = folder.join("gatepost.toml");
    std::fs::write(&file, config).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_right_configuration_passes() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), RIGHT);
    let output = gatepost(&["check", "--config", &file]).output().unwrap();
    succeeded(&output);
    assert_eq!(text(&output.stdout), format!("ok: {file} is valid\n"));
}

#[test]
fn what_may_not_be_meant_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let queue = "connections = 100\nupstream_login_queue = 100";
    let file = written(folder.path(), &RIGHT.replace("connections = 100", queue));
    let output = gatepost(&["check", "--config", &file]).output().unwrap();
    succeeded(&output);
    let said = text(&output.stdout);
    let expected = "\nwarning: limits: upstream_logins_at_once and upstream_login_queue are 112 together, and \
                    connections_before_login is 50: ";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn every_mistake_has_a_message_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut messages = std::collections::BTreeSet::new();
    for (right, wrong, line, message) in MISTAKES {
        assert!(RIGHT.contains(right), "{right}");
        let file = written(folder.path(), &RIGHT.replace(right, wrong));
        let output = gatepost(&["check", "--config", &file]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{wrong}");
        let said = text(&output.stderr);
        assert_eq!(said, format!("gatepost: {file}:{line}: {message}\n"));
        assert!(!said.contains("hunter2"));
        messages.insert(said.split_once(&file).unwrap().1.to_owned());
    }
    assert_eq!(messages.len(), MISTAKES.len());
}
