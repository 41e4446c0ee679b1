//! A server that takes every message, and tells how large it was. One client at a time, no TLS: for tests only.
//!
//! `cargo run -p gatepost-smtp --example sink` and then, say, `swaks --server 127.0.0.1:2525 --to a@example.com`

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use bytes::BytesMut;
use gatepost_smtp::frame::{Commands, Frame};
use gatepost_smtp::{Command, Extensions, Limits, Reply, command};

/// Octets in, octets out.
struct Sink {
    commands: Commands,
    /// Of the message so far.
    size: usize,
    is_over: bool,
}

impl Sink {
    fn new() -> Self {
        Self {
            commands: Commands::new(Limits::AFTER_LOGIN),
            size: 0,
            is_over: false,
        }
    }

    /// Answers all that has arrived.
    fn process(&mut self, input: &mut BytesMut, out: &mut BytesMut) {
        while !self.is_over {
            match self.commands.next(input) {
                Ok(None) => return,
                Ok(Some(Frame::Line(line))) => self.line(&line, out),
                Ok(Some(Frame::Octets(octets))) => self.size += octets.len(),
                Ok(Some(Frame::End)) => {
                    Reply::new(250, "2.0.0", format!("{} octets, thank you", self.size)).encode(out);
                }
                Err(error) => {
                    error.reply().encode(out);
                    self.is_over = true;
                }
            }
        }
    }

    fn line(&mut self, line: &[u8], out: &mut BytesMut) {
        let reply = match command::parse(line) {
            Ok(Command::Ehlo(_)) => Extensions::new()
                .with("PIPELINING", "")
                .with("8BITMIME", "")
                .with("CHUNKING", "")
                .with("SMTPUTF8", "")
                .with("ENHANCEDSTATUSCODES", "")
                .reply("sink.example"),
            Ok(Command::Helo(_)) => Reply::new(250, "", "sink.example"),
            Ok(Command::Mail { from, .. }) => {
                self.size = 0;
                Reply::new(250, "2.1.0", format!("from {from}"))
            }
            Ok(Command::Rcpt { to, .. }) => Reply::new(250, "2.1.5", format!("to {to}")),
            Ok(Command::Data) => {
                self.commands.expect_message();
                Reply::new(354, "", "end with <CRLF>.<CRLF>")
            }
            // It is answered behind its octets.
            Ok(Command::Bdat { size, .. }) => return self.commands.expect_chunk(size),
            Ok(Command::Quit) => {
                self.is_over = true;
                Reply::new(221, "2.0.0", "bye")
            }
            Ok(Command::Rset | Command::Noop(_)) => Reply::new(250, "2.0.0", "ok"),
            Ok(_) => Reply::new(502, "5.5.1", "not here"),
            Err(error) => {
                // Nobody knows how many octets behind it are no commands.
                self.is_over = line
                    .get(..4)
                    .is_some_and(|verb| verb.eq_ignore_ascii_case(b"BDAT"));
                gatepost_smtp::Error::from(error).reply()
            }
        };
        reply.encode(out);
    }
}

fn serve(mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let mut sink = Sink::new();
    let (mut input, mut out) = (BytesMut::new(), BytesMut::new());
    let mut octets = [0; 16_384];
    Reply::new(220, "", "sink.example ESMTP").encode(&mut out);
    loop {
        stream.write_all(&out.split())?;
        let count = if sink.is_over {
            0
        } else {
            stream.read(&mut octets)?
        };
        if count == 0 {
            return Ok(());
        }
        input.extend_from_slice(octets.get(..count).unwrap_or_default());
        sink.process(&mut input, &mut out);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:2525")?;
    for stream in listener.incoming() {
        let served = stream.map_err(Into::into).and_then(serve);
        writeln!(io::stdout(), "{served:?}")?;
    }
    Ok(())
}
