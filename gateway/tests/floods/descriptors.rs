//! A crowd takes the last descriptor.

use tokio::time::Instant;

use crate::crowd::{How, end};
use crate::honest::Honest;
use crate::meter::Meter;
use crate::site::{ALICE, BEFORE_LOGIN_KIB, IMAPS, SMTPS, Setup};

/// Accepting pauses, who is there is served, and when the crowd has been sent away all is well again by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_takes_the_last_one() {
    let site = Setup::limits("login_time = \"4s\"").start().await;
    let gateway = &site.gateway;
    Honest::once(gateway).await;
    let mut alice = gateway.login(ALICE.0, ALICE.1).await;
    alice.command("SELECT INBOX").await.unwrap();
    gateway.logged(" event=login ").await;
    let meter = Meter::start(gateway);
    gateway.limit_descriptors(Some(meter.before.descriptors as u64 + 40));
    let (crowd, begun) = (site.crowd(), Instant::now());
    let flood = tokio::spawn(crowd.all(100, |crowd, number| async move {
        end(crowd.tcp([IMAPS, SMTPS][number % 2]).await).await
    }));
    gateway.logged("event=accept-failed").await;
    for _ in 0..20 {
        alice.command("FETCH 1 BODY.PEEK[]").await.unwrap();
    }
    assert!(site.refused("descriptors") > 0);
    // All of the crowd had its turn, and its time, one after the other; nothing else had to be done.
    let ends = flood.await.unwrap();
    assert!(
        ends.iter().all(|end| end.how != How::Open),
        "somebody was forgotten"
    );
    Honest::once(gateway).await;
    alice.command("NOOP").await.unwrap();
    gateway.logged("event=accept-resumed").await;
    let failed = gateway.lines("event=accept-failed").len();
    assert!(failed < 20, "{failed} lines");
    let grown = meter.peak().memory_kib.saturating_sub(meter.before.memory_kib);
    assert!(grown <= Meter::SLACK_KIB + 40 * BEFORE_LOGIN_KIB, "{grown} KiB");
    meter.is_as_before().await;
    // Each of the two that a crowd waits for tries ten times a second, and not as often as it can.
    let (tries, tenths) = (site.refused("descriptors"), begun.elapsed().as_millis() / 100);
    assert!(
        u128::from(tries) <= 2 * (tenths + 1),
        "{tries} in {tenths} tenths of a second"
    );
    let cpu = meter.now().cpu - meter.before.cpu;
    assert!(cpu.as_secs() < 5, "{cpu:?} for waiting");
}
