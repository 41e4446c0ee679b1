//! How many connections there may be, and whom a flood keeps out.

use std::net::SocketAddr;

use gatepost_testkit::client::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::common::{Gateway, LIMIT, TlsClient};
use crate::control::SOCKET;
use crate::site::{ALICE, Setup, Site};
use crate::status::{says, status};

const TRUSTED: &str = "proxy_protocol_from = [\"127.0.0.0/8\"]";

async fn site(limits: &'static str) -> Site {
    let more = SOCKET.to_owned();
    Setup {
        limits,
        more,
        ..Setup::default()
    }
    .start()
    .await
}

/// A connection from an address of this machine: all of 127.0.0.0/8 are.
async fn from(gateway: &Gateway, source: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let source: SocketAddr = format!("{source}:0").parse().unwrap();
    socket.bind(source).unwrap();
    socket.connect(gateway.address(0)).await.unwrap()
}

/// A connection over which a balancer has said whose it is.
async fn behind_balancer(gateway: &Gateway, client: &str) -> TcpStream {
    let mut stream = from(gateway, "127.0.0.1").await;
    let header = format!("PROXY TCP6 {client} 2001:db8::1 4711 993\r\n");
    stream.write_all(header.as_bytes()).await.unwrap();
    stream
}

async fn greeted(gateway: &Gateway, stream: TcpStream) -> TlsClient {
    Client::greeted(gateway.tls(stream).await, LIMIT).await.unwrap().0
}

async fn log_in(gateway: &Gateway, stream: TcpStream) -> TlsClient {
    let mut client = greeted(gateway, stream).await;
    client.authenticate_plain("", ALICE.0, ALICE.1).await.unwrap();
    client
}

/// It is closed, before TLS and without a word.
async fn is_closed(mut stream: TcpStream) {
    let read = timeout(LIMIT, stream.read_u8()).await.unwrap();
    assert!(read.is_err(), "a byte came");
}

#[tokio::test]
async fn a_network_has_so_many_connections_and_its_neighbour_has_its_own() {
    let site = site("connections_per_network = 2").await;
    let gateway = &site.gateway;
    let _first = log_in(gateway, from(gateway, "127.1.2.1").await).await;
    let _second = log_in(gateway, from(gateway, "127.1.2.2").await).await;
    is_closed(from(gateway, "127.1.2.3").await).await;
    let line = gateway.logged("event=refused").await;
    assert!(
        line.contains(" rip=127.1.2.3 ")
            && line.ends_with("reason=\"too many connections from this network\""),
        "{line}"
    );
    log_in(gateway, from(gateway, "127.1.3.1").await).await;
    assert_eq!(status(gateway)["refused.network"], "1");
}

#[tokio::test]
async fn an_ipv6_customer_is_one_address() {
    let setup = Setup {
        limits: "connections_per_address = 1",
        listener: TRUSTED,
        more: SOCKET.to_owned(),
        ..Setup::default()
    };
    let site = setup.start().await;
    let gateway = &site.gateway;
    let _first = log_in(gateway, behind_balancer(gateway, "2001:db8:0:1::1").await).await;
    is_closed(behind_balancer(gateway, "2001:db8:0:1:ffff::2").await).await;
    let line = gateway.logged("event=refused").await;
    assert!(line.contains(" rip=2001:db8:0:1:ffff::2 "), "{line}");
    log_in(gateway, behind_balancer(gateway, "2001:db8:0:2::1").await).await;
    assert_eq!(status(gateway)["refused.address"], "1");
}

