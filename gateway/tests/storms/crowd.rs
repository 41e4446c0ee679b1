//! More logins than a mail server can take at once.

use std::time::{Duration, Instant};

use gatepost_testkit::mail::smtp::{Fault, Stage};

use crate::common::TlsClient;
use crate::site::{Site, answer, send_login};

/// Nobody's time is over on a machine that does other things too.
const PATIENT: &str = "login_time = \"5m\"\nupstream_login_wait = \"5m\"\ndirectory_login_wait = \"5m\"";

/// The seconds that a hint names.
fn hint(answer: &str) -> u64 {
    let (_, hint) = answer
        .split_once("too many logins at once, try again in about ")
        .unwrap_or_else(|| panic!("{answer}"));
    hint.trim_end().strip_suffix(" s").unwrap().parse().unwrap()
}

async fn answers(clients: Vec<TlsClient>) -> Vec<(String, TlsClient)> {
    let mut reading = Vec::new();
    for mut client in clients {
        reading.push(tokio::spawn(async move { (answer(&mut client).await, client) }));
    }
    let mut answers = Vec::new();
    for read in reading {
        answers.push(read.await.unwrap());
    }
    answers
}

/// What a storm cost.
struct Storm {
    /// From when the mail server answers to the last answer.
    time: Duration,
    /// In octets.
    connected: u64,
    queued: u64,
    logged_in: u64,
}

/// All connect first, then all log in while the mail server answers nobody, then it takes `each` for everyone.
async fn storm(site: &Site, count: usize, each: Duration) -> Storm {
    let mut clients = site.connect_all(count).await;
    let connected = site.gateway.memory();
    site.control().set_login_time(Duration::from_secs(1));
    for (number, client) in clients.iter_mut().enumerate() {
        send_login(client, number).await;
        // What is read in the same moment has no order.
        if number % 10 == 9 {
            site.gateway.rests().await;
        }
    }
    site.gateway.rests().await;
    let queued = site.gateway.memory();
    site.control().set_login_time(each);
    let started = Instant::now();
    let heard = answers(clients).await;
    let time = started.elapsed();
    for (heard, _) in &heard {
        assert!(heard.starts_with("OK"), "{heard}");
    }
    Storm {
        time,
        connected,
        queued,
        logged_in: site.gateway.memory(),
    }
}

/// By how many places a user came in sooner or later than they had arrived.
fn most_out_of_order(site: &Site) -> usize {
    let logins = site.control().logins();
    let places = logins.iter().enumerate().map(|(place, login)| {
        let user = login.authzid.as_deref().unwrap();
        place.abs_diff(user.strip_prefix('u').unwrap().parse().unwrap())
    });
    places.max().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_at_once_all_get_in_in_the_order_of_their_arrival() {
    let site = Site::start(1000, PATIENT).await;
    let storm = storm(&site, 1000, Duration::from_millis(2)).await;
    assert_eq!(site.control().logins().len(), 1000);
    let most = site.control().most_arriving();
    assert!((16..=32).contains(&most), "{most} at once");
    let places = most_out_of_order(&site);
    assert!(places <= 96, "{places} places");
    let each = storm.queued.saturating_sub(storm.connected) / 1000;
    // Without optimisation the future of a login is large, and it is there from the first attempt on.
    assert!(each < 32 * 1024, "a client in the line costs {each} octets");
}

/// Everything that is published: `cargo test --release --test storms -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn five_thousand_at_once() {
    // All of them, also where the process may have files open for few connections more.
    let queues = "upstream_login_queue = 20000\ndirectory_login_queue = 20000";
    let site = Site::start(5000, &format!("{PATIENT}\n{queues}")).await;
    let storm = storm(&site, 5000, Duration::from_millis(4)).await;
    let kib = |octets: u64| octets as f64 / 1024.0 / 5000.0;
    println!(
        "5,000 logins in {:.1} s, {:.0} a second; KiB each: {:.1} connected, {:.1} in the line, {:.1} logged in; \
         {} at once, {} places out of order",
        storm.time.as_secs_f64(),
        5000.0 / storm.time.as_secs_f64(),
        kib(storm.connected),
        kib(storm.queued),
        kib(storm.logged_in),
        site.control().most_arriving(),
        most_out_of_order(&site),
    );
    assert!(site.control().most_arriving() <= 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_mail_server_is_asked_by_a_few_and_the_others_hear_when_to_come_back() {
    let limits = "upstream_logins_at_once = 4\nupstream_login_queue = 10\nupstream_login_wait = \"3500ms\"";
    let site = Site::start(40, limits).await;
    // Longer than it takes all of them to come.
    site.control().set_login_time(Duration::from_secs(2));
    let mut clients = site.connect_all(40).await;
    for (number, client) in clients.iter_mut().enumerate() {
        send_login(client, number).await;
    }
    let heard = answers(clients).await;
    let granted = heard.iter().filter(|(heard, _)| heard.starts_with("OK")).count();
    // Four at first, then one every two seconds for three and a half.
    assert!((5..=9).contains(&granted), "{granted}");
    let mut hints = Vec::new();
    for (heard, _) in heard.iter().filter(|(heard, _)| !heard.starts_with("OK")) {
        assert!(heard.starts_with("NO [UNAVAILABLE] "), "{heard}");
        hints.push(hint(heard));
    }
    assert!(hints.iter().all(|hint| (5..=8).contains(hint)), "{hints:?}");
    assert_ne!(
        hints.iter().min(),
        hints.iter().max(),
        "all of them come back together"
    );
    assert!(site.control().most_arriving() <= 4);
    let address = site.mail.address();
    let full = format!("{address}: 10 logins are waiting already");
    assert_eq!(site.gateway.lines(&full).len(), 26);
    assert_eq!(site.gateway.lines("result=crowded").len(), 40 - granted);
    // Who is sent away may come back on the same connection.
    site.control().set_login_time(Duration::ZERO);
    let (_, mut again) = heard
        .into_iter()
        .find(|(heard, _)| heard.starts_with("NO"))
        .unwrap();
    send_login(&mut again, 1).await;
    assert!(answer(&mut again).await.starts_with("OK"));
}

/// The other protocol, whose turns are the MTA's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowded_mta_is_a_temporary_failure_of_smtp() {
    let limits = "upstream_logins_at_once = 1\nupstream_login_queue = 0\n";
    let site = Site::start(2, limits).await;
    // Who asks what the MTA offers has left.
    site.gateway.logged("event=mta-offers").await;
    site.smtp.smtp().wait_for_connections(0).await;
    site.smtp.smtp().fail(Stage::Auth, Fault::Silence);
    let (mut first, mut second) = (site.sender().await, site.sender().await);
    let waiting = tokio::spawn(async move { first.auth_plain("", "u0", "secret").await });
    site.smtp.smtp().wait_for_connections(1).await;
    let refused = second.auth_plain("", "u1", "secret").await;
    let heard = refused.unwrap_err().to_string();
    assert!(
        heard.contains("454 4.7.0 too many logins at once, try again in about"),
        "{heard}"
    );
    site.gateway
        .logged("result=crowded reason=\"main: 0 logins are waiting already\"")
        .await;
    waiting.abort();
}
