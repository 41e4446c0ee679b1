//! Every parser on the same streams: ours, imap-codec, imap-proto and smtp-proto.
//!
//! | arguments | what happens |
//! |---|---|
//! | `--list` | nothing: there are no tests in here |
//! | none | each parser reads its streams once and has to find all messages |
//! | `--bench` | the speed of all of them, as `cargo bench` wants it |
//! | `list` | a line for each case and parser: names, octets, messages |
//! | `run CASE PARSER ITERATIONS` | that and nothing else, for callgrind |
//! | `speed CASE` | MB/s of its parsers |
//!
//! `scripts/bench-parsers` makes the table of `docs/performance.md` of it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod cases;
mod counted;
mod inputs;
mod ours;
mod peers;
mod speed;

use std::env;

use cases::{CASES, Case};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["list"] => list(),
        ["run", case, contender, iterations] => run(find(case), contender, iterations.parse().unwrap()),
        ["speed", case] => speed::print(find(case)),
        _ if arguments.contains(&"--list") => {}
        _ if arguments.contains(&"--bench") => CASES.iter().for_each(speed::print),
        _ => check(),
    }
}

fn find(name: &str) -> &'static Case {
    let case = CASES.iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("no case {name}"))
}

fn list() {
    for case in CASES {
        let octets = (case.stream)().len();
        for contender in case.contenders {
            println!("{}\t{}\t{octets}\t{}", case.name, contender.name, case.messages);
        }
    }
}

/// The stream is built and prepared even for no iterations, so that this can be subtracted.
fn run(case: &Case, name: &str, iterations: usize) {
    let contender = case.contenders.iter().find(|contender| contender.name == name);
    let contender = contender.unwrap_or_else(|| panic!("no parser {name} in {}", case.name));
    let mut pass = (contender.prepare)((case.stream)().leak());
    for _ in 0..iterations {
        assert_eq!(pass(), case.messages, "{name}");
    }
}

fn check() {
    for case in CASES {
        for contender in case.contenders {
            run(case, contender.name, 1);
        }
    }
}
