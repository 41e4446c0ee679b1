use super::*;
use crate::fake::Mischief::*;
use crate::fake::Stage;

#[tokio::test(start_paused = true)]
async fn the_next_controller_is_asked() {
    let (client, [dc1, dc2]) = scene();
    dc1.stop();
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!((count(&dc1.logons), count(&dc2.logons)), (0, 1));
    // One that works is kept, although the other is preferred.
    dc1.start();
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!((count(&dc1.logons), count(&dc2.logons)), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_twice_is_left() {
    let (client, [dc1, dc2]) = scene();
    dc1.misbehave(Stage::Logon, Fault(0x721), usize::MAX);
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!((count(&dc1.logons), count(&dc2.logons)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn one_that_was_silent_comes_last() {
    let (client, [dc1, dc2]) = scene();
    dc1.misbehave(Stage::Logon, Stall, usize::MAX);
    assert_eq!(ask(&client).await, Err("dc1: no answer within 10 s".to_owned()));
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!((count(&dc1.logons), count(&dc2.logons)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_each_is_named() {
    let (client, [dc1, dc2, dc3]) = scene();
    dc1.stop();
    dc2.misbehave(Stage::Authenticate, WrongCredential, usize::MAX);
    dc3.misbehave(Stage::Bind, Stall, usize::MAX);
    let why = ask(&client).await.unwrap_err();
    assert_eq!(
        why,
        "dc1: no connection: connection refused; dc2: the controller does not know the computer account's password: \
         it is not what it says it is; dc3: connecting took longer than 5 s"
    );
}

#[tokio::test(start_paused = true)]
async fn a_logon_is_asked_a_limited_number_of_times() {
    let (client, [dc1, dc2, dc3]) = scene();
    for dc in [&dc1, &dc2, &dc3] {
        dc.misbehave(Stage::Logon, Fault(0x721), usize::MAX);
    }
    let why = ask(&client).await.unwrap_err();
    assert!(why.starts_with("dc3: RPC fault 0x00000721"), "{why}");
    assert_eq!([&dc1, &dc2, &dc3].map(|dc| count(&dc.logons)), [2, 1, 1]);
}

/// Each of them may have counted a wrong password before its answer was lost.
#[tokio::test(start_paused = true)]
async fn what_may_have_been_counted_is_asked_twice_at_most() {
    for mischief in [Eof, Short(20), Checksum, Data, Sequence, OtherKey, ShortStub(7)] {
        let (client, [dc1, dc2, dc3]) = scene();
        for dc in [&dc1, &dc2, &dc3] {
            dc.misbehave(Stage::Logon, mischief, usize::MAX);
        }
        let why = ask(&client).await.unwrap_err();
        assert!(why.starts_with("dc1: "), "{why}");
        assert_eq!(
            [&dc1, &dc2, &dc3].map(|dc| count(&dc.logons)),
            [2, 0, 0],
            "{mischief:?}"
        );
        // The next logon goes elsewhere.
        dc2.behave();
        assert_eq!(ask(&client).await, in_as_alice(), "{mischief:?}");
    }
}

/// A controller that is starting or stopping has judged nobody.
#[tokio::test(start_paused = true)]
async fn one_that_is_not_ready_is_left() {
    for status in [0xc000_00dc, 0xc000_0192, 0xc000_009a] {
        let (client, [dc1, dc2]) = scene();
        dc1.misbehave(Stage::Logon, Status(status), usize::MAX);
        assert_eq!(ask(&client).await, in_as_alice(), "{status:#x}");
        assert_eq!(count(&dc2.logons), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn other_controllers_take_over_at_once() {
    let (client, [dc1, dc2]) = scene();
    client.replace_controllers(controllers(&["dc1"]));
    assert_eq!(ask(&client).await, in_as_alice());
    client.replace_controllers(controllers(&["dc2", "dc1"]));
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!((count(&dc1.logons), count(&dc2.logons)), (2, 0));
    client.replace_controllers(controllers(&["dc2"]));
    client.replace_controllers(Vec::new());
    assert_eq!(ask(&client).await, in_as_alice());
    assert_eq!((count(&dc1.logons), count(&dc2.logons)), (2, 1));
    assert_eq!(count(&dc1.closed), count(&dc1.connections));
}
