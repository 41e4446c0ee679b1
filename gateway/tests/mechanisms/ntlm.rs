//! NTLMv2: who gets in by which form of the name, and what is refused.

use sasl::client::Mechanism as _;

use std::time::Duration;

use tokio::time::Instant;

use crate::site::{Kept, PEOPLE, Setup, Site};
use crate::talk::{Protocol, ntlm};

#[tokio::test]
async fn everybody_gets_in_by_plaintext_and_by_hash() {
    for kept in [Kept::Plaintext, Kept::NtHash] {
        let site = Site::start(kept, &["NTLM"]).await;
        for protocol in Protocol::BOTH {
            for (name, password) in PEOPLE {
                let mut talk = site.talk(protocol).await;
                let said = talk.log_in(ntlm(name, "", password), true).await;
                assert!(said.starts_with(protocol.let_in()), "{kept:?} {name}: {said}");
                site.assert_logged_in(protocol, name);
            }
        }
    }
}

#[tokio::test]
async fn a_domain_of_ours_or_none_means_our_users() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    for protocol in Protocol::BOTH {
        for (user, domain) in [
            ("alice", ""),
            ("ALICE", "CORP"),
            ("Alice", "corp"),
            ("alice", "corp.example"),
        ] {
            let mut talk = site.talk(protocol).await;
            let said = talk.log_in(ntlm(user, domain, "wonderland"), true).await;
            assert!(said.starts_with(protocol.let_in()), "{domain}: {said}");
            site.assert_logged_in(protocol, "alice");
        }
        let mut talk = site.talk(protocol).await;
        let said = talk.log_in(ntlm("alice", "ELSEWHERE", "wonderland"), true).await;
        assert_eq!(said, protocol.failed());
    }
    site.gateway.logged("user=\"ELSEWHERE\\\\alice\"").await;
}

#[tokio::test]
async fn wrong_unknown_and_disabled_hear_the_same() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    for protocol in Protocol::BOTH {
        for (user, password) in [("alice", "builder"), ("nobody", "wonderland"), ("eve", "wrong")] {
            let mut talk = site.talk(protocol).await;
            let said = talk.log_in(ntlm(user, "", password), true).await;
            assert_eq!(said, protocol.failed(), "{user}");
        }
        let mut talk = site.talk(protocol).await;
        let said = talk.log_in(ntlm("eve", "", "apple"), true).await;
        assert!(said.contains("this account is disabled"), "{said}");
    }
    site.assert_nobody_in();
}

/// How long a refusal took does not tell whether the name is anybody's.
#[tokio::test]
async fn refusals_come_at_the_same_moment() {
    let grid = Duration::from_millis(400);
    let setup = Setup {
        failure_grid: "400ms",
        ..Setup::new(Kept::NtHash, &["NTLM"])
    };
    let site = setup.start().await;
    for protocol in Protocol::BOTH {
        for (user, password) in [("alice", "builder"), ("nobody", "wonderland"), ("eve", "wrong")] {
            let mut talk = site.talk(protocol).await;
            let mut client = ntlm(user, "", password);
            let first = client.initial();
            let challenge = talk.start("NTLM", Some(&first)).await.challenge();
            let last = client.response(&challenge).unwrap();
            let sent = Instant::now();
            assert_eq!(talk.respond(&last).await.over(), protocol.failed());
            let took = sent.elapsed();
            assert!(grid <= took && took < grid * 2, "{user}: {took:?}");
        }
    }
}

#[tokio::test]
async fn a_response_is_good_for_one_challenge() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        let mut client = ntlm("alice", "", "wonderland");
        let first = client.initial();
        let challenge = talk.start("NTLM", Some(&first)).await.challenge();
        let last = client.response(&challenge).unwrap();
        let mut other = site.talk(protocol).await;
        let another = other.start("NTLM", Some(&first)).await.challenge();
        assert_ne!(challenge[24..32], another[24..32]);
        assert_eq!(other.respond(&last).await.over(), protocol.failed());
        // It was good all the time, and once.
        assert!(talk.respond(&last).await.over().starts_with(protocol.let_in()));
        let mut again = site.talk(protocol).await;
        again.start("NTLM", Some(&first)).await.challenge();
        assert_eq!(again.respond(&last).await.over(), protocol.failed());
    }
}

/// Where the third message has a field's length and offset (MS-NLMP section 2.2.1.3).
const NT: usize = 20;
const USER: usize = 36;

/// Fields, how long they are made, and what the log says then.
const POLICY: [(usize, u16, &str); 3] = [
    (NT, 24, "not-supported reason=\"NTLM: NTLMv1 is refused\""),
    (NT, 0, "not-supported reason=\"NTLM: LM responses are refused\""),
    (USER, 0, "bad-credentials reason=\"the name is empty\""),
];

fn shortened(message: &[u8], field: usize, octets: u16) -> Vec<u8> {
    let mut changed = message.to_vec();
    for place in [field, field + 2] {
        changed[place..place + 2].copy_from_slice(&octets.to_le_bytes());
    }
    changed
}

#[tokio::test]
async fn what_policy_refuses_is_a_failed_login_with_its_reason_in_the_log() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    for protocol in Protocol::BOTH {
        for (field, octets, _) in POLICY {
            let mut talk = site.talk(protocol).await;
            let mut client = ntlm("alice", "", "wonderland");
            let first = client.initial();
            let challenge = talk.start("NTLM", Some(&first)).await.challenge();
            let last = client.response(&challenge).unwrap();
            let said = talk.respond(&shortened(&last, field, octets)).await.over();
            assert_eq!(said, protocol.failed(), "{field} {octets}");
        }
    }
    site.gateway
        .logged_times("event=login-failed", 2 * POLICY.len())
        .await;
    let failed = site.gateway.lines("event=login-failed");
    assert_eq!(failed.len(), 2 * POLICY.len(), "{failed:#?}");
    for (line, (_, _, why)) in failed.iter().zip(POLICY.iter().cycle()) {
        assert!(line.contains("mech=NTLM result=") && line.contains(why), "{line}");
    }
    site.assert_nobody_in();
}

#[tokio::test]
async fn what_is_no_message_is_a_bad_command() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        for first in [&b"NTLMSSP\0\x01"[..], b"NTLMSSP\0\x03\0\0\0", b"GSSAPI"] {
            let said = talk.start("NTLM", Some(first)).await.over();
            assert!(said.starts_with(protocol.malformed()), "{said}");
        }
        let first = ntlm("alice", "", "wonderland").initial();
        talk.start("NTLM", Some(&first)).await.challenge();
        let said = talk.respond(&first).await.over();
        assert!(said.starts_with(protocol.malformed()), "{said}");
    }
    assert!(site.gateway.lines("event=login-failed").is_empty());
}

/// The logins behind the gateway that need no password; Postfix has the others.
#[tokio::test]
async fn each_login_behind_the_gateway_goes_on_from_it() {
    let setup = Setup {
        upstream: "method = \"master\", user = \"gateway\", password_file = \"master\", style = \"separator\"",
        mta: "method = \"stored\", user = \"bob\", password_file = \"stored\"",
        ..Setup::new(Kept::Plaintext, &["NTLM", "CRAM-MD5"])
    };
    let site = setup.start().await;
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        let said = talk.log_in(ntlm("alice", "", "wonderland"), true).await;
        assert!(said.starts_with(protocol.let_in()), "{said}");
    }
    site.assert_logged_in(Protocol::Imap, "alice");
    let logins = site.smtp.smtp().logins();
    assert_eq!(logins.last().unwrap().authcid, "bob");
}
