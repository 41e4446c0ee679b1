//! The table of commands in the README names tests that are there.

use std::fs;
use std::path::Path;

/// Every source of the crate, its tests among them, in one text.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_line_of_the_table_of_commands_has_its_tests() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(crate_root.join("README.md")).unwrap();
    let (_, table) = readme
        .split_once("| extension | commands and arguments | source | test |\n|---|---|---|---|\n")
        .unwrap();
    let lines: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert!(lines.len() > 40, "{lines:?}");
    let mut text = String::new();
    sources(&crate_root.join("src"), &mut text);
    sources(&crate_root.join("tests"), &mut text);
    for line in lines {
        let (_, tests) = line.trim_end_matches([' ', '|']).rsplit_once("| ").unwrap();
        for test in tests.split(", ").map(|test| test.trim_matches('`')) {
            assert!(
                text.contains(&format!("fn {test}(")),
                "{line}: there is no test `{test}`"
            );
        }
    }
}
