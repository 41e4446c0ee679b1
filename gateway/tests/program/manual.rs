//! The manual and the example name every key that there is.

use std::collections::BTreeSet;

use crate::{gatepost, succeeded, text};

const MANUAL: &str = include_str!("../../../docs/configuration.md");
const EXAMPLE: &str = include_str!("../../../gatepost.example.toml");

/// A configuration with every section, each of which has a place for a key that nobody knows.
const CONFIG: &str = r#"
#server#
[server]
#log#
[log]
#limits#
[limits]
#guard#
[guard]
#control#
[control]
#certificates#
[certificates.main]
chain = "chain.pem"
key = "key.pem"
#file#
[directories.file]
kind = "file"
path = "users.toml"
#ldap#
[directories.ldap]
kind = "ldap"
urls = ["ldaps://ldap.example.com"]
base = "dc=example"
#domain#
[directories.domain]
kind = "active-directory"
dns_domain = "corp.example.com"
netbios_domain = "CORP"
bind_dn = "gatepost@corp.example.com"
bind_password_env = "PATH"
netlogon = { computer = "GW1", password_env = "PATH" }
#upstreams#
[upstreams.main]
address = "imap.example.com:993"
login = { method = "master", user = "gatepost", password_env = "PATH", style = "separator" }
[[upstreams.main.hide_for]]
accounts = ["alice"]
capabilities = ["IDLE"]
#mtas#
[mtas.main]
addresses = ["mta.example.com:465"]
login = { method = "trusted" }
#routing#
[routing]
default = "main"
#submission#
[submission]
mta = "main"
#sent_copy#
[sent_copy]
#listeners#
[[listeners]]
protocol = "imap"
addresses = ["127.0.0.1:993"]
tls = "implicit"
certificates = ["main"]
directory = "file"
"#;

/// The keys that may stand in the section behind a place.
fn keys(place: &str) -> Vec<String> {
    let (before, behind) = CONFIG.split_once(&format!("#{place}#\n")).unwrap();
    let (header, rest) = behind.split_once('\n').unwrap();
    keys_of(&format!("{before}{header}\nnobody-knows = 1\n{rest}"))
}

fn keys_of(config: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gatepost.toml");
    std::fs::write(&file, config).unwrap();
    let output = gatepost(&["check", "--config", file.to_str().unwrap()]).output();
    let said = text(&output.unwrap().stderr);
    let (_, allowed) = said
        .split_once("nobody-knows: unknown key; allowed here: ")
        .expect(&said);
    allowed.trim().split(", ").map(str::to_owned).collect()
}

/// All keys but those that only say that a secret does not belong there.
fn all_keys() -> BTreeSet<String> {
    let places = [
        "server",
        "log",
        "limits",
        "guard",
        "control",
        "certificates",
        "file",
        "ldap",
        "domain",
        "upstreams",
        "mtas",
        "routing",
        "submission",
        "sent_copy",
        "listeners",
    ];
    let login = keys_of(&CONFIG.replace("{ method", "{ nobody-knows = 1, method"));
    let netlogon = keys_of(&CONFIG.replace("{ computer", "{ nobody-knows = 1, computer"));
    let hide_for = keys_of(&CONFIG.replace("accounts =", "nobody-knows = 1\naccounts ="));
    let keys = places
        .into_iter()
        .flat_map(keys)
        .chain(login)
        .chain(netlogon)
        .chain(hide_for);
    keys.filter(|key| !key.ends_with("password")).collect()
}

#[test]
fn the_manual_has_every_key() {
    let keys = all_keys();
    assert!(keys.len() > 50, "{keys:?}");
    for key in keys {
        // The three sources of a secret are one row.
        let shown = key
            .replace("password_env", "password_file")
            .replace("password_credential", "password_file");
        assert!(
            MANUAL.contains(&format!("`{shown}`")) || MANUAL.contains(&format!("{shown} = ")),
            "{key}"
        );
    }
}

#[test]
fn the_example_has_every_key() {
    for key in all_keys() {
        let shown = key
            .replace("password_credential", "password_env")
            .replace("password_file", "password_env");
        assert!(EXAMPLE.contains(&format!("{shown} = ")), "{key}");
    }
}

/// The names in it are examples, but it is a configuration.
#[test]
fn the_example_is_right_as_it_stands() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../gatepost.example.toml");
    let mut check = gatepost(&["check", "--config", file]);
    for word in EXAMPLE.split('"').filter(|word| word.starts_with("GATEPOST_")) {
        check.env(word, "example");
    }
    succeeded(&check.output().unwrap());
}

#[test]
fn the_manual_has_every_key_of_a_user() {
    let known = "[[user]]\nname = \"a\"\nsecret = \"{PLAIN}a\"\nnobody-knows = 1\n";
    let error = gatepost_directory::file::FileDirectory::parse(known)
        .unwrap_err()
        .to_string();
    let (_, users) = MANUAL
        .split_once("`[[user]]`")
        .expect("a section about the file of users");
    for key in [
        "name",
        "aliases",
        "addresses",
        "secret",
        "secrets",
        "mail_host",
        "login",
        "disabled",
        "attributes",
    ] {
        assert!(error.contains(key), "{error}");
        assert!(users.contains(&format!("| `{key}` |")), "{key}");
    }
}
