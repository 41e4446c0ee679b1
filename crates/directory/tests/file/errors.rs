//! Every complaint about a file has its line, its key and what is allowed, and never a secret.

use gatepost_directory::file::{FileDirectory, MAX_FILE_OCTETS};

fn complaint(text: &str) -> String {
    FileDirectory::parse(text).unwrap_err().to_string()
}

/// A complaint about lines that follow a good name and secret.
fn complaint_after(lines: &str) -> String {
    complaint(&format!(
        "[[user]]\nname = \"alice\"\nsecret = \"{{PLAIN}}x\"\n{lines}"
    ))
}

#[test]
fn a_file_without_users_is_refused() {
    let expected = "line 1: no users; expected at least one [[user]]";
    assert_eq!(complaint(""), expected);
    assert_eq!(complaint("# nobody\n\n"), expected);
    assert_eq!(complaint("user = []"), expected);
}

#[test]
fn unknown_keys_are_refused_with_the_known_ones() {
    assert_eq!(
        complaint("# x\n\nusers = 1\n"),
        "line 3: users: unknown key; allowed here: user"
    );
    assert_eq!(
        complaint("[[user]]\nname = \"alice\"\npassword = \"{PLAIN}x\"\n"),
        "line 3: user[0].password: unknown key; allowed here: \
         name, aliases, addresses, secret, secrets, mail_host, login, disabled, attributes"
    );
    let escaped = complaint("[[user]]\n\"a\\nb\" = 1\n");
    assert!(
        escaped.starts_with("line 2: user[0].a\\nb: unknown key"),
        "{escaped}"
    );
}

#[test]
fn required_keys_are_missed_at_their_user() {
    assert_eq!(
        complaint("\n[[user]]\nsecret = \"{PLAIN}x\"\n"),
        "line 2: user[0]: the key `name` is missing"
    );
    let second = complaint_after("[[user]]\nname = \"bob\"\n");
    assert_eq!(second, "line 4: user[1]: the key `secret` is missing");
}

#[test]
fn types_are_checked() {
    assert_eq!(complaint("user = 1"), "line 1: user: expected [[user]] tables");
    assert_eq!(
        complaint("\n[user]\nname = \"alice\""),
        "line 2: user: expected [[user]] tables"
    );
    assert_eq!(
        complaint("user = [\n1]"),
        "line 1: user: expected [[user]] tables"
    );
    assert_eq!(
        complaint("[[user]]\nname = 1"),
        "line 2: user[0].name: expected a string"
    );
    assert_eq!(
        complaint("[[user]]\nname = \"a\"\nsecret = 1"),
        "line 3: user[0].secret: expected a string"
    );
    assert_eq!(
        complaint_after("aliases = \"a\""),
        "line 4: user[0].aliases: expected a list of strings"
    );
    assert_eq!(
        complaint_after("aliases = [\"a\",\n1]"),
        "line 5: user[0].aliases: expected a list of strings"
    );
    assert_eq!(
        complaint_after("mail_host = [\"a\"]"),
        "line 4: user[0].mail_host: expected a string"
    );
    assert_eq!(
        complaint_after("login = false"),
        "line 4: user[0].login: expected a string"
    );
    assert_eq!(
        complaint_after("disabled = \"yes\""),
        "line 4: user[0].disabled: expected true or false"
    );
    assert_eq!(
        complaint_after("attributes = 1"),
        "line 4: user[0].attributes: expected a table"
    );
    let attribute = complaint_after("[user.attributes]\nmailHost = 1");
    assert_eq!(
        attribute,
        "line 5: user[0].attributes.mailHost: expected a string or a list of strings"
    );
    let attribute = complaint_after("[user.attributes]\nmailHost = [\"a\",\n[]]");
    assert_eq!(
        attribute,
        "line 6: user[0].attributes.mailHost: expected a string or a list of strings"
    );
}

#[test]
fn empty_texts_and_control_characters_are_refused() {
    let expected = "expected one character or more, and no control characters";
    for value in ["\"\"", "\"a\\u0000\"", "\"a\\r\\nb\"", "\"\\u0085\""] {
        let name = complaint(&format!("[[user]]\nname = {value}\nsecret = \"{{PLAIN}}x\""));
        assert_eq!(name, format!("line 2: user[0].name: {expected}"));
        for key in ["mail_host", "login"] {
            let text = complaint_after(&format!("{key} = {value}"));
            assert_eq!(text, format!("line 4: user[0].{key}: {expected}"));
        }
        let alias = complaint_after(&format!("aliases = [\"a\",\n{value}]"));
        assert_eq!(alias, format!("line 5: user[0].aliases: {expected}"));
        let attribute = complaint_after(&format!("attributes.groups = [\"a\",\n{value}]"));
        assert_eq!(
            attribute,
            format!("line 5: user[0].attributes.groups: {expected}")
        );
    }
}

#[test]
fn addresses_are_mail_addresses() {
    let expected = "line 5: user[0].addresses: expected a mail address such as \"alice@example.com\"";
    for value in ["", "alice", "@example.com", "alice@", "a@b\\u0000"] {
        let text = complaint_after(&format!("addresses = [\"a@b\",\n\"{value}\"]"));
        assert_eq!(text, expected, "{value:?}");
    }
    let long = format!("addresses = [\"a@b\",\n\"{}@b\"]", "a".repeat(319));
    assert_eq!(complaint_after(&long), expected);
    assert_eq!(
        complaint_after("addresses = \"a@b\""),
        "line 4: user[0].addresses: expected a list of strings"
    );
}