#[tokio::test]
async fn a_listener_has_so_many_connections_and_the_others_have_theirs() {
    let other = "[[listeners]]\nprotocol = \"imap\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"starttls\"\n\
        directory = \"users\"\ncertificates = [\"main\"]\nconnections = 1\n";
    let setup = Setup {
        listener: "connections = 1",
        more: format!("{other}{SOCKET}"),
        ..Setup::default()
    };
    let site = setup.start().await;
    let gateway = &site.gateway;
    let _first = gateway.login(ALICE.0, ALICE.1).await;
    is_closed(from(gateway, "127.0.0.1").await).await;
    gateway
        .logged("reason=\"too many connections of this listener\"")
        .await;
    // Who can hear why is told.
    let connect = || async { TcpStream::connect(gateway.address(1)).await.unwrap() };
    let (_taken, greeting) = Client::greeted(connect().await, LIMIT).await.unwrap();
    assert!(greeting.starts_with("* OK"));
    let mut line = String::new();
    let mut refused = connect().await;
    timeout(LIMIT, refused.read_to_string(&mut line))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(line, "* BYE [LIMIT] too many connections\r\n");
    for (key, value) in [
        ("listener.1.logged_in", "1"),
        ("listener.2.before_login", "1"),
        ("refused.listener", "2"),
    ] {
        says(gateway, key, value).await;
    }
}

/// The flood has all the places before login, and goes on.
#[tokio::test]
async fn a_flood_from_one_network_does_not_keep_others_out() {
    let site = site("connections_before_login = 20\nbefore_login_per_address = 15").await;
    let gateway = &site.gateway;
    let mut flood = Vec::new();
    for number in 0..30 {
        flood.push(from(gateway, if number % 2 == 0 { "127.6.6.1" } else { "127.6.6.2" }).await);
    }
    says(gateway, "connections.before_login", "20").await;
    says(gateway, "refused.before-login", "10").await;
    for number in 1..=5 {
        let client = log_in(gateway, from(gateway, &format!("127.1.{number}.1")).await).await;
        // Who hears OK is counted as logged in only then. The flood takes what has become free.
        says(gateway, "connections.before_login", "19").await;
        drop(client);
        flood.push(from(gateway, "127.6.6.1").await);
        says(gateway, "connections.before_login", "20").await;
    }
    let said = status(gateway);
    let pushed_out: u32 = said["refused.pushed-out"].parse().unwrap();
    assert!((1..=5).contains(&pushed_out), "{said:?}");
    gateway
        .logged("reason=\"made room for a client from a less crowded network\"")
        .await;
    // From the flood's own network nobody gets in.
    is_closed(from(gateway, "127.6.6.1").await).await;
}

#[tokio::test]
async fn who_floods_from_one_address_has_fewer_places_before_login() {
    let site = site("before_login_per_address = 3").await;
    let gateway = &site.gateway;
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(from(gateway, "127.7.7.7").await);
    }
    is_closed(from(gateway, "127.7.7.7").await).await;
    assert_eq!(status(gateway)["refused.before-login-address"], "1");
    log_in(gateway, from(gateway, "127.7.7.8").await).await;
    // Whoever is logged in does not count.
    drop(silent.pop());
    says(gateway, "connections.before_login", "2").await;
    let mut inside = Vec::new();
    for _ in 0..3 {
        inside.push(log_in(gateway, from(gateway, "127.7.7.7").await).await);
        says(gateway, "connections.before_login", "2").await;
    }
}

/// They are all the balancer's: how many of them wait is nobody's but theirs to know.
#[tokio::test]
async fn a_balancer_s_silent_connections_are_counted_and_make_room() {
    let setup = Setup {
        limits: "connections_before_login = 3\nlogin_time = \"20s\"",
        listener: TRUSTED,
        more: SOCKET.to_owned(),
        ..Setup::default()
    };
    let site = setup.start().await;
    let gateway = &site.gateway;
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(from(gateway, "127.0.0.1").await);
    }
    says(gateway, "connections.before_login", "3").await;
    // Nobody knows whose this is either, until it has a seat.
    is_closed(behind_balancer(gateway, "2001:db8::7").await).await;
    drop(silent.pop());
    says(gateway, "connections.before_login", "2").await;
    log_in(gateway, behind_balancer(gateway, "2001:db8::7").await).await;
}
