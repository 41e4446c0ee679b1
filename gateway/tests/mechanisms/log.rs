//! What the log says of exchanges, and what it never says.

use gatepost_sasl::ntlm::NtHash;
use gatepost_wire::Secret;

use crate::site::{Kept, Site};
use crate::talk::{Protocol, encoded, ntlm};

#[tokio::test]
async fn the_shape_of_messages_is_shown_and_nothing_that_could_be_guessed_with() {
    use sasl::client::Mechanism as _;
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    let mut talk = site.talk(Protocol::Imap).await;
    let mut client = ntlm("alice", "CORP", "wonderland");
    let first = client.initial();
    let challenge = talk.start("NTLM", Some(&first)).await.challenge();
    let last = client.response(&challenge).unwrap();
    talk.respond(&last).await.over();
    let from_client = site.gateway.logged_times("event=ntlm", 3).await;
    assert!(
        from_client.contains("from=client") && from_client.contains("kind=3 flags=0x"),
        "{from_client}"
    );
    let log = site.gateway.log();
    assert!(
        log.contains("from=gateway") && log.contains("kind=2 flags=0x"),
        "{log}"
    );
    let hash = NtHash::of_password(&Secret::from("wonderland")).unwrap().to_hex();
    for secret in [
        "wonderland".to_owned(),
        hash.expose_str().unwrap().to_owned(),
        hex(&challenge[24..32]),
        encoded(&challenge),
        encoded(&last),
        hex(&last[last.len() - 16..]),
    ] {
        assert!(!log.to_lowercase().contains(&secret.to_lowercase()), "{secret}");
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
