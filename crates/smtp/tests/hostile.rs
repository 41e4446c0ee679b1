//! Whatever text a constructor takes, what is written is one frame, and reads as the same value.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use bytes::BytesMut;
use gatepost_smtp::command::{
    self, Attribute, Attributes, ClientName, Initial, Mechanism, Other, Query, Text,
};
use gatepost_smtp::extensions::Extension;
use gatepost_smtp::frame::{Commands, Frame, Replies};
use gatepost_smtp::parameter::{EnvelopeId, OriginalRecipient, Submitter};
use gatepost_smtp::parse::Leniency;
use gatepost_smtp::{
    Command, Extensions, ForwardPath, Limits, Mailbox, Parameter, Parameters, Reply, ReversePath, reply,
};
use proptest::prelude::*;

/// Words, and what could end one, a line or a path.
const HOSTILE: &str = "([A-Za-z0-9.@-]|SIZE=|[<>\"\\\\:;,=+{}\\[\\]()\t\r\n\0\x1b\x7f ]|\r\n(QUIT|250 )|[245]\\.[0-9]{1,2}\\.[0-9]{1,3}|\u{85}|\u{e9}|\u{2028}){0,12}";

fn with(parameter: Parameter<'_>) -> Parameters<'static> {
    let mut parameters = Parameters::new();
    parameters.push(parameter).unwrap();
    parameters
}

/// Every command that `text` gets into.
fn commands(text: &str) -> Vec<Command<'_>> {
    let mut all = Vec::new();
    if let Ok(name) = ClientName::new(text) {
        all.extend([
            Command::Ehlo(name.clone()),
            Command::Helo(name.clone()),
            Command::Lhlo(name),
        ]);
    }
    if let Ok(text) = Text::new(text) {
        all.extend([Command::Noop(Some(text.clone())), Command::Help(Some(text))]);
    }
    if let Ok(query) = Query::new(text) {
        all.extend([Command::Vrfy(query.clone()), Command::Expn(query.with_smtputf8())]);
    }
    if let Ok(mechanism) = Mechanism::new(text) {
        let initial = Some(Initial::of(text.as_bytes()));
        all.push(Command::Auth { mechanism, initial });
    }
    all.extend(mailboxes(text));
    all.extend(parameters(text).into_iter().map(|parameters| Command::Rcpt {
        to: ForwardPath::Postmaster,
        parameters,
    }));
    let attributes = [
        Attribute::login(text),
        Attribute::helo(Some(text)),
        Attribute::host(Some(text)),
        Attribute::ident(Some(text)),
    ];
    let attributes = attributes.iter().flatten().map(Attributes::new);
    all.extend(attributes.flat_map(|all| [Command::Xclient(all.clone()), Command::Xforward(all)]));
    for (verb, arguments) in [(text, ""), ("X", text), (text, text)] {
        all.extend(Other::new(verb.as_bytes(), arguments.as_bytes()).map(Command::Other));
    }
    all
}

fn mailboxes(text: &str) -> Vec<Command<'_>> {
    let Ok(mailbox) = Mailbox::parse(text.as_bytes()) else {
        return Vec::new();
    };
    let parameters = if mailbox.is_ascii() {
        Parameters::new()
    } else {
        with(Parameter::SMTPUTF8)
    };
    vec![
        Command::Mail {
            from: ReversePath::Mailbox(mailbox.clone()),
            parameters: parameters.clone(),
        },
        Command::Rcpt {
            to: ForwardPath::Mailbox(mailbox.clone()),
            parameters: Parameters::new(),
        },
        Command::Mail {
            from: ReversePath::Null,
            parameters: with(Submitter::Mailbox(mailbox).into()),
        },
    ]
}

fn parameters(text: &str) -> Vec<Parameters<'static>> {
    let mut all = Vec::new();
    all.extend(Parameter::new("X", Some(text)).map(with));
    all.extend(Parameter::new(text, None).map(with));
    all.extend(Parameter::new(text, Some(text)).map(with));
    all.extend(EnvelopeId::new(text).map(|id| with(id.into())));
    for addr_type in ["rfc822", "utf-8", text] {
        all.extend(OriginalRecipient::new(addr_type, text).map(|recipient| with(recipient.into())));
    }
    all
}

/// The only reply that `octets` are.
fn only_reply(octets: &mut BytesMut) -> Reply {
    let octets = Replies::new(Limits::default()).next(octets).unwrap().unwrap();
    reply::parse_with(octets, Leniency::SERVERS).unwrap().0
}

proptest! {
    #[test]
    fn a_command_is_one_frame_and_the_same_command(text in HOSTILE, local in HOSTILE) {
        let quoted = format!("\"{}\"@example.com", local.replace('\\', "\\\\").replace('"', "\\\""));
        for command in commands(&text).into_iter().chain(mailboxes(&quoted)) {
            let mut octets = BytesMut::new();
            command.encode(&mut octets);
            let mut commands = Commands::new(Limits::AFTER_LOGIN);
            let Some(Frame::Line(line)) = commands.next(&mut octets).unwrap() else { panic!("{command:?}") };
            prop_assert!(octets.is_empty());
            prop_assert_eq!(command::parse(&line), Ok(command));
        }
    }

    #[test]
    fn a_reply_is_one_frame_and_the_same_reply(code in any::<u16>(), enhanced in HOSTILE, text in HOSTILE, line in HOSTILE) {
        let enhanced = &enhanced;
        for reply in [
            Reply::new(code, enhanced, text.clone()),
            Reply::new(code, "4.7.1", text.clone()).with_line(&line),
            Reply::new(code, enhanced, text).relayed().with_line(&line),
        ] {
            let mut octets = BytesMut::new();
            reply.encode(&mut octets);
            prop_assert_eq!(only_reply(&mut octets), reply);
            prop_assert!(octets.is_empty());
        }
    }

    /// No name and no parameters make another keyword.
    #[test]
    fn extensions_are_read_as_the_same(name in HOSTILE, keyword in HOSTILE, parameters in HOSTILE) {
        let list = Extensions::new().with(&keyword, "").with("X", &parameters).with("SIZE", "1");
        let mut octets = BytesMut::new();
        list.reply(&name).encode(&mut octets);
        prop_assert_eq!(Extensions::from_reply(&only_reply(&mut octets)), list);
        prop_assert!(octets.is_empty());
        for extension in [
            Extension::parse(&keyword, &parameters),
            Extension::parse("AUTH", &parameters),
            Extension::NoSoliciting(&parameters),
            Extension::Other { keyword: &keyword, parameters: &parameters },
        ] {
            prop_assert!(!extension.to_string().contains(|letter: char| letter.is_ascii_control()));
        }
    }
}

#[test]
fn the_name_of_a_server_is_one_line() {
    let reply = Extensions::new()
        .with("SIZE", "5")
        .reply("mx.example.com\nSTARTTLS");
    assert!(reply.lines().eq(["mx.example.com STARTTLS", "SIZE 5"]));
}

#[test]
fn a_line_that_may_hold_a_password_is_not_shown() {
    let line = Frame::Line(BytesMut::from("AUTH PLAIN aHVudGVyMg=="));
    assert_eq!(format!("{line:?}"), "Line(23 octets)");
}
