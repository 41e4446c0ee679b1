//! `gatepost_imap::filing` files messages with the mail server.

use bytes::BytesMut;
use gatepost_imap::client::{self, Authenticated, Method, Security};
use gatepost_imap::filing::{self, Date, Done, Namesake, NeedInput, Order, Refused, Stage, Step};
use gatepost_imap::{Limits, ResponseCode};
use gatepost_testkit::mail::{DateTime, Flags, MailServer, SpecialUse, StoredMessage};
use gatepost_wire::{Input, Secret};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::timeout;

use crate::pair::{LIMIT, builder};

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Done(Done),
    Refused(Refused),
    /// The answer to APPEND came, and nobody read it.
    Lost,
}

fn filed(mailbox: &str, uid: u32, validity: u32) -> End {
    End::Done(Done::Filed {
        mailbox: mailbox.to_owned(),
        uid: Some((validity, uid)),
        namesake: Namesake::Absent,
    })
}

fn present(mailbox: &str) -> End {
    let mailbox = mailbox.to_owned();
    End::Done(Done::Present { mailbox })
}

/// What the connection does when the message has been sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    Stays,
    BreaksBehindTheMessage,
}

/// A connection to a server and its buffers.
struct Wire {
    stream: DuplexStream,
    input: Input,
    out: BytesMut,
}

impl Wire {
    fn to(server: &MailServer) -> Self {
        let (stream, far) = tokio::io::duplex(1000);
        let server = server.clone();
        tokio::spawn(async move { server.serve(far).await });
        Self {
            stream,
            input: Input::new(Limits::FILING.input_capacity()),
            out: BytesMut::new(),
        }
    }

    async fn write(&mut self) {
        self.stream.write_all(&self.out.split()).await.unwrap();
    }

    async fn turn(&mut self) {
        self.write().await;
        let read = self.stream.read_buf(&mut self.input.space()).await.unwrap();
        assert!(read > 0, "the server closed the connection");
    }

    async fn log_in(&mut self) -> Authenticated {
        let mut state = client::start(client::Config {
            security: Security::Plain,
            methods: vec![Method::login("alice", Secret::from("secret")).unwrap()],
            id: Vec::new(),
            limits: Limits::BEFORE_LOGIN,
            tag_seed: [1; 8],
        });
        loop {
            match state.process(&mut self.input, &mut self.out).unwrap() {
                client::Step::NeedInput(next) => state = next,
                client::Step::Authenticated(authenticated) => return authenticated,
                other => panic!("{other:?}"),
            }
            self.turn().await;
        }
    }

    async fn send(&mut self, mut send: filing::Send, message: &[u8]) -> NeedInput {
        for piece in message.chunks(700) {
            send.append(piece, &mut self.out).unwrap();
            self.write().await;
        }
        let state = send.sent(&mut self.out).unwrap();
        self.write().await;
        state
    }
}

async fn run(server: &MailServer, order: Order, message: &[u8], connection: Connection) -> End {
    let mut wire = Wire::to(server);
    let authenticated = wire.log_in().await;
    let mut state = filing::start(authenticated, order, Limits::FILING, [2; 8], &mut wire.out);
    loop {
        let step = state.process(&mut wire.input, &mut wire.out).unwrap();
        state = match step {
            Step::NeedInput(next) => {
                wire.turn().await;
                next
            }
            Step::Send(send) => {
                let next = wire.send(send, message).await;
                if connection == Connection::BreaksBehindTheMessage {
                    wire.turn().await;
                    return End::Lost;
                }
                next
            }
            Step::Done(done) => {
                farewell(wire).await;
                return End::Done(done);
            }
            Step::Refused(refused) => {
                farewell(wire).await;
                return End::Refused(refused);
            }
        };
    }
}

/// The LOGOUT is in the output, and the server closes the connection.
async fn farewell(mut wire: Wire) {
    wire.write().await;
    let mut rest = Vec::new();
    wire.stream.read_to_end(&mut rest).await.unwrap();
    let rest = String::from_utf8(rest).unwrap();
    assert!(rest.contains("* BYE"), "{rest}");
}

