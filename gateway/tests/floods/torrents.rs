//! Mail servers that talk without end, before and behind the login.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::common::refusal;
use crate::site::{BEFORE_LOGIN_KIB, Bounds, IMAPS, RELAYED_KIB, SMTPS, Setup, TRUDY};
use crate::upstream::{Act, Fickle, Stage};

const CLIENTS: usize = 12;

/// Before any time limit, of which the shortest is that for connecting.
const SOON: Duration = Duration::from_secs(10);

/// What may come of a mail server before the login.
const ANSWERS_KIB: u64 = 128;

/// Every login is an outage, and soon, though the mail server never says the same thing to the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_login() {
    let floods: [(Stage, &str, &str); 8] = [
        (Stage::Greeting, "", "x"),
        (Stage::Greeting, "", "* OK hello\r\n"),
        (Stage::Greeting, "* OK {10737418240}\r\n", "x"),
        (Stage::Capability, "* CAPABILITY IMAP4rev1", " X-MORE-AND-MORE"),
        (Stage::Capability, "", "* CAPABILITY IMAP4rev1\r\n"),
        (Stage::Login, "", "* 5 EXISTS\r\n"),
        (Stage::Login, "* LIST () \"/\" {18446744073709551616}\r\n", "x"),
        (Stage::Login, "* 1 FETCH (", "("),
    ];
    let fickle = Fickle::start(Stage::Greeting, Act::Stall).await;
    let site = Setup::bad(fickle.addresses()).start().await;
    for (stage, first, words) in floods {
        let words = words.repeat(10_000 / words.len()).into_bytes();
        fickle.play(stage, Act::Flood(first.as_bytes().to_vec(), words));
        let before = site.gateway.lines("result=upstream-down").len();
        let flood = site.flood().await;
        let begun = Instant::now();
        let answers = site.crowd().all(CLIENTS, |crowd, _| async move {
            let mut client = crowd.imap(IMAPS).await;
            refusal(&mut client, TRUDY.0, TRUDY.1).await
        });
        for heard in answers.await {
            assert!(heard.starts_with("NO [UNAVAILABLE]"), "{stage:?}: {heard}");
        }
        assert!(begun.elapsed() < SOON, "{stage:?}: {:?}", begun.elapsed());
        fickle.has_open(0).await;
        flood
            .over(Bounds::of(CLIENTS, BEFORE_LOGIN_KIB + RELAYED_KIB + ANSWERS_KIB))
            .await;
        // The log does not repeat it.
        let lines = site.gateway.lines("result=upstream-down");
        assert_eq!(lines.len() - before, CLIENTS);
        assert!(lines.iter().all(|line| line.len() < 600), "{lines:#?}");
    }
}

/// What comes behind the login goes to the client at the client's pace: lines and literals of any size, news without
/// end, nesting without end. None of it stays here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_the_login() {
    const ENOUGH: usize = 128 * 1024;
    let floods: [(&str, &str); 7] = [
        ("", "x"),
        ("", "* 5 EXISTS\r\n"),
        ("* CAPABILITY IMAP4rev1", " X-MORE-AND-MORE"),
        ("* 1 FETCH (BODYSTRUCTURE ", "("),
        ("* 1 FETCH (BODY[] {10737418240}\r\n", "x"),
        ("* 1 FETCH (BODY[] {18446744073709551616}\r\n", "x"),
        ("", "* 1 FETCH (BODY[] {0}\r\n)\r\n"),
    ];
    let fickle = Fickle::start(Stage::Command, Act::Stall).await;
    let site = Setup::bad(fickle.addresses()).start().await;
    let over_the_limit = || {
        let closed = site.gateway.lines(" event=closed ");
        closed
            .iter()
            .filter(|line| line.contains("over the limit"))
            .count()
    };
    for (first, words) in floods {
        let flooding = words.repeat(10_000 / words.len()).into_bytes();
        fickle.play(Stage::Command, Act::Flood(first.as_bytes().to_vec(), flooding));
        let before = over_the_limit();
        let flood = site.flood().await;
        let read = site.crowd().all(CLIENTS, |crowd, _| async move {
            let mut client = crowd.reader(TRUDY).await;
            client.send(b"a NOOP\r\n").await.unwrap();
            let mut stream = client.into_stream();
            let (mut heard, mut piece) = (0, vec![0; 65_536]);
            while heard < ENOUGH {
                match stream.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => heard += read,
                }
            }
            heard
        });
        let read = read.await;
        fickle.has_open(0).await;
        flood.over(Bounds::of(CLIENTS, RELAYED_KIB + 160)).await;
        // Or the relay has ended it, as nonsense.
        let ended = over_the_limit() > before;
        assert!(
            ended || read.iter().all(|heard| *heard >= ENOUGH),
            "{first}{words}: {read:?}"
        );
    }
}

