//! The tables in the README name tests that are there.

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
fn every_line_of_the_tables_has_its_tests() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(crate_root.join("README.md")).unwrap();
    let is_line =
        |line: &&str| line.starts_with('|') && !line.starts_with("|---") && !line.ends_with("| test |");
    let lines: Vec<&str> = readme.lines().filter(is_line).collect();
    assert!(lines.len() > 100, "{lines:?}");
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
