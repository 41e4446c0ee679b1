use std::sync::Mutex;

use super::*;
use crate::fake::{Mischief, Stage};

#[tokio::test(start_paused = true)]
async fn a_right_response_says_who_it_is() {
    let (client, [_dc1]) = scene();
    let Ok(Answer::Granted(identity)) = ask(&client).await else {
        panic!()
    };
    assert_eq!(*identity, alice());
    assert_eq!(identity.sid.to_string(), "S-1-5-21-1-2-3-1103");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_response_is_denied_and_asked_once() {
    let (client, [dc1]) = scene();
    let answer = client.logon(&logon(&[9; 60])).await;
    assert_eq!(answer, Ok(Answer::Denied(NtStatus::WRONG_PASSWORD)));
    assert_eq!(count(&dc1.logons), 1);
    // The connection is as good as before.
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!(count(&dc1.authentications), 1);
}

#[tokio::test(start_paused = true)]
async fn the_controller_hears_what_the_client_sent() {
    let heard = Arc::new(Mutex::new(None));
    let hears = Arc::clone(&heard);
    let dc1 = Fake::new(PASSWORD, move |asked| {
        *hears.lock().unwrap() = Some(asked.clone());
        judge(asked)
    });
    let net = Net::default();
    net.add("dc1", &dc1);
    let client = Client::new(net, config(&["dc1"])).unwrap();
    let long = [3; 16 * 1024];
    let sent = Logon {
        user: "müller",
        domain: "",
        workstation: "телефон",
        nt_response: &long,
        ..logon(RIGHT)
    };
    client.logon(&sent).await.unwrap();
    let asked = heard.lock().unwrap().take();
    assert_eq!(
        asked,
        Some(Asked {
            computer: "GATE1\0".to_owned(),
            user: "müller".to_owned(),
            domain: String::new(),
            workstation: "телефон".to_owned(),
            challenge: *b"8 octets",
            nt_response: long.to_vec(),
            lm_response: Vec::new(),
        })
    );
    // Beside a response of NTLMv1 both are told.
    let old = Logon {
        nt_response: &[3; 24],
        ..sent
    };
    client.logon(&old).await.unwrap();
    let asked = heard.lock().unwrap().take().unwrap();
    assert_eq!(asked.lm_response, [2; 24]);
}

#[tokio::test(start_paused = true)]
async fn what_could_let_in_nobody_in_particular_is_not_asked() {
    let (client, [dc1]) = scene();
    let long = [1; 16 * 1024 + 1];
    let name = "a".repeat(16 * 1024 + 1);
    for refused in [
        Logon {
            user: "",
            ..logon(RIGHT)
        },
        logon(&[]),
        logon(&long),
        Logon {
            domain: &name,
            ..logon(RIGHT)
        },
    ] {
        let answer = client.logon(&refused).await;
        assert_eq!(answer, Ok(Answer::Denied(NtStatus::LOGON_FAILURE)));
    }
    assert_eq!(count(&dc1.connections), 0);
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_nobody() {
    let dc1 = Fake::new(PASSWORD, |_| granted(&alice(), 0x21));
    let net = Net::default();
    net.add("dc1", &dc1);
    let client = Client::new(net, config(&["dc1"])).unwrap();
    assert_eq!(ask(&client).await, Ok(Answer::Denied(NtStatus::NO_SUCH_USER)));
}

#[tokio::test(start_paused = true)]
async fn statuses_of_the_user_are_denials_and_others_are_outages() {
    for status in [0xc000_0064, 0xc000_0071, 0xc000_0072, 0xc000_0224, 0xc000_0234] {
        let (client, [dc1]) = scene();
        dc1.misbehave(Stage::Logon, Mischief::Status(status), 9);
        assert_eq!(ask(&client).await, Ok(Answer::Denied(NtStatus(status))));
        assert_eq!(count(&dc1.logons), 1);
    }
    for (status, words) in [
        (
            0xc000_005e,
            "dc1: SamLogonEx refused: 0xc000005e (no logon servers)",
        ),
        (
            0xc000_0418,
            "dc1: SamLogonEx refused: 0xc0000418 (NTLM is blocked in the domain)",
        ),
        (0xc000_1234, "dc1: SamLogonEx refused: 0xc0001234"),
    ] {
        let (client, [dc1]) = scene();
        dc1.misbehave(Stage::Logon, Mischief::Status(status), 9);
        assert_eq!(ask(&client).await, Err(words.to_owned()));
        assert_eq!(count(&dc1.logons), 1);
    }
}

#[test]
fn no_secret_is_printed() {
    let printed = format!("{:?} {:?}", alice(), logon(RIGHT));
    assert!(
        !printed.contains("165") && !printed.contains("1, 1, 1"),
        "{printed}"
    );
}

/// A logon can be awaited in a task, and a client be shared.
#[test]
fn it_may_cross_threads() {
    fn may<T: Send + Sync>(_: &T) {}
    fn can_be_moved<T: Send>(_: T) {}
    let netlogon = crate::Netlogon::new(config(&["dc1"])).unwrap();
    may(&netlogon);
    can_be_moved(netlogon.logon(&logon(RIGHT)));
    can_be_moved(netlogon.probe());
}

#[tokio::test(start_paused = true)]
async fn a_challenge_that_named_another_is_an_outage() {
    let (client, [dc1]) = scene();
    let mut response = vec![1; 44];
    response.extend([1, 0, 8, 0]);
    response.extend(crate::ndr::utf16("MAIL"));
    let why = client.logon(&logon(&response)).await.unwrap_err();
    assert_eq!(
        why.to_string(),
        "the response is to a challenge that does not name our computer account: no controller would judge it; NTLM's \
         target has to have both NetBIOS names"
    );
    assert_eq!(count(&dc1.connections), 0);
}
