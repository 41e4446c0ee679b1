//! NTLM, judged by the domain controller.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use gatepost_directory::ad::{ActiveDirectory, Config, Netlogon};
use gatepost_directory::{
    Claim, ClaimKind, ClaimKinds, Denial, Directory as _, Entry, EntryId, Unavailable, Verdict,
};
use gatepost_sasl::Mechanism;
use gatepost_sasl::client::Ntlm;
use gatepost_sasl::ntlm::{Bindings, Target};
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_testkit::servers::Samba;
use gatepost_wire::Secret;
use sasl::client::Mechanism as _;

use crate::company::{config, denied, found, granted, open};
use crate::made_responses::{a_response_beside_the_response, a_response_without_a_password};

/// Where the MIC is in an AUTHENTICATE_MESSAGE (MS-NLMP section 2.2.1.3).
const MIC_AT: usize = 72;

pub(crate) fn with_netlogon(samba: &Samba, computer: &str) -> Config {
    Config {
        netlogon: Some(Netlogon {
            computer: computer.to_owned(),
            password: Samba::password(computer).as_str().into(),
            port: None,
            connections: 2,
        }),
        ..config(samba)
    }
}

fn fresh() -> Fresh {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    Fresh {
        random: [NEXT.fetch_add(1, Ordering::Relaxed); 16],
        since_epoch: Duration::from_secs(1_795_000_000),
    }
}

pub(crate) fn client(login: &str, password: &str) -> Ntlm {
    let ntlm = Ntlm::new(login, &Secret::from(password), fresh()).unwrap();
    ntlm.with_target_name("imap/mail.example.test")
}

/// What that client's exchange ends in, whose last message may be changed on its way.
fn claim_of(client: Ntlm, change: impl FnOnce(&mut Vec<u8>)) -> Claim {
    claim_at("GW1", client, change)
}

/// The same, challenged by the computer of that name.
fn claim_at(computer: &str, client: Ntlm, change: impl FnOnce(&mut Vec<u8>)) -> Claim {
    claim_changed(computer, client, |_, message| change(message))
}

/// The same, changed by somebody who knows the server's challenge.
pub(crate) fn claim_challenged(client: Ntlm, change: impl FnOnce([u8; 8], &mut Vec<u8>)) -> Claim {
    claim_changed("GW1", client, change)
}

