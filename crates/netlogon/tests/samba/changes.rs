//! What happens to a channel while it is used.

use super::*;

/// Two clients with one account take the channel from each other, and both go on.
#[tokio::test]
async fn an_account_used_twice_heals() {
    let samba = Samba::corp().unwrap();
    let [one, other] = ["GW1", "GW1"].map(|computer| netlogon(&[&samba], computer));
    let password = Samba::password("alice");
    let alice = person("alice", &password);
    for round in 0..3 {
        for client in [&one, &other] {
            // Both connections of each, so that new ones are bound.
            let (first, second) = tokio::join!(alice.log_on(client), alice.log_on(client));
            assert!(first.is_ok() && second.is_ok(), "round {round}");
        }
    }
}

/// Each gateway with an account of its own.
#[tokio::test]
async fn two_accounts_do_not_disturb_each_other() {
    let samba = Samba::corp().unwrap();
    let [one, other] = ["GW1", "GW2"].map(|computer| netlogon(&[&samba], computer));
    let password = Samba::password("alice");
    for _ in 0..3 {
        for client in [&one, &other] {
            assert!(person("alice", &password).log_on(client).await.is_ok());
        }
    }
    let authentications = samba.log().matches("Auth: [NETLOGON,ServerAuthenticate]").count();
    assert_eq!(authentications, 2);
}

#[tokio::test]
async fn a_restarted_controller_heals() {
    let mut samba = Samba::corp().unwrap();
    let netlogon = netlogon(&[&samba], "GW1");
    let password = Samba::password("alice");
    let alice = person("alice", &password);
    assert!(alice.log_on(&netlogon).await.is_ok());
    samba.start().unwrap();
    assert!(alice.log_on(&netlogon).await.is_ok());
    samba.kill();
    let why = alice.try_log_on(&netlogon).await.unwrap_err();
    assert!(why.contains("no connection"), "{why}");
    samba.start().unwrap();
    assert!(alice.log_on(&netlogon).await.is_ok());
}

/// A disabled or re-keyed computer account is an outage, not the users' fault.
#[tokio::test]
async fn a_changed_computer_account_is_an_outage() {
    let mut samba = Samba::corp().unwrap();
    let password = Samba::password("alice");
    let alice = person("alice", &password);
    samba.set_password("GW1$", "Another-Secret1").unwrap();
    let client = netlogon(&[&samba], "GW1");
    let why = alice.try_log_on(&client).await.unwrap_err();
    assert!(why.contains("the computer account's password is wrong"), "{why}");

    samba.set_password("GW1$", &Samba::password("GW1")).unwrap();
    assert!(alice.log_on(&client).await.is_ok());

    samba.disable("GW1$").unwrap();
    samba.start().unwrap();
    let why = alice.try_log_on(&client).await.unwrap_err();
    assert!(why.contains("computer account"), "{why}");
}

/// What an administrator does to a user counts at once.
#[tokio::test]
async fn a_changed_user_is_judged_anew() {
    let samba = Samba::corp().unwrap();
    let client = netlogon(&[&samba], "GW1");
    let password = Samba::password("judy");
    let judy = person("judy", &password);
    assert!(judy.log_on(&client).await.is_ok());
    samba.disable("judy").unwrap();
    assert_eq!(judy.log_on(&client).await, Err(NtStatus::ACCOUNT_DISABLED));
    samba.enable("judy").unwrap();
    for _ in 0..5 {
        let wrong = person("judy", "wrong").log_on(&client).await;
        assert_eq!(wrong, Err(NtStatus::WRONG_PASSWORD));
    }
    // Each wrong password has been counted once: nothing is asked twice.
    assert_eq!(samba.bad_pwd_count("judy").unwrap(), 5);
    assert_eq!(judy.log_on(&client).await, Err(NtStatus::ACCOUNT_LOCKED_OUT));
    samba.unlock("judy").unwrap();
    assert!(judy.log_on(&client).await.is_ok());
}
