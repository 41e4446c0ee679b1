//! A mail server that dies under its sleeping clients.

use std::time::{Duration, Instant};

use crate::common::TlsClient;
use crate::site::{Site, answer, send_login};

const OVER: Duration = Duration::from_secs(4);

/// Clients that are logged in.
async fn sleeping(site: &Site, count: usize) -> Vec<TlsClient> {
    let mut clients = site.connect_all(count).await;
    for client in &mut clients {
        send_login(client, 0).await;
    }
    for client in &mut clients {
        assert!(answer(client).await.starts_with("OK"));
    }
    clients
}

/// When each client's connection ends after the mail server's have.
async fn ends(site: &Site, clients: Vec<TlsClient>) -> Vec<Duration> {
    site.control().drop_connections();
    let dropped = Instant::now();
    let mut ending = Vec::new();
    for mut client in clients {
        ending.push(tokio::spawn(async move {
            client.closed().await.unwrap();
            dropped.elapsed()
        }));
    }
    let mut ends = Vec::new();
    for end in ending {
        ends.push(end.await.unwrap());
    }
    ends
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_sleepers_are_let_go_over_seconds_and_a_single_one_at_once() {
    let site = Site::start(1, "release_over = \"4s\"").await;
    let clients = sleeping(&site, 300).await;
    let ends = ends(&site, clients).await;
    let early = ends.iter().filter(|end| **end < OVER / 2).count();
    assert!((75..225).contains(&early), "{early}");
    let last = ends.iter().max().unwrap();
    assert!((OVER / 2..OVER * 2).contains(last), "{last:?}");
    let reason = "reason=\"upstream closed\"";
    site.gateway.logged_times(reason, 300).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let single = sleeping(&site, 1).await;
    let end = self::ends(&site, single).await[0];
    assert!(end < OVER / 4, "{end:?}");
}
