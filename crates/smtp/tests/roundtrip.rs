//! What is written is read back as the same value.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use bytes::BytesMut;
use gatepost_smtp::command::{self, Initial, Last};
use gatepost_smtp::message::mailboxes;
use gatepost_smtp::{
    Command, Extensions, ForwardPath, Limits, Mailbox, Parameter, Parameters, Reply, ReversePath, reply,
    xtext,
};
use gatepost_wire::{Input, take_line};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn quoted(local: &str) -> String {
    format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A mailbox as it may be written, and its local part.
fn mailbox() -> impl Strategy<Value = (String, String)> {
    let atoms = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\u{e9}-]{1,8}(\\.[a-z0-9\u{4e2d}]{1,5}){0,3}";
    let local = prop_oneof![
        atoms.prop_map(|local| (local.clone(), local)),
        "[ -~\u{e9}]{0,20}".prop_map(|local| (quoted(&local), local)),
    ];
    let domain = prop_oneof![
        "[a-zA-Z0-9\u{fc}]{1,8}([a-z0-9_-]{0,3}[a-z0-9])?(\\.[a-z0-9]{1,6}){0,3}",
        Just("[192.0.2.1]".to_owned()),
        Just("[IPv6:2001:db8::1]".to_owned()),
    ];
    (local, domain).prop_map(|((written, local), domain)| (format!("{written}@{domain}"), local))
}

fn parameters() -> impl Strategy<Value = Parameters<'static>> {
    let parameter = ("[A-Za-z0-9][A-Za-z0-9-]{0,9}", option::of("[!-~\u{e9}]{1,20}"));
    vec(parameter, 0..6).prop_map(|list| {
        let mut parameters = Parameters::new();
        for (keyword, value) in &list {
            let parameter = Parameter::new(keyword, value.as_deref()).unwrap();
            if !parameter.is("SIZE") && !parameter.is("BODY") {
                let _ = parameters.push(parameter);
            }
        }
        parameters
    })
}

