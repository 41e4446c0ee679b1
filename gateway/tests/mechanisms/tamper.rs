//! Every octet of the last NTLM message changed: nobody gets in as somebody else, and nothing hangs.

use sasl::client::Mechanism as _;

use crate::site::{Kept, Site};
use crate::talk::{Protocol, Talk, ntlm};

/// The changes of an octet that are tried.
const CHANGES: [u8; 2] = [0x01, 0xff];

/// One exchange with a changed message; what is said at its end.
async fn changed(talk: &mut Talk, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut client = ntlm("alice", "CORP", "wonderland");
    let first = client.initial();
    let challenge = talk.start("NTLM", Some(&first)).await.challenge();
    let mut last = client.response(&challenge).unwrap();
    change(&mut last);
    talk.respond(&last).await.over()
}

/// The length of the last message.
async fn octets(site: &Site) -> usize {
    let mut length = 0;
    let mut talk = site.talk(Protocol::Imap).await;
    changed(&mut talk, |last| length = last.len()).await;
    length
}

async fn every_octet(protocol: Protocol) {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    let length = octets(&site).await;
    let (mut let_in, mut refused) = (0, 0);
    let mut talk = site.talk(protocol).await;
    for place in 0..length {
        for change in CHANGES {
            let said = changed(&mut talk, |last| last[place] ^= change).await;
            if said.starts_with(protocol.let_in()) {
                site.assert_logged_in(protocol, "alice");
                let_in += 1;
                talk = site.talk(protocol).await;
            } else {
                let known = [protocol.failed(), protocol.malformed()];
                assert!(known.iter().any(|known| said.starts_with(known)), "{place}: {said}");
                refused += 1;
                if said.starts_with(protocol.malformed()) {
                    talk = site.talk(protocol).await;
                }
            }
        }
    }
    assert_eq!(let_in + refused, length * CHANGES.len());
    // The proof and all that it covers: the response is most of the message.
    assert!(refused > let_in, "{refused} {let_in}");
}

#[tokio::test]
async fn in_imap() {
    every_octet(Protocol::Imap).await;
}

#[tokio::test]
async fn in_smtp() {
    every_octet(Protocol::Smtp).await;
}

#[tokio::test]
async fn a_message_cut_short_anywhere_is_refused() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    let length = octets(&site).await;
    for kept in (0..length).step_by(7) {
        let mut talk = site.talk(Protocol::Imap).await;
        let said = changed(&mut talk, |last| last.truncate(kept)).await;
        if said.starts_with("OK ") {
            site.assert_logged_in(Protocol::Imap, "alice");
        }
    }
}
