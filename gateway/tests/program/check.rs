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

/// Keys of an LDAP directory, and what is wrong with the first of them.
const LDAP_MISTAKES: &[(&str, &str)] = &[
    ("base = \"\"", "the key `urls` is missing"),
    (
        "urls = [\"ldap.example.com\"]\nbase = \"\"",
        "directories.users.urls: expected ldaps://HOST:PORT, or ldap://HOST:PORT for StartTLS",
    ),
    (
        "tls = \"none\"\nurls = [\"ldap://ldap.example.com\"]\nbase = \"\"",
        "directories.users.urls: plaintext is allowed for the loopback addresses 127.0.0.0/8 only",
    ),
    (
        "bind_dn = \"cn=g\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.bind_dn: its password is missing",
    ),
    (
        "bind_dn = \"\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.bind_dn: an empty name makes the bind anonymous",
    ),
    (
        "filter = \"(uid=alice)\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.filter: {name} is missing in it",
    ),
    (
        "filter = \"(uid={name}\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.filter: expected a search filter (RFC 4515)",
    ),
    (
        "required_filter = \"staff\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.required_filter: expected a search filter (RFC 4515)",
    ),
    (
        "required_group = \"staff\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.required_group: expected a distinguished name",
    ),
    (
        "search_connections = 0\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.search_connections: expected a whole number from 1 to 256",
    ),
    (
        "nt_hash_attribute = \"sambaNTPassword\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.nt_hash_attribute: only a service account that is allowed to can read sambaNTPassword",
    ),
    (
        "plaintext_attribute = \"clear\"\nattributes = [\"Clear\"]\nbind_dn = \"cn=g\"\nbind_password_file = \"master\"\n\
         urls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.plaintext_attribute: clear keeps secrets, but \"Clear\" would read it for something else",
    ),
];

#[test]
fn mistakes_about_ldap_have_messages_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    for (keys, message) in LDAP_MISTAKES {
        let ldap = format!("kind = \"ldap\"\n{keys}");
        let config = RIGHT.replace("kind = \"file\"\npath = \"users.toml\"", &ldap);
        let file = written(folder.path(), &config);
        let output = gatepost(&["check", "--config", &file]).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{keys}: {said}");
        assert!(said.contains(message), "{keys}: {said}");
    }
}

/// What an Active Directory needs, and nothing more.
const DOMAIN: &str = "kind = \"active-directory\"\ndns_domain = \"corp.example.com\"\nnetbios_domain = \"CORP\"\n\
                      bind_dn = \"g@corp.example.com\"\nbind_password_env = \"PATH\"\n";

/// Keys of an Active Directory: what is written instead of what, and what is wrong then.
const DOMAIN_MISTAKES: &[(&str, &str, &str)] = &[
    (
        "dns_domain = \"corp.example.com\"\n",
        "",
        "directories.users: the key `dns_domain` is missing",
    ),
    (
        "\"CORP\"",
        "\"CORP\\\\\"",
        "directories.users.netbios_domain: expected a domain such as \"CORP\"",
    ),
    (
        "bind_dn = \"g@corp.example.com\"\nbind_password_env = \"PATH\"\n",
        "",
        "directories.users: the key `bind_dn` is missing: the account that searches",
    ),
    (
        "kind",
        "site = \"dmz\"\nurls = [\"ldaps://dc1\"]\nkind",
        "directories.users.site: is for domain controllers that DNS names, and `urls` names them",
    ),
    (
        "kind",
        "dns_servers = [\"dc1\"]\nkind",
        "directories.users.dns_servers: expected an address such as \"10.0.0.1\" or \"10.0.0.1:53\"",
    ),
    (
        "kind",
        "tls = \"none\"\nkind",
        "directories.users.tls: expected \"implicit\" or \"starttls\"",
    ),
    (
        "kind",
        "global_catalog_base = \"\"\nkind",
        "directories.users.global_catalog_base: needs `global_catalog`",
    ),
    (
        "kind",
        "netlogon = { computer = \"GW1$\", password_env = \"PATH\" }\nkind",
        "directories.users.netlogon.computer: expected the computer's NetBIOS name without `$`",
    ),
    (
        "kind",
        "netlogon = { computer = \"GW1\" }\nkind",
        "directories.users.netlogon.computer: its password is missing",
    ),
    (
        "kind",
        "netlogon = { computer = \"GW1\", password = \"hunter2\" }\nkind",
        "directories.users.netlogon.password: a secret does not belong in this file",
    ),
    (
        "kind",
        "ntlm_domain = \"CORP\"\nkind",
        "directories.users.ntlm_domain: unknown key; allowed here: ",
    ),
];