/// The owned parts of a command; the command borrows them.
#[derive(Debug, Clone)]
enum Parts {
    Plain(Command<'static>),
    Ehlo(String),
    Vrfy(String),
    Auth(String, Option<Option<String>>),
    Mail(Option<String>, Parameters<'static>),
    Rcpt(Option<String>, Parameters<'static>),
    Xclient(Parameters<'static>),
    Other(String, Vec<u8>),
}

fn parts() -> impl Strategy<Value = Parts> {
    let plain = prop::sample::select(vec![
        Command::StartTls,
        Command::Data,
        Command::Rset,
        Command::Noop,
        Command::Help,
        Command::Quit,
    ]);
    let bdat = (any::<u64>(), prop::sample::select(vec![Last::No, Last::Yes]));
    let path = || option::of(mailbox().prop_map(|(written, _)| written));
    let base64 = "[A-Za-z0-9+/]{1,30}={0,2}";
    prop_oneof![
        plain.prop_map(Parts::Plain),
        bdat.prop_map(|(size, last)| Parts::Plain(Command::Bdat { size, last })),
        "[!-~\u{e9}]{1,20}".prop_map(Parts::Ehlo),
        "[!-~\u{e9}]([ -~]{0,20}[!-~])?".prop_map(Parts::Vrfy),
        ("[A-Za-z0-9_-]{1,20}", option::of(option::of(base64)))
            .prop_map(|(mechanism, initial)| Parts::Auth(mechanism, initial)),
        (path(), parameters()).prop_map(|(from, parameters)| Parts::Mail(from, parameters)),
        (path(), parameters()).prop_map(|(to, parameters)| Parts::Rcpt(to, parameters)),
        parameters().prop_map(Parts::Xclient),
        ("X[A-Za-z0-9]{0,2}|[!-~]{9,12}", vec(any::<u8>(), 0..20))
            .prop_map(|(verb, arguments)| Parts::Other(verb, arguments)),
    ]
}

fn command(parts: &Parts) -> Command<'_> {
    match parts {
        Parts::Plain(command) => command.clone(),
        Parts::Ehlo(name) => Command::Ehlo(name),
        Parts::Vrfy(text) => Command::Vrfy(text),
        Parts::Auth(mechanism, initial) => Command::Auth {
            mechanism,
            initial: initial.as_ref().map(|text| match text {
                None => Initial::Empty,
                Some(text) => Initial::Base64(text.as_bytes()),
            }),
        },
        Parts::Mail(from, parameters) => Command::Mail {
            from: from.as_ref().map_or(ReversePath::Null, |text| {
                ReversePath::Mailbox(Mailbox::parse(text.as_bytes()).unwrap())
            }),
            parameters: parameters.clone(),
        },
        Parts::Rcpt(to, parameters) => Command::Rcpt {
            to: to.as_ref().map_or(ForwardPath::Postmaster, |text| {
                ForwardPath::Mailbox(Mailbox::parse(text.as_bytes()).unwrap())
            }),
            parameters: parameters.clone(),
        },
        Parts::Xclient(attributes) => Command::Xclient(attributes.clone()),
        Parts::Other(verb, arguments) => Command::Other {
            verb: verb.as_bytes(),
            arguments: arguments.trim_ascii_end(),
        },
    }
}

fn line(command: &Command<'_>) -> BytesMut {
    let mut octets = BytesMut::new();
    command.encode(&mut octets);
    octets
}

fn take(octets: &[u8]) -> Reply {
    let mut input = Input::new(Limits::BEFORE_LOGIN.reply_capacity());
    input.feed(octets).unwrap();
    let reply = reply::take(&mut input, &Limits::BEFORE_LOGIN).unwrap().unwrap();
    assert!(input.is_empty());
    reply
}

proptest! {
    #[test]
    fn commands(parts in parts()) {
        let command = command(&parts);
        let octets = line(&command);
        let written = octets.strip_suffix(b"\r\n").unwrap();
        prop_assert_eq!(command::parse(written), Ok(command.clone()));
        if !matches!(command, Command::Other { .. }) {
            let mut input = Input::new(octets.len());
            input.feed(&octets).unwrap();
            let taken = take_line(&mut input, octets.len()).unwrap().unwrap();
            prop_assert_eq!(command::parse(&taken), Ok(command));
            prop_assert!(input.is_empty());
        }
    }

    #[test]
    fn mailboxes_are_read_the_same_everywhere((written, local) in mailbox()) {
        let mailbox = Mailbox::parse(written.as_bytes()).unwrap();
        prop_assert_eq!(mailbox.local_part(), local);
        let shown = mailbox.to_string();
        prop_assert_eq!(&Mailbox::parse(shown.as_bytes()).unwrap(), &mailbox);
        let field = format!("{shown}, \"x\" <{shown}> (c), group: {shown};");
        prop_assert_eq!(mailboxes(field.as_bytes()), Ok(vec![mailbox.clone(), mailbox.clone(), mailbox]));
    }

    #[test]
    fn replies(code in 200_u16..600, enhanced in option::of((0_u16..1000, 0_u16..1000)), lines in vec("[ -,/-~\t\u{e9}][ -~]{0,40}|", 1..6)) {
        let enhanced = enhanced.map_or(String::new(), |(subject, detail)| format!("5.{subject}.{detail}"));
        let reply = Reply::new(code, &enhanced, lines.join("\n"));
        // Without an enhanced code of its own, a first line that begins like one has one.
        prop_assume!(!enhanced.is_empty() || !lines[0].contains('.'));
        let mut octets = BytesMut::new();
        reply.encode(&mut octets);
        prop_assert_eq!(take(&octets), reply);
    }

    #[test]
    fn relayed_replies_are_printable_lines(code in 200_u16..600, text in "\\PC{0,600}|[\\x00-\\x7f]{0,100}") {
        let reply = Reply::new(code, "5.1.1", text).relayed();
        let mut octets = BytesMut::new();
        reply.encode(&mut octets);
        prop_assert!(octets.iter().all(|octet| matches!(octet, b' '..=b'~' | b'\r' | b'\n')));
        prop_assert_eq!(take(&octets), reply);
    }

    #[test]
    fn extensions(lines in vec(("[A-Za-z0-9][A-Za-z0-9-]{0,9}", "([!-<>-~]{1,5}( [!-~]{1,5}){0,2})?"), 0..8)) {
        let list = lines.iter().filter(|(keyword, _)| !keyword.eq_ignore_ascii_case("AUTH"));
        let list = list.fold(Extensions::new(), |list, (keyword, parameters)| list.with(keyword, parameters));
        let mut octets = BytesMut::new();
        list.reply("mx.example.com").encode(&mut octets);
        prop_assert_eq!(Extensions::from_reply(&take(&octets)), list);
    }

    #[test]
    fn octets_in_xtext(octets in vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(xtext::decode(&xtext::encode(&octets)).unwrap(), octets);
    }

    #[test]
    fn nothing_panics(octets in vec(any::<u8>(), 0..200)) {
        let parsed = command::parse(&octets);
        prop_assert!(parsed.map_or_else(|error| error.offset <= octets.len(), |_| true));
        let parsed = Mailbox::parse(&octets);
        prop_assert!(parsed.map_or_else(|error| error.offset <= octets.len(), |_| true));
        let parsed = mailboxes(&octets);
        prop_assert!(parsed.map_or_else(|error| error.offset <= octets.len(), |_| true));
    }

    #[test]
    fn nothing_panics_behind_a_verb(verb in "MAIL FROM:|RCPT TO:|BDAT |AUTH |EHLO |VRFY |XCLIENT ", text in "[ -~\u{e9}<>@\".:=\\[\\]]{0,60}") {
        let text = format!("{verb}{text}");
        if let Ok(command) = command::parse(text.as_bytes()) {
            let octets = line(&command);
            prop_assert_eq!(command::parse(octets.strip_suffix(b"\r\n").unwrap()).unwrap(), command);
        }
    }
}
