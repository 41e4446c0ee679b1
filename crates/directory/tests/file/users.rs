//! Who is meant, and what comes of it.

use gatepost_directory::file::FileDirectory;
use gatepost_directory::{ClaimKind, ClaimKinds, Denial, EntryId, Resolution, Verdict};

use crate::{claim, entry, file_of, login};

const USERS: &str = r#"
[[user]]
name = "Alice"
aliases = ["alice@example.com", "Ünal.Öz"]
addresses = ["Alice.Smith@example.com", "info@example.com"]
secret = "{PLAIN}wonderland"
mail_host = "imap2"
login = "u1234"

[user.attributes]
mailAlternate = ["a@example.com", "b@example.com"]
Department = "sales"

[[user]]
name = "bob"
secret = "{PLAIN}builder"
addresses = ["info@example.com", "INFO@example.com"]
disabled = true

[[user]]
name = "Carol@example.com"
aliases = ["carol", "@carol", "c.jones@example.com"]
addresses = ["C.Jones@Example.com"]
secret = "{PLAIN}x"
"#;

fn users() -> FileDirectory {
    FileDirectory::parse(USERS).unwrap()
}

fn unknown(directory: &FileDirectory, name: &str) -> &'static str {
    match directory.resolve(name) {
        Resolution::Unknown { why } => why,
        other => panic!("{name:?} is {other:?}"),
    }
}

#[test]
fn an_id_is_found_and_an_alias_is_none() {
    let users = users();
    for name in ["alice", "bob", "carol"] {
        let entry = entry(&users, name);
        assert_eq!(users.resolve_id(&entry.id), Resolution::Found(entry));
    }
    for id in ["Alice", "alice@example.com", "carol", "", "nobody"] {
        let id = EntryId(id.to_owned());
        assert!(
            matches!(users.resolve_id(&id), Resolution::Unknown { .. }),
            "{id}"
        );
    }
}

#[test]
fn all_spellings_are_one_entry() {
    let users = users();
    let alice = entry(&users, "Alice");
    for name in [
        "alice",
        "ALICE",
        "alice@example.com",
        "ALICE@Example.COM",
        "ünal.öz",
        "ÜNAL.ÖZ",
    ] {
        assert_eq!(entry(&users, name), alice, "{name}");
    }
    assert_eq!(alice.id, EntryId("alice".to_owned()));
    assert_eq!(alice.handle, "Alice");
    assert_ne!(entry(&users, "bob").id, alice.id);
}

#[test]
fn an_account_is_what_the_file_says() {
    let account = entry(&users(), "alice@example.com").account;
    assert_eq!(
        (account.name.as_str(), account.upstream_login.as_str()),
        ("Alice", "u1234")
    );
    assert_eq!(account.attribute("mailHost"), Some("imap2"));
    assert_eq!(account.attribute("department"), Some("sales"));
    assert_eq!(
        account.attributes["mailalternate"],
        ["a@example.com", "b@example.com"]
    );
    let bob = entry(&users(), "BOB").account;
    assert_eq!((bob.upstream_login.as_str(), bob.attributes.len()), ("bob", 0));
}

#[test]
fn addresses_are_those_given_and_the_names_that_are_some() {
    let users = users();
    let of = |name| entry(&users, name).account.addresses;
    assert_eq!(
        of("alice"),
        ["Alice.Smith@example.com", "info@example.com", "alice@example.com"]
    );
    assert_eq!(of("bob"), ["info@example.com"]);
    assert_eq!(of("carol"), ["C.Jones@Example.com", "Carol@example.com"]);
}

#[test]
fn an_address_is_no_name() {
    for name in ["info@example.com", "alice.smith@example.com"] {
        assert_eq!(unknown(&users(), name), "not in the file", "{name}");
    }
}

