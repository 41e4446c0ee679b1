//! Lines and literals of every size, and commands without end, before the login.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::crowd::{Crowd, How};
use crate::site::{BEFORE_LOGIN_KIB, Bounds, IMAPS, SMTPS, Setup, Site};

/// What is kept of what a client has sent and is not judged yet: the input buffers' cap, and as much of answers.
const UNJUDGED_KIB: u64 = 64 + 64;

/// How often each case is tried at once.
const TIMES: usize = 20;

/// Where all that is said is judged within the time.
async fn site() -> Site {
    Setup::limits("login_time = \"25s\"").start().await
}

/// Where some of it never is.
async fn hasty_site() -> Site {
    Setup::limits("login_time = \"6s\"").start().await
}

/// What is said, and the last line but one, or the last one, that is heard.
type Case = (Vec<u8>, &'static str);

/// Tries them all at once. Each ends in good order, and the words are heard.
async fn all_end(site: &Site, listener: usize, cases: Vec<Case>) {
    let flood = site.flood().await;
    let begun = Instant::now();
    let (count, cases) = (cases.len(), std::sync::Arc::new(cases));
    let said = std::sync::Arc::clone(&cases);
    let ends = site.crowd().all(TIMES * count, move |crowd: Crowd, number| {
        let octets = said[number % count].0.clone();
        async move { crowd.say(listener, octets).await }
    });
    let ends = ends.await;
    let unexpected = ends.iter().enumerate().filter_map(|(number, end)| {
        let (octets, expected) = &cases[number % count];
        let heard = end.text();
        let shown = octets[..octets.len().min(60)].escape_ascii();
        let expected_came = end.how == How::Closed && heard.contains(expected);
        let last = &heard[heard.len().saturating_sub(200)..];
        (!expected_came).then(|| format!("{shown}: {:?}, not {expected}: {last}", end.how))
    });
    let unexpected: HashSet<String> = unexpected.collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert!(begun.elapsed() < Duration::from_secs(50), "{:?}", begun.elapsed());
    flood
        .over(Bounds::of(TIMES * count, BEFORE_LOGIN_KIB + UNJUDGED_KIB))
        .await;
}

fn line(start: &str, octet: u8, count: usize, end: &str) -> Vec<u8> {
    [start.as_bytes(), &vec![octet; count], end.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imap_lines() {
    let site = site().await;
    let logout = "\r\nz LOGOUT\r\n";
    let cases = vec![
        (line("a NOOP ", b'x', 100, logout), "a BAD"),
        (line("a NOOP ", b'x', 9_000, logout), "a BAD over the limit"),
        (line("a NOOP ", b'x', 100_000, logout), "a BAD over the limit"),
        (line("a NOOP ", b'x', 4_000_000, logout), "a BAD over the limit"),
        (line("", b'x', 100_000, logout), "* BAD over the limit"),
        (line("a LOGIN ", b'(', 8_000, logout), "a BAD"),
        (line("a ID ", b'(', 8_000, logout), "a BAD"),
        (line("a SEARCH ", b'(', 8_000, logout), "a BAD"),
        (line("a LIST ", b'(', 100_000, logout), "a BAD over the limit"),
        (line("a LOGIN \"", b'\\', 8_000, logout), "a BAD"),
        (line("a AUTHENTICATE PLAIN ", b'A', 11_000, logout), "a BAD"),
        (line("a AUTHENTICATE PLAIN\r\n", b'A', 12_000, logout), "a "),
        (
            line("a AUTHENTICATE PLAIN\r\n", b'A', 13_000, logout),
            "* BYE over the limit",
        ),
        (
            line("a AUTHENTICATE PLAIN\r\n", b'A', 4_000_000, logout),
            "* BYE over the limit",
        ),
        (line("", b'\r', 10_000, logout), "* BYE bare CR"),
        (line("", b'\n', 10_000, logout), "* BYE bare LF"),
        (line("a NOOP", 0, 10_000, logout), "* BYE NUL"),
        (b"\r\n".repeat(20_000), "* BYE too many commands"),
    ];
    all_end(&site, IMAPS, cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imap_literals() {
    let site = site().await;
    let more = format!("\r\n{}\r\nz LOGOUT\r\n", "x".repeat(50_000));
    let case = |command: &str, expected| (format!("{command}{more}").into_bytes(), expected);
    let refused = |command: &str, expected| (format!("{command}\r\nz LOGOUT\r\n").into_bytes(), expected);
    let mut cases = vec![
        // Nobody is invited to send one that is too large, or where none is wanted.
        refused("a LOGIN {4097}", "a BAD over the limit"),
        refused("a LOGIN {4294967296}", "a BAD over the limit"),
        refused("a LOGIN {18446744073709551615}", "a BAD over the limit"),
        refused("a LOGIN {18446744073709551616}", "a BAD over the limit"),
        refused(
            "a LOGIN {99999999999999999999999999999999}",
            "a BAD over the limit",
        ),
        refused("a APPEND INBOX {10}", "a BAD no literal is wanted here"),
        refused("a SEARCH TEXT {4000}", "a BAD no literal is wanted here"),
        refused("a AUTHENTICATE PLAIN {10}", "a BAD no literal is wanted here"),
        // Others come whether they are wanted or not: it ends there, and what they hold is no command.
        case("a LOGIN {4097+}", "* BYE over the limit"),
        case("a LOGIN {50000+}", "* BYE over the limit"),
        case("a LOGIN {4294967296+}", "* BYE over the limit"),
        case("a LOGIN {18446744073709551616+}", "* BYE over the limit"),
        case("a APPEND INBOX {10737418240+}", "* BYE over the limit"),
    ];
    // Literal behind literal, each as large as it may be.
    let chain = format!("{{4000+}}\r\n{} ", "x".repeat(4000)).repeat(20);
    cases.push((
        format!("a ID ({chain}\r\nz LOGOUT\r\n").into_bytes(),
        " over the limit",
    ));
    cases.push((
        format!("a LOGIN {chain}\r\nz LOGOUT\r\n").into_bytes(),
        " over the limit",
    ));
    all_end(&site, IMAPS, cases).await;
}

/// As many commands as a client may give, and more: it is over, whatever else was pipelined.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imap_commands_without_end() {
    let site = hasty_site().await;
    let id = format!("a ID (\"name\" \"{}\")\r\n", "n".repeat(1000));
    let cases = vec![
        (b"a NOOP\r\n".repeat(50_000), "* BYE too many commands"),
        (b"a CAPABILITY\r\n".repeat(50_000), "* BYE too many commands"),
        (b"a FROBNICATE\r\n".repeat(10_000), "* BYE too many bad commands"),
        (b"a IDLE\r\n".repeat(10_000), "* BYE too many bad commands"),
        (b"a STARTTLS\r\n".repeat(10_000), "* BYE too many bad commands"),
        (
            b"a AUTHENTICATE PLAIN\r\n*\r\n".repeat(10_000),
            "* BYE too many commands",
        ),
        (
            b"a AUTHENTICATE LOGIN\r\n!\r\n".repeat(10_000),
            "* BYE too many bad commands",
        ),
        (b"a AUTHENTICATE X\r\n".repeat(10_000), "* BYE too many commands"),
        (b"a LOGIN mallory wrong\r\n".repeat(10_000), "* BYE"),
        (id.repeat(1000).into_bytes(), "* BYE too many commands"),
        (b"(".repeat(500_000), "* BYE took too long to log in"),
    ];
    all_end(&site, IMAPS, cases).await;
    // What a client says that it is stands in the log once, and not as long as it likes.
    let said = site.gateway.lines(" event=client-id ");
    assert!(said.len() <= TIMES, "{}", said.len());
    assert!(said.iter().all(|line| line.len() < 1000), "{}", said[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smtp_lines() {
    let site = site().await;
    let quit = "\r\nQUIT\r\n";
    let cases = vec![
        (line("NOOP ", b'x', 1_000, quit), "221 "),
        (line("EHLO ", b'x', 3_000, quit), "500 5.5.2"),
        (line("EHLO ", b'x', 4_000_000, quit), "500 5.5.2"),
        (line("", b'x', 100_000, quit), "500 5.5.2"),
        (line("", b'\r', 10_000, quit), "500 5.5.2"),
        (line("", b'\n', 10_000, quit), "500 5.5.2"),
        (line("NOOP", 0, 10_000, quit), "500 5.5.2"),
        (line("EHLO a\r\nAUTH PLAIN ", b'A', 3_000, quit), "50"),
        (line("EHLO a\r\nAUTH PLAIN ", b'A', 12_000, quit), "50"),
        (line("EHLO a\r\nAUTH PLAIN ", b'A', 4_000_000, quit), "50"),
        (line("EHLO a\r\nAUTH PLAIN\r\n", b'A', 12_000, quit), "5"),
        (line("EHLO a\r\nAUTH PLAIN\r\n", b'A', 13_000, quit), "50"),
        (line("EHLO a\r\nAUTH LOGIN\r\n", b'A', 4_000_000, quit), "50"),
        (line("MAIL FROM:<", b'(', 1_900, quit), "5"),
        (line("RCPT TO:<", b'"', 1_900, quit), "5"),
    ];
    all_end(&site, SMTPS, cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smtp_commands_without_end() {
    let site = hasty_site().await;
    let bdat =
        |size: &str, octets: usize| [format!("BDAT {size}\r\n").as_bytes(), &vec![b'x'; octets]].concat();
    let cases = vec![
        (b"NOOP\r\n".repeat(50_000), "421 "),
        (b"EHLO a\r\n".repeat(50_000), "421 "),
        (b"RSET\r\n".repeat(50_000), "421 "),
        (b"VRFY a\r\n".repeat(50_000), "421 "),
        (b"FROBNICATE\r\n".repeat(10_000), "421 "),
        (b"EHLO a\r\nSTARTTLS\r\n".repeat(10_000), "421 "),
        (
            [&b"EHLO a\r\n"[..], &b"AUTH LOGIN\r\n*\r\n".repeat(10_000)].concat(),
            "421 ",
        ),
        (
            [&b"EHLO a\r\n"[..], &b"AUTH LOGIN\r\n!\r\n".repeat(10_000)].concat(),
            "421 ",
        ),
        (
            [
                &b"EHLO a\r\n"[..],
                &b"AUTH PLAIN AG1hbGxvcnkAd3Jvbmc=\r\n".repeat(10_000),
            ]
            .concat(),
            "421 ",
        ),
        (b"MAIL FROM:<a@example.org>\r\n".repeat(10_000), "421 "),
        (b"RCPT TO:<a@example.org>\r\n".repeat(10_000), "421 "),
        (b"DATA\r\n".repeat(10_000), "421 "),
        (bdat("0", 0).repeat(10_000), "421 "),
        (bdat("1000", 1000).repeat(100), "421 "),
        // 10 GiB are announced, and never come.
        (bdat("10737418240", 100_000), "421 4.4.2"),
        (b"XCLIENT NAME=x ADDR=127.0.0.1\r\n".repeat(10_000), "421 "),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".repeat(10_000), "421 "),
        (b"GET / HTTP/1.1\r\n".repeat(10_000), "421 4.7.0 this is not HTTP"),
    ];
    all_end(&site, SMTPS, cases).await;
}
