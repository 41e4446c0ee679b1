//! Parsing SMTP, against smtp-proto.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gatepost_benches::{SMTP_COMMANDS, smtp_message};
use gatepost_smtp::data::{Decoder, Encoder};
use gatepost_smtp::{Limits, command, reply};
use gatepost_wire::{Input, take_line};
use smtp_proto::Request;
use smtp_proto::request::receiver::{DataReceiver, RequestReceiver};
use smtp_proto::response::parser::ResponseReceiver;

fn commands(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("command");
    for line in SMTP_COMMANDS {
        let name = line.trim_end();
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{name}/gatepost-smtp"), |bench| {
            bench.iter(|| command::parse(black_box(name.as_bytes())).unwrap());
        });
        group.bench_function(format!("{name}/smtp-proto"), |bench| {
            bench.iter(|| Request::parse(&mut black_box(line.as_bytes()).iter()).unwrap());
        });
    }
    group.finish();
}

/// Many commands in one read: lines and grammar.
fn pipelined(criterion: &mut Criterion) {
    let stream = SMTP_COMMANDS.concat().repeat(100).into_bytes();
    let lines = SMTP_COMMANDS.len() * 100;
    let mut group = criterion.benchmark_group("pipelined commands");
    group.throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function("gatepost-smtp", |bench| {
        bench.iter_batched_ref(
            || filled(&stream),
            |input| {
                let mut count = 0;
                while let Some(line) = take_line(input, 2048).unwrap() {
                    count += usize::from(black_box(command::parse(&line)).is_ok());
                }
                assert_eq!(count, lines);
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("smtp-proto", |bench| {
        bench.iter(|| {
            let mut receiver = RequestReceiver::default();
            let mut octets = black_box(&stream).iter();
            let mut count = 0;
            while let Ok(request) = receiver.ingest(&mut octets) {
                black_box(request);
                count += 1;
            }
            assert_eq!(count, lines);
        });
    });
    group.finish();
}

fn filled(stream: &[u8]) -> Input {
    let mut input = Input::new(stream.len() + 1);
    input.feed(stream).unwrap();
    input
}

const REPLIES: &[(&str, &str)] = &[
    ("250", "250 2.1.5 Ok\r\n"),
    ("354", "354 End data with <CR><LF>.<CR><LF>\r\n"),
    (
        "EHLO",
        "250-mail.example.com\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-ETRN\r\n250-AUTH PLAIN LOGIN\r\n\
         250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250 CHUNKING\r\n",
    ),
    (
        "refusal",
        "550-5.7.1 rejected because of policy\r\n550 5.7.1 see https://example.com/\r\n",
    ),
];

fn replies(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("reply");
    for (name, reply) in REPLIES {
        let stream = reply.repeat(200).into_bytes();
        group.throughput(Throughput::Elements(200));
        group.bench_function(format!("{name}/gatepost-smtp"), |bench| {
            bench.iter_batched_ref(
                || filled(&stream),
                |input| {
                    for _ in 0..200 {
                        black_box(reply::take(input, &Limits::BEFORE_LOGIN).unwrap().unwrap());
                    }
                },
                BatchSize::SmallInput,
            );
        });
        group.bench_function(format!("{name}/smtp-proto"), |bench| {
            bench.iter(|| {
                let mut octets = black_box(&stream).iter();
                for _ in 0..200 {
                    black_box(ResponseReceiver::default().parse(&mut octets).unwrap());
                }
            });
        });
    }
    group.finish();
}

/// The octets that a strict decoder has to look at, found with memchr alone.
fn line_ends(octets: &[u8]) -> usize {
    memchr::memchr3_iter(b'\r', b'\n', 0, octets).count()
}

const READ: usize = 16_384;

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("DATA");
    for name in ["base64", "text", "some dots", "lines of dots"] {
        let message = smtp_message(name, 1 << 20);
        let mut out = Vec::with_capacity(message.len());
        group.throughput(Throughput::Bytes(message.len() as u64));
        group.bench_function(format!("{name}/gatepost-smtp"), |bench| {
            bench.iter(|| {
                out.clear();
                let mut decoder = Decoder::new();
                let pieces = black_box(&message).chunks(READ);
                let last = pieces.map(|piece| decoder.decode(piece, |run| out.extend_from_slice(run)));
                assert!(last.last().unwrap().unwrap().ended);
            });
        });
        group.bench_function(format!("{name}/smtp-proto"), |bench| {
            bench.iter(|| {
                out.clear();
                let mut receiver = DataReceiver::new();
                let pieces = black_box(&message).chunks(READ);
                let last = pieces.map(|piece| receiver.ingest(&mut piece.iter(), &mut out));
                assert!(last.last().unwrap());
            });
        });
        group.bench_function(format!("{name}/gatepost-smtp, runs only"), |bench| {
            bench.iter(|| {
                let mut decoder = Decoder::new();
                let mut octets = 0;
                let pieces = black_box(&message).chunks(READ);
                let last = pieces.map(|piece| decoder.decode(piece, |run| octets += run.len()));
                assert!(last.last().unwrap().unwrap().ended && octets > 0);
            });
        });
        group.bench_function(format!("{name}/memchr3"), |bench| {
            bench.iter(|| black_box(&message).chunks(READ).map(line_ends).sum::<usize>());
        });
        group.bench_function(format!("{name}/encode"), |bench| {
            let mut out = bytes::BytesMut::with_capacity(2 * message.len());
            bench.iter(|| {
                out.clear();
                let mut encoder = Encoder::new();
                let pieces = black_box(&message).chunks(READ);
                pieces.for_each(|piece| encoder.encode(piece, &mut out));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, commands, pipelined, replies, messages);
criterion_main!(benches);
