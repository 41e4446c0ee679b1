//! A mail server that dies over a filing, or whose answer is lost.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::sleep;

use super::cut_line::{CutLine, Said, Then, has};
use super::{ALICE, BOB, Random, assert_once, filed, report, shrunk, site};
use crate::common::Gateway;
use crate::setup::Servers;

/// How often the mail server is killed, and how many copies are filed in between.
const KILLS: usize = 6;
const BETWEEN: usize = 3;
/// Less than a filing takes.
const FILING_MILLIS: u64 = 40;

/// Has Bob send so many messages that appending them takes its time.
async fn send_large(gateway: &Gateway, count: usize) -> Vec<String> {
    let ids: Vec<String> = (0..count)
        .map(|number| format!("<{number}@example.org>"))
        .collect();
    let text = format!("{}\r\n", "x".repeat(900)).repeat(400);
    let mut client = BOB.log_in(gateway).await;
    for id in &ids {
        let message = [&BOB.message(ALICE, id), text.as_bytes()].concat();
        client
            .send_mail(BOB.address, &[ALICE.address], &message)
            .await
            .unwrap();
    }
    ids
}

#[tokio::test]
async fn one_that_is_killed_over_a_filing_has_the_copy_once() {
    let (mut random, mut servers) = (Random::seeded(), Servers::start());
    let gateway = site(&servers, "mode = \"always\"").start().await;
    // They wait for it, and then go one behind the other.
    servers.two.stop();
    let ids = send_large(&gateway, (KILLS + 1) * BETWEEN).await;
    for kill in 0..KILLS {
        servers.two.restart().unwrap();
        shrunk(&gateway, "queue", ids.len() - kill * BETWEEN - 1).await;
        sleep(random.millis_below(FILING_MILLIS)).await;
        servers.two.stop();
    }
    servers.two.restart().unwrap();
    filed(&gateway).await;
    report(&format!(
        "{KILLS} times killed: {} copies, {} of them found, {} retries",
        ids.len(),
        gateway.lines("event=sent-present").len(),
        gateway.lines("event=sent-retry").len()
    ));
    assert_once(&BOB.sent(&servers).await, ids);
}

#[tokio::test]
async fn a_copy_whose_answer_is_lost_is_found_and_half_a_copy_is_none() {
    let servers = Servers::trusting();
    let (lost, halves) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let first = |count: &AtomicUsize, condition| condition && count.fetch_add(1, Ordering::Relaxed) < 2;
    let line = CutLine::to(servers.two.imap(), move |said| match said {
        Said::Client(octets) if first(&halves, has(octets, " APPEND ") && octets.len() > 100_000) => {
            Then::Cut
        }
        Said::Server(octets) if first(&lost, has(octets, "[APPENDUID ")) => Then::Cut,
        _ => Then::Pass,
    });
    let line = line.await;
    let site = site(&servers, "mode = \"always\"").through("two", line.address());
    let gateway = site.start().await;
    let ids = send_large(&gateway, 4).await;
    filed(&gateway).await;
    for (event, times) in [("sent-retry", 4), ("sent-present", 2), ("sent-filed", 2)] {
        let event = format!("event={event} ");
        gateway.logged_times(&event, times).await;
        assert_eq!(gateway.lines(&event).len(), times, "{event}");
    }
    assert_once(&BOB.sent(&servers).await, ids);
}
