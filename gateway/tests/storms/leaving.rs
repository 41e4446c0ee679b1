//! Clients that do not wait for their turn.

use std::time::Duration;

use gatepost_testkit::client::Client;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::common::TlsClient;
use crate::site::{LONG, Site, answer, send_login};

/// One login at once, and one waits; nobody's time is over meanwhile.
const NARROW: &str = "upstream_logins_at_once = 1\nupstream_login_queue = 1\nlogin_time = \"5m\"\n\
    upstream_login_wait = \"5m\"\nupstream_login_time = \"5m\"";

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

/// Waits until the second stands in line, which is when others are sent away. Somebody else may have been quicker: then
/// they leave, and the second tries again.
async fn is_full(site: &Site, second: &mut TlsClient) {
    let gateway = &site.gateway;
    let mut sent_away = 0;
    // The first two connections are the first's and the second's.
    for session in 3..100 {
        let mut other = site.connect().await;
        send_login(&mut other, 2).await;
        let heard = timeout(Duration::from_secs(1), answer(&mut other)).await;
        reset(other);
        gateway
            .logged(&format!("event=closed session={session:x} "))
            .await;
        let crowded = |line: &String| line.contains("event=login-failed session=2 ");
        let times = gateway
            .lines("result=crowded")
            .iter()
            .filter(|line| crowded(line))
            .count();
        if times > sent_away {
            sent_away = times;
            assert!(answer(second).await.starts_with("NO [UNAVAILABLE] "));
            send_login(second, 1).await;
        } else if heard.is_ok() {
            return;
        }
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
    let (site, first, mut second) = site().await;
    is_full(&site, &mut second).await;
    reset(second);
    let line = site.gateway.logged("event=closed session=2 ").await;
    assert!(line.contains("reason=\"connection reset\""), "{line}");
    // Its place is free, and so is that of who had the turn and goes.
    let mut next = site.connect().await;
    send_login(&mut next, 3).await;
    // Of those who come now, not of the first.
    site.control().set_login_time(Duration::ZERO);
    reset(first);
    site.gateway.logged("event=closed session=1 ").await;
    let heard = answer(&mut next).await;
    assert!(heard.starts_with("OK"), "{heard}");
}

/// A script that has sent all it had to say still wants the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_stops_sending_keeps_the_place() {
    let (site, first, mut second) = site().await;
    is_full(&site, &mut second).await;
    let mut stream = second.into_stream();
    stream.shutdown().await.unwrap();
    let mut second = Client::new(stream, LONG);
    site.control().set_login_time(Duration::ZERO);
    reset(first);
    let heard = answer(&mut second).await;
    assert!(heard.starts_with("OK"), "{heard}");
}
