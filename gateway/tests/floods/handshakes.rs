//! Clients that make the gateway do the work of handshakes again and again.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use crate::crowd::Crowd;
use crate::site::{BEFORE_LOGIN_KIB, Bounds, IMAPS, SMTPS, Setup, Site};

/// One handshake after the other, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshake_after_handshake() {
    let site = Setup::default().start().await;
    let flood = site.flood().await;
    let (count, each) = (40, 15);
    let begun = Instant::now();
    let crowd = site.crowd().all(count, move |crowd: Crowd, number| async move {
        for _ in 0..each {
            drop(crowd.tls([IMAPS, SMTPS][number % 2]).await);
        }
    });
    crowd.await;
    println!("{} handshakes in {:?}", count * each, begun.elapsed());
    flood.over(Bounds::of(count, BEFORE_LOGIN_KIB)).await;
}

/// OpenSSL's client, which does at a line of `R` or `K` what no honest client does. What it prints, to its end.
fn openssl(site: &Site, arguments: &[&str], lines: &str) -> String {
    let address = site.gateway.address(IMAPS).to_string();
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &address]).args(arguments);
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in lines.lines() {
        // OpenSSL looks at what it reads at once as one command.
        if stdin.write_all(format!("{line}\n").as_bytes()).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    [output.stdout, output.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .concat()
}

/// A client of TLS 1.2 that asks for another handshake is not given one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_renegotiation() {
    let site = Setup::limits("login_time = \"6s\"").start().await;
    let flood = site.flood().await;
    let heard = tokio::task::block_in_place(|| openssl(&site, &["-tls1_2"], &"R\n".repeat(50)));
    assert!(
        heard.contains("RENEGOTIATING") && heard.contains("no renegotiation"),
        "{heard}"
    );
    flood.over(Bounds::of(1, BEFORE_LOGIN_KIB)).await;
}

/// A client of TLS 1.3 that wants new keys again and again gets them some times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_updated_without_end() {
    let site = Setup::limits("login_time = \"6s\"").start().await;
    let flood = site.flood().await;
    let heard = tokio::task::block_in_place(|| openssl(&site, &["-tls1_3"], &"K\n".repeat(500)));
    assert!(heard.contains("KEYUPDATE"), "{heard}");
    flood.over(Bounds::of(1, BEFORE_LOGIN_KIB)).await;
}
