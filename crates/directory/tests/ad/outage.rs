//! An outage is never a denial, and it passes.

use gatepost_directory::ad::Controllers;
use gatepost_directory::{Denial, Directory as _, Standing};
use gatepost_testkit::servers::Samba;

use crate::company::{config, denied, found, granted, open, unavailable, unjudged, url_of};
use crate::ntlm::{let_in, with_netlogon};

#[tokio::test]
async fn a_domain_controller_that_is_down_denies_nobody_and_comes_back() {
    let mut samba = Samba::corp().unwrap();
    let directory = open(config(&samba));
    let password = Samba::password("alice");
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, &password).await;
    samba.kill();
    for password in [password.as_str(), "wrong"] {
        let why = unjudged(&directory, &alice, password).await;
        assert!(why.starts_with(&samba.ldaps_url()), "{why}");
        unavailable(&directory, "alice").await;
    }
    assert!(matches!(
        directory.standing(&alice).await,
        Standing::Unavailable(_)
    ));
    assert!(directory.probe().await[0].outcome.is_err());
    assert!(directory.explain(&alice).await.is_err());
    samba.start().unwrap();
    found(&directory, "alice").await;
    granted(&directory, &alice, &password).await;
    assert_eq!(denied(&directory, &alice, "wrong").await, Denial::BadCredentials);
}

#[tokio::test]
async fn one_of_two_controllers_is_enough() {
    let mut first = Samba::corp().unwrap();
    let second = Samba::builder().identity(first.identity().clone()).start();
    let mut second = second.unwrap();
    // One certificate for both holds the name, not the second's address.
    let named = |samba: &Samba| {
        let url = url_of(&format!("ldaps://{}", samba.host()));
        url.at(samba.address().into())
    };
    let mut config = with_netlogon(&first, "GW1");
    config.controllers = Controllers::Urls(vec![named(&first), named(&second)]);
    let directory = open(config);
    let password = Samba::password("alice");
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, &password).await;
    let_in(&directory, "alice", &password).await;
    first.kill();
    let_in(&directory, "alice", &password).await;
    granted(&directory, &alice, &password).await;
    denied(&directory, &alice, "wrong").await;
    second.kill();
    unavailable(&directory, "alice").await;
    first.start().unwrap();
    let_in(&directory, "alice", &password).await;
    granted(&directory, &alice, &password).await;
}
