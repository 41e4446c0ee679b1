//! The embedded default.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

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
    assert_eq!(steps, 11, "{said}");
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

/// Types a line into a shell, and `input` into what it starts.
fn typed(line: &str, input: &[u8]) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]);
    let pipes = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut shell = pipes.spawn().unwrap();
    shell.stdin.take().unwrap().write_all(input).unwrap();
    shell.wait_with_output().unwrap()
}

#[test]
fn the_commands_that_are_printed_read_and_send_mail() {
    let mut demo = gatepost(&["demo", "--port", "0"]);
    let mut demo = demo.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let printed: Vec<String> = lines
        .by_ref()
        .take_while(|line| line != "Stop with Ctrl-C.")
        .collect();
    let curls: Vec<&String> = printed
        .iter()
        .filter(|line| line.contains("curl --cacert"))
        .collect();
    let expected = ["INBOX", "ENVELOPE", "Subject: ", "", "ENVELOPE", "Subject: "];
    assert_eq!(curls.len(), expected.len() + 1, "{printed:?}");
    for (line, wanted) in curls.iter().zip(expected) {
        let output = typed(line, b"");
        succeeded(&output);
        assert!(text(&output.stdout).contains(wanted), "{line}: {output:?}");
    }
    let refused = typed(curls[6], b"");
    assert_eq!(refused.status.code(), Some(67), "{refused:?}");
    let by_hand = printed
        .iter()
        .find(|line| line.starts_with("  openssl "))
        .unwrap();
    let output = typed(by_hand, b"a LOGIN alice wonderland\nb LOGOUT\n");
    assert!(text(&output.stdout).contains("a OK "), "{output:?}");
    let certificates = text(&output.stderr);
    assert!(
        certificates.contains("verify return:1") && !certificates.contains("error"),
        "{certificates}"
    );

    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    assert!(demo.wait().unwrap().success());
}

#[test]
fn a_port_that_is_taken_is_named_and_the_way_out_too() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = gatepost(&["demo", "--port", &port.to_string()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains(&format!("127.0.0.1:{port}")) && said.contains("--port"),
        "{said}"
    );
}
