//! Parsing the commands before login, against imap-codec.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatepost_imap::command;
use imap_codec::CommandCodec;
use imap_codec::decode::Decoder as _;

const COMMANDS: &[(&str, &[u8])] = &[
    ("NOOP", b"A1 NOOP\r\n"),
    ("LOGIN atoms", b"A1 LOGIN alice@example.com correct-horse\r\n"),
    (
        "LOGIN quoted",
        b"A1 LOGIN \"alice\" \"correct \\\"horse\\\" battery\"\r\n",
    ),
    (
        "LOGIN literals",
        b"A1 LOGIN {5+}\r\nalice {13+}\r\ncorrect horse\r\n",
    ),
    (
        "AUTHENTICATE PLAIN",
        b"A2 AUTHENTICATE PLAIN AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2U=\r\n",
    ),
    (
        "UID FETCH",
        b"A9 UID FETCH 2301:2325 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from)])\r\n",
    ),
];

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("command");
    for (name, line) in COMMANDS {
        let message = line.strip_suffix(b"\r\n").unwrap();
        assert!(
            command::parse(message).is_ok() && CommandCodec::default().decode(line).is_ok(),
            "{name}"
        );
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{name}/gatepost-imap"), |bench| {
            bench.iter(|| command::parse(black_box(message)).unwrap());
        });
        group.bench_function(format!("{name}/imap-codec"), |bench| {
            bench.iter(|| CommandCodec::default().decode(black_box(line)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, parsing);
criterion_main!(benches);
