//! Many lose their mail server in the same moment.

use super::*;

const OVER: Duration = Duration::from_secs(5);
const BYE: &str = "* BYE the mail server is gone, try again\r\n";

/// Sessions at the same mail server, in one gear.
fn sessions<const N: usize>(relay: fn() -> Option<Box<Relay>>) -> [Bench; N] {
    let limits = Limits {
        release_over: OVER,
        ..Limits::default()
    };
    let backend = Lines::new(&limits).mail_server("mail:993");
    std::array::from_fn(|_| bench_at(Arc::clone(&backend), relay(), b"", b""))
}

/// What each client hears until its end, and when that is.
async fn ends(clients: Vec<DuplexStream>) -> Vec<(String, Duration)> {
    let started = Instant::now();
    let mut ends = Vec::new();
    for mut client in clients {
        ends.push(tokio::spawn(async move {
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).await.unwrap();
            (heard.escape_ascii().to_string(), started.elapsed())
        }));
    }
    let mut heard = Vec::new();
    for end in ends {
        heard.push(end.await.unwrap());
    }
    heard
}

/// The first few are gone at once, the last one seconds later, and none later than that.
fn assert_spread(ends: &[(String, Duration)]) {
    let times = || ends.iter().map(|(_, time)| *time);
    let at_once = times().filter(Duration::is_zero).count();
    assert!((5..10).contains(&at_once), "{at_once} at once");
    let last = times().max().unwrap();
    assert!(
        last > OVER / 2 && last <= OVER + Duration::from_millis(5),
        "{last:?}"
    );
    let early = times().filter(|time| *time < OVER / 2).count();
    assert!(
        early > ends.len() / 4 && early < ends.len() * 3 / 4 + 5,
        "{early} of {}",
        ends.len()
    );
}

#[tokio::test(start_paused = true)]
async fn three_hundred_who_lose_their_mail_server_are_let_go_one_after_the_other() {
    for (relay, bye) in [(inspecting as fn() -> _, BYE), ((|| None) as fn() -> _, "")] {
        let (mut clients, mut pumps) = (Vec::new(), Vec::new());
        for bench in sessions::<300>(relay) {
            clients.push(bench.client);
            pumps.push(bench.pump);
            drop(bench.server);
        }
        let ends = ends(clients).await;
        assert_spread(&ends);
        for (heard, time) in ends {
            let expected = if time.is_zero() { "" } else { bye };
            assert!(
                heard == expected.escape_default().to_string() || time.is_zero(),
                "{heard}"
            );
        }
        for pump in pumps {
            assert_eq!(pump.await.unwrap().reason, "upstream closed");
        }
    }
}

/// Dovecot says it to every client when it is stopped.
#[tokio::test(start_paused = true)]
async fn the_last_words_of_a_mail_server_come_when_the_client_is_let_go() {
    for relay in [inspecting as fn() -> _, || None] {
        let mut clients = Vec::new();
        for mut bench in sessions::<100>(relay) {
            bench
                .server
                .write_all(b"* BYE Server shutting down.\r\n")
                .await
                .unwrap();
            clients.push(bench.client);
        }
        let ends = ends(clients).await;
        assert_spread(&ends);
        assert!(
            ends.iter()
                .all(|(heard, _)| heard == "* BYE Server shutting down.\\r\\n")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_logs_out_is_not_kept_however_many_they_are() {
    for pieces in [
        &["* BYE bye\r\na OK done\r\n"][..],
        &["* BYE bye\r\n", "a OK done\r\n"],
    ] {
        let mut clients = Vec::new();
        for mut bench in sessions::<50>(inspecting) {
            bench.client.write_all(b"a LOGOUT\r\n").await.unwrap();
            hears(&mut bench.server, b"a LOGOUT\r\n").await;
            for piece in pieces {
                bench.server.write_all(piece.as_bytes()).await.unwrap();
                yield_now().await;
            }
            clients.push(bench.client);
        }
        for (heard, time) in ends(clients).await {
            assert_eq!(heard, "* BYE bye\\r\\na OK done\\r\\n");
            assert_eq!(time, Duration::ZERO);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_meanwhile_is_not_waited_for_and_what_it_says_is_not_heard() {
    let mut clients = Vec::new();
    for bench in sessions::<20>(inspecting) {
        clients.push((bench.client, bench.pump));
        drop(bench.server);
    }
    yield_now().await;
    let started = Instant::now();
    let mut waiting = 0;
    for (mut client, pump) in clients {
        waiting += usize::from(client.write_all(b"a NOOP\r\n").await.is_ok());
        drop(client);
        pump.await.unwrap();
    }
    assert!(waiting >= 10, "{waiting}");
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_gateway_cuts_the_wait_short() {
    let (mut clients, mut ended) = (Vec::new(), Vec::new());
    for bench in sessions::<50>(inspecting) {
        clients.push(bench.client);
        ended.push(bench.end);
        drop(bench.server);
    }
    sleep(Duration::from_millis(1)).await;
    ended.iter().for_each(CancellationToken::cancel);
    for (heard, time) in ends(clients).await {
        assert!(heard.is_empty() || heard.starts_with("* BYE the "), "{heard}");
        assert_eq!(time, Duration::ZERO);
    }
}
