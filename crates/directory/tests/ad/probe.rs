//! What `probe` says of a domain controller.

use gatepost_directory::ad::ActiveDirectory;
use gatepost_testkit::servers::{Authority, Samba};

use crate::company::{config, config_for, open};

/// What is wrong with the only server.
async fn wrong(directory: &ActiveDirectory) -> String {
    directory.probe().await.remove(0).outcome.unwrap_err()
}

#[tokio::test]
async fn each_part_of_the_configuration_is_tried() {
    let samba = Samba::corp().unwrap();
    for url in [samba.ldaps_url(), samba.ldap_url()] {
        let mut config = config_for(&samba, &[&url]);
        config.required_group = Some(samba.dn("mail-users").unwrap());
        let reports = open(config).probe().await;
        let said = reports[0].outcome.as_ref().unwrap();
        assert!(
            said.contains("the users below DC=corp,DC=example,DC=test can be read"),
            "{said}"
        );
    }
    let mut no_group = config(&samba);
    no_group.required_group = Some(samba.dn("alice").unwrap());
    let why = wrong(&open(no_group)).await;
    assert!(
        why.contains("CN=alice") && why.contains("cannot be read"),
        "{why}"
    );

    let mut no_users = config(&samba);
    no_users.base = format!("OU=Domain Controllers,{}", samba.base());
    let why = wrong(&open(no_users)).await;
    assert!(why.starts_with("userAccountControl of users below"), "{why}");

    let mut no_base = config(&samba);
    no_base.base = "DC=corp,DC=example,DC=org".to_owned();
    wrong(&open(no_base)).await;

    let other = Authority::new()
        .unwrap()
        .issue(["dc1.corp.example.test"])
        .unwrap();
    let mut no_trust = config(&samba);
    no_trust.ca_file = Some(other.ca_file());
    let why = wrong(&open(no_trust)).await;
    assert!(why.contains("certificate"), "{why}");
}