/// An MTA that says the same for ever, at each of its stages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_mta_without_end() {
    let greeting = "220 hello\r\n";
    let ehlo = "250-hello\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n";
    let floods: [(&[&str], &str); 6] = [
        (&[], "220-hello\r\n"),
        (&[], "x"),
        (&[greeting], "250-X-MORE-AND-MORE\r\n"),
        (&[greeting], "250-"),
        (&[greeting, ehlo], "235-\r\n"),
        (&[greeting, ehlo], "334 \r\n"),
    ];
    for (before, words) in floods {
        let (address, _serving) = torrent(before, words).await;
        let site = Setup::bad((address, address)).start().await;
        let flood = site.flood().await;
        let begun = Instant::now();
        let answers = site.crowd().all(CLIENTS, |crowd, _| async move {
            let mut client = crowd.smtp(SMTPS).await;
            client.ehlo().await.unwrap();
            let refused = client.auth_plain("", TRUDY.0, TRUDY.1).await.unwrap_err();
            refused.to_string()
        });
        for heard in answers.await {
            assert!(heard.contains("454 4.7.0"), "{words}: {heard}");
        }
        assert!(begun.elapsed() < SOON, "{words}: {:?}", begun.elapsed());
        flood
            .over(Bounds::of(CLIENTS, BEFORE_LOGIN_KIB + RELAYED_KIB + ANSWERS_KIB))
            .await;
    }
}

/// The same behind the login: the transaction fails, and the MTA is given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_mta_without_end_behind_the_login() {
    let before = [
        "220 hello\r\n",
        "250-hello\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n",
        "235 2.7.0 in\r\n",
    ];
    for words in ["250-more\r\n", "250 2.1.0 fine\r\n", "x"] {
        let (address, _serving) = torrent(&before, words).await;
        let site = Setup::bad((address, address)).start().await;
        let flood = site.flood().await;
        let begun = Instant::now();
        let answers = site.crowd().all(CLIENTS, |crowd, _| async move {
            let mut client = crowd.sender(TRUDY).await;
            let reply = client.ask("MAIL FROM:<trudy@example.org>").await;
            let quit = client.ask("QUIT").await;
            (reply.map(|reply| reply.code), quit.map(|reply| reply.code))
        });
        for (reply, quit) in answers.await {
            assert!(matches!(quit, Ok(221)), "{words:?}: {quit:?}");
            assert!(reply.is_ok_and(|code| code == 250 || (400..500).contains(&code)));
        }
        assert!(begun.elapsed() < SOON, "{words}: {:?}", begun.elapsed());
        flood.over(Bounds::of(CLIENTS, RELAYED_KIB + ANSWERS_KIB)).await;
    }
}

/// Answers a line each with these words, and then says the last for ever. The first are said without being asked.
async fn torrent(before: &[&str], words: &str) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let before: Vec<String> = before.iter().map(|words| (*words).to_owned()).collect();
    let words = words.repeat(10_000 / words.len());
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let (before, words) = (before.clone(), words.clone());
            connections.spawn(async move {
                let mut heard = [0; 1024];
                for answer in before {
                    let said = stream.write_all(answer.as_bytes()).await;
                    if said.is_err() || stream.read(&mut heard).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                while stream.write_all(words.as_bytes()).await.is_ok() {}
            });
        }
    });
    (address, serving)
}