fn order(message: &[u8], message_id: &str) -> Order {
    Order {
        names: vec!["Sent Items".to_owned(), "Sent".to_owned()],
        create: None,
        message_id: Some(message_id.as_bytes().to_vec()),
        date: Date::of(message),
        since: (2025, 11, 4),
        date_time: " 5-Nov-2025 10:00:00 +0100".to_owned(),
        size: message.len() as u64,
    }
}

fn message(message_id: &str) -> Vec<u8> {
    format!("From: alice@example.org\r\nMessage-ID: {message_id}\r\n\r\nHello\r\n").into_bytes()
}

/// One session that ends by itself.
async fn file(server: &MailServer, order: Order, message: &[u8]) -> End {
    let session = run(server, order, message, Connection::Stays);
    timeout(LIMIT, session).await.unwrap()
}

async fn file_with_id(server: &MailServer, message_id: &str) -> End {
    let message = message(message_id);
    file(server, order(&message, message_id), &message).await
}

fn server(mailboxes: &[(&str, Option<SpecialUse>)]) -> MailServer {
    let server = builder().build();
    for (name, special_use) in mailboxes {
        server.store().create("alice", name, *special_use).unwrap();
    }
    server
}

fn stored(server: &MailServer, mailbox: &str) -> Vec<StoredMessage> {
    server.store().messages("alice", mailbox).unwrap()
}

fn uid_validity(end: &End) -> u32 {
    match end {
        End::Done(Done::Filed {
            uid: Some((validity, _)),
            ..
        }) => *validity,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_filed_once() {
    let server = server(&[("Sent", None), ("Sent Messages", Some(SpecialUse::Sent))]);
    let first = file_with_id(&server, "<1@a>").await;
    let validity = uid_validity(&first);
    assert_eq!(first, filed("Sent Messages", 1, validity));
    assert_eq!(file_with_id(&server, "<1@a>").await, present("Sent Messages"));
    let kept = stored(&server, "Sent Messages");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].octets, message("<1@a>"));
    assert_eq!(kept[0].flags.to_string(), "(\\Seen)");
    assert_eq!(kept[0].date.to_string(), " 5-Nov-2025 10:00:00 +0100");
    assert!(stored(&server, "Sent").is_empty());
}

