//! `gatepost auth`: a login without a client, and what is known of a user.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::{gatepost, succeeded, text};

/// Alice has all that is needed for everything, Bob only a slow hash, Eve is disabled, and Dave has no mail server.
const USERS: &str = r#"
[[user]]
name = "alice"
aliases = ["alice@example.com"]
addresses = ["alice@example.com", "alice.liddell@example.com"]
login = "mail-alice"
secret = "{PLAIN}wonderland"
[[user]]
name = "eve"
secret = "{PLAIN}apple"
disabled = true
[[user]]
name = "dave"
secret = "{PLAIN}lost"
mail_host = "nowhere"
"#;

const CONFIG: &str = r#"
[server]
name = "mail.example.com"
[directories.users]
kind = "file"
path = "users.toml"
[certificates.main]
chain = "chain.pem"
key = "key.pem"
[upstreams.main]
address = "127.0.0.1:1143"
tls = "none"
login = { method = "master", user = "gatepost", password_file = "master" }
[mtas.main]
addresses = ["127.0.0.1:1587"]
tls = "none"
login = { method = "trusted" }
[submission]
mta = "main"
[sent_copy]
mode = "off"
[routing]
default = "main"
attribute = "mailHost"
[[listeners]]
protocol = "imap"
addresses = ["127.0.0.1:9930"]
tls = "implicit"
certificates = ["main"]
directory = "users"
mechanisms = ["PLAIN", "LOGIN", "CRAM-MD5", "NTLM"]
channel_binding = "required"
[[listeners]]
protocol = "smtp"
addresses = ["127.0.0.1:4650"]
tls = "implicit"
certificates = ["main"]
directory = "users"
"#;

