//! Long lines octet by octet: each costs what it costs, however many came before.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::common::Gateway;
use crate::crowd::Crowd;
use crate::meter::Meter;
use crate::site::{IMAPS, MALLORY, SMTPS, Setup, TRUDY};
use crate::upstream::{Act, Fickle, Stage};

/// What the second half of a line may cost, if the first has cost so much: as much, but for what else the machine did.
/// With a look at all that came before it would be three times as much.
fn is_linear(first: Duration, second: Duration) -> bool {
    second < 2 * first + Duration::from_millis(100)
}

/// Sends a line of which each octet is a record of its own, without its end.
async fn trickle(stream: &mut TlsStream<TcpStream>, octets: usize) {
    for _ in 0..octets {
        stream.write_all(b"x").await.unwrap();
        stream.flush().await.unwrap();
    }
}

/// What the gateway has cost so far, once it has read all that was sent.
async fn cost(gateway: &Gateway, meter: &Meter) -> Duration {
    gateway.rests().await;
    meter.now().cpu
}

/// What the halves of a line cost the gateway.
async fn halves(gateway: &Gateway, meter: &Meter, stream: &mut TlsStream<TcpStream>, octets: usize) {
    let start = cost(gateway, meter).await;
    trickle(stream, octets / 2).await;
    let middle = cost(gateway, meter).await;
    trickle(stream, octets / 2).await;
    let (first, second) = (middle - start, cost(gateway, meter).await - middle);
    println!("{octets} octets: {first:?}, then {second:?}");
    assert!(is_linear(first, second), "{first:?}, then {second:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_clients() {
    let site = Setup::default().start().await;
    let meter = Meter::start(&site.gateway);
    let crowd: Crowd = site.crowd();
    for (listener, begin, octets) in [
        (IMAPS, "a LOGIN ", 8000),
        (IMAPS, "a AUTHENTICATE PLAIN\r\n", 12_000),
        (SMTPS, "EHLO ", 2000),
        (SMTPS, "EHLO a\r\nAUTH LOGIN\r\n", 12_000),
    ] {
        let mut stream = crowd.tls(listener).await;
        stream.write_all(begin.as_bytes()).await.unwrap();
        halves(&site.gateway, &meter, &mut stream, octets).await;
    }
    let client = crowd.reader(MALLORY).await;
    let mut stream = client.into_stream();
    stream.write_all(b"a SEARCH TEXT ").await.unwrap();
    halves(&site.gateway, &meter, &mut stream, 40_000).await;
    let mut client = crowd.sender(MALLORY).await;
    client
        .send_mail(
            "mallory@example.org",
            &["mallory@example.org"],
            b"Subject: x\r\n\r\n",
        )
        .await
        .unwrap();
    for command in ["MAIL FROM:<mallory@example.org>", "RCPT TO:<mallory@example.org>"] {
        client.command(command).await.unwrap();
    }
    assert_eq!(client.ask("DATA").await.unwrap().code, 354);
    let mut stream = client.into_stream();
    stream.write_all(b"Subject: ").await.unwrap();
    halves(&site.gateway, &meter, &mut stream, 20_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_mail_servers() {
    const OCTETS: usize = 20_000;
    let mut taken = Vec::new();
    for octets in [OCTETS, 2 * OCTETS] {
        let line = [&b"* 1 FETCH (BODYSTRUCTURE "[..], &vec![b'('; octets]].concat();
        let expected = line.len();
        let fickle = Fickle::start(Stage::Command, Act::Trickle(line)).await;
        let site = Setup::bad(fickle.addresses()).start().await;
        let meter = Meter::start(&site.gateway);
        let mut client = site.crowd().reader(TRUDY).await;
        client.send(b"a FETCH 1 BODYSTRUCTURE\r\n").await.unwrap();
        let mut heard = vec![0; expected];
        let mut stream = client.into_stream();
        tokio::time::timeout(crate::common::LIMIT, stream.read_exact(&mut heard))
            .await
            .unwrap()
            .unwrap();
        taken.push(meter.now().cpu - meter.before.cpu);
    }
    println!("{taken:?}");
    assert!(taken[1] < 3 * taken[0] + Duration::from_millis(200), "{taken:?}");
}
