//! Clients that take their time: nothing at all, half a handshake, a login octet by octet, half a connection.

use std::future::pending;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, interval};

use crate::crowd::{How, end};
use crate::site::{BEFORE_LOGIN_KIB, Bounds, IMAP, IMAPS, SMTP, SMTPS, Setup, Site};

const LISTENERS: [usize; 4] = [IMAPS, IMAP, SMTPS, SMTP];

/// `login_time` of the sites here.
const TIME: Duration = Duration::from_secs(5);

/// What is added to it: the last words, and a machine that is busy. What takes its time here would take longer still.
const MORE: Duration = Duration::from_secs(15);

async fn site() -> Site {
    Setup::limits("login_time = \"5s\"").start().await
}

/// So many sessions were closed because they were too late, each of them with one line.
fn assert_late(site: &Site, count: usize) {
    let late = site
        .gateway
        .lines("reason=\"not logged in within the time limit\"");
    assert_eq!(late.len(), count);
}

/// What the last line is that somebody hears who is too late at this listener.
fn assert_told(listener: usize, last: &str) {
    match listener {
        IMAPS | IMAP => assert_eq!(last, "* BYE took too long to log in"),
        _ => assert!(last.starts_with("421 4.4.2 "), "{last}"),
    }
}

/// Neither too early nor too late.
fn assert_in_time(begun: Instant) {
    let taken = begun.elapsed();
    assert!((TIME..TIME + MORE).contains(&taken), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_that_say_nothing() {
    let (site, each) = (site().await, 250);
    let flood = site.flood().await;
    let begun = Instant::now();
    let ends = site.crowd().all(4 * each, |crowd, number| async move {
        let listener = LISTENERS[number % 4];
        (listener, end(crowd.tcp(listener).await).await)
    });
    for (listener, end) in ends.await {
        assert_eq!(end.how, How::Closed);
        let heard = end.text();
        let lines: Vec<&str> = heard.lines().collect();
        match (listener, &lines[..]) {
            (IMAPS | SMTPS, []) => {}
            (IMAP | SMTP, [_, bye]) => assert_told(listener, bye),
            _ => panic!("listener {listener}: {heard}"),
        }
    }
    assert_in_time(begun);
    flood.over(Bounds::of(4 * each, BEFORE_LOGIN_KIB)).await;
    assert_late(&site, 4 * each);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_octet_by_octet() {
    let (site, count) = (site().await, 300);
    let flood = site.flood().await;
    // The begin of a hello, whose end is never reached.
    let ends = site.crowd().all(count, |crowd, _| async move {
        let mut stream = crowd.tcp(IMAPS).await;
        let hello = [&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3][..], &[7; 500]].concat();
        let mut pace = interval(Duration::from_millis(50));
        for octet in hello {
            pace.tick().await;
            if stream.write_all(&[octet]).await.is_err() {
                break;
            }
        }
        end(stream).await
    });
    for end in ends.await {
        assert_eq!(end.heard, b"");
        assert_ne!(end.how, How::Open);
    }
    flood.over(Bounds::of(count, BEFORE_LOGIN_KIB)).await;
    assert_late(&site, count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn greeted_and_silent() {
    let (site, each) = (site().await, 150);
    let flood = site.flood().await;
    let ends = site.crowd().all(2 * each, |crowd, number| async move {
        let listener = [IMAPS, SMTPS][number % 2];
        (listener, end(crowd.tls(listener).await).await)
    });
    for (listener, end) in ends.await {
        assert_eq!(end.how, How::Closed);
        let heard = end.text();
        assert_told(listener, heard.lines().nth(1).unwrap_or_default());
    }
    flood.over(Bounds::of(2 * each, BEFORE_LOGIN_KIB)).await;
    assert_late(&site, 2 * each);
}

/// Sends octet by octet, and is done when all of it was listened to. That nobody listens any more is for the reader to say.
async fn trickle(stream: &mut (impl AsyncWrite + Unpin), octets: &[u8]) {
    let mut pace = interval(Duration::from_millis(20));
    for octet in octets {
        pace.tick().await;
        if stream.write_all(&[*octet]).await.is_err() || stream.flush().await.is_err() {
            return pending().await;
        }
    }
}

/// A deadline for the whole login, not one for each octet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_octet_by_octet() {
    let (site, each) = (site().await, 75);
    let flood = site.flood().await;
    let begun = Instant::now();
    let ends = site.crowd().all(4 * each, |crowd, number| async move {
        let (listener, command) = [
            (IMAPS, "a LOGIN mallory \"malice"),
            (IMAPS, "a AUTHENTICATE PLAIN AG1hbGxvcnk"),
            (SMTPS, "EHLO mallory.example\r\nAUTH PLAIN AG1hbGxvcnk"),
            (
                SMTPS,
                "EHLO mallory.example\r\nAUTH LOGIN\r\nbWFsbG9yeQ==\r\nbWFs",
            ),
        ][number % 4];
        let mut stream = crowd.tls(listener).await;
        let octets = [command.as_bytes(), &[b'A'; 1000]].concat();
        let (mut reader, mut writer) = tokio::io::split(&mut stream);
        let ended = end(&mut reader);
        let ended = tokio::select! {
            ended = ended => ended,
            () = trickle(&mut writer, &octets) => panic!("listened to for too long"),
        };
        (listener, ended)
    });
    for (listener, end) in ends.await {
        assert_eq!(end.how, How::Closed);
        let heard = end.text();
        assert_told(listener, heard.lines().last().unwrap_or_default());
    }
    assert_in_time(begun);
    flood.over(Bounds::of(4 * each, BEFORE_LOGIN_KIB)).await;
    assert_late(&site, 4 * each);
}

/// A client that says that it sends no more is not waited for; one that vanishes leaves nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_closed_and_dropped() {
    let (site, each) = (Setup::limits("login_time = \"30s\"").start().await, 75);
    let flood = site.flood().await;
    let begun = Instant::now();
    let ends = site.crowd().all(4 * each, |crowd, number| async move {
        let (listener, words) = match number % 4 {
            // In the middle of the handshake, too.
            0 => {
                let mut stream = crowd.tcp(LISTENERS[number / 4 % 4]).await;
                stream.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
                stream.shutdown().await.unwrap();
                return end(stream).await;
            }
            1 => (IMAPS, "a NOOP\r\nb LOGIN {5}\r\nmal"),
            2 => (SMTPS, "EHLO mallory.example\r\nAUTH LOGIN\r\n"),
            _ => (IMAPS, "a AUTHENTICATE PLAIN\r\n"),
        };
        let mut stream = crowd.tls(listener).await;
        stream.write_all(words.as_bytes()).await.unwrap();
        if number % 8 < 4 {
            stream.shutdown().await.unwrap();
        } else {
            // Without TLS's goodbye.
            stream.get_mut().0.shutdown().await.unwrap();
        }
        end(stream).await
    });
    for end in ends.await {
        assert_ne!(end.how, How::Open, "{}", end.text());
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    flood.over(Bounds::of(4 * each, BEFORE_LOGIN_KIB)).await;
}

/// What is no TLS, and what begins like it: closed at once, with an alert at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_instead_of_tls() {
    let (site, count) = (Setup::limits("login_time = \"30s\"").start().await, 400);
    let flood = site.flood().await;
    let begun = Instant::now();
    let ends = site.crowd().all(count, |crowd, number| async move {
        let garbage: Vec<u8> = match number % 8 {
            0 => b"GET / HTTP/1.1\r\nHost: mail.example.org\r\n\r\n".to_vec(),
            1 => b"a LOGIN mallory malice\r\n".to_vec(),
            2 => vec![0; 20_000],
            3 => vec![0xff; 20_000],
            // A record longer than any may be.
            4 => [&[22, 3, 1, 0xff, 0xff][..], &[1; 20_000]].concat(),
            // An alert, a change of cipher and application data before any handshake.
            5 => vec![21, 3, 3, 0, 2, 2, 0],
            6 => vec![20, 3, 3, 0, 1, 1],
            _ => [&[23, 3, 3, 1, 0][..], &[1; 256]].concat(),
        };
        let listener = [IMAPS, SMTPS][number / 8 % 2];
        let mut stream = crowd.tcp(listener).await;
        // It may be closed before all of it has left.
        let _ = stream.write_all(&garbage).await;
        (number % 8, end(stream).await)
    });
    for (kind, end) in ends.await {
        assert_ne!(end.how, How::Open, "{kind}");
        assert!(
            end.heard.is_empty() || end.heard[0] == 21,
            "{kind}: {}",
            end.heard.escape_ascii()
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    flood.over(Bounds::of(count, BEFORE_LOGIN_KIB)).await;
}

/// The most that a client can make us keep before a handshake: a hello that is never whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hellos_as_large_as_they_may_be() {
    let (site, count) = (site().await, 200);
    let flood = site.flood().await;
    let ends = site.crowd().all(count, |crowd, _| async move {
        let mut stream = crowd.tcp(IMAPS).await;
        // Records of 16 KiB, whose message says that it goes on.
        let mut hello = vec![1, 0, 0xf0, 0];
        hello.resize(0xef00, 0);
        let records = hello.chunks(16_000).flat_map(|piece| {
            let length = u16::try_from(piece.len()).unwrap().to_be_bytes();
            [&[22, 3, 1][..], &length, piece].concat()
        });
        let records: Vec<u8> = records.collect();
        let _ = stream.write_all(&records).await;
        end(stream).await
    });
    for end in ends.await {
        assert_ne!(end.how, How::Open);
    }
    flood.over(Bounds::of(count, BEFORE_LOGIN_KIB + 24)).await;
}
