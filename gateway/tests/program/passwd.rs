//! `gatepost passwd`: its line goes into a file of users as it is.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::{gatepost, succeeded, text};

fn told(mut command: Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn every_kind_of_secret_can_be_made_and_used() {
    for kind in ["argon2id", "bcrypt", "sha512-crypt", "plain"] {
        let output = told(
            gatepost(&["passwd", "--kind", kind]),
            "schön \"quoted\\\"\n".as_bytes(),
        );
        succeeded(&output);
        let line = text(&output.stdout);
        let users = format!("[[user]]\nname = \"alice\"\n{line}");
        let directory = gatepost_directory::file::FileDirectory::parse(&users);
        assert_eq!(
            directory
                .map(|directory| directory.len())
                .map_err(|error| error.to_string()),
            Ok(1),
            "{kind}"
        );
    }
}

#[test]
fn an_empty_password_is_refused() {
    let output = told(gatepost(&["passwd"]), b"\n");
    assert!(!output.status.success());
    assert_eq!(text(&output.stderr), "gatepost: the password is empty\n");
    assert!(output.stdout.is_empty());
}
