//! With the mail server in memory, over loopback.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::net::SocketAddr;
use std::path::Path;

use gatepost_directory::{
    Attributes, BoxFuture, Claim, ClaimKinds, Denial, Directory, Entry, EntryId, Standing, Unavailable,
    Verdict,
};
use gatepost_testkit::mail::{DateTime, Flag, Flags, Greeting, MailServer, RefusalCode, Running, SpecialUse};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::sent::entry::tests::metadata;
use crate::sent::source::PIECE;
use crate::upstream;

/// Knows alice and somebody who was renamed, by their ids alone, as a directory whose filter wants mail addresses.
struct People;

impl Directory for People {
    fn accepts(&self) -> ClaimKinds {
        ClaimKinds::PASSWORD
    }

    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Resolution> {
        panic!("{name} is asked for by name")
    }

    fn resolve_id<'a>(&'a self, id: &'a EntryId) -> BoxFuture<'a, Resolution> {
        let name = match id.0.as_str() {
            "id-of-alice" | "id-of-renamed" => "alice",
            "id-of-mixed-up" => "mallory",
            "id-of-down" => {
                let down = Resolution::Unavailable(Unavailable("no answer".into()));
                return Box::pin(std::future::ready(down));
            }
            _ => {
                let unknown = Resolution::Unknown { why: "no entry" };
                return Box::pin(std::future::ready(unknown));
            }
        };
        let id = if name == "mallory" { "another-id" } else { &id.0 };
        let account = Account {
            id: EntryId(id.into()),
            name: name.into(),
            upstream_login: name.into(),
            attributes: Attributes::new(),
            addresses: Vec::new(),
        };
        let entry = Entry {
            id: account.id.clone(),
            secret_version: None,
            handle: name.into(),
            account,
        };
        Box::pin(std::future::ready(Resolution::Found(entry)))
    }

    fn verify<'a>(&'a self, _: &'a Entry, _: &'a Claim) -> BoxFuture<'a, Verdict> {
        Box::pin(std::future::ready(Verdict::Denied(Denial::NotSupported)))
    }

    fn standing<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Standing> {
        Box::pin(std::future::ready(Standing::Usable))
    }
}

// The variable is Cargo's.
const MASTER: &str = r#"{ method = "master", user = "master", password_env = "CARGO_PKG_NAME" }"#;

fn filer(address: SocketAddr, login: &str, sent: &str) -> MailServers {
    let config = format!(
        r#"
        [sent_copy]
        {sent}
        [upstreams.main]
        address = "{address}"
        tls = "none"
        login = {login}
        [routing]
        default = "main"
        [certificates.c]
        chain = "c"
        key = "k"
        [directories.users]
        kind = "file"
        path = "users"
        [[listeners]]
        protocol = "imap"
        addresses = ["127.0.0.1:0"]
        tls = "implicit"
        certificates = ["c"]
        directory = "users"
        "#
    );
    let config = Config::parse(Path::new("g.toml"), &config).unwrap();
    let people: Arc<dyn Directory> = Arc::new(People);
    let directories = BTreeMap::from([("users".to_owned(), people)]);
    let lines = Lines::new(&config.limits);
    MailServers::new(&config, directories, upstream::open(&config).unwrap(), lines)
}

async fn server() -> Running {
    let builder = MailServer::builder().user("alice", "secret");
    let builder = builder.master("master", env!("CARGO_PKG_NAME"));
    builder.bind("127.0.0.1:0").await.unwrap()
}

fn message() -> Vec<u8> {
    let mut message = b"Message-ID: <1@example.com>\r\n\r\n".to_vec();
    message.resize(PIECE * 2 + 5, b'x');
    message
}

fn copy_of(name: &str) -> Metadata {
    let mut copy = metadata(name);
    copy.size = message().len() as u64;
    copy
}

async fn file(filer: &MailServers, copy: &Metadata) -> Outcome {
    let source = Source::new(Box::new(Cursor::new(message())), copy.size);
    filer.file(copy, source).await
}

fn present(mailbox: &str) -> Outcome {
    Outcome::Present {
        mailbox: mailbox.into(),
    }
}