#[tokio::test]
async fn a_message_id_counts_whole_and_whatever_is_in_it() {
    let server = server(&[("Sent", Some(SpecialUse::Sent))]);
    let ids = [
        "<1@a>.b",
        "x<1@a>",
        "<1@a>",
        "<\"1\\2\" {5}@a>",
        "<\u{e4}@a>",
        "<\u{e4}\u{e4}@a>",
        "\u{e4}",
    ];
    for id in ids {
        let end = file_with_id(&server, id).await;
        assert!(matches!(end, End::Done(Done::Filed { .. })), "{id} {end:?}");
    }
    for id in ids {
        assert_eq!(file_with_id(&server, id).await, present("Sent"), "{id}");
    }
    assert_eq!(stored(&server, "Sent").len(), ids.len());
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_by_the_next_session() {
    let server = server(&[("Sent", Some(SpecialUse::Sent))]);
    let message = message("<1@a>");
    let order = || order(&message, "<1@a>");
    let lost = run(&server, order(), &message, Connection::BreaksBehindTheMessage);
    assert_eq!(timeout(LIMIT, lost).await.unwrap(), End::Lost);
    assert_eq!(file(&server, order(), &message).await, present("Sent"));
    assert_eq!(stored(&server, "Sent").len(), 1);
}

#[tokio::test]
async fn the_copy_of_the_client_is_found() {
    let server = server(&[("Sent", Some(SpecialUse::Sent))]);
    let copy = "message-id:\r\n <1@a>\r\nFrom: alice@example.org\r\n\r\nHello\r\n";
    server.store().deliver("alice", "Sent", copy).unwrap();
    assert_eq!(file_with_id(&server, "<1@a>").await, present("Sent"));
}

#[tokio::test]
async fn another_message_with_the_same_message_id_is_no_copy() {
    let server = server(&[("Sent", Some(SpecialUse::Sent))]);
    let dated = |date: &str| format!("Date: {date}\r\nMessage-ID: <1@a>\r\n\r\nHello\r\n").into_bytes();
    let (first, second) = ("Wed, 5 Nov 2025 10:00:00 +0100", "Wed, 5 Nov 2025 10:00:01 +0100");
    for (date, expected) in [(first, Namesake::Absent), (second, Namesake::Present)] {
        let message = dated(date);
        let end = file(&server, order(&message, "<1@a>"), &message).await;
        let End::Done(Done::Filed { namesake, .. }) = end else {
            panic!("{end:?}")
        };
        assert_eq!(namesake, expected);
    }
    for date in [first, second] {
        let message = dated(date);
        assert_eq!(
            file(&server, order(&message, "<1@a>"), &message).await,
            present("Sent")
        );
    }
    assert_eq!(stored(&server, "Sent").len(), 2);
}

#[tokio::test]
async fn among_the_newest_a_copy_is_found_whatever_its_date() {
    let server = server(&[("Sent", Some(SpecialUse::Sent))]);
    let old = DateTime::UNIX_EPOCH;
    let append = |id: &str| {
        let store = server.store();
        store
            .append("alice", "Sent", message(id), Flags::default(), old)
            .unwrap();
    };
    append("<1@a>");
    for number in 2..=20 {
        append(&format!("<{number}@a>"));
    }
    assert_eq!(file_with_id(&server, "<1@a>").await, present("Sent"));
    append("<21@a>");
    let end = file_with_id(&server, "<1@a>").await;
    assert!(matches!(end, End::Done(Done::Filed { .. })), "{end:?}");
}

#[tokio::test]
async fn without_a_special_use_names_are_tried() {
    let server = server(&[("Sent", None), ("sent items", None), ("INBOX/Sent Items", None)]);
    let end = file_with_id(&server, "<1@a>").await;
    let validity = uid_validity(&end);
    assert_eq!(end, filed("INBOX/Sent Items", 1, validity));
    assert_eq!(file_with_id(&server, "<1@a>").await, present("INBOX/Sent Items"));
}

#[tokio::test]
async fn a_missing_mailbox_is_refused_or_created() {
    let server = server(&[("Trash", Some(SpecialUse::Trash))]);
    let End::Refused(refused) = file_with_id(&server, "<1@a>").await else {
        panic!()
    };
    assert_eq!((refused.stage, refused.code), (Stage::NoMailbox, None));

    let message = message("<1@a>");
    let order = || Order {
        create: Some("Gesendet \u{e4}".to_owned()),
        ..order(&message, "<1@a>")
    };
    let end = file(&server, order(), &message).await;
    let name = "Gesendet &AOQ-";
    assert_eq!(end, filed(name, 1, uid_validity(&end)));
    assert_eq!(file(&server, order(), &message).await, present(name));
    assert_eq!(
        server.store().mailboxes("alice").unwrap(),
        [name, "INBOX", "Trash"]
    );
}

#[tokio::test]
async fn without_a_message_id_every_session_files() {
    let server = server(&[("Sent", Some(SpecialUse::Sent))]);
    for uid in [1, 2] {
        let message = b"From: alice@example.org\r\n\r\nHello\r\n";
        let order = Order {
            message_id: None,
            ..order(message, "")
        };
        let end = file(&server, order, message).await;
        assert_eq!(end, filed("Sent", uid, uid_validity(&end)));
    }
}

#[tokio::test]
async fn a_large_message_goes_in_pieces() {
    let server = server(&[("Sent", Some(SpecialUse::Sent))]);
    let large = [message("<1@a>"), vec![b'x'; 300_000]].concat();
    let end = file(&server, order(&large, "<1@a>"), &large).await;
    assert!(matches!(end, End::Done(Done::Filed { .. })));
    assert_eq!(stored(&server, "Sent")[0].octets, large);
}

#[tokio::test]
async fn what_the_server_refuses_is_told() {
    let server = server(&[]);
    let message = message("<1@a>");
    let order = Order {
        create: Some("a//b".to_owned()),
        ..order(&message, "<1@a>")
    };
    let End::Refused(refused) = file(&server, order, &message).await else {
        panic!()
    };
    assert_eq!(
        (refused.stage, refused.code),
        (Stage::Create, Some(ResponseCode::Cannot))
    );
}