/// A folder with a configuration, and all that it names but the servers.
fn folder(config: &str, users: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/example");
    for name in ["chain.pem", "key.pem"] {
        std::fs::copy(example.join(name), folder.path().join(name)).unwrap();
    }
    for (name, content) in [
        ("gatepost.toml", config),
        ("users.toml", users),
        ("master", "master-secret"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn auth(folder: &Path, arguments: &[&str], password: &str) -> Output {
    let file = folder.join("gatepost.toml");
    let mut command = gatepost(&["auth"]);
    command.args(arguments).arg("--config").arg(file);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // It may end without reading.
    let _ = writeln!(child.stdin.take().unwrap(), "{password}");
    let output = child.wait_with_output().unwrap();
    for said in [&output.stdout, &output.stderr] {
        for secret in [password, "wonderland", "master-secret", "apple"] {
            assert!(
                secret.is_empty() || !text(said).contains(secret),
                "{}",
                text(said)
            );
        }
    }
    output
}

#[test]
fn a_login_is_made_by_every_mechanism() {
    let folder = folder(CONFIG, USERS);
    for (mechanism, kind) in [
        ("PLAIN", "password"),
        ("login", "password"),
        ("CRAM-MD5", "CRAM-MD5"),
        ("ntlm", "NTLM"),
    ] {
        let output = auth(
            folder.path(),
            &["test", "alice", "--mechanism", mechanism],
            "wonderland",
        );
        succeeded(&output);
        let said = text(&output.stdout);
        for line in [
            "listener         imap listener 127.0.0.1:9930\n".to_owned(),
            format!("claim            alice by {kind}\n"),
            "found            alice (id alice)\n".to_owned(),
            "verdict          granted: alice\n".to_owned(),
            "goes on to       upstream `main` (127.0.0.1:1143), where the master account `gatepost` logs in for \
             `mail-alice`\n"
                .to_owned(),
        ] {
            assert!(said.contains(&line), "{mechanism}: {said}");
        }
    }
}

#[test]
fn the_listener_decides_what_is_offered_and_where_it_goes_on() {
    let folder = folder(CONFIG, USERS);
    let smtp = auth(
        folder.path(),
        &["test", "alice@example.com", "--listener", "127.0.0.1:4650"],
        "wonderland",
    );
    succeeded(&smtp);
    let said = text(&smtp.stdout);
    assert!(said.contains("mechanism        PLAIN\n"), "{said}");
    assert!(
        said.contains("MTA `main` (127.0.0.1:1587), which knows the gateway by its address"),
        "{said}"
    );
    for (arguments, complaint) in [
        (
            &[
                "test",
                "alice",
                "--listener",
                "127.0.0.1:4650",
                "--mechanism",
                "NTLM",
            ][..],
            "it does not offer NTLM: smtp listener 127.0.0.1:4650 (PLAIN, LOGIN)",
        ),
        (
            &["test", "alice", "--listener", "127.0.0.1:1"],
            "no listener on 127.0.0.1:1; there are: imap listener 127.0.0.1:9930 (PLAIN, LOGIN, CRAM-MD5, NTLM); smtp",
        ),
        (
            &["test", "alice", "--mechanism", "SCRAM"],
            "unknown SASL mechanism",
        ),
    ] {
        let output = auth(folder.path(), arguments, "wonderland");
        assert!(!output.status.success());
        let said = text(&output.stderr);
        assert!(said.contains(complaint), "{said}");
    }
}

#[test]
fn a_login_that_fails_says_why() {
    let folder = folder(CONFIG, USERS);
    for (user, password, complaint) in [
        ("alice", "builder", "denied: bad-credentials"),
        ("nobody", "wonderland", "the user is unknown: not in the file"),
        ("eve", "apple", "denied: disabled"),
        (
            "dave",
            "lost",
            "let in, but the account has no server to go on to",
        ),
        ("alice", "", "the password is empty"),
    ] {
        for mechanism in ["PLAIN", "CRAM-MD5", "NTLM"] {
            let output = auth(folder.path(), &["test", user, "-m", mechanism], password);
            assert_eq!(output.status.code(), Some(1), "{user}");
            let said = text(&output.stderr);
            assert!(said.contains(complaint), "{user} {mechanism}: {said}");
        }
    }
}

#[test]
fn a_user_is_explained_without_a_password() {
    let folder = folder(CONFIG, USERS);
    let output = auth(folder.path(), &["explain", "ALICE@example.com"], "");
    succeeded(&output);
    let said = text(&output.stdout);
    for line in [
        "directory        `users`\n",
        "user             alice\n",
        "id               alice\n",
        "mail login       mail-alice\n",
        "addresses        alice@example.com, alice.liddell@example.com\n",
        "standing         usable\n",
        "listener         imap listener 127.0.0.1:9930\n",
        "  goes on to     upstream `main` (127.0.0.1:1143), where the master account `gatepost` logs in for `mail-alice`\n",
        "  CRAM-MD5       works\n",
        "  NTLM           works\n",
        "listener         smtp listener 127.0.0.1:4650\n",
        "  goes on to     MTA `main` (127.0.0.1:1587), which knows the gateway by its address\n",
    ] {
        assert!(said.contains(line), "{line}{said}");
    }
}

#[test]
fn who_could_not_log_in_is_explained_too() {
    let folder = folder(CONFIG, USERS);
    for (user, line) in [
        ("nobody", "user             unknown: not in the file\n"),
        ("eve", "standing         denied: disabled\n"),
        (
            "eve",
            "  NTLM           does not work: the account may not be used\n",
        ),
        (
            "dave",
            "  NTLM           does not work: the account has no server to go on to\n",
        ),
    ] {
        let output = auth(folder.path(), &["explain", user], "");
        assert_eq!(output.status.code(), Some(1), "{user}");
        let said = text(&output.stdout);
        assert!(said.contains(line), "{user}: {said}");
        let error = text(&output.stderr);
        assert!(
            error.contains(&format!("{user} could not log in anywhere")),
            "{error}"
        );
    }
}

/// A slow hash judges passwords alone. The gateway would not start; here it is said for whom and why.
#[test]
fn a_secret_that_cannot_judge_is_named() {
    let bob = "[[user]]\nname = \"bob\"\nsecret = \"$6$rounds=1000$salt$\
               Qk3.1mlZ8bLyuJJvzUaxwtFsJvUH0d0RGHMZ8rwvlxqFrA2VWDZHOmvT7zWNQbTJXvT8r3NLyGIiNRDSfEbPw/\"\n";
    let folder = folder(CONFIG, &format!("{USERS}{bob}"));
    let explained = auth(folder.path(), &["explain", "bob"], "");
    succeeded(&explained);
    let said = text(&explained.stdout);
    assert!(said.contains("  PLAIN          works\n"), "{said}");
    assert!(said.contains("  NTLM           does not work: "), "{said}");
    let tested = auth(folder.path(), &["test", "bob", "-m", "NTLM"], "x");
    assert_eq!(tested.status.code(), Some(1));
    let said = text(&tested.stderr);
    assert!(said.contains("cannot be judged for the user `bob`"), "{said}");
}

/// What a file cannot judge for everybody is refused when it is read, before anybody connects.
#[test]
fn each_no_of_a_file_is_a_sentence() {
    let slow = "$6$rounds=1000$salt$Qk3.1mlZ8bLyuJJvzUaxwtFsJvUH0d0RGHMZ8rwvlxqFrA2VWDZHOmvT7zWNQbTJXvT8r3NLyGIiNRDSfEbPw/";
    let nt_hash = "{NTHASH}a4f49c406510bdcab6824ee7c30fd852";
    let state = "{CRAM-MD5}d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e7015116b";
    for (secret, mechanism, works) in [
        (slow, "PLAIN", true),
        (slow, "CRAM-MD5", false),
        (slow, "NTLM", false),
        (nt_hash, "PLAIN", true),
        (nt_hash, "CRAM-MD5", false),
        (nt_hash, "NTLM", true),
        (state, "PLAIN", true),
        (state, "CRAM-MD5", true),
        (state, "NTLM", false),
        ("{PLAIN}x", "PLAIN", true),
        ("{PLAIN}x", "CRAM-MD5", true),
        ("{PLAIN}x", "NTLM", true),
    ] {
        let all = "mechanisms = [\"PLAIN\", \"LOGIN\", \"CRAM-MD5\", \"NTLM\"]";
        let config = CONFIG.replace(all, &format!("mechanisms = [\"{mechanism}\"]"));
        let folder = folder(
            &config,
            &format!("[[user]]\nname = \"bob\"\nsecret = \"{secret}\"\n"),
        );
        let file = folder.path().join("gatepost.toml");
        let output = gatepost(&["check", "--connect", "--config"])
            .arg(&file)
            .output()
            .unwrap();
        let said = text(&output.stdout);
        let complaint = "WRONG: listeners: directory `users`: ";
        assert_eq!(!said.contains(complaint), works, "{secret} {mechanism}: {said}");
        if !works {
            let sentence = format!("{mechanism} cannot be judged for the user `bob`");
            assert!(said.contains(&sentence), "{said}");
            let started = gatepost(&["run", "--config"]).arg(&file).output().unwrap();
            let said = text(&started.stderr);
            assert!(!started.status.success() && said.contains(&sentence), "{said}");
        }
    }
}
