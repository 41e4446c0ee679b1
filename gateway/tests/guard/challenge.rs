//! CRAM-MD5, of which no two proofs are alike.

use gatepost_sasl::client::CramMd5;
use gatepost_wire::{Secret, base64};
use sasl::client::Mechanism as _;

use crate::common::TlsClient;
use crate::site::{Keys, SPENT, Site, WRONG, gets_in};

const USERS: &str = "[[user]]\nname = \"alice\"\nsecret = \"{PLAIN}wonderland\"\n";

/// What somebody hears.
async fn heard(client: &mut TlsClient, password: &str) -> String {
    client.send(b"c1 AUTHENTICATE CRAM-MD5\r\n").await.unwrap();
    let challenge = client.response().await.unwrap().text().into_owned();
    let challenge = challenge.trim_end().strip_prefix("+ ").unwrap();
    let octets = base64::decode(challenge.as_bytes()).unwrap();
    let mut mechanism = CramMd5::new("alice", &Secret::from(password)).unwrap();
    let mut line = Vec::new();
    base64::encode(&mechanism.response(octets.expose()).unwrap(), &mut line);
    line.extend_from_slice(b"\r\n");
    client.send(&line).await.unwrap();
    let said = client.response().await.unwrap().text().into_owned();
    said.trim_end().strip_prefix("c1 ").unwrap().to_owned()
}

#[tokio::test]
async fn a_device_with_an_old_password_costs_two_and_others_of_its_network_may_give_passwords() {
    let keys = Keys {
        imap: "mechanisms = [\"PLAIN\", \"CRAM-MD5\"]",
        ..Keys::default()
    };
    let site = Site::of_file_with(USERS, &keys).await;
    let mut tablet = site.gateway.connect().await;
    for _ in 0..2 {
        let said = heard(&mut tablet, "old").await;
        assert!(said.starts_with(WRONG), "{said}");
    }
    for _ in 0..20 {
        assert_eq!(heard(&mut tablet, "old").await, SPENT);
    }
    let line = site.gateway.logged("result=guarded").await;
    assert!(
        line.contains("reason=\"the network's failures for this account are spent\""),
        "{line}"
    );
    // One failure is left. The success gives all of them back, and the network its own.
    assert!(gets_in(&site, "alice", "wonderland").await);
    let mut phone = site.gateway.connect().await;
    assert!(heard(&mut phone, "wonderland").await.starts_with("OK"));
    let said = heard(&mut tablet, "old").await;
    assert!(said.starts_with(WRONG), "{said}");
}

#[tokio::test]
async fn passwords_and_challenges_share_the_failures() {
    let keys = Keys {
        imap: "mechanisms = [\"PLAIN\", \"CRAM-MD5\"]",
        ..Keys::default()
    };
    let site = Site::of_file_with(USERS, &keys).await;
    site.guess(0, 2).await;
    let mut client = site.gateway.connect().await;
    let said = heard(&mut client, "old").await;
    assert!(said.starts_with(WRONG), "{said}");
    assert_eq!(heard(&mut client, "wonderland").await, SPENT);
    assert!(!gets_in(&site, "alice", "wonderland").await);
}