#[test]
fn mistakes_about_active_directory_have_messages_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let with = |domain: &str| RIGHT.replace("kind = \"file\"\npath = \"users.toml\"\n", domain);
    let right = written(folder.path(), &with(DOMAIN));
    succeeded(&gatepost(&["check", "--config", &right]).output().unwrap());
    for (right, wrong, message) in DOMAIN_MISTAKES {
        assert!(DOMAIN.contains(right), "{right}");
        let file = written(folder.path(), &with(&DOMAIN.replacen(right, wrong, 1)));
        let output = gatepost(&["check", "--config", &file]).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{wrong}: {said}");
        assert!(said.contains(message), "{wrong}: {said}");
        assert!(!said.contains("hunter2"));
    }
}

/// Says how the configuration is judged in which the master's password has this source.
fn judged(folder: &Path, source: &str, environment: &[(&str, &str)]) -> String {
    let config = RIGHT.replace("password_file = \"master\"", source);
    let file = written(folder, &config);
    let mut command = gatepost(&["check", "--config", &file]);
    command
        .env_remove("CREDENTIALS_DIRECTORY")
        .envs(environment.iter().copied());
    let output = command.output().unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_secret_comes_from_a_file_a_variable_or_a_credential() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, octets: &[u8]| std::fs::write(folder.path().join(name), octets).unwrap();
    let credentials = folder.path().to_str().unwrap();
    secret("good", b"se cret\r\n");
    for (source, environment) in [
        ("password_file = \"good\"", &[][..]),
        (
            "password_env = \"GATEPOST_TEST_SECRET\"",
            &[("GATEPOST_TEST_SECRET", "s")],
        ),
        (
            "password_credential = \"good\"",
            &[("CREDENTIALS_DIRECTORY", credentials)],
        ),
    ] {
        let said = judged(folder.path(), source, environment);
        assert!(said.ends_with(" is valid\n"), "{source}: {said}");
    }
    secret("empty", b"\n");
    secret("two-lines", b"sesame\nopen\n");
    secret("long", &[b'x'; 4097]);
    for (source, complaint) in [
        ("password_file = \"empty\"", "the secret is empty"),
        ("password_file = \"two-lines\"", "holds a NUL or a line end"),
        ("password_file = \"long\"", "holds more than 4096 octets"),
        ("password_file = \"none\"", "No such file"),
        (
            "password_credential = \"good\"",
            "there is no CREDENTIALS_DIRECTORY",
        ),
        (
            "password_file = \"good\", password_env = \"PATH\"",
            "only one of password_file, password_env and password_credential may be given",
        ),
    ] {
        let said = judged(folder.path(), source, &[]);
        assert!(
            said.contains(complaint) && said.contains(":19: "),
            "{source}: {said}"
        );
        assert!(!said.contains("sesame"), "{said}");
    }
}

#[test]
fn a_text_that_is_not_toml_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "[server]\nname = \n");
    let output = gatepost(&["check", "--config", &file]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).starts_with(&format!("gatepost: {file}:2: ")),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = gatepost(&["check", "--config", "/nowhere/gatepost.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("/nowhere/gatepost.toml"),
        "{}",
        text(&output.stderr)
    );
    assert!(
        text(&output.stderr).contains("cannot be read"),
        "{}",
        text(&output.stderr)
    );
}

/// What `--connect` says of certificates and of a file of users.
#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/example");
    let copy = |from: &str, to: &str| std::fs::copy(example.join(from), folder.path().join(to)).unwrap();
    // A port where nobody listens.
    let file = written(folder.path(), &RIGHT.replace(":143", ":1"));
    let said = || {
        let output = gatepost(&["check", "--connect", "--config", &file])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stdout)
    };
    let nothing = said();
    for complaint in [
        "WRONG: certificate `main`: ",
        "WRONG: directory `users`: ",
        "users.toml",
    ] {
        assert!(nothing.contains(complaint), "{nothing}");
    }
    copy("chain.pem", "chain.pem");
    copy("users.toml", "users.toml");
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    std::fs::write(folder.path().join("key.pem"), key).unwrap();
    let mixed = said();
    assert!(
        mixed.contains("key.pem is not the key of the certificate in"),
        "{mixed}"
    );
    assert!(mixed.contains("ok: directory `users`: 4 users"), "{mixed}");
    copy("key.pem", "key.pem");
    let good = said();
    assert!(good.contains("ok: certificate `main`: valid for "), "{good}");
    assert!(good.contains("WRONG: upstream `main`: 127.0.0.1:"), "{good}");
}

/// The five-minute set-up of the README.
#[test]
fn the_readme_tells_the_truth() {
    let readme = include_str!("../../../README.md");
    let config = readme
        .split_once("```toml\n")
        .unwrap()
        .1
        .split_once("```")
        .unwrap()
        .0;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("secrets")).unwrap();
    for secret in ["ldap", "master"] {
        std::fs::write(folder.path().join("secrets").join(secret), "x\n").unwrap();
    }
    let file = written(folder.path(), config);
    succeeded(&gatepost(&["check", "--config", &file]).output().unwrap());
}
