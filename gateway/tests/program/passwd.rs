//! `gatepost passwd`: its line goes into a file of users as it is.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use gatepost_directory::file::FileDirectory;
use gatepost_directory::{Claim, Resolution, Verdict};

use crate::{gatepost, succeeded, text};

const PASSWORD: &str = " schön \"quoted\\\" ";

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
    for kind in [
        "argon2id",
        "bcrypt",
        "sha512-crypt",
        "nt-hash",
        "cram-md5",
        "plain",
    ] {
        let output = told(
            gatepost(&["passwd", "--kind", kind]),
            format!("{PASSWORD}\n").as_bytes(),
        );
        succeeded(&output);
        let line = text(&output.stdout);
        let users = format!("[[user]]\nname = \"alice\"\n{line}");
        let directory = FileDirectory::parse(&users).unwrap();
        let Resolution::Found(alice) = directory.resolve("alice") else {
            panic!("{kind}")
        };
        let verdict = |password: &str| {
            let claim = Claim::password(b"alice", password.as_bytes()).unwrap();
            directory.verify(&alice, &claim)
        };
        assert!(matches!(verdict(PASSWORD), Verdict::Granted(_)), "{kind}");
        assert!(matches!(verdict("another"), Verdict::Denied(_)), "{kind}");
    }
}

#[test]
fn the_help_warns_of_what_is_as_good_as_the_password() {
    let output = gatepost(&["passwd", "--help"]).output().unwrap();
    let help = text(&output.stdout);
    for kind in ["nt-hash", "cram-md5"] {
        let (_, said) = help.split_once(&format!("- {kind}:")).unwrap();
        let (line, _) = said.split_once("\n").unwrap();
        assert!(line.contains("as good as the password"), "{help}");
    }
}

#[test]
fn an_empty_password_is_refused() {
    let output = told(gatepost(&["passwd"]), b"\n");
    assert!(!output.status.success());
    assert_eq!(text(&output.stderr), "gatepost: the password is empty\n");
    assert!(output.stdout.is_empty());
}
