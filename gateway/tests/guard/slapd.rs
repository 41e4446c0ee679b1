//! Binds to slapd, whose password policy locks.

use crate::site::{
    Keys, NAMES, SPENT, Site, WRONG, auth_login, auth_plain, binds, gets_in, refused, set_password, slapd,
};

#[tokio::test]
async fn a_phone_with_an_old_password_costs_one_bind_whatever_it_calls_its_user() {
    let slapd = slapd();
    let site = Site::of_slapd(&slapd).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
    assert_eq!(binds(&slapd), 1);
    let (mut reader, mut sender) = (site.gateway.connect().await, site.sender().await);
    for time in 0..200 {
        if time == 100 {
            // So many failures are enough for a connection.
            (reader, sender) = (site.gateway.connect().await, site.sender().await);
        }
        let user = NAMES[time % 4];
        match time / 4 % 4 {
            0 => {
                let heard = refused(&mut reader, user, "old").await;
                assert!(heard.starts_with(WRONG), "{time}: {heard}");
            }
            1 => {
                let error = reader.login(user, "old").await.unwrap_err();
                assert!(error.heard().last().unwrap().contains(WRONG), "{time}: {error}");
            }
            2 => assert_eq!(auth_plain(&mut sender, user, "old").await, 535, "{time}"),
            _ => assert_eq!(auth_login(&mut sender, user, "old").await, 535, "{time}"),
        }
        if time % 50 == 0 {
            assert!(gets_in(&site, user, "wonderland").await, "{time}");
        }
    }
    // One for the old password, five for the right one.
    assert_eq!(binds(&slapd), 6);
    site.failed("bad-credentials", 1).await;
    site.failed("known-wrong", 199).await;
    let line = site.gateway.logged("result=known-wrong").await;
    assert!(
        line.contains("level=info") && line.contains(" rip=127.0.0.1 "),
        "{line}"
    );
    assert!(gets_in(&site, "alice", "wonderland").await);
}

#[tokio::test]
async fn guessing_does_not_lock_the_account() {
    let slapd = slapd();
    let site = Site::of_slapd(&slapd).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
    site.guess(0, 3).await;
    let mut guesser = site.gateway.connect().await;
    for time in 0..50 {
        let user = NAMES[time % 4];
        assert_eq!(refused(&mut guesser, user, &format!("more {time}")).await, SPENT);
    }
    assert_eq!(binds(&slapd), 4);
    // The policy locks after ten. A device that was there before is asked for, and nobody else is cut off.
    assert!(gets_in(&site, "alice", "wonderland").await && gets_in(&site, "bob", "builder").await);
}

#[tokio::test]
async fn without_a_guard_the_account_is_locked() {
    let slapd = slapd();
    let site = Site::of_slapd_with(&slapd, &Keys::guard("enabled = false")).await;
    site.guess(0, 10).await;
    // slapd looks for the time of the lock at a clock that is a tick behind the one by which it has set it.
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert!(!gets_in(&site, "alice", "wonderland").await);
    assert_eq!(binds(&slapd), 11);
    site.failed("locked", 1).await;
}

#[tokio::test]
async fn a_password_that_is_set_to_another_and_back_is_accepted() {
    let slapd = slapd();
    let site = Site::of_slapd(&slapd).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
    set_password(&slapd, "looking-glass", "20250102");
    assert!(!gets_in(&site, "alice", "wonderland").await);
    assert!(gets_in(&site, "alice", "looking-glass").await);
    let before = binds(&slapd);
    for _ in 0..10 {
        assert!(!gets_in(&site, "alice", "wonderland").await);
    }
    assert_eq!(binds(&slapd), before);
    set_password(&slapd, "wonderland", "20250103");
    assert!(gets_in(&site, "alice", "wonderland").await);
    assert!(!gets_in(&site, "alice", "looking-glass").await);
}

#[tokio::test]
async fn where_the_version_is_not_known_an_old_password_costs_one_bind_a_window() {
    let slapd = slapd();
    let keys = Keys {
        directory: "version_attribute = \"noSuchAttribute\"",
        ..Keys::guard("window = \"2s\"")
    };
    let site = Site::of_slapd_with(&slapd, &keys).await;
    let started = tokio::time::Instant::now();
    while binds(&slapd) < 2 {
        assert!(!gets_in(&site, "alice", "old").await);
    }
    assert!(started.elapsed() >= std::time::Duration::from_secs(2));
    site.failed("bad-credentials", 2).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
}

#[tokio::test]
async fn an_outage_spends_nothing() {
    let mut slapd = slapd();
    let site = Site::of_slapd(&slapd).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
    slapd.stop();
    let mut client = site.gateway.connect().await;
    for time in 0..5 {
        let heard = refused(&mut client, "alice", &format!("guess {time}")).await;
        assert!(
            heard.starts_with("NO [UNAVAILABLE] the user directory"),
            "{heard}"
        );
    }
    slapd.restart().unwrap();
    // The same passwords again: nothing was learnt of them.
    site.guess(0, 3).await;
    assert_eq!(refused(&mut client, "alice", "guess 3").await, SPENT);
}

#[tokio::test]
async fn what_is_no_wrong_password_spends_nothing() {
    let slapd = slapd();
    let keys = Keys::directory("disabled_filter = \"(employeeType=left)\"");
    let site = Site::of_slapd_with(&slapd, &keys).await;
    slapd.set("alice", "employeeType", "left").unwrap();
    slapd.lock("bob").unwrap();
    let mut client = site.gateway.connect().await;
    for time in 0..10 {
        let heard = refused(&mut client, "alice", "wonderland").await;
        assert!(heard.starts_with("NO [CONTACTADMIN]"), "{heard}");
        let heard = refused(&mut client, "bob", &format!("guess {time}")).await;
        assert!(heard.starts_with(WRONG), "{heard}");
    }
    site.failed("disabled", 10).await;
    site.failed("locked", 10).await;
    slapd.set("alice", "employeeType", "back").unwrap();
    site.guess(0, 3).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
}
