//! Framing, against imap-codec, which finds the end of a message by parsing it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::hint::black_box;

use bytes::BytesMut;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use gatepost_benches::{fetch_stream, flags_stream, phone_stream};
use gatepost_imap::Limits;
use gatepost_imap::frame::{Frame, Framer, Part, Streaming};
use gatepost_wire::Input;
use imap_codec::decode::{CommandDecodeError, Decoder as _, ResponseDecodeError};
use imap_codec::fragmentizer::{FragmentInfo, Fragmentizer};
use imap_codec::{CommandCodec, ResponseCodec};

/// What one read of a socket brings, in octets.
const READ: usize = 16 * 1024;

/// The messages in a stream that arrives in pieces.
fn ours(mut framer: Framer, stream: &[u8], piece: usize) -> usize {
    let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    let mut messages = 0;
    for piece in stream.chunks(piece) {
        input.feed(piece).unwrap();
        while let Some(frame) = framer.next(&mut input).unwrap() {
            if let Frame::Message(message) = frame {
                messages += 1;
                black_box(message);
            }
        }
    }
    messages
}

/// The same with a decoder that is asked whenever more has arrived, as such decoders are used.
fn theirs(stream: &[u8], piece: usize, decode: impl Fn(&[u8]) -> Option<usize>) -> usize {
    let mut buffer = Vec::new();
    let (mut start, mut messages) = (0, 0);
    for piece in stream.chunks(piece) {
        buffer.drain(..start);
        start = 0;
        buffer.extend_from_slice(piece);
        while let Some(rest) = decode(&buffer[start..]) {
            start = buffer.len() - rest;
            messages += 1;
        }
    }
    messages
}

/// The octets of streamed literals. The pieces are given, or else copied.
fn streamed(mut octets: BytesMut, pieces: Pieces) -> usize {
    let mut framer = Framer::responses(Limits::AFTER_LOGIN).streaming(Streaming::default());
    let mut input = Input::new(Limits::AFTER_LOGIN.line + READ);
    let mut count = 0;
    while !octets.is_empty() {
        let piece = octets.split_to(READ.min(octets.len()));
        match pieces {
            Pieces::Given => input.give(piece).unwrap(),
            Pieces::Copied => input.feed(&piece).unwrap(),
        }
        while let Some(frame) = framer.next(&mut input).unwrap() {
            if let Frame::Part(Part::Literal { octets, .. }) = frame {
                count += octets.len();
                black_box(octets);
            }
        }
    }
    count
}

#[derive(Clone, Copy)]
enum Pieces {
    Given,
    Copied,
}

/// The octets of literals in fragments, which are collected.
fn fragments(octets: &[u8]) -> usize {
    let mut fragmentizer = Fragmentizer::without_max_message_size();
    let mut count = 0;
    for piece in octets.chunks(READ) {
        fragmentizer.enqueue_bytes(piece);
        while let Some(fragment) = fragmentizer.progress() {
            if let FragmentInfo::Literal { start, end } = fragment {
                count += end - start;
                black_box(fragmentizer.fragment_bytes(fragment));
            }
        }
    }
    count
}

fn their_command(octets: &[u8]) -> Option<usize> {
    match CommandCodec::default().decode(octets) {
        Ok((rest, command)) => {
            black_box(command);
            Some(rest.len())
        }
        Err(CommandDecodeError::Incomplete | CommandDecodeError::LiteralFound { .. }) => None,
        Err(CommandDecodeError::Failed) => panic!("imap-codec refuses a command"),
    }
}

fn their_response(octets: &[u8]) -> Option<usize> {
    match ResponseCodec::default().decode(octets) {
        Ok((rest, response)) => {
            black_box(response);
            Some(rest.len())
        }
        Err(ResponseDecodeError::Incomplete | ResponseDecodeError::LiteralFound { .. }) => None,
        Err(ResponseDecodeError::Failed) => panic!("imap-codec refuses a response"),
    }
}

/// Both on the same stream, which has to give the same number of messages.
fn compare(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    stream: &[u8],
    piece: usize,
    framer: fn(Limits) -> Framer,
    decode: fn(&[u8]) -> Option<usize>,
) {
    assert_eq!(
        ours(framer(Limits::AFTER_LOGIN), stream, piece),
        theirs(stream, piece, decode)
    );
    group.throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function(format!("{name}/gatepost-imap"), |bench| {
        bench.iter(|| ours(framer(Limits::AFTER_LOGIN), black_box(stream), piece));
    });
    group.bench_function(format!("{name}/imap-codec"), |bench| {
        bench.iter(|| theirs(black_box(stream), piece, decode));
    });
}

fn framing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("framing");
    group.sample_size(20);
    // imap-codec knows neither STATUS in LIST RETURN nor CONDSTORE in this build.
    let commands: Vec<u8> = b"14 NOOP\r\n10 UID FETCH 2301,2303,2305,2307 (BODYSTRUCTURE)\r\n".repeat(500);
    compare(
        &mut group,
        "commands",
        &commands,
        READ,
        Framer::commands,
        their_command,
    );
    compare(
        &mut group,
        "commands octet by octet",
        &commands[..6000],
        1,
        Framer::commands,
        their_command,
    );
    let large = fetch_stream(4 << 20, 1 << 20);
    compare(
        &mut group,
        "FETCH with 1 MiB literals",
        &large,
        READ,
        Framer::responses,
        their_response,
    );
    let larger = fetch_stream(50 << 20, 50 << 20);
    assert_eq!(
        streamed(BytesMut::from(&larger[..]), Pieces::Given),
        fragments(&larger)
    );
    group.throughput(Throughput::Bytes(larger.len() as u64));
    for (name, pieces) in [("given", Pieces::Given), ("copied", Pieces::Copied)] {
        group.bench_function(
            format!("a literal of 50 MiB/gatepost-imap, streamed and {name}"),
            |bench| {
                let octets = || BytesMut::from(&larger[..]);
                bench.iter_batched(octets, |octets| streamed(octets, pieces), BatchSize::PerIteration);
            },
        );
    }
    group.bench_function("a literal of 50 MiB/imap-codec's Fragmentizer", |bench| {
        bench.iter(|| fragments(black_box(&larger)));
    });
    group.throughput(Throughput::Bytes(phone_stream(100).len() as u64));
    group.bench_function("a phone's commands/gatepost-imap", |bench| {
        let stream = phone_stream(100);
        bench.iter(|| ours(Framer::commands(Limits::AFTER_LOGIN), black_box(&stream), READ));
    });
    group.throughput(Throughput::Bytes(flags_stream(2000).len() as u64));
    group.bench_function("FLAGS lines/gatepost-imap", |bench| {
        let stream = flags_stream(2000);
        bench.iter(|| ours(Framer::responses(Limits::AFTER_LOGIN), black_box(&stream), READ));
    });
    group.finish();
}

criterion_group!(benches, framing);
criterion_main!(benches);
