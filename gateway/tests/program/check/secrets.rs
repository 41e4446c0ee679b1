//! Where secrets may come from.

use super::*;

/// Says how the configuration is judged in which the master's password has this source.
fn judged(folder: &Path, source: &str, environment: &[(&str, &str)]) -> String {
    let config = RIGHT.replace("password_file = \"master\"", source);
    let file = written(folder, &config);
    let mut command = gatepost(&["check", "--config", &file]);
    command
        .env_remove("CREDENTIALS_DIRECTORY")
        .envs(environment.iter().copied());
    let output = command.output().unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_secret_comes_from_a_file_a_variable_or_a_credential() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, octets: &[u8]| std::fs::write(folder.path().join(name), octets).unwrap();
    let credentials = folder.path().to_str().unwrap();
    secret("good", b"se cret\r\n");
    for (source, environment) in [
        ("password_file = \"good\"", &[][..]),
        (
            "password_env = \"GATEPOST_TEST_SECRET\"",
            &[("GATEPOST_TEST_SECRET", "s")],
        ),
        (
            "password_credential = \"good\"",
            &[("CREDENTIALS_DIRECTORY", credentials)],
        ),
    ] {
        let said = judged(folder.path(), source, environment);
        assert!(said.ends_with(" is valid\n"), "{source}: {said}");
    }
    secret("empty", b"\n");
    secret("two-lines", b"sesame\nopen\n");
    secret("long", &[b'x'; 4097]);
    for (source, complaint) in [
        ("password_file = \"empty\"", "the secret is empty"),
        ("password_file = \"two-lines\"", "holds a NUL or a line end"),
        ("password_file = \"long\"", "holds more than 4096 octets"),
        ("password_file = \"none\"", "No such file"),
        (
            "password_credential = \"good\"",
            "there is no CREDENTIALS_DIRECTORY",
        ),
        (
            "password_file = \"good\", password_env = \"PATH\"",
            "only one of password_file, password_env and password_credential may be given",
        ),
    ] {
        let said = judged(folder.path(), source, &[]);
        assert!(
            said.contains(complaint) && said.contains(":19: "),
            "{source}: {said}"
        );
        assert!(!said.contains("sesame"), "{said}");
    }
}
