//! The file itself, and those that it names.

use super::*;

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
    let readme = include_str!("../../../../README.md");
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