#[test]
fn unknown_names_say_why() {
    let users = users();
    assert_eq!(unknown(&users, ""), "empty name");
    assert_eq!(unknown(&users, "alice\0"), "name with NUL");
    assert_eq!(unknown(&users, &"a".repeat(321)), "name too long");
    for name in ["dave", " alice", "alice ", "unal.oz", &"a".repeat(320)] {
        assert_eq!(unknown(&users, name), "not in the file", "{name}");
    }
}

#[test]
fn passwords_are_judged() {
    let users = users();
    assert_eq!(login(&users, "alice", "wonderland"), Ok(()));
    for wrong in [
        "Wonderland",
        "wonderlan",
        "wonderland ",
        "builder",
        "",
        "wonderland\0",
        "\0",
    ] {
        assert_eq!(
            login(&users, "alice", wrong),
            Err(Denial::BadCredentials),
            "{wrong:?}"
        );
    }
}

#[test]
fn the_granted_account_is_that_of_the_entry() {
    let users = users();
    let alice = entry(&users, "alice@example.com");
    match users.verify(&alice, &claim("alice@example.com", "wonderland")) {
        Verdict::Granted(account) => assert_eq!(account, alice.account),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_right_password_learns_that_a_user_is_disabled() {
    let users = users();
    assert_eq!(login(&users, "bob", "builder"), Err(Denial::Disabled));
    assert_eq!(login(&users, "bob", "wrong"), Err(Denial::BadCredentials));
    assert_eq!(login(&users, "bob", ""), Err(Denial::BadCredentials));
    assert!(Denial::Disabled.proof_was_right());
}

/// The file was read again between the two questions.
#[test]
fn an_entry_of_the_past_is_nobody() {
    let alice = entry(&users(), "alice");
    let later = "[[user]]\nname = \"bob\"\naliases = [\"alice\"]\nsecret = \"{PLAIN}wonderland\"\n";
    let later = FileDirectory::parse(later).unwrap();
    let verdict = later.verify(&alice, &claim("alice", "wonderland"));
    assert!(
        matches!(verdict, Verdict::Denied(Denial::BadCredentials)),
        "{verdict:?}"
    );
}

#[test]
fn every_kind_of_secret_judges_passwords() {
    let users = users();
    assert!(users.accepts().contains(ClaimKind::Password));
    assert_eq!((users.len(), users.is_empty()), (3, false));
    assert!(users.require(ClaimKinds::PASSWORD).is_ok());
}

#[test]
fn names_are_listed_as_they_are_compared() {
    let users = users();
    let mut names: Vec<&str> = users.names().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "@carol",
            "alice",
            "alice@example.com",
            "bob",
            "c.jones@example.com",
            "carol",
            "carol@example.com",
            "ünal.öz"
        ]
    );
}

/// Nothing fills 64 MiB twice in a millisecond; without any work it takes a thousandth of that.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test is of time")]
fn an_unknown_name_takes_the_work_of_a_hash() {
    let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let users = FileDirectory::parse(&file_of(hash)).unwrap();
    let start = std::time::Instant::now();
    users.verify_unknown(&claim("nobody", "wrong"));
    let took = start.elapsed();
    assert!(took > std::time::Duration::from_millis(1), "{took:?}");
}

#[test]
fn passwords_are_slow_for_everybody_if_they_are_for_anybody() {
    let quick = ["{PLAIN}x", "{NTHASH}a4f49c406510bdcab6824ee7c30fd852"];
    let slow = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let of_users = |secrets: &[&str]| {
        let user = |(index, secret)| format!("[[user]]\nname = \"u{index}\"\nsecret = \"{secret}\"\n");
        let text: String = secrets.iter().enumerate().map(user).collect();
        FileDirectory::parse(&text).unwrap()
    };
    assert!(!of_users(&quick).is_slow(ClaimKind::Password));
    let mixed = of_users(&[quick[0], slow, quick[1]]);
    assert!(mixed.is_slow(ClaimKind::Password));
    assert!(!mixed.is_slow(ClaimKind::CramMd5) && !mixed.is_slow(ClaimKind::Ntlm));
}
