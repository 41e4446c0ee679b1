use tokio::time::{advance, sleep, timeout};

use super::*;
use crate::fake::Mischief::Stall;
use crate::fake::Stage;

#[tokio::test(start_paused = true)]
async fn a_connection_is_used_again() {
    let (client, [dc1]) = scene();
    for _ in 0..5 {
        assert_eq!(ask(&client).await, in_as_alice());
    }
    // One for the endpoint mapper, one to authenticate, one for logons.
    assert_eq!(count(&dc1.connections), 3);
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_is_not_used_again() {
    let (client, [dc1]) = scene();
    assert_eq!(ask(&client).await, in_as_alice());
    advance(Duration::from_secs(61)).await;
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!(count(&dc1.connections), 6);
    assert_eq!(count(&dc1.authentications), 2);
}

#[tokio::test(start_paused = true)]
async fn as_many_at_a_time_as_configured() {
    let (client, [dc1]) = scene();
    let client = Arc::new(client);
    let mut logons = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = Arc::clone(&client);
        logons.spawn(async move { ask(&client).await });
    }
    while let Some(answer) = logons.join_next().await {
        assert_eq!(answer.unwrap(), in_as_alice());
    }
    assert_eq!(count(&dc1.connections), 2 * 3);
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_hears_so() {
    let (client, [dc1]) = scene();
    dc1.misbehave(Stage::Logon, Stall, 2);
    let began = tokio::time::Instant::now();
    let (_, _, waited) = tokio::join!(ask(&client), ask(&client), async {
        sleep(Duration::from_millis(1)).await;
        timeout(Duration::from_secs(9), ask(&client)).await
    });
    assert!(waited.is_err(), "it had to wait");
    assert_eq!(began.elapsed().as_secs(), 10);

    dc1.misbehave(Stage::Challenge, Stall, usize::MAX);
    let mut slow = config(&["dc1"]);
    slow.connect_time = 3 * CALL_TIME;
    slow.connections = 1;
    let net = Net::default();
    net.add("dc1", &dc1);
    let client = Client::new(net, slow).unwrap();
    let (_, why) = tokio::join!(ask(&client), ask(&client));
    assert_eq!(
        why,
        Err("every connection to the domain controllers is busy".to_owned())
    );
}

/// A request that is given up takes its connection with it: its answer can reach nobody else.
#[tokio::test(start_paused = true)]
async fn a_dropped_request_closes_its_connection() {
    let (client, [dc1]) = scene();
    assert_eq!(ask(&client).await, in_as_alice());
    dc1.misbehave(Stage::Logon, Stall, 1);
    let given_up = timeout(Duration::from_secs(1), ask(&client)).await;
    assert!(given_up.is_err());
    let answer = client.logon(&logon(&[9; 60])).await;
    assert_eq!(answer, Ok(Answer::Denied(NtStatus::WRONG_PASSWORD)));
    assert_eq!(count(&dc1.connections), 6);
    assert_eq!(count(&dc1.authentications), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_authentication_is_made_by_the_next() {
    let (client, [dc1]) = scene();
    dc1.misbehave(Stage::Authenticate, Stall, 1);
    let (given_up, answer) = tokio::join!(timeout(Duration::from_secs(1), ask(&client)), ask(&client));
    assert!(given_up.is_err());
    assert_eq!(answer, in_as_alice());
    assert_eq!(count(&dc1.authentications), 2);
}