fn claim_changed(computer: &str, mut client: Ntlm, change: impl FnOnce([u8; 8], &mut Vec<u8>)) -> Claim {
    let host = format!("{}.corp.example.test", computer.to_lowercase());
    let settings = Settings {
        host: host.clone(),
        ntlm: Target::new("CORP", "corp.example.test", &host),
        bindings: Bindings::Ignored,
    };
    let begun = start(Mechanism::Ntlm, Some(&client.initial()), &settings, fresh()).unwrap();
    let Exchange::Challenge(challenge) = begun else {
        panic!("no challenge")
    };
    let mut message = client.response(challenge.octets()).unwrap();
    change(challenge.octets()[24..32].try_into().unwrap(), &mut message);
    match challenge.respond(&message).unwrap() {
        Exchange::Verify(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn claim(login: &str, password: &str) -> Claim {
    claim_of(client(login, password), |_| {})
}

/// What comes of that login: whoever its claim names is looked up and asked about.
async fn login(directory: &ActiveDirectory, login: &str, password: &str) -> (Entry, Verdict) {
    let claim = claim(login, password);
    let entry = found(directory, claim.name()).await;
    let verdict = directory.verify(&entry, &claim).await;
    (entry, verdict)
}

pub(crate) async fn let_in(directory: &ActiveDirectory, name: &str, password: &str) -> Entry {
    let (entry, verdict) = login(directory, name, password).await;
    assert_eq!(verdict, Verdict::Granted(entry.account.clone()), "{name}");
    entry
}

async fn refused(directory: &ActiveDirectory, name: &str, password: &str) -> Denial {
    match login(directory, name, password).await.1 {
        Verdict::Denied(denial) => denial,
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn a_domain_controller_judges_ntlm() {
    let samba = Samba::corp().unwrap();
    let directory = open(with_netlogon(&samba, "GW1"));
    assert_eq!(directory.accepts(), ClaimKinds::PASSWORD.with(ClaimKind::Ntlm));
    assert_eq!(config(&samba).ntlm_target(), None);
    let target = Target::new("CORP", "corp.example.test", "gw1.corp.example.test");
    assert_eq!(with_netlogon(&samba, "GW1").ntlm_target(), Some(target));
    the_challenge_names_the_computer_account(&samba, &directory).await;
    every_form_of_a_name(&directory).await;
    an_address_is_no_name(&samba, &directory).await;
    every_state(&samba, &directory).await;
    workstations(&samba, &directory).await;
    whose_account_it_is(&samba, &directory).await;
    a_changed_message(&samba, &directory).await;
    a_response_beside_the_response(&samba, &directory).await;
    a_response_without_a_password(&samba, &directory).await;
    the_group_is_asked_too(&samba).await;
    without_netlogon(&samba).await;
    what_probe_and_explain_say(&samba, &directory).await;
}

async fn the_challenge_names_the_computer_account(samba: &Samba, directory: &ActiveDirectory) {
    let alice = found(directory, "alice").await;
    let password = Samba::password("alice");
    let ours = claim_at("GW1", client("alice", &password), |_| {});
    assert_eq!(
        directory.verify(&alice, &ours).await,
        Verdict::Granted(alice.account.clone())
    );
    // No domain controller is asked, which would count it as a wrong password.
    let theirs = claim_at("MAIL", client("alice", &password), |_| {});
    let Verdict::Unavailable(Unavailable(why)) = directory.verify(&alice, &theirs).await else {
        panic!("judged")
    };
    assert!(why.contains("does not name our computer account"), "{why}");
    assert_eq!(samba.bad_pwd_count("alice").unwrap(), 0);
}

async fn every_form_of_a_name(directory: &ActiveDirectory) {
    for name in [
        "alice",
        "ALICE",
        "CORP\\alice",
        "corp\\Alice",
        "corp.example.test\\alice",
        "alice@corp.example.test",
        "CORP\\bob",
        "b.baker@mail.example.test",
        "müller",
        "CORP\\straße",
        "µser",
        "ıdil@corp.example.test",
        "ÿves",
    ] {
        let user = match name.to_lowercase() {
            name if name.contains("b.baker") => "bob".to_owned(),
            name => {
                let user = name.rsplit('\\').next().unwrap_or_default();
                user.split('@').next().unwrap_or_default().to_owned()
            }
        };
        let entry = let_in(directory, name, &Samba::password(&user)).await;
        assert_eq!(entry.account.name, user);
        assert_eq!(refused(directory, name, "wrong").await, Denial::BadCredentials);
        let_in(directory, name, &Samba::password(&user)).await;
    }
}

/// A domain controller would look for the domain behind the `@`, and miss its controllers: an outage, as it seems.
async fn an_address_is_no_name(samba: &Samba, directory: &ActiveDirectory) {
    for address in ["alice@example.test", "CORP\\alice.alias@example.test"] {
        for password in [Samba::password("alice").as_str(), "wrong"] {
            let denial = refused(directory, address, password).await;
            assert_eq!(denial, Denial::NotSupported, "{address}");
        }
    }
    assert_eq!(samba.bad_pwd_count("alice").unwrap(), 0);
}

async fn every_state(samba: &Samba, directory: &ActiveDirectory) {
    for (name, denial) in [
        ("carol", Denial::Disabled),
        ("dave", Denial::Disabled),
        ("erin", Denial::PasswordExpired),
        ("frank", Denial::NotPermitted),
        ("ivan", Denial::PasswordExpired),
    ] {
        assert_eq!(
            refused(directory, name, &Samba::password(name)).await,
            denial,
            "{name}"
        );
        assert_eq!(
            refused(directory, name, "wrong").await,
            Denial::BadCredentials,
            "{name}"
        );
        samba.unlock(name).unwrap();
    }
    for password in [Samba::password("heidi").as_str(), "wrong"] {
        assert_eq!(refused(directory, "heidi", password).await, Denial::Locked);
    }
}

async fn workstations(samba: &Samba, directory: &ActiveDirectory) {
    let password = Samba::password("grace");
    let grace = found(directory, "grace").await;
    let from = |workstation: &str| claim_of(client("grace", &password).with_workstation(workstation), |_| {});
    assert_eq!(
        directory.verify(&grace, &from("WS1")).await,
        Verdict::Granted(grace.account.clone())
    );
    for other in ["WS2", "IPHONE"] {
        assert_eq!(
            directory.verify(&grace, &from(other)).await,
            Verdict::Denied(Denial::NotPermitted),
            "{other}"
        );
    }
    samba.unlock("grace").unwrap();
}

async fn whose_account_it_is(samba: &Samba, directory: &ActiveDirectory) {
    let claim = claim("alice", &Samba::password("alice"));
    let bob = found(directory, "bob").await;
    let disagreement = Verdict::Denied(Denial::Disagreement);
    assert_eq!(directory.verify(&bob, &claim).await, disagreement);
    let mut forged = found(directory, "alice").await;
    forged.id = EntryId(samba.object_sid("bob").unwrap());
    assert_eq!(directory.verify(&forged, &claim).await, disagreement);
    forged.id = EntryId("S-1-5-21-1-2-3-1103".to_owned());
    assert_eq!(directory.verify(&forged, &claim).await, disagreement);
}

async fn a_changed_message(samba: &Samba, directory: &ActiveDirectory) {
    let alice = found(directory, "alice").await;
    let usable = |change: fn(&mut Vec<u8>), key: bool| {
        let client = client("CORP\\alice", &Samba::password("alice"));
        let client = if key {
            client.with_key_exchange([9; 16])
        } else {
            client
        };
        claim_of(client, change)
    };
    for key in [false, true] {
        let unchanged = directory.verify(&alice, &usable(|_| {}, key)).await;
        assert_eq!(unchanged, Verdict::Granted(alice.account.clone()));
        let wrong_mic = directory
            .verify(&alice, &usable(|message| message[MIC_AT] ^= 1, key))
            .await;
        assert_eq!(wrong_mic, Verdict::Denied(Denial::BadCredentials));
    }
    samba.unlock("alice").unwrap();
}

async fn the_group_is_asked_too(samba: &Samba) {
    let mut config = with_netlogon(samba, "GW1");
    config.required_group = Some(samba.dn("mail-inner").unwrap());
    let directory = open(config);
    let_in(&directory, "alice", &Samba::password("alice")).await;
    assert_eq!(
        refused(&directory, "bob", &Samba::password("bob")).await,
        Denial::NotPermitted
    );
    assert_eq!(refused(&directory, "judy", "wrong").await, Denial::BadCredentials);
}

async fn without_netlogon(samba: &Samba) {
    let directory = open(config(samba));
    let password = Samba::password("alice");
    assert_eq!(
        refused(&directory, "alice", &password).await,
        Denial::NotSupported
    );
    assert_eq!(samba.bad_pwd_count("alice").unwrap(), 0);
}

async fn what_probe_and_explain_say(samba: &Samba, directory: &ActiveDirectory) {
    let reports = directory.probe().await;
    assert_eq!(reports.len(), 2);
    assert!(
        reports[1].url.starts_with("netlogon ") && reports[1].outcome.is_ok(),
        "{reports:?}"
    );
    let_in(directory, "alice", &Samba::password("alice")).await;

    let alice = found(directory, "alice").await;
    let explanation = directory.explain(&alice).await.unwrap();
    let names = (
        "names for NTLM".to_owned(),
        "alice, CORP\\alice, alice@corp.example.test".to_owned(),
    );
    assert!(explanation.facts.contains(&names), "{explanation:?}");
    let judged = explanation.claims;
    let why = "Active Directory gives nobody a secret that CRAM-MD5 could be judged with";
    let expected = [
        (ClaimKind::Password, Ok(())),
        (ClaimKind::CramMd5, Err(why.to_owned())),
        (ClaimKind::Ntlm, Ok(())),
    ];
    assert_eq!(judged, expected);
    samba.join("Protected Users", "judy").unwrap();
    let judy = found(directory, "judy").await;
    let judged = directory.explain(&judy).await.unwrap().claims;
    assert!(
        judged[2].1.as_ref().unwrap_err().contains("Protected Users"),
        "{judged:?}"
    );
    let plain = open(config(samba));
    let judged = plain.explain(&alice).await.unwrap().claims;
    assert!(
        judged[2].1.as_ref().unwrap_err().contains("computer account"),
        "{judged:?}"
    );
}

#[tokio::test]
async fn an_outage_of_netlogon_is_never_a_denial() {
    let mut samba = Samba::corp().unwrap();
    let directory = open(with_netlogon(&samba, "GW1"));
    let password = Samba::password("alice");
    let alice = let_in(&directory, "alice", &password).await;
    two_gateways(&samba, &directory).await;

    let mut strangers = with_netlogon(&samba, "GW1");
    strangers.netlogon.as_mut().unwrap().password = "wrong".into();
    let stranger = open(strangers);
    let (_, verdict) = login(&stranger, "alice", &password).await;
    assert!(matches!(verdict, Verdict::Unavailable(_)), "{verdict:?}");
    let reports = stranger.probe().await;
    assert!(
        reports[0].outcome.is_ok() && reports[1].outcome.is_err(),
        "{reports:?}"
    );

    samba.kill();
    for password in [password.as_str(), "wrong"] {
        let verdict = directory.verify(&alice, &claim("alice", password)).await;
        let Verdict::Unavailable(Unavailable(why)) = verdict else {
            panic!("{verdict:?}");
        };
        assert!(why.starts_with("NTLM: "), "{why}");
    }
    samba.start().unwrap();
    let_in(&directory, "alice", &password).await;
    assert_eq!(
        refused(&directory, "alice", "wrong").await,
        Denial::BadCredentials
    );
    granted(&directory, &alice, &password).await;
    denied(&directory, &alice, "wrong").await;
}

/// Each with its own account, and two with one that take the secure channel away from each other.
async fn two_gateways(samba: &Samba, first: &ActiveDirectory) {
    let (second, same) = (
        open(with_netlogon(samba, "GW2")),
        open(with_netlogon(samba, "GW1")),
    );
    let password = Samba::password("bob");
    for _ in 0..3 {
        for (directory, computer) in [(first, "GW1"), (&second, "GW2"), (&same, "GW1")] {
            let claim = claim_at(computer, client("bob", &password), |_| {});
            let bob = found(directory, claim.name()).await;
            assert_eq!(
                directory.verify(&bob, &claim).await,
                Verdict::Granted(bob.account.clone())
            );
        }
    }
}
