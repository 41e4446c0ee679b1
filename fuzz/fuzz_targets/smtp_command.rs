//! Commands and addresses, read more and less strictly: what can be read can be written, and is read as the
//! same again. No command is more than a line, and what follows the grammar needs nothing to be forgiven.
#![no_main]

use bytes::BytesMut;
use gatepost_smtp::message::mailboxes;
use gatepost_smtp::parse::{Allowance, Leniency, Options};
use gatepost_smtp::{Command, Mailbox, Parameters, command};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // A seed is a line: it is read in every way that does not depend on its octets.
    for leniency in [Leniency::STRICT, Leniency::CLIENTS, Leniency::ALL, chosen(input)] {
        let base = if leniency == Leniency::CLIENTS {
            Options::CLIENTS
        } else {
            Options::STRICT
        };
        line(input, &Options { leniency, ..base });
    }
    match mailboxes(input) {
        Err(error) => assert!(error.offset <= input.len() && !error.to_string().is_empty()),
        Ok(list) => list.iter().for_each(check_mailbox),
    }
});

/// Some allowances, which depend on all octets.
fn chosen(input: &[u8]) -> Leniency {
    let number = input.iter().fold(0_usize, |number, &octet| {
        number.wrapping_mul(31) ^ usize::from(octet)
    });
    let bits = Allowance::ALL.into_iter().enumerate();
    let some = bits.filter(|(bit, _)| number >> bit & 1 == 1);
    some.fold(Leniency::STRICT, |all, (_, one)| all.with(one))
}

fn line(line: &[u8], options: &Options) {
    let parsed = match command::parse_with(line, options) {
        Err(error) => {
            assert!(error.offset <= line.len() && !error.to_string().is_empty());
            return;
        }
        Ok(parsed) => parsed,
    };
    assert!(
        parsed
            .forgiven
            .iter()
            .all(|(allowance, offset)| options.leniency.allows(allowance) && offset <= line.len())
    );
    let strict = Options {
        leniency: Leniency::STRICT,
        ..*options
    };
    let strictly = command::parse_with(line, &strict);
    assert_eq!(strictly.is_ok(), parsed.forgiven.is_empty());
    check(&parsed.value, options);
    assert_eq!(parsed.value.clone().into_owned(), parsed.value);
    if let Command::Mail { parameters, .. } | Command::Rcpt { parameters, .. } = &parsed.value {
        look_at(parameters);
    }
    if let Command::Xclient(attributes) | Command::Xforward(attributes) = &parsed.value {
        let _ = (
            attributes.addr(),
            attributes.port(),
            attributes.proto(),
            attributes.source(),
        );
        for (name, _) in attributes.iter() {
            let _ = attributes.get(name).expect("an attribute that is there");
        }
    }
}

fn check(command: &Command<'_>, options: &Options) {
    let mut written = BytesMut::new();
    command.encode(&mut written);
    let again = written.strip_suffix(b"\r\n").expect("a command ends with CRLF");
    assert!(!again.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
    let read = command::parse_with(again, options).expect("a command that was written");
    assert_eq!(&read.value, command);
}

/// Values that can be read are written as ones that are read the same.
fn look_at(parameters: &Parameters<'_>) {
    let mut again = Parameters::new();
    macro_rules! check {
        ($($name:ident)*) => {$(
            if let Ok(Some(value)) = parameters.$name() {
                again.push(value.clone()).expect("a parameter that is new");
                assert_eq!(again.$name(), Ok(Some(value)));
            }
        )*};
    }
    check!(body ret envid notify orcpt auth by mt_priority hold rrvs);
    let _ = (
        parameters.size(),
        parameters.smtputf8(),
        parameters.requiretls(),
        parameters.conperm(),
    );
}

fn check_mailbox(mailbox: &Mailbox<'_>) {
    let written = mailbox.to_string();
    let again = Mailbox::parse_with(written.as_bytes(), &Options::CLIENTS).expect("a mailbox that was read");
    assert_eq!(&again.value, mailbox);
    assert_eq!(mailboxes(written.as_bytes()).as_deref(), Ok(&[again.value][..]));
}
