//! Commands and addresses: what can be read can be written, and is read as the same again. No command is more than a line.
#![no_main]

use bytes::BytesMut;
use gatepost_smtp::message::mailboxes;
use gatepost_smtp::{Command, Mailbox, command};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    match command::parse(line) {
        Err(error) => assert!(error.offset <= line.len() && !error.to_string().is_empty()),
        Ok(command) => check(&command),
    }
    match mailboxes(line) {
        Err(error) => assert!(error.offset <= line.len() && !error.to_string().is_empty()),
        Ok(list) => list.iter().for_each(check_mailbox),
    }
});

fn check(command: &Command<'_>) {
    let mut written = BytesMut::new();
    command.encode(&mut written);
    let again = written.strip_suffix(b"\r\n").expect("a command ends with CRLF");
    assert_eq!(command::parse(again).as_ref(), Ok(command));
    let is_raw = matches!(command, Command::Other { .. });
    assert!(is_raw || !again.iter().any(u8::is_ascii_control));
}

fn check_mailbox(mailbox: &Mailbox<'_>) {
    let written = mailbox.to_string();
    let again = Mailbox::parse(written.as_bytes()).expect("a mailbox that was read");
    assert_eq!(&again, mailbox);
    assert_eq!(mailboxes(written.as_bytes()).as_deref(), Ok(&[again][..]));
}
