//! The example does what it says.
#![allow(clippy::unwrap_used, dead_code, reason = "main of an example is not called")]

use gatepost_directory::Claim;
use gatepost_directory::file::FileDirectory;

#[path = "../examples/judge.rs"]
mod judge;

#[test]
fn a_login_is_judged_against_a_file_of_users() {
    let users = FileDirectory::parse(
        r#"
        [[user]]
        name = "alice"
        secret = "{PLAIN}wonderland"
        mail_host = "imap2"
        "#,
    );
    let users = users.unwrap();
    for (name, password, expected) in [
        ("alice", "wonderland", "granted: alice, whose mail is at imap2"),
        ("alice", "Wonderland", "denied: bad-credentials"),
        ("bob", "wonderland", "denied: not in the file"),
    ] {
        let claim = Claim::password(name.as_bytes(), password.as_bytes()).unwrap();
        assert_eq!(judge::judge(&users, &claim), expected);
    }
}