/// The reason and the fault of something that is to be tried again.
fn retried(outcome: Outcome) -> (String, Fault) {
    match outcome {
        Outcome::Retry { reason, fault } => (reason, fault),
        other => panic!("{other:?}"),
    }
}

fn down() -> Fault {
    Fault::Backend("main".into())
}

#[tokio::test]
async fn a_message_is_filed_seen_with_its_date_and_once() {
    let server = server().await;
    let store = server.store();
    store.create("alice", "Ausgang", Some(SpecialUse::Sent)).unwrap();
    let filer = filer(server.address(), MASTER, "");
    let outcome = file(&filer, &copy_of("alice")).await;
    let Outcome::Filed { mailbox, uid } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((mailbox.as_str(), uid.unwrap().1), ("Ausgang", 1));
    assert_eq!(file(&filer, &copy_of("alice")).await, present("Ausgang"));
    let messages = store.messages("alice", "Ausgang").unwrap();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].octets == message());
    assert!(messages[0].flags.contains(&Flag::Seen));
    assert_eq!(
        messages[0].date,
        DateTime::from_unix_seconds(1_754_553_600, 0).unwrap()
    );
    let login = &server.control().logins()[0];
    assert_eq!(
        (login.authzid.as_deref(), login.authcid.as_str()),
        (Some("alice"), "master")
    );
    server.control().wait_for_connections(0).await;
}

#[tokio::test]
async fn the_clients_own_copy_is_found() {
    let server = server().await;
    let store = server.store();
    store.create("alice", "Sent", None).unwrap();
    store.deliver("alice", "Sent", message()).unwrap();
    let filer = filer(server.address(), MASTER, "");
    assert_eq!(file(&filer, &copy_of("alice")).await, present("Sent"));
    assert_eq!(store.messages("alice", "Sent").unwrap().len(), 1);
}

/// The message with a Date, and a copy with the same Message-ID and another one.
async fn file_dated(date: &str, of_the_other: &str, internal: i64) -> (Outcome, usize) {
    let server = server().await;
    let store = server.store();
    store.create("alice", "Sent", None).unwrap();
    let dated = |date: &str| format!("Date: {date}\r\nMessage-ID: <1@example.com>\r\n\r\nHi\r\n");
    let (flags, internal) = (
        Flags::default(),
        DateTime::from_unix_seconds(internal, 0).unwrap(),
    );
    store
        .append("alice", "Sent", dated(of_the_other), flags, internal)
        .unwrap();
    let (mut copy, message) = (metadata("alice"), dated(date));
    copy.size = message.len() as u64;
    let source = Source::new(Box::new(Cursor::new(message)), copy.size);
    let outcome = filer(server.address(), MASTER, "").file(&copy, source).await;
    (outcome, store.messages("alice", "Sent").unwrap().len())
}

#[tokio::test]
async fn the_same_message_id_with_another_date_is_another_message() {
    let (ours, same) = ("Thu, 7 Aug 2025 08:00:00 +0000", "7 Aug 2025 10:00 +0200");
    let received = 1_754_553_600;
    let (outcome, count) = file_dated(ours, same, received).await;
    assert_eq!((outcome, count), (present("Sent"), 1));
    let (outcome, count) = file_dated(ours, "Wed, 6 Aug 2025 08:00:00 +0000", received).await;
    assert!(
        matches!(outcome, Outcome::Filed { .. }) && count == 2,
        "{outcome:?}"
    );
}

#[tokio::test]
async fn the_clients_own_copy_may_seem_old() {
    let date = "Mon, 4 Aug 2025 08:00:00 +0000";
    let (outcome, count) = file_dated(date, date, 1_754_553_600 - 3 * 86_400).await;
    assert_eq!((outcome, count), (present("Sent"), 1));
}

