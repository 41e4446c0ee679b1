use super::*;

const USERS: &str = r#"
[[user]]
name = "alice"
aliases = ["alice@example.com", "Ä"]
secret = "{PLAIN}wonderland"
mail_host = "imap2.example.com"
login = "alice.liddell"
[user.attributes]
Department = ["tea", "croquet"]
room = "7"

[[user]]
name = "Bob"
secret = "{PLAIN}builder"
disabled = true
"#;

fn users() -> FileDirectory {
    FileDirectory::parse(USERS).unwrap()
}

fn entry(users: &FileDirectory, name: &str) -> Entry {
    match users.resolve(name) {
        Resolution::Found(entry) => entry,
        other => panic!("{name}: {other:?}"),
    }
}

fn verdict(users: &FileDirectory, name: &str, password: &str) -> Verdict {
    let claim = Claim::password(name.as_bytes(), password.as_bytes()).unwrap();
    users.verify(&entry(users, name), &claim)
}

#[test]
fn a_user_has_one_id_under_every_name() {
    let users = users();
    let alice = entry(&users, "alice");
    for name in ["ALICE", "Alice@Example.com", "ä", "Ä"] {
        assert_eq!(entry(&users, name), alice, "{name}");
    }
    assert_eq!(alice.account.upstream_login, "alice.liddell");
    assert_eq!(alice.account.attribute("mail_host"), Some("imap2.example.com"));
    assert_eq!(alice.account.attribute("DEPARTMENT"), Some("tea"));
    assert_eq!(alice.account.attribute("room"), Some("7"));
    assert_eq!(entry(&users, "bob").account.upstream_login, "Bob");
    assert_eq!(users.len(), 2);
}

#[test]
fn the_right_password_and_only_that() {
    let users = users();
    let Verdict::Granted(account) = verdict(&users, "alice", "wonderland") else { panic!() };
    assert_eq!(account.name, "alice");
    for wrong in ["Wonderland", "wonderland ", "w", "builder"] {
        assert_eq!(verdict(&users, "alice", wrong), Verdict::Denied(Denial::BadCredentials), "{wrong}");
    }
}

#[test]
fn that_an_account_is_disabled_is_said_after_the_right_password_alone() {
    let users = users();
    assert_eq!(verdict(&users, "bob", "builder"), Verdict::Denied(Denial::Disabled));
    assert_eq!(verdict(&users, "bob", "wrong"), Verdict::Denied(Denial::BadCredentials));
}

#[test]
fn nobody_is_found_by_a_name_that_is_none() {
    let users = users();
    for name in ["", "eve", "alice ", "alice\0", "*", "a*"] {
        assert!(matches!(users.resolve(name), Resolution::Unknown { .. }), "{name}");
    }
}

#[test]
fn who_has_left_since_is_denied() {
    let users = users();
    let gone = Entry { handle: "eve".to_owned(), ..entry(&users, "alice") };
    let claim = Claim::password(b"alice", b"wonderland").unwrap();
    assert_eq!(users.verify(&gone, &claim), Verdict::Denied(Denial::BadCredentials));
}

#[test]
fn the_version_follows_the_secret() {
    let before = entry(&users(), "alice").secret_version;
    assert_eq!(entry(&users(), "alice").secret_version, before);
    let changed = FileDirectory::parse(&USERS.replace("wonderland", "elsewhere")).unwrap();
    assert_ne!(entry(&changed, "alice").secret_version, before);
}

#[test]
fn a_name_that_nobody_has_costs_what_a_wrong_password_costs() {
    let slow = "[[user]]\nname = \"a\"\nsecret = \"{PLAIN}x\"\n[[user]]\nname = \"b\"\n\
        secret = \"$2b$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\"\n";
    assert!(FileDirectory::parse(slow).unwrap().decoy == 1, "the slow hash is the decoy");
}

#[test]
fn every_mistake_is_named_with_line_and_key() {
    let secret = "secret = \"{PLAIN}hunter2\"";
    let mistakes = [
        ("", "there are no users; expected [[user]]"),
        ("user = 1", "line 1: user: expected [[user]]"),
        ("[users]\n", "line 1: users: expected [[user]]"),
        ("[[user]]\nname = \"a\"\n", "line 1: user.secret: is missing"),
        (&format!("\n[[user]]\n{secret}\n"), "line 2: user.name: is missing"),
        (
            &format!("[[user]]\nname = \"a\"\npasswd = \"hunter2\"\n{secret}"),
            "line 3: user.passwd: unknown key; allowed here: name, aliases, secret, mail_host, login, disabled, attributes",
        ),
        (
            "[[user]]\nname = \"a\"\nsecret = \"hunter2\"",
            "line 3: user.secret: expected a secret that begins with $argon2id$, $2b$, $6$ or {PLAIN}; `gatepost passwd` makes one",
        ),
        ("[[user]]\nname = \"a\"\nsecret = 7", "line 3: user.secret: expected a string"),
        (
            &format!("[[user]]\nname = \"\"\n{secret}"),
            "line 2: user.name: expected a name of 1 to 320 octets without control characters",
        ),
        (&format!("[[user]]\nname = \"a\"\n{secret}\ndisabled = 1"), "line 4: user.disabled: expected true or false"),
        (&format!("[[user]]\nname = \"a\"\n{secret}\naliases = \"b\""), "line 4: user.aliases: expected a list of names"),
        (
            &format!("[[user]]\nname = \"a\"\n{secret}\nattributes = {{ x = 1 }}"),
            "line 4: user.attributes: expected a table of strings and lists of strings",
        ),
        (
            &format!("[[user]]\nname = \"a\"\n{secret}\n[[user]]\naliases = [\"A\"]\nname = \"b\"\n{secret}"),
            "line 5: user.name: \"A\" is a name in line 2 already",
        ),
    ];
    for (text, message) in mistakes {
        let error = FileDirectory::parse(text).unwrap_err().to_string();
        assert_eq!(error, message);
        assert!(!error.contains("hunter2"));
    }
    let syntax = FileDirectory::parse("[[user]]\nsecret = \"hunter2\nname = 1").unwrap_err();
    assert_eq!(syntax.line, 2);
    assert!(!syntax.to_string().contains("hunter2"), "{syntax}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.toml");
    let error = FileDirectory::load(&path).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: ", path.display())), "{error}");
    std::fs::write(&path, "[[user]]\nname = 1").unwrap();
    let error = FileDirectory::load(&path).unwrap_err().to_string();
    assert_eq!(error, format!("{}: line 2: user.name: expected a string", path.display()));
}

#[test]
fn nothing_prints_a_secret() {
    assert!(!format!("{:?}", users()).contains("wonderland"));
    assert!(!format!("{:?}", entry(&users(), "alice")).contains("wonderland"));
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_much(text in "(\\[\\[user\\]\\]|name|secret|=|\"|\\{PLAIN\\}|\\$6\\$|\\$2b\\$|\n|[a-z0-9.\\[\\]{}]){0,60}") {
        if let Err(error) = FileDirectory::parse(&text) {
            proptest::prop_assert!(!error.to_string().is_empty());
        }
    }
}