#[test]
fn names_are_capped_also_as_they_are_compared() {
    let with =
        |name: &str| FileDirectory::parse(&format!("[[user]]\nname = \"{name}\"\nsecret = \"{{PLAIN}}x\""));
    assert!(with(&"a".repeat(320)).is_ok());
    let error = with(&"a".repeat(321)).unwrap_err().to_string();
    assert_eq!(error, "line 2: user[0].name: a name may have 320 octets at most");
    // In lower case this letter takes three octets instead of two.
    assert!(with(&"Ⱥ".repeat(106)).is_ok());
    assert!(with(&"Ⱥ".repeat(107)).is_err());
}

#[test]
fn duplicates_name_both_lines() {
    let second = |lines: &str| complaint_after(&format!("[[user]]\nsecret = \"{{PLAIN}}y\"\n{lines}"));
    assert_eq!(
        second("name = \"ALICE\""),
        "line 6: user[1].name: the name `alice` is given in line 2 already"
    );
    assert_eq!(
        second("name = \"bob\"\naliases = [\n\"b\",\n\"Alice\"]"),
        "line 9: user[1].aliases: the name `alice` is given in line 2 already"
    );
    let own = complaint_after("aliases = [\"alice\"]");
    assert_eq!(
        own,
        "line 4: user[0].aliases: the name `alice` is given in line 2 already"
    );
    let unicode = complaint_after("aliases = [\"Ünal\",\n\"üNAL\"]");
    assert_eq!(
        unicode,
        "line 5: user[0].aliases: the name `ünal` is given in line 4 already"
    );
}

#[test]
fn attributes_have_plain_names_that_are_given_once() {
    let name = complaint_after("attributes.\"a b\" = \"x\"");
    assert_eq!(
        name,
        "line 4: user[0].attributes.a b: an attribute's name has ASCII letters, digits, -, _, . and ; alone"
    );
    let twice = "given twice; case does not matter, and mail_host is the attribute mailHost";
    let both = complaint_after("mail_host = \"a\"\n[user.attributes]\nMailHost = \"b\"");
    assert_eq!(both, format!("line 6: user[0].attributes.MailHost: {twice}"));
    let case = complaint_after("[user.attributes]\nA = \"b\"\na = \"b\"");
    assert!(case.ends_with(twice), "{case}");
}

#[test]
fn broken_toml_names_its_line() {
    let error = FileDirectory::parse("[[user]]\nname = \"alice\"\nname = \"bob\"\n").unwrap_err();
    assert_eq!((error.line(), error.key()), (Some(3), ""));
    assert!(error.to_string().starts_with("line 3: "), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let error = FileDirectory::load(&missing).unwrap_err();
    assert_eq!(error.line(), None);
    assert_eq!(
        error.to_string(),
        format!("{}: cannot be read: entity not found", missing.display())
    );

    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, b"# one\n# \xff\n").unwrap();
    let error = FileDirectory::load(&binary).unwrap_err();
    assert_eq!(error.to_string(), format!("{}:2: not UTF-8", binary.display()));

    let empty = folder.path().join("empty.toml");
    std::fs::write(&empty, b"").unwrap();
    let error = FileDirectory::load(&empty).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}:1: no users; expected at least one [[user]]", empty.display())
    );
}

#[test]
fn a_file_over_the_cap_is_not_parsed() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.toml");
    let mut text = "[[user]]\nname = \"alice\"\nsecret = \"{PLAIN}x\"\n#".to_owned();
    text.extend(std::iter::repeat_n('#', MAX_FILE_OCTETS - text.len()));
    std::fs::write(&large, &text).unwrap();
    assert_eq!(FileDirectory::load(&large).unwrap().len(), 1);
    std::fs::write(&large, text + "#").unwrap();
    let error = FileDirectory::load(&large).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}: longer than 16777216 octets", large.display())
    );
}

/// Every way to get the line with the secret wrong that comes to mind; the secret is always `hunter2`.
#[test]
fn no_complaint_holds_a_secret() {
    let lines = [
        "secret = \"hunter2\"",
        "secret = \"$6$hunter2$hunter2\"",
        "secret = \"$2b$hunter2\"",
        "secret = \"$argon2id$hunter2\"",
        "secret = \"{PLAIN}hunter2\\u0000\"",
        "secret = \"{PLAIN}hunter2\" x",
        "secret = \"{PLAIN}hunter2",
        "secret = \"{PLAIN}hunter2\\q\"",
        "secret = \"{PLAIN}hunter2\"\nsecret = \"{PLAIN}hunter2\"",
        "secret = hunter2",
        "secret = {PLAIN}hunter2",
        "secret = 'hunter2",
        "secret = '''hunter2",
        "secret = 2hunter2",
        "secret = 0xhunter2",
        "secret = [\"hunter2\"]",
        "secrets = [\"{PLAIN}x\", \"hunter2\"]",
        "secrets = [\"{PLAIN}hunter2\", \"{PLAIN}hunter2\"]",
        "secrets = [\"{NTHASH}hunter2\"]",
        "secret = \"{NTHASH}hunter2\"",
        "secret = \"{CRAM-MD5}hunter2\"",
        "secret = { PLAIN = \"hunter2\" }",
        "secret \"hunter2\"",
        "secret: hunter2",
    ];
    for line in lines {
        let text = format!("[[user]]\nname = \"alice\"\n{line}\n");
        let error = FileDirectory::parse(&text).unwrap_err();
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains("hunter"), "{line}: {printed}");
        assert!(error.line() >= Some(3), "{line}: {printed}");
    }
}

#[test]
fn no_print_of_a_directory_holds_a_secret() {
    let text = "[[user]]\nname = \"alice\"\nsecret = \"{PLAIN}hunter2\"\n";
    let directory = FileDirectory::parse(text).unwrap();
    let printed = format!("{directory:?} {:?}", directory.resolve("alice"));
    assert!(
        !printed.contains("hunter2") && printed.contains("alice"),
        "{printed}"
    );
}
