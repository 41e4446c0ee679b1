//! A proxy that passes everything on as it is, and prints the verb of each command and what each response is.
//!
//! `cargo run -p gatepost-imap --example verbs -- 127.0.0.1:1143 127.0.0.1:143` serves clients of a server on port 143.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::io::{Read as _, Write as _, stdout};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::{env, error::Error, sync::Mutex, thread};

use gatepost_imap::frame::{Framer, Streaming};
use gatepost_imap::{Input, Limits};

fn main() -> Result<(), Box<dyn Error>> {
    let [listen, server] = [1, 2].map(|index| env::args().nth(index).expect("usage: verbs LISTEN SERVER"));
    for client in TcpListener::bind(listen)?.incoming() {
        let (client, server) = (client?, TcpStream::connect(&server)?);
        thread::spawn(move || proxy(&client, &server, |line| drop(writeln!(stdout(), "{line}"))));
    }
    Ok(())
}

pub(crate) fn proxy(client: &TcpStream, server: &TcpStream, print: impl Fn(String) + Sync) {
    let watch = |framer: Framer| Mutex::new((framer.streaming(Streaming::EVERYTHING), Input::new(1 << 17)));
    let commands = watch(Framer::commands(Limits::AFTER_LOGIN));
    let responses = watch(Framer::responses(Limits::AFTER_LOGIN));
    let command = |tag: &str, verb: &str| print(format!("C: {}", if tag == "DONE" { tag } else { verb }));
    thread::scope(|scope| {
        scope.spawn(|| pass(client, server, &commands, command));
        pass(server, client, &responses, |tag, word| {
            print(format!("S: {tag} {word}"));
            let (framer, input) = &mut *commands.lock().unwrap();
            framer.answered(tag.as_bytes(), input);
        });
    });
}

/// Passes on what comes, behind a look at it. Behind STARTTLS and COMPRESS there is nothing to see.
fn pass(mut from: &TcpStream, mut to: &TcpStream, watch: &Mutex<(Framer, Input)>, see: impl Fn(&str, &str)) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let look = |(framer, input): &mut (Framer, Input)| {
            input.feed(&buffer[..count]).ok();
            while let Ok(Some(frame)) = framer.next(input) {
                if let Some((message, _)) = frame.message() {
                    let message = String::from_utf8_lossy(message);
                    let (tag, rest) = message.split_once(' ').unwrap_or((&message, ""));
                    let word = rest.split(' ').find(|it| !it.starts_with(char::is_numeric));
                    see(tag, word.unwrap_or_default());
                }
            }
        };
        look(&mut watch.lock().unwrap());
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Write).ok();
}
