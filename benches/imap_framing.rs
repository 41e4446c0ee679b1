//! Framing, against imap-codec, which finds the end of a message by parsing it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use gatepost_benches::{fetch_stream, flags_stream, phone_stream};
use gatepost_imap::{Frame, Framer, Limits};
use gatepost_wire::Input;
use imap_codec::decode::{CommandDecodeError, Decoder as _, ResponseDecodeError};
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
