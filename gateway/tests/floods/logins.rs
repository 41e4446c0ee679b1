//! Thousands of logins that fail.

use std::time::Duration;

use gatepost_wire::base64;
use tokio::time::Instant;

use crate::crowd::{Crowd, How};
use crate::site::{BEFORE_LOGIN_KIB, Bounds, IMAPS, MALLORY, SMTPS, Setup};

/// Connections at once, and logins on each until it is closed.
const CONNECTIONS: usize = 400;
const ATTEMPTS: usize = 10;

fn plain(user: &str, password: &str) -> String {
    let mut encoded = Vec::new();
    base64::encode(format!("\0{user}\0{password}").as_bytes(), &mut encoded);
    String::from_utf8(encoded).unwrap()
}

/// Names that exist, and names that do not, as many as there are logins.
fn name(number: usize) -> String {
    match number % 4 {
        0 => MALLORY.0.to_owned(),
        1 => format!("nobody-{number}"),
        2 => format!("{}{number}", "n".repeat(200)),
        _ => format!("mallory@{number}.example"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_failed_logins() {
    let limits = "login_time = \"30s\"\nfailures_per_connection = 10";
    let site = Setup::limits(limits).start().await;
    let flood = site.flood().await;
    let begun = Instant::now();
    let ends = site.crowd().all(CONNECTIONS, |crowd: Crowd, number| async move {
        let attempts = (0..ATTEMPTS).map(|attempt| {
            let password = format!("guess-{number}-{attempt}");
            plain(&name(number * ATTEMPTS + attempt), &password)
        });
        if number % 2 == 0 {
            let words = attempts.map(|plain| format!("a AUTHENTICATE PLAIN {plain}\r\n"));
            let words = words.collect::<String>() + "z LOGOUT\r\n";
            crowd.say(IMAPS, words.into_bytes()).await
        } else {
            let words = attempts.map(|plain| format!("AUTH PLAIN {plain}\r\n"));
            let words = "EHLO a\r\n".to_owned() + &words.collect::<String>() + "QUIT\r\n";
            crowd.say(SMTPS, words.into_bytes()).await
        }
    });
    let ends = ends.await;
    let taken = begun.elapsed();
    for end in &ends {
        assert_eq!(end.how, How::Closed, "{}", end.text());
        assert!(
            !end.text().contains("a OK") && !end.text().contains("235 "),
            "{}",
            end.text()
        );
    }
    assert!(taken < Duration::from_secs(20), "{taken:?}");
    flood.over(Bounds::of(CONNECTIONS, BEFORE_LOGIN_KIB)).await;
    assert!(!site.gateway.log().contains("guess-"), "a password in the log");
    // Each is logged when it happens, once.
    let failed = site.gateway.lines(" event=login-failed ").len();
    println!("{failed} failed logins in {taken:?}");
    assert!(
        (CONNECTIONS * ATTEMPTS / 2..=CONNECTIONS * ATTEMPTS).contains(&failed),
        "{failed}"
    );
}
