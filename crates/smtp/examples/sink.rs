//! A server that takes every message, and tells how large it was. One client at a time, no TLS: for tests only.
//!
//! `cargo run -p gatepost-smtp --example sink` and then, say, `swaks --server 127.0.0.1:2525 --to a@example.com`

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use bytes::BytesMut;
use gatepost_smtp::data::Decoder;
use gatepost_smtp::{Command, Extensions, Limit, Limits, Reply, command};
use gatepost_wire::{Input, take_line};

const LIMITS: Limits = Limits::AFTER_LOGIN;

/// Octets in, octets out.
struct Sink {
    input: Input,
    phase: Phase,
}

enum Phase {
    Command,
    Message { decoder: Decoder, size: usize },
    Over,
}

impl Sink {
    /// Answers all that has arrived.
    fn process(&mut self, out: &mut BytesMut) -> Result<(), gatepost_smtp::Error> {
        loop {
            match &mut self.phase {
                Phase::Over => return Ok(()),
                Phase::Command => {
                    let line = take_line(&mut self.input, LIMITS.command_line)
                        .map_err(|error| gatepost_smtp::Error::line(error, Limit::CommandLine))?;
                    let Some(line) = line else { return Ok(()) };
                    let reply = self.command(&line);
                    reply.encode(out);
                }
                Phase::Message { decoder, size } => {
                    let decoded = decoder.decode(self.input.as_slice(), |run| *size += run.len())?;
                    self.input.skip(decoded.consumed);
                    if !decoded.ended {
                        return Ok(());
                    }
                    Reply::new(250, "2.0.0", format!("{size} octets, thank you")).encode(out);
                    self.phase = Phase::Command;
                }
            }
        }
    }

    fn command(&mut self, line: &[u8]) -> Reply {
        match command::parse(line) {
            Ok(Command::Ehlo(_)) => Extensions::new()
                .with("PIPELINING", "")
                .with("8BITMIME", "")
                .with("SMTPUTF8", "")
                .with("ENHANCEDSTATUSCODES", "")
                .reply("sink.example"),
            Ok(Command::Helo(_)) => Reply::new(250, "", "sink.example"),
            Ok(Command::Mail { from, .. }) => Reply::new(250, "2.1.0", format!("from {from}")),
            Ok(Command::Rcpt { to, .. }) => Reply::new(250, "2.1.5", format!("to {to}")),
            Ok(Command::Data) => {
                let decoder = Decoder::new();
                self.phase = Phase::Message { decoder, size: 0 };
                Reply::new(354, "", "end with <CRLF>.<CRLF>")
            }
            Ok(Command::Quit) => {
                self.phase = Phase::Over;
                Reply::new(221, "2.0.0", "bye")
            }
            Ok(Command::Rset | Command::Noop(_)) => Reply::new(250, "2.0.0", "ok"),
            Ok(_) => Reply::new(502, "5.5.1", "not here"),
            Err(error) => gatepost_smtp::Error::from(error).reply(),
        }
    }
}

fn serve(mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let mut sink = Sink {
        input: Input::new(65_536),
        phase: Phase::Command,
    };
    let mut out = BytesMut::new();
    let mut octets = [0; 16_384];
    Reply::new(220, "", "sink.example").encode(&mut out);
    while !matches!(sink.phase, Phase::Over) {
        stream.write_all(&out.split())?;
        let count = stream.read(&mut octets)?;
        if count == 0 {
            return Ok(());
        }
        sink.input.feed(octets.get(..count).unwrap_or_default())?;
        if let Err(error) = sink.process(&mut out) {
            error.reply().encode(&mut out);
            sink.phase = Phase::Over;
        }
    }
    Ok(stream.write_all(&out)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:2525")?;
    for stream in listener.incoming() {
        let served = stream.map_err(Into::into).and_then(serve);
        writeln!(io::stdout(), "{served:?}")?;
    }
    Ok(())
}
