//! Passwords, and every state that an account can be in.

use std::time::Duration;

use gatepost_directory::{ClaimKinds, Denial, Directory as _, EntryId};
use gatepost_testkit::servers::{DomainUser, Samba};

use crate::company::{config, denied, found, granted, open, unavailable};

#[tokio::test]
async fn the_state_of_an_account_is_told_to_the_right_password_alone() {
    let samba = Samba::builder()
        .user(&DomainUser::new("kim", "пароль-密码-Secret1 🔑"))
        .start()
        .unwrap();
    every_state(&samba).await;
    what_is_no_password(&samba).await;
    passwords_outside_ascii(&samba).await;
    the_group_is_asked_after_the_password(&samba).await;
    a_group_that_does_not_exist_is_an_outage(&samba).await;
    who_is_locked_meanwhile_is_locked(&samba).await;
}

async fn every_state(samba: &Samba) {
    let directory = open(config(samba));
    for (name, denial) in [
        ("carol", Denial::Disabled),
        ("dave", Denial::Disabled),
        ("erin", Denial::PasswordExpired),
        ("frank", Denial::NotPermitted),
        ("grace", Denial::NotPermitted),
        ("ivan", Denial::PasswordExpired),
    ] {
        let entry = found(&directory, name).await;
        assert_eq!(
            denied(&directory, &entry, &Samba::password(name)).await,
            denial,
            "{name}"
        );
        assert_eq!(
            denied(&directory, &entry, "wrong").await,
            Denial::BadCredentials,
            "{name} with a wrong password"
        );
        samba.unlock(name).unwrap();
    }
    let locked = found(&directory, "heidi").await;
    for password in [Samba::password("heidi").as_str(), "wrong"] {
        assert_eq!(denied(&directory, &locked, password).await, Denial::Locked);
    }
    for name in ["alice", "bob", "judy"] {
        let entry = found(&directory, name).await;
        assert_eq!(
            granted(&directory, &entry, &Samba::password(name)).await,
            entry.account
        );
        assert_eq!(denied(&directory, &entry, "wrong").await, Denial::BadCredentials);
        granted(&directory, &entry, &Samba::password(name)).await;
    }
}

async fn what_is_no_password(samba: &Samba) {
    let directory = open(config(samba));
    assert_eq!(directory.accepts(), ClaimKinds::PASSWORD);
    let mut alice = found(&directory, "alice").await;
    for password in ["", "\0", "alice-Secret1\0", "ALICE-SECRET1", "alice-Secret1 "] {
        assert_eq!(
            denied(&directory, &alice, password).await,
            Denial::BadCredentials,
            "{password:?}"
        );
    }
    // Nobody's name would be anonymous, and an entry that has gone has no password.
    for handle in ["", "CN=Gone,CN=Users,DC=corp,DC=example,DC=test"] {
        alice.handle = handle.to_owned();
        let denial = denied(&directory, &alice, &Samba::password("alice")).await;
        assert_eq!(denial, Denial::BadCredentials, "{handle}");
    }
    samba.unlock("alice").unwrap();
}

async fn passwords_outside_ascii(samba: &Samba) {
    let directory = open(config(samba));
    let kim = found(&directory, "kim").await;
    granted(&directory, &kim, "пароль-密码-Secret1 🔑").await;
    assert_eq!(
        denied(&directory, &kim, "пароль-密码-Secret1").await,
        Denial::BadCredentials
    );
}

async fn the_group_is_asked_after_the_password(samba: &Samba) {
    for (group, judy) in [("mail-users", false), ("mail-inner", false)] {
        let mut config = config(samba);
        config.required_group = Some(samba.dn(group).unwrap());
        let directory = open(config);
        // Alice is in the outer group by the inner one.
        let alice = found(&directory, "alice").await;
        granted(&directory, &alice, &Samba::password("alice")).await;
        let judy_entry = found(&directory, "judy").await;
        assert!(!judy);
        let password = Samba::password("judy");
        assert_eq!(
            denied(&directory, &judy_entry, &password).await,
            Denial::NotPermitted
        );
        assert_eq!(
            denied(&directory, &judy_entry, "wrong").await,
            Denial::BadCredentials
        );
    }
    let mut inner = config(samba);
    inner.required_group = Some(samba.dn("mail-inner").unwrap());
    let directory = open(inner);
    let bob = found(&directory, "bob").await;
    assert_eq!(
        denied(&directory, &bob, &Samba::password("bob")).await,
        Denial::NotPermitted
    );
}

async fn a_group_that_does_not_exist_is_an_outage(samba: &Samba) {
    for group in [
        "CN=nowhere,DC=corp,DC=example,DC=test",
        "nonsense",
        &samba.dn("bob").unwrap(),
    ] {
        let mut config = config(samba);
        config.required_group = Some(group.to_owned());
        let directory = open(config);
        let alice = found(&directory, "alice").await;
        let why = crate::company::unjudged(&directory, &alice, &Samba::password("alice")).await;
        assert!(why.contains("does not exist"), "{group}: {why}");
        assert_eq!(denied(&directory, &alice, "wrong").await, Denial::BadCredentials);
    }
    samba.unlock("alice").unwrap();
}

async fn who_is_locked_meanwhile_is_locked(samba: &Samba) {
    let directory = open(config(samba));
    samba.set_lockout(3, Duration::from_secs(600)).unwrap();
    let bob = found(&directory, "bob").await;
    for _ in 0..3 {
        assert_eq!(denied(&directory, &bob, "wrong").await, Denial::BadCredentials);
    }
    assert_eq!(samba.bad_pwd_count("bob").unwrap(), 3);
    assert_eq!(
        denied(&directory, &bob, &Samba::password("bob")).await,
        Denial::Locked
    );
    samba.unlock("bob").unwrap();
    granted(&directory, &bob, &Samba::password("bob")).await;
    // The id is not what the password is asked of.
    let mut forged = bob;
    forged.id = EntryId("S-1-5-21-1-2-3-4".to_owned());
    granted(&directory, &forged, &Samba::password("bob")).await;
}

#[tokio::test]
async fn a_service_account_that_is_refused_is_an_outage() {
    let samba = Samba::corp().unwrap();
    let mut config = config(&samba);
    config.service.password = "wrong".into();
    let why = unavailable(&open(config.clone()), "alice").await;
    assert!(
        why.contains("the service account is refused: result code 49"),
        "{why}"
    );
    // By its user principal name it is the same account.
    config.service = crate::company::service(&samba);
    config.service.dn = format!("svc-gatepost@{}", samba.dns_domain());
    found(&open(config), "alice").await;
}