#[tokio::test]
async fn without_a_mailbox_a_copy_waits_or_one_is_created() {
    let server = server().await;
    let (reason, fault) = retried(file(&filer(server.address(), MASTER, ""), &copy_of("alice")).await);
    assert_eq!(fault, Fault::Copy);
    assert!(reason.starts_with("main: filing refused"), "{reason}");
    let filer = filer(server.address(), MASTER, "create = \"Gesendet\"");
    let outcome = file(&filer, &copy_of("alice")).await;
    assert!(matches!(outcome, Outcome::Filed { .. }), "{outcome:?}");
    assert_eq!(server.store().messages("alice", "Gesendet").unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_is_found_by_its_id_whatever_it_is_called() {
    let server = server().await;
    let store = server.store();
    store.create("alice", "Sent", Some(SpecialUse::Sent)).unwrap();
    let filer = filer(server.address(), MASTER, "");
    let outcome = file(&filer, &copy_of("renamed")).await;
    assert!(matches!(outcome, Outcome::Filed { .. }), "{outcome:?}");
    assert_eq!(store.messages("alice", "Sent").unwrap().len(), 1);
}

#[tokio::test]
async fn only_the_account_that_sent_it_gets_it() {
    let server = server().await;
    let filer = filer(server.address(), MASTER, "");
    let outcome = file(&filer, &copy_of("mixed-up")).await;
    let Outcome::Fail { reason } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains("another-id, and not id-of-mixed-up"), "{reason}");
    let (reason, fault) = retried(file(&filer, &copy_of("gone")).await);
    assert_eq!(
        (reason.as_str(), fault),
        ("the directory does not know the account: no entry", Fault::Copy)
    );
    let (reason, fault) = retried(file(&filer, &copy_of("down")).await);
    assert_eq!(
        (reason.as_str(), fault),
        ("the directory is down: no answer", Fault::Directory)
    );
    let mut copy = copy_of("alice");
    copy.envelope.directory = "before".into();
    assert_eq!(retried(file(&filer, &copy).await).1, Fault::Copy);
    assert!(server.control().logins().is_empty());
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_is_down() {
    let server = server().await;
    let filer = filer(server.address(), MASTER, "");
    let control = server.control();
    control.refuse_logins(RefusalCode::Unavailable, "later");
    assert_eq!(retried(file(&filer, &copy_of("alice")).await).1, down());
    control.refuse_logins(RefusalCode::AuthenticationFailed, "no");
    let (reason, fault) = retried(file(&filer, &copy_of("alice")).await);
    assert_eq!(fault, Fault::Login("main".into()), "{reason}");
    control.set_greeting(Greeting::Closed);
    assert_eq!(retried(file(&filer, &copy_of("alice")).await).1, down());
    let address = server.address();
    server.stop().await;
    let (reason, fault) = retried(file(&filer, &copy_of("alice")).await);
    assert_eq!(fault, down());
    assert!(reason.contains(&format!("connecting to {address}")), "{reason}");
}

#[tokio::test]
async fn a_login_that_needs_the_password_is_not_tried() {
    let server = server().await;
    let filer = filer(server.address(), r#"{ method = "same-credentials" }"#, "");
    let (reason, fault) = retried(file(&filer, &copy_of("alice")).await);
    assert_eq!(fault, Fault::Login("main".into()));
    assert!(reason.contains("no password of the user's"), "{reason}");
    assert!(server.control().logins().is_empty());
}

#[tokio::test]
async fn a_message_that_breaks_off_in_the_spool_is_not_filed() {
    let server = server().await;
    server
        .store()
        .create("alice", "Sent", Some(SpecialUse::Sent))
        .unwrap();
    let filer = filer(server.address(), MASTER, "");
    let copy = copy_of("alice");
    let source = Source::new(Box::new(Cursor::new(vec![b'x'; PIECE])), copy.size);
    let (reason, fault) = retried(filer.file(&copy, source).await);
    assert_eq!(fault, Fault::Copy);
    assert!(reason.starts_with("the spool: "), "{reason}");
    server.control().wait_for_connections(0).await;
    assert!(server.store().messages("alice", "Sent").unwrap().is_empty());
}

/// A mail server that takes all but so many octets of what APPEND sends, and hangs up with `last_words`.
async fn hanging_up(missing: usize, last_words: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let greeting = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n";
        stream.write_all(greeting).await.unwrap();
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap() > 0 {
            let tag = line.split(' ').next().unwrap().to_owned();
            let mut answer = String::new();
            if line.contains(" LIST ") {
                answer.push_str("* LIST (\\Sent) \"/\" Sent\r\n");
            }
            if line.contains(" CAPABILITY") {
                answer.push_str("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n");
            }
            if line.contains(" SEARCH ") {
                answer.push_str("* SEARCH\r\n");
            }
            if line.contains(" APPEND ") {
                stream.write_all(b"+ go on\r\n").await.unwrap();
                let mut message = vec![0; message().len() + 2 - missing];
                stream.read_exact(&mut message).await.unwrap();
                stream.write_all(last_words.as_bytes()).await.unwrap();
                return;
            }
            answer.push_str(&format!("{tag} OK done\r\n"));
            stream.write_all(answer.as_bytes()).await.unwrap();
            line.clear();
        }
    });
    address
}

#[tokio::test]
async fn what_is_not_answered_behind_the_whole_message_may_be_filed() {
    for last_words in ["", "* BYE not now\r\n"] {
        let filer = filer(hanging_up(0, last_words).await, MASTER, "");
        let (reason, fault) = retried(file(&filer, &copy_of("alice")).await);
        assert_eq!(fault, Fault::Unanswered, "{reason}");
    }
    let filer = filer(hanging_up(PIECE, "").await, MASTER, "");
    let mut copy = copy_of("alice");
    // Of a message that is longer than what fits the socket's buffers, the server has not seen the end.
    copy.size += 64 << 20;
    let octets = std::io::repeat(b'x');
    let (reason, fault) = retried(filer.file(&copy, Source::new(Box::new(octets), copy.size)).await);
    assert_eq!(fault, Fault::Copy, "{reason}");
}

#[test]
fn what_is_too_large_will_never_be_filed() {
    let refused = |stage, status, code| Refused {
        stage,
        status,
        code,
        text: "no".into(),
    };
    let too_big = || Some(ResponseCode::TooBig);
    let fails = |refused| matches!(refusal(&refused, "main"), Outcome::Fail { .. });
    assert!(fails(refused(Stage::Append, Status::No, too_big())));
    assert!(fails(refused(Stage::Append, Status::Bad, too_big())));
    assert!(!fails(refused(Stage::Append, Status::Bye, too_big())));
    assert!(!fails(refused(Stage::Search, Status::No, too_big())));
    assert!(!fails(refused(
        Stage::Append,
        Status::No,
        Some(ResponseCode::OverQuota)
    )));
}

#[test]
fn the_search_begins_before_the_message_was_written() {
    let received = OffsetDateTime::from_unix_timestamp(1_754_553_600).unwrap();
    let begin = |date: &str| {
        let header = format!("Date: {date}\r\n\r\n");
        since(received, Date::of(header.as_bytes()).as_ref())
    };
    for (date, expected) in [
        ("", (2025, 7, 8)),
        ("unknown", (2025, 7, 8)),
        ("Thu, 7 Aug 2025 08:00:00 +0000", (2025, 7, 8)),
        ("Thu, 7 Aug 2036 08:00:00 +0000", (2025, 7, 8)),
        ("Tue, 1 Jul 2025 08:00:00 +0000", (2025, 6, 30)),
        ("Sat, 1 Jan 2000 00:00:00 +0000", (1999, 12, 31)),
        ("1 Jan 0001 00:00:00 +0000", (1970, 1, 1)),
    ] {
        assert_eq!(begin(date), expected, "{date}");
    }
    let epoch = OffsetDateTime::UNIX_EPOCH;
    assert_eq!(since(epoch, None), (1970, 1, 1));
}

#[test]
fn dates_are_written_as_imap_wants_them() {
    let at = |seconds| date_time(OffsetDateTime::from_unix_timestamp(seconds).unwrap());
    assert_eq!(at(1_754_553_600), " 7-Aug-2025 08:00:00 +0000");
    assert_eq!(at(951_782_399), "28-Feb-2000 23:59:59 +0000");
}
