//! Every octet of the last NTLM message changed: nobody gets in as somebody else, and nothing hangs.

use sasl::client::Mechanism as _;

use crate::site::{Kept, Site};
use crate::talk::{Protocol, Talk, ntlm};

/// The changes of an octet that are tried.
const CHANGES: [u8; 2] = [0x01, 0xff];

/// Whether the client says that there is a message integrity code, which curl and Thunderbird do not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mic {
    Sent,
    Missing,
}

/// One exchange with a changed message; what is said at its end.
async fn changed(talk: &mut Talk, mic: Mic, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut client = ntlm("alice", "CORP", "wonderland");
    let first = client.initial();
    let mut challenge = talk.start("NTLM", Some(&first)).await.challenge();
    if mic == Mic::Missing {
        hide_time(&mut challenge);
    }
    let mut last = client.response(&challenge).unwrap();
    change(&mut last);
    talk.respond(&last).await.over()
}

/// A client that is told no time sends no code (MS-NLMP section 3.1.5.1.2): the pair becomes one that nobody knows.
fn hide_time(challenge: &mut [u8]) {
    let pair = challenge.windows(4).rposition(|pair| pair == [7, 0, 8, 0]);
    challenge[pair.expect("a time")] = 0x70;
}

/// The length of the last message.
async fn octets(site: &Site, mic: Mic) -> usize {
    let mut length = 0;
    let mut talk = site.talk(Protocol::Imap).await;
    let said = changed(&mut talk, mic, |last| length = last.len()).await;
    assert!(said.starts_with("OK "), "{said}");
    length
}

async fn every_octet(protocol: Protocol, mic: Mic) {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    let length = octets(&site, mic).await;
    let (mut let_in, mut refused) = (0, 0);
    for place in 0..length {
        for change in CHANGES {
            let mut talk = site.talk(protocol).await;
            let said = changed(&mut talk, mic, |last| last[place] ^= change).await;
            if said.starts_with(protocol.let_in()) {
                site.assert_logged_in(protocol, "alice");
                let_in += 1;
            } else {
                let known = [protocol.failed(), protocol.malformed()];
                assert!(
                    known.iter().any(|known| said.starts_with(known)),
                    "{place}: {said}"
                );
                refused += 1;
            }
        }
    }
    assert_eq!(let_in + refused, length * CHANGES.len());
    match mic {
        // It covers every octet.
        Mic::Sent => assert_eq!(let_in, 0),
        // Nothing covers the computer's name, the LM response and some of the flags; the response is most of the rest.
        Mic::Missing => assert!(0 < let_in && let_in < refused, "{refused} {let_in}"),
    }
}

#[tokio::test]
async fn with_an_integrity_code() {
    every_octet(Protocol::Imap, Mic::Sent).await;
}

#[tokio::test]
async fn without_an_integrity_code() {
    every_octet(Protocol::Smtp, Mic::Missing).await;
}

#[tokio::test]
async fn a_message_cut_short_anywhere_is_refused() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    let length = octets(&site, Mic::Missing).await;
    for kept in (0..length).step_by(7) {
        let mut talk = site.talk(Protocol::Imap).await;
        let said = changed(&mut talk, Mic::Missing, |last| last.truncate(kept)).await;
        if said.starts_with("OK ") {
            site.assert_logged_in(Protocol::Imap, "alice");
        }
    }
}
