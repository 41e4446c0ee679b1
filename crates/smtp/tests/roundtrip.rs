//! What is written is read back as the same value.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::net::IpAddr;

use bytes::BytesMut;
use gatepost_smtp::command::{
    self, Attribute, Attributes, ClientName, Initial, Last, Mechanism, Other, Protocol, Query, Source, Text,
};
use gatepost_smtp::message::mailboxes;
use gatepost_smtp::parameter::{
    DateTime, DeliverBy, EnvelopeId, Hold, NotInTime, Notify, OriginalRecipient, Priority, Submitter,
    Unsupported, ValidSince,
};
use gatepost_smtp::parse::{Leniency, Options};
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
        "[a-zA-Z0-9\u{fc}]{1,8}([a-z0-9-]{0,3}[a-z0-9])?(\\.[a-z0-9]{1,6}){0,3}",
        Just("[192.0.2.1]".to_owned()),
        Just("[IPv6:2001:db8::1]".to_owned()),
    ];
    (local, domain).prop_map(|((written, local), domain)| (format!("{written}@{domain}"), local))
}

/// Parameters of any name.
fn parameters() -> impl Strategy<Value = Parameters<'static>> {
    let parameter = ("[A-Za-z0-9][A-Za-z0-9-]{0,9}", option::of("[!-<>-~\u{e9}]{1,20}"));
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
    Name(u8, String),
    Text(bool, String),
    Query(bool, bool, String),
    Auth(String, Option<Vec<u8>>),
    Mail(Option<String>, Parameters<'static>),
    Rcpt(Option<String>, Parameters<'static>),
    Attributes(bool, Vec<Attribute>),
    Other(String, Vec<u8>),
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let text = || option::of("[ -Z^-~\u{e9}=+]{1,20}");
    prop_oneof![
        text().prop_map(|text| Attribute::helo(text.as_deref()).unwrap()),
        text().prop_map(|text| Attribute::host(text.as_deref()).unwrap()),
        text().prop_map(|text| Attribute::ident(text.as_deref()).unwrap()),
        "[ -Z^-~\u{e9}=+]{1,20}".prop_map(|text| Attribute::login(&text).unwrap()),
        any::<IpAddr>().prop_map(Attribute::address),
        any::<IpAddr>().prop_map(Attribute::destination),
        any::<u16>().prop_map(Attribute::port),
        any::<u16>().prop_map(Attribute::destination_port),
        prop::sample::select(vec![Protocol::Smtp, Protocol::Esmtp]).prop_map(Attribute::protocol),
        prop::sample::select(vec![Source::Local, Source::Remote]).prop_map(Attribute::source),
    ]
}

const STRING: &str = "[!#-'*+/-9=?A-Z^-~\u{e9}-]{1,20}|\"([ !#-\\[\\]-~\u{e9}]|\\\\[ -~]){0,20}\"";

fn parts() -> impl Strategy<Value = Parts> {
    let plain = prop::sample::select(vec![
        Command::StartTls,
        Command::Data,
        Command::Rset,
        Command::Noop(None),
        Command::Help(None),
        Command::Quit,
    ]);
    let bdat = (any::<u64>(), prop::sample::select(vec![Last::No, Last::Yes]));
    let path = || option::of(mailbox().prop_map(|(written, _)| written));
    let name = "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z0-9]{1,8}){0,3}|\\[192\\.0\\.2\\.0{0,2}1\\]|\\[IPv6:2001:db8::1\\]";
    prop_oneof![
        plain.prop_map(Parts::Plain),
        bdat.prop_map(|(size, last)| Parts::Plain(Command::Bdat { size, last })),
        (0_u8..3, name).prop_map(|(verb, name)| Parts::Name(verb, name)),
        (any::<bool>(), STRING).prop_map(|(noop, text)| Parts::Text(noop, text)),
        (any::<bool>(), any::<bool>(), STRING).prop_map(|(vrfy, utf8, text)| Parts::Query(vrfy, utf8, text)),
        ("[A-Z0-9_-]{1,20}", option::of(vec(any::<u8>(), 0..30)))
            .prop_map(|(mechanism, initial)| Parts::Auth(mechanism, initial)),
        (path(), parameters()).prop_map(|(from, parameters)| Parts::Mail(from, parameters)),
        (path(), parameters()).prop_map(|(to, parameters)| Parts::Rcpt(to, parameters)),
        (any::<bool>(), vec(attribute(), 1..5)).prop_map(|(xclient, list)| Parts::Attributes(xclient, list)),
        ("X[A-Za-z0-9]{0,2}|[!-~]{9,12}", vec(any::<u8>(), 0..20))
            .prop_map(|(verb, arguments)| Parts::Other(verb, arguments)),
    ]
}

/// The command; `None` if the parts make up none.
fn command(parts: &Parts) -> Option<Command<'_>> {
    Some(match parts {
        Parts::Plain(command) => command.clone(),
        Parts::Name(verb, name) => {
            let name = ClientName::new(name).unwrap();
            [Command::Ehlo, Command::Helo, Command::Lhlo][usize::from(*verb)](name)
        }
        Parts::Text(noop, text) => {
            let text = Some(Text::new(text).unwrap());
            if *noop {
                Command::Noop(text)
            } else {
                Command::Help(text)
            }
        }
        Parts::Query(vrfy, utf8, text) => {
            let query = Query::new(text).unwrap();
            let query = if *utf8 { query.with_smtputf8() } else { query };
            if *vrfy {
                Command::Vrfy(query)
            } else {
                Command::Expn(query)
            }
        }
        Parts::Auth(mechanism, initial) => Command::Auth {
            mechanism: Mechanism::new(mechanism).unwrap(),
            initial: initial.as_ref().map(|octets| Initial::of(octets)),
        },
        Parts::Mail(from, parameters) => {
            let from = from.as_ref().map_or(ReversePath::Null, |text| {
                ReversePath::Mailbox(Mailbox::parse(text.as_bytes()).unwrap())
            });
            let mut parameters = parameters.clone();
            if !from.is_ascii() {
                let _ = parameters.push(Parameter::SMTPUTF8);
            }
            Command::Mail { from, parameters }
        }
        Parts::Rcpt(to, parameters) => Command::Rcpt {
            to: to.as_ref().map_or(ForwardPath::Postmaster, |text| {
                ForwardPath::Mailbox(Mailbox::parse(text.as_bytes()).unwrap())
            }),
            parameters: parameters.clone(),
        },
        Parts::Attributes(xclient, list) => {
            let mut attributes = Attributes::new(&list[0]);
            for attribute in &list[1..] {
                let _ = attributes.push(attribute.clone());
            }
            if *xclient {
                Command::Xclient(attributes)
            } else {
                Command::Xforward(attributes)
            }
        }
        Parts::Other(verb, arguments) => Command::Other(Other::new(verb.as_bytes(), arguments).ok()?),
    })
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
        let Some(command) = command(&parts) else {
            return Ok(());
        };
        let octets = line(&command);
        let written = octets.strip_suffix(b"\r\n").unwrap();
        prop_assert_eq!(command::parse(written), Ok(command.clone()));
        for leniency in [Leniency::CLIENTS, Leniency::ALL] {
            let parsed = command::parse_with(written, &Options { leniency, ..Options::CLIENTS }).unwrap();
            prop_assert_eq!(&parsed.value, &command);
            prop_assert!(parsed.forgiven.is_empty());
        }
        let kept = command.clone().into_owned();
        prop_assert_eq!(&kept, &command);
        prop_assert_eq!(line(&kept), octets.clone());
        let mut input = Input::new(octets.len());
        input.feed(&octets).unwrap();
        let taken = take_line(&mut input, octets.len());
        let taken = taken.unwrap().unwrap();
        prop_assert_eq!(command::parse(&taken), Ok(command));
        prop_assert!(input.is_empty());
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
        let text = xtext::encode(&octets);
        prop_assert_eq!(xtext::decode(&text).unwrap(), octets);
    }

    #[test]
    fn values_of_parameters(
        envid in "[ -~]{1,30}",
        address in "[ -~]{1,60}",
        letters in "[^\\p{Cc}]{1,20}",
        local in mailbox(),
        seconds in 1_u32..1_000_000_000,
        late in -999_999_999_i32..=999_999_999,
        notify in 0_usize..8,
        priority in -9_i8..=9,
    ) {
        let mut parameters = Parameters::new();
        let envid = EnvelopeId::new(&envid).unwrap();
        let mailbox = Mailbox::parse(local.0.as_bytes()).unwrap();
        let auth = Submitter::Mailbox(mailbox);
        let by = DeliverBy::new(late, NotInTime::Notify).unwrap().with_trace();
        let all = [Notify::SUCCESS, Notify::FAILURE, Notify::DELAY];
        let notify = (0..3).filter(|bit| notify >> bit & 1 == 1).fold(Notify::NEVER, |set, bit| set.and(all[bit]));
        let priority = Priority::new(priority).unwrap();
        let hold = Hold::seconds(seconds).unwrap();
        let original = OriginalRecipient::rfc822(&address).unwrap();
        parameters.push(envid.clone()).unwrap();
        parameters.push(auth.clone()).unwrap();
        parameters.push(by).unwrap();
        parameters.push(notify).unwrap();
        parameters.push(priority).unwrap();
        parameters.push(hold.clone()).unwrap();
        parameters.push(original.clone()).unwrap();
        let written = format!("MAIL FROM:<>{parameters}");
        let Ok(Command::Mail { parameters, .. }) = command::parse(written.as_bytes()) else {
            return Err(TestCaseError::fail(written));
        };
        prop_assert_eq!(parameters.envid(), Ok(Some(envid)));
        prop_assert_eq!(parameters.auth(), Ok(Some(auth)));
        prop_assert_eq!(parameters.by(), Ok(Some(by)));
        prop_assert_eq!(parameters.notify(), Ok(Some(notify)));
        prop_assert_eq!(parameters.mt_priority(), Ok(Some(priority)));
        prop_assert_eq!(parameters.hold(), Ok(Some(hold)));
        prop_assert_eq!(parameters.orcpt(), Ok(Some(original)));
        let original = OriginalRecipient::new("utf-8", &letters).unwrap();
        let mut parameters = Parameters::new();
        parameters.push(original.clone()).unwrap();
        prop_assert!(parameters.to_string().is_ascii());
        prop_assert_eq!(parameters.orcpt(), Ok(Some(original)));
    }

    #[test]
    fn dates(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,3})?(Z|[+-][01][0-9]:[0-5][0-9])") {
        if let Ok(time) = DateTime::parse(&text) {
            let since = ValidSince { time, unsupported: Some(Unsupported::Continue) };
            let mut parameters = Parameters::new();
            parameters.push(since.clone()).unwrap();
            prop_assert_eq!(parameters.rrvs(), Ok(Some(since)));
        }
    }

    /// No text makes a value that is more than one word or one line.
    #[test]
    fn nothing_can_be_smuggled_into_a_value(text in "[A-Za-z \r\n\0=+<>@\"\\\\.:;\u{e9}-]{0,20}") {
        let breaks = |written: &str| written.contains(['\r', '\n', '\0']);
        if let Ok(name) = ClientName::new(&text) {
            prop_assert!(!breaks(name.as_str()) && !name.as_str().contains(' '));
        }
        if let Ok(found) = Text::new(&text) {
            prop_assert!(!breaks(found.as_str()));
        }
        if let Ok(query) = Query::new(&text) {
            prop_assert!(!breaks(query.as_str()));
        }
        if let Ok(mechanism) = Mechanism::new(&text) {
            prop_assert!(!breaks(mechanism.as_str()) && !mechanism.as_str().contains(' '));
        }
        if let Some(parameter) = Parameter::new("X", Some(&text)) {
            prop_assert!(!breaks(&parameter.to_string()) && !parameter.to_string().contains(' '));
        }
        if let Ok(id) = EnvelopeId::new(&text) {
            prop_assert!(!breaks(&id.to_string()) && !id.to_string().contains(' '));
        }
        if let Ok(original) = OriginalRecipient::new(&text, &text) {
            prop_assert!(!breaks(&original.to_string()) && !original.to_string().contains(' '));
        }
        if let Ok(attribute) = Attribute::login(&text) {
            prop_assert!(!breaks(&attribute.to_string()) && !attribute.to_string().contains(' '));
        }
        if let Ok(other) = Other::new(text.as_bytes(), text.as_bytes()) {
            let other = Command::Other(other);
            let octets = line(&other);
            prop_assert_eq!(command::parse(octets.strip_suffix(b"\r\n").unwrap()), Ok(other.clone()));
        }
    }

    #[test]
    fn nothing_panics(octets in vec(any::<u8>(), 0..200)) {
        for options in OPTIONS {
            let parsed = command::parse_with(&octets, &options);
            prop_assert!(parsed.map_or_else(|error| error.offset <= octets.len(), |_| true));
            let parsed = Mailbox::parse_with(&octets, &options);
            prop_assert!(parsed.map_or_else(|error| error.offset <= octets.len(), |_| true));
        }
        let parsed = mailboxes(&octets);
        prop_assert!(parsed.map_or_else(|error| error.offset <= octets.len(), |_| true));
    }

    #[test]
    fn what_is_read_is_written_as_what_is_read_the_same(
        verb in "MAIL FROM:|RCPT TO:|BDAT |AUTH |EHLO |HELO |VRFY |EXPN |NOOP |HELP |XCLIENT |XFORWARD |X |",
        text in "[ -~\u{e9}<>@\".:=\\[\\]_]{0,60}",
    ) {
        let text = format!("{verb}{text}");
        for end in 0..=text.len() {
            let octets = &text.as_bytes()[..end];
            for options in OPTIONS {
                let parsed = match command::parse_with(octets, &options) {
                    Ok(parsed) => parsed,
                    Err(error) => {
                        prop_assert!(error.offset <= end);
                        continue;
                    }
                };
                prop_assert!(parsed.forgiven.iter().all(|(_, offset)| offset <= end));
                prop_assert_eq!(parsed.forgiven.is_empty(), command::parse_with(octets, &Options { leniency: Leniency::STRICT, ..options }).is_ok());
                let written = line(&parsed.value);
                let again = command::parse_with(written.strip_suffix(b"\r\n").unwrap(), &options).unwrap();
                prop_assert_eq!(&again.value, &parsed.value);
                if let Command::Mail { parameters, .. } | Command::Rcpt { parameters, .. } = &parsed.value {
                    look_at(parameters);
                }
            }
        }
    }
}

const OPTIONS: [Options; 3] = [
    Options::STRICT,
    Options::CLIENTS,
    Options {
        leniency: Leniency::ALL,
        ..Options::STRICT
    },
];

/// Reads everything that may be there.
fn look_at(parameters: &Parameters<'_>) {
    let _ = (parameters.size(), parameters.body(), parameters.smtputf8());
    let _ = (parameters.ret(), parameters.envid(), parameters.notify());
    let _ = (parameters.orcpt(), parameters.auth(), parameters.by());
    let _ = (parameters.mt_priority(), parameters.hold(), parameters.rrvs());
    let _ = (parameters.requiretls(), parameters.conperm());
}
