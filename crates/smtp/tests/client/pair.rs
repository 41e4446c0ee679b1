//! Our client against our server, in memory.

use gatepost_smtp::server::Transport;
use gatepost_smtp::{Limits, client};

use crate::rig::{Client, Server, settle};

const IN: &str = "authenticated PIPELINING, SIZE 1000, AUTH PLAIN LOGIN";

fn config(security: client::Security, methods: &[client::Method]) -> client::Config {
    client::Config {
        name: "gate.example.com".to_owned(),
        security,
        methods: methods.to_vec(),
        limits: Limits::BEFORE_LOGIN,
    }
}

fn sasl(mechanism: &str) -> client::Method {
    client::Method::Sasl {
        mechanism: mechanism.to_owned(),
    }
}

fn xclient() -> client::Method {
    client::Method::Xclient(client::Xclient {
        required: vec![client::Attribute::login("alice").unwrap()],
        wanted: Vec::new(),
    })
}

fn security(transport: Transport) -> client::Security {
    match transport {
        Transport::Plain => client::Security::StartTls,
        Transport::Tls => client::Security::Tls,
    }
}

/// Where both sides are in the end, and what the client sent, however the octets arrive.
fn meet(
    transport: Transport,
    mechanisms: &[&str],
    client: impl Fn(client::Security) -> Client,
) -> (String, String, String) {
    let mut ends = Vec::new();
    for size in [1, 7, 100_000] {
        let mut server = Server::new(transport, mechanisms);
        let mut client = client(security(transport));
        let said = settle(&mut server, &mut client, size);
        ends.push((server.place(), client.place(), said));
    }
    assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{ends:?}");
    ends.remove(0)
}

#[test]
fn the_right_password_gets_in() {
    for transport in [Transport::Plain, Transport::Tls] {
        for (mechanism, patient, last) in [
            ("PLAIN", false, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n"),
            ("PLAIN", true, "AUTH PLAIN\r\nAGFsaWNlAHNlY3JldA==\r\n"),
            ("LOGIN", false, "AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n"),
        ] {
            let (server, client, said) = meet(transport, &["PLAIN", "LOGIN"], |security| {
                let client = Client::new(config(security, &[sasl(mechanism)]), "alice", "secret");
                if patient { client.patient() } else { client }
            });
            assert_eq!(server, "authenticated gate.example.com true");
            assert_eq!(client, IN);
            let ehlo = match transport {
                Transport::Plain => "EHLO gate.example.com\r\nSTARTTLS\r\nEHLO gate.example.com\r\n",
                Transport::Tls => "EHLO gate.example.com\r\n",
            };
            assert_eq!(said, format!("{ehlo}{last}"));
        }
    }
}

#[test]
fn a_long_password_waits_for_334() {
    let password = "p".repeat(400);
    let (server, client, said) = meet(Transport::Tls, &["PLAIN"], |security| {
        Client::new(config(security, &[sasl("PLAIN")]), "alice", &password)
    });
    assert!(said.contains("AUTH PLAIN\r\n"), "{said}");
    assert_eq!(server, "reading");
    assert_eq!(client, "refused login refused: 535 5.7.8 authentication failed");
}

#[test]
fn the_wrong_password_does_not_get_in() {
    for (user, password) in [
        ("alice", "Secret"),
        ("", ""),
        ("J\u{fc}rgen \"x\"", "p\u{e4}ss\r\n"),
    ] {
        for mechanism in ["PLAIN", "LOGIN"] {
            let (server, client, _) = meet(Transport::Plain, &["PLAIN", "LOGIN"], |security| {
                Client::new(config(security, &[sasl(mechanism)]), user, password)
            });
            assert_eq!(server, "reading");
            assert_eq!(client, "refused login refused: 535 5.7.8 authentication failed");
        }
    }
}

#[test]
fn the_first_mechanism_that_is_offered_is_used() {
    let methods = [xclient(), sasl("NTLM"), sasl("PLAIN"), sasl("LOGIN")];
    let (server, client, said) = meet(Transport::Tls, &["LOGIN"], |security| {
        Client::new(config(security, &methods), "alice", "secret")
    });
    assert_eq!(server, "authenticated gate.example.com true");
    assert_eq!(client, "authenticated PIPELINING, SIZE 1000, AUTH LOGIN");
    assert!(said.contains("AUTH LOGIN\r\n"));
}

#[test]
fn what_is_not_offered_is_not_tried() {
    for method in [sasl("NTLM"), xclient()] {
        let (server, client, said) = meet(Transport::Plain, &["PLAIN", "LOGIN"], |security| {
            Client::new(config(security, std::slice::from_ref(&method)), "alice", "secret")
        });
        assert_eq!(server, "reading");
        assert_eq!(client, "error no configured login method is offered at octet 0");
        assert!(said.ends_with("EHLO gate.example.com\r\n"));
    }
}

#[test]
fn who_is_trusted_says_nothing_more() {
    for transport in [Transport::Plain, Transport::Tls] {
        let (server, client, said) = meet(transport, &["PLAIN", "LOGIN"], |security| {
            Client::new(config(security, &[client::Method::Trusted]), "", "")
        });
        assert_eq!((server.as_str(), client.as_str()), ("reading", IN));
        assert!(said.ends_with("EHLO gate.example.com\r\n"));
    }
}

#[test]
fn without_methods_the_list_is_learnt() {
    let (_, client, _) = meet(Transport::Plain, &["PLAIN"], |security| {
        Client::new(config(security, &[]), "", "")
    });
    assert_eq!(client, "offered PIPELINING, SIZE 1000, AUTH PLAIN");
}

#[test]
fn a_client_that_wants_no_tls_cannot_log_in_where_there_is_only_starttls() {
    let mut server = Server::new(Transport::Plain, &["PLAIN"]);
    let config = config(client::Security::Plain, &[sasl("PLAIN")]);
    let mut client = Client::new(config, "alice", "secret");
    settle(&mut server, &mut client, 5);
    assert_eq!(
        client.place(),
        "error no configured login method is offered at octet 0"
    );
}
