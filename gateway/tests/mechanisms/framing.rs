//! How an exchange stands on the wire: MS-OXIMAP4 and RFC 3501, MS-SMTPNTLM and RFC 4954.

use gatepost_testkit::{client, smtp_client};

use crate::site::{Kept, Site};
use crate::talk::{Answer, Protocol, Talk, encoded, ntlm};

const MECHANISMS: &[&str] = &["PLAIN", "CRAM-MD5", "NTLM"];

async fn site() -> Site {
    Site::start(Kept::Plaintext, MECHANISMS).await
}

fn imap(talk: &mut Talk) -> &mut client::Client<crate::talk::Stream> {
    match talk {
        Talk::Imap(client) => client,
        Talk::Smtp(_) => unreachable!(),
    }
}

fn smtp(talk: &mut Talk) -> &mut smtp_client::Client<crate::talk::Stream> {
    match talk {
        Talk::Smtp(client) => client,
        Talk::Imap(_) => unreachable!(),
    }
}

#[tokio::test]
async fn the_first_message_comes_at_once_or_is_asked_for() {
    let site = site().await;
    for protocol in Protocol::BOTH {
        for at_once in [true, false] {
            let mut talk = site.talk(protocol).await;
            let said = talk.log_in(ntlm("alice", "", "wonderland"), at_once).await;
            assert!(
                said.starts_with(protocol.let_in()),
                "{protocol:?} {at_once}: {said}"
            );
            site.assert_logged_in(protocol, "alice");
        }
    }
}

#[tokio::test]
async fn an_empty_challenge_has_its_space() {
    let site = site().await;
    for command in [
        "a1 AUTHENTICATE NTLM",
        "a1 authenticate ntlm =",
        "a1 AUTHENTICATE NTLM ",
    ] {
        let mut talk = site.talk(Protocol::Imap).await;
        let client = imap(&mut talk);
        client.send(format!("{command}\r\n").as_bytes()).await.unwrap();
        assert_eq!(
            client.response().await.unwrap().octets().as_ref(),
            b"+ ",
            "{command}"
        );
    }
    for command in ["AUTH NTLM", "auth ntlm ="] {
        let mut talk = site.talk(Protocol::Smtp).await;
        let reply = smtp(&mut talk).ask(command).await.unwrap();
        assert_eq!((reply.code, reply.lines), (334, vec![String::new()]), "{command}");
    }
}

#[tokio::test]
async fn an_exchange_is_cancelled_with_a_star_and_no_failure() {
    let site = site().await;
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        let cancelled = match protocol {
            Protocol::Imap => "BAD ",
            Protocol::Smtp => "501 ",
        };
        for mechanism in ["NTLM", "CRAM-MD5"] {
            talk.start(mechanism, None).await.challenge();
            let said = talk.line("*").await.over();
            assert!(said.starts_with(cancelled), "{said}");
        }
        let first = encoded(&negotiate());
        talk.start("NTLM", None).await.challenge();
        assert!(!talk.line(&first).await.challenge().is_empty());
        assert!(talk.line("*").await.over().starts_with(cancelled));
        // Nothing of it is left.
        let said = talk.log_in(ntlm("alice", "", "wonderland"), true).await;
        assert!(said.starts_with(protocol.let_in()), "{said}");
    }
    assert!(site.gateway.lines("event=login-failed").is_empty());
}

#[tokio::test]
async fn what_is_not_offered_is_no_failed_login() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        for mechanism in ["CRAM-MD5", "PLAIN", "SCRAM-SHA-256", "XOAUTH2"] {
            let said = talk.start(mechanism, None).await.over();
            let expected = match protocol {
                Protocol::Imap => ["NO [CANNOT]", "BAD "],
                Protocol::Smtp => ["504 ", "504 "],
            };
            assert!(
                expected.iter().any(|expected| said.starts_with(expected)),
                "{mechanism}: {said}"
            );
        }
    }
    assert!(site.gateway.lines("event=login-failed").is_empty());
}

/// The largest messages that clients sent were under 600 octets in base64.
#[tokio::test]
async fn lines_of_an_exchange_have_twelve_kibibytes_and_no_more() {
    let site = site().await;
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        talk.start("CRAM-MD5", None).await.challenge();
        let long = encoded(&vec![b'x'; 9210]);
        assert_eq!(long.len(), 12_280);
        let said = talk.line(&long).await.over();
        assert!(said.starts_with(protocol.malformed()), "{said}");
        talk.start("CRAM-MD5", None).await.challenge();
        let longer = encoded(&vec![b'x'; 9300]);
        let said = talk.line(&longer).await.over();
        assert!(!said.starts_with(protocol.let_in()), "{said}");
        site.gateway.logged("event=closed").await;
    }
}

/// A long command is one with an initial response, in SMTP up to the same limit (RFC 4954 section 4).
#[tokio::test]
async fn an_initial_response_may_be_long() {
    let site = site().await;
    let mut padded = negotiate();
    padded.resize(1500, 0);
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        match talk.start("NTLM", Some(&padded)).await {
            Answer::Challenge(challenge) => assert!(challenge.starts_with(b"NTLMSSP\0\x02")),
            Answer::Over(said) => panic!("{protocol:?}: {said}"),
        }
    }
}

fn negotiate() -> Vec<u8> {
    use sasl::client::Mechanism as _;
    ntlm("alice", "", "wonderland").initial()
}
