//! Mail servers that stop in the middle of everything.

use std::net::SocketAddr;
use std::time::Duration;

use gatepost_testkit::mail::smtp::{Fault, Stage as SmtpStage};
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::common::{LIMIT, refusal};
use crate::crowd::{Crowd, How, end};
use crate::site::{BEFORE_LOGIN_KIB, Bounds, IMAPS, RELAYED_KIB, SMTPS, Setup, Site, TRUDY};
use crate::upstream::{Act, Fickle, Stage};

/// As many as log in at once: who waits for a turn is in the storms.
const CLIENTS: usize = 32;

/// The limits of the sites here: connecting, and logging in.
const LIMITS: &str = "upstream_connect_time = \"3s\"\nupstream_login_time = \"3s\"";

/// What a client may have to wait for its answer then.
const ANSWERED: Duration = Duration::from_secs(15);

/// The logins of all clients are refused as an outage, in time.
async fn is_an_outage(site: &Site) {
    let before = site.gateway.lines("result=upstream-down").len();
    let flood = site.flood().await;
    let answers = site.crowd().all(CLIENTS, |crowd, _| async move {
        let mut client = crowd.imap(IMAPS).await;
        let begun = Instant::now();
        let heard = refusal(&mut client, TRUDY.0, TRUDY.1).await;
        assert_eq!(
            heard,
            "NO [UNAVAILABLE] the mail server is unavailable, try again later"
        );
        begun.elapsed()
    });
    for taken in answers.await {
        assert!(taken < ANSWERED, "{taken:?}");
    }
    flood
        .over(Bounds::of(CLIENTS, BEFORE_LOGIN_KIB + RELAYED_KIB))
        .await;
    // One line for each.
    let lines = site.gateway.lines("result=upstream-down").len();
    assert_eq!(lines - before, CLIENTS);
}

