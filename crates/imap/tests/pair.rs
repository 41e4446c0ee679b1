//! Our client against our server, in memory.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Client, Server};
use gatepost_imap::server::{LoginCommand, Transport};
use gatepost_imap::{Limits, client};
use gatepost_wire::Secret;

/// Moves octets until both sides have nothing more to say; in pieces of `size`.
fn settle(server: &mut Server, client: &mut Client, size: usize) {
    for _ in 0..100 {
        let (down, up) = (server.sent(), client.sent());
        if down.is_empty() && up.is_empty() {
            if client.place() != "starttls" {
                return;
            }
            server.upgrade();
            client.upgrade();
        }
        down.chunks(size).for_each(|piece| client.receive(piece));
        up.chunks(size).for_each(|piece| server.receive(piece));
    }
    panic!("no end in sight");
}

fn config(security: client::Security, methods: Vec<client::Method>) -> client::Config {
    client::Config {
        security,
        methods,
        id: vec![("name".to_owned(), "pair".to_owned())],
        limits: Limits::BEFORE_LOGIN,
        tag_seed: [7; 8],
    }
}

fn sasl(mechanism: &str) -> client::Method {
    client::Method::Sasl {
        mechanism: mechanism.to_owned(),
    }
}

fn login(user: &str, password: &str) -> client::Method {
    client::Method::login(user, Secret::from(password)).unwrap()
}

/// Where both sides are in the end.
fn meet(transport: Transport, method: &client::Method, user: &str, password: &str) -> (String, String) {
    let security = match transport {
        Transport::Plain => client::Security::StartTls,
        Transport::Tls => client::Security::Tls,
    };
    let mut places = Vec::new();
    for size in [1, 7, 100_000] {
        let mut server = Server::new(transport);
        let mut client = Client::new(config(security, vec![method.clone()]), user, password);
        settle(&mut server, &mut client, size);
        places.push((server.place(), client.place()));
    }
    assert!(places.windows(2).all(|pair| pair[0] == pair[1]), "{places:?}");
    places.remove(0)
}

fn in_both() -> (String, String) {
    (
        "authenticated".to_owned(),
        "authenticated IMAP4rev1 IDLE".to_owned(),
    )
}

#[test]
fn the_right_password_gets_in() {
    for transport in [Transport::Plain, Transport::Tls] {
        assert_eq!(meet(transport, &sasl("PLAIN"), "alice", "secret"), in_both());
        assert_eq!(
            meet(transport, &login("alice", "secret"), "alice", "secret"),
            in_both()
        );
    }
}

#[test]
fn the_wrong_one_does_not() {
    for (user, password) in [
        ("alice", "Secret"),
        ("J\u{fc}rgen \"x\" {5}", "p\u{e4}ss\\w\"ord"),
        ("", ""),
        ("a b*%(){}", "\u{1}\t"),
    ] {
        for method in [sasl("PLAIN"), login(user, password)] {
            let (server, client) = meet(Transport::Tls, &method, user, password);
            assert_eq!(server, "reading");
            assert_eq!(
                client,
                "refused login refused: NO [AUTHENTICATIONFAILED] authentication failed"
            );
        }
    }
}

#[test]
fn a_mechanism_that_is_not_offered_is_not_tried() {
    let (server, client) = meet(Transport::Tls, &sasl("NTLM"), "alice", "secret");
    assert_eq!(server, "reading");
    assert_eq!(client, "error no configured login method is offered at octet 0");
}

#[test]
fn login_is_not_tried_where_it_is_disabled() {
    let mut server = Server::with(Transport::Tls, LoginCommand::Disabled, Limits::BEFORE_LOGIN);
    let methods = vec![login("alice", "secret"), sasl("PLAIN")];
    let mut client = Client::new(config(client::Security::Tls, methods), "alice", "secret");
    settle(&mut server, &mut client, 5);
    assert_eq!((server.place(), client.place()), in_both());
}

#[test]
fn a_client_that_wants_no_tls_cannot_log_in_to_a_listener_without_it() {
    let mut server = Server::new(Transport::Plain);
    let methods = vec![sasl("PLAIN"), login("alice", "secret")];
    let mut client = Client::new(config(client::Security::Plain, methods), "alice", "secret");
    settle(&mut server, &mut client, 5);
    assert_eq!(
        client.place(),
        "error no configured login method is offered at octet 0"
    );
}
