//! The gateway's own account in the domain.

use gatepost_testkit::servers::Samba;

use crate::site::{Proof, Servers, log_in};
use crate::talk::Protocol;

#[tokio::test]
async fn two_gateways_with_an_account_each_serve_side_by_side() {
    let servers = Servers::start();
    let one = servers.site().start().await;
    let two = servers.site().computer("GW2").start().await;
    let alice = Samba::password("alice");
    for _ in 0..10 {
        for gateway in [&one, &two] {
            let heard = log_in(gateway, Protocol::Imap, Proof::Ntlm, ("alice", &alice)).await;
            assert!(heard.starts_with("OK "), "{heard}");
        }
    }
}

/// Each that makes its secure channel ends the other's. Nobody is told that his password is wrong.
#[tokio::test]
async fn one_account_for_two_gateways_heals() {
    let servers = Servers::start();
    let one = servers.site().start().await;
    let two = servers.site().start().await;
    let alice = Samba::password("alice");
    for time in 0..10 {
        for gateway in [&one, &two] {
            let heard = log_in(gateway, Protocol::Imap, Proof::Ntlm, ("alice", &alice)).await;
            assert!(heard.starts_with("OK "), "{time}: {heard}");
        }
    }
}

#[tokio::test]
async fn a_computer_whose_password_is_wrong_is_an_outage_of_ntlm_alone() {
    let servers = Servers::start();
    servers.samba.set_password("GW1$", "another").unwrap();
    let gateway = servers.site().start().await;
    let alice = Samba::password("alice");
    for (protocol, answer) in [
        (Protocol::Imap, "NO [UNAVAILABLE] "),
        (Protocol::Smtp, "454 4.7.0 "),
    ] {
        let heard = log_in(&gateway, protocol, Proof::Ntlm, ("alice", &alice)).await;
        assert!(heard.starts_with(answer), "{heard}");
        let heard = log_in(&gateway, protocol, Proof::Plain, ("alice", &alice)).await;
        assert!(heard.starts_with(protocol.let_in()), "{heard}");
    }
    let line = gateway.logged("result=directory-down").await;
    assert!(line.contains("GW1") || line.contains("0xc0000022"), "{line}");
    // An administrator sets it right; nobody starts the gateway again.
    servers
        .samba
        .set_password("GW1$", &Samba::password("GW1"))
        .unwrap();
    let heard = log_in(&gateway, Protocol::Imap, Proof::Ntlm, ("alice", &alice)).await;
    assert!(heard.starts_with("OK "), "{heard}");
}
