//! An outage is never a denial, and it passes.

use gatepost_directory::{Denial, Directory as _, Standing};
use gatepost_testkit::servers::Samba;

use crate::company::{config, config_for, denied, found, granted, open, unavailable, unjudged};

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
    let urls = [first.ldaps_url(), second.ldaps_url()];
    let mut config = config_for(&first, &[&urls[0], &urls[1]]);
    if let gatepost_directory::ad::Controllers::Urls(urls) = &mut config.controllers {
        let named = |address: std::net::Ipv4Addr| {
            let url = crate::company::url_of(&format!("ldaps://{}", first.host()));
            url.at(address.into())
        };
        *urls = vec![named(first.address()), named(second.address())];
    }
    let directory = open(config);
    let password = Samba::password("alice");
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, &password).await;
    first.kill();
    found(&directory, "alice").await;
    granted(&directory, &alice, &password).await;
    denied(&directory, &alice, "wrong").await;
    second.kill();
    unavailable(&directory, "alice").await;
    first.start().unwrap();
    found(&directory, "alice").await;
    granted(&directory, &alice, &password).await;
}
