use super::*;
use crate::fake::Mischief::{self, *};
use crate::fake::Stage::Logon;

/// What a channel that has grown old shows, and what may have been broken on its way.
const ONCE: [Mischief; 9] = [
    Fault(0x721),
    Eof,
    Short(20),
    Checksum,
    Data,
    Sequence,
    NotSealed,
    Status(0xc000_0022),
    Status(0xc000_018b),
];

#[tokio::test(start_paused = true)]
async fn a_channel_that_broke_is_made_anew_once() {
    for mischief in ONCE {
        let (client, [dc1]) = scene();
        assert_eq!(ask(&client).await, in_as_alice());
        dc1.misbehave(Logon, mischief, 1);
        assert_eq!(ask(&client).await, in_as_alice(), "{mischief:?}");
        assert_eq!(count(&dc1.authentications), 2, "{mischief:?}");
        assert_eq!(count(&dc1.logons), 3, "{mischief:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_used_by_another_heals() {
    let (client, [dc1]) = scene();
    assert_eq!(ask(&client).await, in_as_alice());
    dc1.rekey();
    // What is bound already goes on.
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!(count(&dc1.authentications), 1);
    // What is bound anew has a new key.
    let (one, other) = tokio::join!(ask(&client), ask(&client));
    assert_eq!((one, other), (in_as_alice(), in_as_alice()));
    assert_eq!(count(&dc1.authentications), 2);
}

#[tokio::test(start_paused = true)]
async fn a_restart_heals() {
    let (client, [dc1]) = scene();
    assert_eq!(ask(&client).await, in_as_alice());
    dc1.restart();
    assert_eq!(ask(&client).await, in_as_alice());
    dc1.stop();
    let why = ask(&client).await.unwrap_err();
    assert_eq!(why, "dc1: no connection: connection refused");
    dc1.start();
    assert_eq!(ask(&client).await, in_as_alice());
}

#[tokio::test(start_paused = true)]
async fn a_new_password_of_the_account_is_an_outage() {
    let (client, [dc1]) = scene();
    assert_eq!(ask(&client).await, in_as_alice());
    dc1.set_password("changed by somebody");
    assert_eq!(ask(&client).await, in_as_alice());
    dc1.restart();
    let why = ask(&client).await.unwrap_err();
    assert!(why.contains("the computer account's password is wrong"), "{why}");
    dc1.set_password(PASSWORD);
    assert_eq!(ask(&client).await, in_as_alice());
}

#[tokio::test(start_paused = true)]
async fn a_denial_is_never_asked_again() {
    let (client, [dc1]) = scene();
    assert_eq!(ask(&client).await, in_as_alice());
    // The first is lost with the channel; what is heard then counts.
    dc1.misbehave(Logon, Fault(0x721), 1);
    let answer = client.logon(&logon(&[9; 60])).await;
    assert_eq!(answer, Ok(Answer::Denied(NtStatus::WRONG_PASSWORD)));
    assert_eq!(count(&dc1.logons), 3);
}

#[tokio::test(start_paused = true)]
async fn silence_is_not_asked_again() {
    let (client, [dc1]) = scene();
    dc1.misbehave(Logon, Stall, 1);
    let why = ask(&client).await.unwrap_err();
    assert_eq!(why, "dc1: no answer within 10 s");
    assert_eq!(count(&dc1.logons), 1);
    assert_eq!(ask(&client).await, in_as_alice());
}

#[tokio::test(start_paused = true)]
async fn many_wait_for_a_few_new_channels() {
    let (client, [dc1]) = scene();
    let client = Arc::new(client);
    assert_eq!(ask(&client).await, in_as_alice());
    dc1.restart();
    let mut logons = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let client = Arc::clone(&client);
        logons.spawn(async move { ask(&client).await });
    }
    while let Some(answer) = logons.join_next().await {
        assert_eq!(answer.unwrap(), in_as_alice());
    }
    assert_eq!(count(&dc1.authentications), 1 + 2);
}

#[tokio::test(start_paused = true)]
async fn many_share_one_failure() {
    let (client, [dc1]) = scene();
    let client = Arc::new(client);
    dc1.misbehave(crate::fake::Stage::Authenticate, Stall, usize::MAX);
    let began = tokio::time::Instant::now();
    let mut logons = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let client = Arc::clone(&client);
        logons.spawn(async move { ask(&client).await });
    }
    while let Some(answer) = logons.join_next().await {
        assert_eq!(
            answer.unwrap(),
            Err("dc1: connecting took longer than 5 s".to_owned())
        );
    }
    assert_eq!(count(&dc1.authentications), 1);
    assert_eq!(began.elapsed().as_secs(), CONNECT_TIME.as_secs());
}
