//! The clock on the wall jumps. No limit is measured by it; what is judged by it are the certificates of mail servers
//! and directories, and it stands in the log, in `Received:`, and in the names and the age of copies.

use std::path::Path;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::common::Sender;
use crate::crowd::{How, end};
use crate::meter::Meter;
use crate::site::{ALICE, BOB, IMAPS, SMTPS, Setup, Site};

/// Debian's libfaketime, which alone lets one process have another clock.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

fn library() -> String {
    let machine = std::env::consts::ARCH;
    let path = format!("/usr/lib/{machine}-linux-gnu/{LIBRARY}");
    assert!(
        Path::new(&path).exists(),
        "{path} is missing: scripts/install-test-deps installs it"
    );
    path
}

/// A gateway whose clock goes wrong by what the file says.
async fn site(clock: &Path) -> Site {
    std::fs::write(clock, "+0d\n").unwrap();
    let environment = vec![
        ("LD_PRELOAD", library()),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap().to_owned()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    let setup = Setup {
        limits: "login_time = \"3s\"\nrecheck = \"1s\"",
        submission: "messages_per_hour = 3",
        sent_copy: "mode = \"if-missing\"\nwait = \"3s\"\nspool = \"spool\"".to_owned(),
        environment,
        ..Setup::default()
    };
    setup.start().await
}

async fn sender(site: &Site) -> Sender {
    let mut client = site.gateway.sender(SMTPS).await;
    client.auth_plain("", BOB.0, BOB.1).await.unwrap();
    client
}

async fn send(client: &mut Sender, number: usize) -> Result<(), String> {
    let message = format!(
        "From: bob@example.org\r\nTo: alice@example.org\r\nMessage-ID: <{number}@example.org>\r\n\r\nhello\r\n"
    );
    let sent = client
        .send_mail("bob@example.org", &["alice@example.org"], message.as_bytes())
        .await;
    sent.map(drop).map_err(|error| error.to_string())
}

/// Forward by ten years, then back by twenty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_jumps_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let site = site(&clock).await;
    let mut alice = site.gateway.login(ALICE.0, ALICE.1).await;
    alice.command("SELECT INBOX").await.unwrap();
    let mut bob = sender(&site).await;
    let meter = Meter::start(&site.gateway);
    for (number, (jump, years)) in [("+3650d\n", 10_i64), ("-3650d\n", -10)].into_iter().enumerate() {
        alice.idle().await.unwrap();
        send(&mut bob, number).await.unwrap();
        std::fs::write(&clock, jump).unwrap();
        let begun = Instant::now();
        // Half a handshake has its time from here, whatever the clock says.
        let silent = TcpStream::connect(site.gateway.address(IMAPS)).await.unwrap();
        let ended = end(silent).await;
        assert_eq!(ended.how, How::Closed);
        assert!(
            (2..10).contains(&begun.elapsed().as_secs()),
            "{:?}",
            begun.elapsed()
        );
        let late = "reason=\"not logged in within the time limit\"";
        let line = site.gateway.logged_times(late, number + 1).await;
        let year: i64 = line.strip_prefix("ts=").unwrap()[..4].parse().unwrap();
        let now: i64 = {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            1970 + i64::try_from(since.unwrap().as_secs() / 31_556_952).unwrap()
        };
        assert!((year - now - years).abs() <= 1, "it has not jumped: {line}");
        // Who slept goes on, and the news come.
        alice.wait_for("EXISTS").await.unwrap();
        alice.done().await.unwrap();
        // Who comes now is let in, and who guesses is not.
        site.gateway
            .login(ALICE.0, ALICE.1)
            .await
            .command("NOOP")
            .await
            .unwrap();
        let refused = site.gateway.refused(ALICE.0, &format!("guess-{number}")).await;
        assert!(refused.starts_with("NO [AUTHENTICATIONFAILED]"), "{refused}");
        // The copy was filed after its wait.
        site.gateway.logged_times("event=sent-filed", number + 1).await;
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
    // An hour's messages are those of an hour that has passed, not of one that the clock shows.
    send(&mut bob, 2).await.unwrap();
    let refused = send(&mut bob, 3).await.unwrap_err();
    assert!(
        refused.contains("450 4.7.1") || refused.contains("452 4."),
        "{refused}"
    );
    site.gateway.logged_times("event=sent-filed", 3).await;
    let kept = site.mail.store().messages(BOB.0, "Sent Messages").unwrap();
    let filed = |number| {
        let id = format!("<{number}@example.org>");
        let holds = |octets: &[u8]| octets.windows(id.len()).any(|text| text == id.as_bytes());
        kept.iter().filter(|message| holds(&message.octets)).count()
    };
    assert_eq!([filed(0), filed(1), filed(2)], [1, 1, 1]);
    assert!(!site.gateway.log().contains("panicked"));
    let grown = meter.peak().memory_kib.saturating_sub(meter.before.memory_kib);
    assert!(grown <= Meter::SLACK_KIB, "{grown} KiB");
    meter.is_as_before().await;
}
