//! The embedded default.

use crate::{gatepost, succeeded, text};

#[test]
fn the_tour_succeeds_and_prints_its_steps() {
    let output = gatepost(&["demo", "--check"]).output().unwrap();
    succeeded(&output);
    let said = text(&output.stdout);
    let steps = said
        .lines()
        .filter(|line| line.starts_with("ok   ") && line.contains(" ms "))
        .count();
    assert_eq!(steps, 7, "{said}");
}

#[test]
fn the_tour_fails_when_the_mail_server_is_stopped() {
    let output = gatepost(&["demo", "--check", "--stop-upstream"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let said = text(&output.stdout);
    assert!(said.contains("FAIL") && said.contains("log in"), "{said}");
}
