//! Any text parses or is refused; none panics.

use gatepost_directory::Resolution;
use gatepost_directory::file::FileDirectory;
use proptest::prelude::*;

use crate::entry;

/// Lines that are nearly right, in any order.
fn line() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[a-zA-ZÀ-ÿßİΣ\u{0}-\u{7f}]{0,8}".prop_map(|text| toml::Value::String(text).to_string()),
        "(\\{PLAIN\\}|\\{NTHASH\\}|\\{CRAM-MD5\\}|\\$6\\$|\\$2b\\$|\\$argon2id\\$)[$a-z0-9=,./]{0,30}"
            .prop_map(|text| format!("\"{text}\"")),
        "\\[(\"[a-z]{0,3}\",?){0,3}\\]",
        "\\[(\"(\\{PLAIN\\}x|\\{NTHASH\\}[0-9a-fA-F]{31,33}|\\{CRAM-MD5\\}[0-9a-f]{63,65})\",?){0,3}\\]",
        Just("true".to_owned()),
        ".{0,10}",
    ];
    let key = "(name|aliases|addresses|secret|secrets|mail_host|login|disabled|attributes|attributes\\.[a-z]{1,3}|[a-z]{1,3})";
    prop_oneof![
        Just("[[user]]".to_owned()),
        Just("[user.attributes]".to_owned()),
        (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
    ]
}

/// Users with any names.
fn users() -> impl Strategy<Value = String> {
    prop::collection::vec("[^\\p{C}]{1,12}", 1..4).prop_map(|names| {
        let name = |name: &String| toml::Value::String(name.clone());
        let user = |text: &String| format!("[[user]]\nname = {}\nsecret = '{{PLAIN}}x'\n", name(text));
        names.iter().map(user).collect()
    })
}

/// What holds for every file that is accepted.
fn check(text: &str) {
    let Ok(directory) = FileDirectory::parse(text) else {
        return;
    };
    assert!(!directory.is_empty());
    for name in directory.names() {
        let found = entry(&directory, name);
        assert_eq!(entry(&directory, &found.handle), found);
        assert_eq!(entry(&directory, &found.id.0), found);
    }
}

proptest! {
    #[test]
    fn any_text(text in ".*") {
        check(&text);
    }

    #[test]
    fn any_lines(lines in prop::collection::vec(line(), 0..12)) {
        check(&lines.join("\n"));
    }

    #[test]
    fn any_secret(secret in "(\\{PLAIN\\}|\\{NTHASH\\}|\\{CRAM-MD5\\}|\\$6\\$|\\$2b\\$|\\$2y\\$|\\$argon2id\\$)(rounds=|v=19\\$|m=9,t=1,p=1|05\\$)?.{0,100}") {
        check(&crate::file_of(&secret));
    }

    #[test]
    fn any_names(text in users()) {
        check(&text);
    }

    #[test]
    fn any_name_is_looked_up(name in ".*") {
        let directory = FileDirectory::parse(&crate::file_of("{PLAIN}x")).unwrap();
        let found = matches!(directory.resolve(&name), Resolution::Found(_));
        prop_assert_eq!(found, name.eq_ignore_ascii_case("alice"));
    }

    /// An error is always of a line that the text has.
    #[test]
    fn errors_are_inside_the_text(lines in prop::collection::vec(line(), 0..12)) {
        if let Err(error) = FileDirectory::parse(&lines.join("\n")) {
            let line = error.line().unwrap();
            prop_assert!((1..=lines.join("\n").split('\n').count()).contains(&line), "{}", error);
        }
    }
}
