//! Several controllers, and what an administrator hears of them.

use super::*;

#[tokio::test]
async fn the_next_controller_takes_over() {
    let mut one = Samba::corp().unwrap();
    let other = Samba::corp().unwrap();
    let netlogon = netlogon(&[&one, &other], "GW1");
    let password = Samba::password("alice");
    let alice = person("alice", &password);
    assert!(alice.log_on(&netlogon).await.is_ok());
    one.kill();
    let identity = alice.log_on(&netlogon).await.unwrap();
    assert_eq!(identity.sid.to_string(), other.object_sid("alice").unwrap());
    other.logged("Auth: [SamLogon,network]").unwrap();
}

#[tokio::test]
async fn a_probe_says_what_works() {
    let samba = Samba::corp().unwrap();
    let reports = netlogon(&[&samba], "GW1").probe().await;
    assert!(reports[0].works(), "{}", reports[0]);

    let mut wrong = config(&[&samba], "GW1");
    wrong.account.password = Secret::from("wrong");
    let said = probed(wrong).await;
    assert!(
        said.contains("secure channel: FAILED, the computer account's password is wrong"),
        "{said}"
    );

    let mut unknown = config(&[&samba], "GW1");
    unknown.account.computer = "NOBODY".to_owned();
    let said = probed(unknown).await;
    assert!(
        said.contains("secure channel: FAILED, there is no such computer account"),
        "{said}"
    );

    // An LDAP server does not speak RPC.
    let mut ldap = config(&[&samba], "GW1");
    ldap.controllers[0].port = Some(389);
    let said = probed(ldap).await;
    assert!(said.contains("secure channel: FAILED, "), "{said}");

    let mut nothing = config(&[&samba], "GW1");
    nothing.controllers[0].port = Some(1);
    let said = probed(nothing).await;
    assert!(said.contains("secure channel: FAILED, no connection: "), "{said}");
}

async fn probed(config: Config) -> String {
    let reports = Netlogon::new(config).unwrap().probe().await;
    assert!(!reports[0].works(), "{}", reports[0]);
    reports[0].to_string()
}
