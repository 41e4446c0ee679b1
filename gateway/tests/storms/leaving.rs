//! Clients that do not wait for their turn.

use std::time::Duration;

use gatepost_testkit::client::Client;
use tokio::io::AsyncWriteExt as _;

use crate::common::TlsClient;
use crate::site::{LONG, Site, answer, send_login};

/// One login at once, and one waits.
const NARROW: &str = "upstream_logins_at_once = 1\nupstream_login_queue = 1";

/// A gateway where the first has a turn that does not end by itself, and the second waits.
async fn site() -> (Site, TlsClient, TlsClient) {
    let site = Site::start(4, NARROW).await;
    site.control().set_login_time(LONG);
    let (mut first, mut second) = (site.connect().await, site.connect().await);
    send_login(&mut first, 0).await;
    site.control().wait_for_connections(1).await;
    send_login(&mut second, 1).await;
    (site, first, second)
}

/// Waits until somebody else is sent away because the second waits.
async fn is_full(site: &Site) {
    for _ in 0..100 {
        let mut third = site.connect().await;
        send_login(&mut third, 2).await;
        if tokio::time::timeout(Duration::from_millis(200), answer(&mut third))
            .await
            .is_ok()
        {
            return;
        }
        reset(third);
    }
    panic!("the line is never full");
}

/// Closes the connection so that the peer hears of a reset.
fn reset(client: TlsClient) {
    let (stream, _) = client.into_stream().into_inner();
    stream.set_zero_linger().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_resets_the_connection_leaves_the_line_at_once() {
    let (site, first, second) = site().await;
    is_full(&site).await;
    reset(second);
    let line = site.gateway.logged("event=closed session=2 ").await;
    assert!(line.contains("reason=\"connection reset\""), "{line}");
    // Its place is free, and so is that of who had the turn and goes.
    let mut next = site.connect().await;
    send_login(&mut next, 3).await;
    reset(first);
    site.gateway.logged("event=closed session=1 ").await;
    site.control().set_login_time(Duration::ZERO);
    let heard = answer(&mut next).await;
    assert!(heard.starts_with("OK"), "{heard}");
}

/// A script that has sent all it had to say still wants the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_stops_sending_keeps_the_place() {
    let (site, first, second) = site().await;
    is_full(&site).await;
    let mut stream = second.into_stream();
    stream.shutdown().await.unwrap();
    let mut second = Client::new(stream, LONG);
    reset(first);
    site.control().set_login_time(Duration::ZERO);
    let heard = answer(&mut second).await;
    assert!(heard.starts_with("OK"), "{heard}");
}