async fn stalling(stage: Stage) -> (Fickle, Site) {
    let fickle = Fickle::start(stage, Act::Stall).await;
    let site = Setup {
        limits: LIMITS,
        ..Setup::bad(fickle.addresses())
    };
    let site = site.start().await;
    (fickle, site)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_greeting_and_behind_it() {
    let (fickle, site) = stalling(Stage::Greeting).await;
    for stage in [Stage::Greeting, Stage::Capability, Stage::Challenge, Stage::Login] {
        fickle.play(stage, Act::Stall);
        is_an_outage(&site).await;
        fickle.has_open(0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_handshake() {
    let fickle = Fickle::start(Stage::Greeting, Act::Stall).await;
    let site = Setup {
        limits: LIMITS,
        upstream: "tls = \"implicit\"".to_owned(),
        ..Setup::bad(fickle.addresses())
    };
    let site = site.start().await;
    is_an_outage(&site).await;
    fickle.has_open(0).await;
}

/// A mail server that greets, offers STARTTLS, and says `answer` to it and nothing any more.
async fn at_starttls(answer: &'static str) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.spawn(async move {
                let mut stream = BufReader::new(stream);
                let greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n";
                stream.get_mut().write_all(greeting).await.unwrap();
                let mut line = String::new();
                stream.read_line(&mut line).await.unwrap();
                // Who takes it for an MTA leaves without a word.
                let Some((tag, command)) = line.split_once(' ') else {
                    return;
                };
                assert_eq!(command, "STARTTLS\r\n");
                let words = answer.replace("tag", tag);
                stream.get_mut().write_all(words.as_bytes()).await.unwrap();
                // Until the gateway has had enough of it.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    (address, serving)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_starttls_and_in_the_handshake_behind_it() {
    for answer in ["", "tag OK begin\r\n"] {
        let (address, _serving) = at_starttls(answer).await;
        let site = Setup {
            limits: LIMITS,
            upstream: "tls = \"starttls\"".to_owned(),
            ..Setup::bad((address, address))
        };
        let site = site.start().await;
        is_an_outage(&site).await;
        let late = site.gateway.lines("logging in took longer than");
        assert_eq!(late.len(), CLIENTS, "{late:#?}");
    }
}

/// An address that does not answer: the queue of its listener is full, and nobody empties it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_connection() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        waiting.push(stream);
    }
    let site = Setup {
        limits: LIMITS,
        ..Setup::bad((address, address))
    };
    is_an_outage(&site.start().await).await;
}

/// Behind the login a mail server may take its time: the session waits with it, and ends when the client does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_middle_of_a_response() {
    let act = Act::Say(b"* 1 FETCH (BODY[] {1000}\r\nhalf of it".to_vec());
    let fickle = Fickle::start(Stage::Command, act).await;
    let site = Setup {
        limits: LIMITS,
        ..Setup::bad(fickle.addresses())
    };
    let site = site.start().await;
    let flood = site.flood().await;
    let clients = site.crowd().all(CLIENTS, |crowd: Crowd, _| async move {
        let mut client = crowd.reader(TRUDY).await;
        client.send(b"a FETCH 1 BODY[]\r\nb NOOP\r\n").await.unwrap();
        let mut stream = client.into_stream();
        let mut heard = [0; 40];
        let read = stream.read(&mut heard).await.unwrap();
        assert!(heard[..read].starts_with(b"* 1 FETCH"));
        stream
    });
    let clients = clients.await;
    fickle.has_open(CLIENTS).await;
    drop(clients);
    fickle.has_open(0).await;
    flood
        .over(Bounds {
            honest: 2,
            ..Bounds::of(CLIENTS, RELAYED_KIB)
        })
        .await;
}

/// An MTA that stalls before it has let us in is an outage; later the client waits, and when it leaves, all is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_mta_at_every_stage() {
    let (fickle, site) = stalling(Stage::Greeting).await;
    site.gateway.logged("event=mta-offers mta=bad").await;
    for stage in [SmtpStage::Greeting, SmtpStage::Ehlo, SmtpStage::Auth] {
        fickle.mta.smtp().fail(stage, Fault::Silence);
        let flood = site.flood().await;
        let answers = site.crowd().all(CLIENTS, |crowd, _| async move {
            let mut client = crowd.smtp(SMTPS).await;
            client.ehlo().await.unwrap();
            let refused = client.auth_plain("", TRUDY.0, TRUDY.1).await.unwrap_err();
            assert!(refused.to_string().contains("454 4.7.0"), "{refused}");
        });
        answers.await;
        flood
            .over(Bounds::of(CLIENTS, BEFORE_LOGIN_KIB + RELAYED_KIB))
            .await;
        fickle.mta.smtp().heal();
    }
    let behind = [
        SmtpStage::Mail,
        SmtpStage::Rcpt,
        SmtpStage::Data,
        SmtpStage::Message,
    ];
    for stage in behind {
        fickle.mta.smtp().fail(stage, Fault::Silence);
        let flood = site.flood().await;
        let ends = site.crowd().all(CLIENTS, |crowd, _| async move {
            let mut client = crowd.sender(TRUDY).await;
            let words = [
                "MAIL FROM:<trudy@example.org>\r\n",
                "RCPT TO:<trudy@example.org>\r\n",
                "DATA\r\n",
            ];
            // What it sends behind the command that is not answered would not be looked at, nor that it leaves.
            let said = match stage {
                SmtpStage::Mail => 1,
                SmtpStage::Rcpt => 2,
                _ => 3,
            };
            client.send(words[..said].concat().as_bytes()).await.unwrap();
            let mut replies = Vec::new();
            // It answers all before that.
            for _ in 1..said {
                replies.push(client.reply().await.unwrap().code);
            }
            if stage == SmtpStage::Message {
                assert_eq!(client.reply().await.unwrap().code, 354);
                let message = b"From: trudy@example.org\r\n\r\nhello\r\n.\r\n";
                client.send(message).await.unwrap();
            }
            while let Ok(Ok(reply)) = timeout(Duration::from_millis(500), client.reply()).await {
                replies.push(reply.code);
            }
            (replies, client.into_stream())
        });
        let clients = ends.await;
        for (replies, _) in &clients {
            assert!(
                !replies.contains(&221) && replies.iter().all(|code| *code < 400),
                "{stage:?}: {replies:?}"
            );
        }
        // What they have said has come to the MTA.
        site.gateway.rests().await;
        drop(clients);
        if stage == SmtpStage::Message {
            // The answer to it is waited for, whoever has left: until the MTA gives up, too.
            fickle.mta.smtp().drop_connections();
        }
        let control = fickle.mta.smtp();
        timeout(LIMIT, control.wait_for_connections(0)).await.unwrap();
        flood.over(Bounds::of(CLIENTS, RELAYED_KIB + 64)).await;
        fickle.mta.smtp().heal();
    }
    let doubts = site.gateway.lines("result=doubt").len();
    assert_eq!(doubts, CLIENTS);
}

/// Clients that leave while a mail server stalls are not kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_while_it_stalls() {
    let (fickle, site) = stalling(Stage::Login).await;
    let flood = site.flood().await;
    let ends = site.crowd().all(CLIENTS, |crowd, _| async move {
        let mut client = crowd.imap(IMAPS).await;
        client.send(b"a LOGIN trudy intruder\r\n").await.unwrap();
        let mut stream = client.into_stream();
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
        end(stream).await
    });
    for end in ends.await {
        assert_ne!(end.how, How::Open);
    }
    fickle.has_open(0).await;
    flood
        .over(Bounds::of(CLIENTS, BEFORE_LOGIN_KIB + RELAYED_KIB))
        .await;
}
