//! Logins that take longer than the client's time: it hears why, and is not just cut off.

use std::net::SocketAddr;

use gatepost_testkit::client::Client;
use gatepost_testkit::mail::Greeting;
use gatepost_testkit::smtp_client;
use tokio::net::{TcpListener, TcpStream};

use crate::common::{LIMIT, TlsClient, refusal};
use crate::control::SOCKET;
use crate::site::{ALICE, Setup, Site};
use crate::status::says;

/// Long enough for two handshakes and what is said behind them.
const LIMITS: &str = "failure_grid = \"0s\"\nlogin_time = \"3s\"";

/// The listeners whose directory does not answer, by their place.
const IMAP: usize = 1;
const SMTP: usize = 2;

/// Takes connections, and never says anything.
async fn mute() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap(), listener)
}

/// A gateway with listeners whose directory is at `directory`.
async fn site(directory: SocketAddr) -> Site {
    let mut more = format!(
        "[directories.mute]\nkind = \"ldap\"\nurls = [\"ldap://{directory}\"]\ntls = \"none\"\nbase = \"dc=example\"\n\
         connect_time = \"5m\"\noperation_time = \"5m\"\n\
         [mtas.memory]\naddresses = [\"{directory}\"]\ntls = \"none\"\nlogin = {{ method = \"trusted\" }}\n\
         [submission]\nmta = \"memory\"\n[sent_copy]\nmode = \"off\"\n"
    );
    for protocol in ["imap", "smtp"] {
        more.push_str(&format!(
            "[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"127.0.0.1:0\"]\ndirectory = \"mute\"\n\
             certificates = [\"main\"]\ntls = \"implicit\"\n"
        ));
    }
    more.push_str(SOCKET);
    let limits = LIMITS;
    let setup = Setup {
        limits,
        more,
        ..Setup::default()
    };
    setup.start().await
}

async fn connect(site: &Site) -> TlsClient {
    let stream = TcpStream::connect(site.gateway.address(IMAP)).await.unwrap();
    let stream = site.gateway.tls(stream).await;
    Client::greeted(stream, LIMIT).await.unwrap().0
}

async fn over(client: &mut TlsClient) {
    assert!(client.response().await.unwrap().starts_with("* BYE"));
    client.closed().await.unwrap();
}

#[tokio::test]
async fn a_directory_that_does_not_answer_in_the_clients_time_is_an_outage() {
    let (address, _listener) = mute().await;
    let site = site(address).await;
    // The same password of the same user: the second may wait for what is said to the first.
    let (mut first, mut second) = (connect(&site).await, connect(&site).await);
    let heard = tokio::join!(
        refusal(&mut first, ALICE.0, ALICE.1),
        refusal(&mut second, ALICE.0, ALICE.1)
    );
    let expected = "NO [UNAVAILABLE] the user directory is unavailable, try again later";
    assert_eq!((heard.0.as_str(), heard.1.as_str()), (expected, expected));
    over(&mut first).await;
    over(&mut second).await;
    site.gateway
        .logged("reason=\"no answer within the client's time to log in\"")
        .await;
    says(&site.gateway, "refused.directory-unavailable", "2").await;
}

#[tokio::test]
async fn so_it_is_for_who_wants_to_send() {
    let (address, _listener) = mute().await;
    let site = site(address).await;
    let stream = TcpStream::connect(site.gateway.address(SMTP)).await.unwrap();
    let stream = site.gateway.tls(stream).await;
    let (mut client, _) = smtp_client::Client::greeted(stream, LIMIT).await.unwrap();
    client.ehlo().await.unwrap();
    // NUL alice NUL wonderland
    let heard = client.ask("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=").await.unwrap();
    let expected = "4.7.0 the user directory is unavailable, try again later";
    assert_eq!((heard.code, heard.text().as_str()), (454, expected));
    assert_eq!(client.reply().await.unwrap().code, 421);
    client.closed().await.unwrap();
    says(&site.gateway, "refused.directory-unavailable", "1").await;
}

#[tokio::test]
async fn a_mail_server_that_does_not_let_us_in_in_the_clients_time_is_an_outage() {
    let limits = LIMITS;
    let setup = Setup {
        limits,
        more: SOCKET.to_owned(),
        ..Setup::default()
    };
    let site = setup.start().await;
    site.mail.control().set_greeting(Greeting::Withheld);
    let mut client = site.gateway.connect().await;
    let heard = refusal(&mut client, ALICE.0, ALICE.1).await;
    assert_eq!(
        heard,
        "NO [UNAVAILABLE] the mail server is unavailable, try again later"
    );
    over(&mut client).await;
    says(&site.gateway, "refused.upstream-unavailable", "1").await;
}

/// The next point of the grid is long after the client's time.
#[tokio::test]
async fn a_refusal_does_not_wait_for_a_moment_that_the_client_does_not_live_to_see() {
    let setup = Setup {
        limits: "failure_grid = \"10s\"\nlogin_time = \"3s\"",
        ..Setup::default()
    };
    let site = setup.start().await;
    let mut client = site.gateway.connect().await;
    let heard = refusal(&mut client, ALICE.0, "wrong").await;
    assert_eq!(heard, "NO [AUTHENTICATIONFAILED] authentication failed");
    over(&mut client).await;
}
