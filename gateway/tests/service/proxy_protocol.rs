//! A balancer in front of the gateway.

use gatepost_testkit::client::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::LIMIT;
use crate::site::{ALICE, Setup, Site};

async fn site(network: &'static str) -> Site {
    Setup {
        listener: network,
        ..Setup::default()
    }
    .start()
    .await
}

const TRUSTED: &str = "proxy_protocol_from = [\"127.0.0.0/8\"]";

/// Version 2, as the specification lays it out: a client at 192.0.2.7:4711.
fn version_2() -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11".to_vec();
    header.extend_from_slice(&12_u16.to_be_bytes());
    header.extend_from_slice(&[192, 0, 2, 7, 127, 0, 0, 1]);
    header.extend_from_slice(&4711_u16.to_be_bytes());
    header.extend_from_slice(&993_u16.to_be_bytes());
    header
}

/// Logs in behind a header, and returns the log's line about it.
async fn login_behind(site: &Site, header: &[u8]) -> String {
    let mut stream = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    stream.write_all(header).await.unwrap();
    let (mut client, _) = Client::greeted(site.gateway.tls(stream).await, LIMIT)
        .await
        .unwrap();
    client.authenticate_plain("", ALICE.0, ALICE.1).await.unwrap();
    site.gateway.logged("event=login ").await
}

#[tokio::test]
async fn version_1_tells_the_client() {
    let site = site(TRUSTED).await;
    let line = login_behind(&site, b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 993\r\n").await;
    assert!(line.contains(" rip=192.0.2.7 rport=4711 "), "{line}");
}

#[tokio::test]
async fn version_1_tells_an_ipv6_client() {
    let site = site(TRUSTED).await;
    let line = login_behind(&site, b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 993\r\n").await;
    assert!(line.contains(" rip=2001:db8::7 "), "{line}");
}

#[tokio::test]
async fn version_2_tells_the_client() {
    let site = site(TRUSTED).await;
    let line = login_behind(&site, &version_2()).await;
    assert!(line.contains(" rip=192.0.2.7 rport=4711 "), "{line}");
}

#[tokio::test]
async fn a_connection_without_a_header_is_refused_where_one_is_due() {
    let site = site(TRUSTED).await;
    let mut stream = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    stream
        .write_all(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03 and so on")
        .await
        .unwrap();
    let read = tokio::time::timeout(LIMIT, stream.read_u8()).await.unwrap();
    assert!(read.is_err());
    site.gateway.logged("event=proxy-protocol").await;
}

#[tokio::test]
async fn nobody_else_may_say_who_they_are() {
    let site = site("proxy_protocol_from = [\"192.0.2.0/24\"]").await;
    let mut stream = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    stream
        .write_all(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 993\r\n")
        .await
        .unwrap();
    let mut heard = Vec::new();
    let _ = tokio::time::timeout(LIMIT, stream.read_to_end(&mut heard))
        .await
        .unwrap();
    site.gateway.logged("event=closed").await;
    assert!(
        !site.gateway.log().contains("192.0.2.7"),
        "{}",
        site.gateway.log()
    );
}
