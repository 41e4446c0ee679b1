//! What is told of the secrets that the service account reads, and to whom.

use gatepost_directory::ldap::Config;
use gatepost_directory::{ClaimKind, Directory as _};
use gatepost_testkit::servers::{Person, Slapd};

use crate::claims::ntlm;
use crate::company::{config, found, open, people};
use crate::proofs::{NOT_SUPPORTED, NT_HASH, judge, reading_all};

#[tokio::test]
async fn secrets_are_no_part_of_an_entry() {
    let carol = Person::new("carol").nt_hash(NT_HASH).clear_password("hunter2");
    let slapd = people().person(carol).start().unwrap();
    let directory = open(reading_all(&slapd));
    let carol = found(&directory, "carol").await;
    let claim = ntlm("carol", "Password");
    let verdict = directory.verify(&carol, &claim).await;
    let explanation = directory.explain(&carol).await.unwrap();
    let printed = format!("{carol:?} {claim:?} {verdict:?} {explanation:?}");
    assert!(printed.contains("uid=carol"));
    for secret in [NT_HASH, "hunter2"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
}

#[tokio::test]
async fn an_explanation_says_what_could_be_judged() {
    let carol = Person::new("carol")
        .nt_hash(NT_HASH)
        .attribute("sambaAcctFlags", "[UD         ]");
    let slapd = people().person(carol).start().unwrap();
    let directory = open(Config {
        plaintext_attribute: None,
        ..reading_all(&slapd)
    });
    let explained = directory
        .explain(&found(&directory, "carol").await)
        .await
        .unwrap();
    let absent = "absent, or the service account may not read it";
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        explained.facts,
        [
            fact("filter", "(|(uid={name})(mail={name})(mailLocalAddress={name}))"),
            fact("dn", "uid=carol,ou=people,dc=example,dc=org"),
            fact("may use mail", "no: disabled"),
            fact("sambaNTPassword", "present"),
            fact("cramMd5State", absent),
            fact("sambaAcctFlags", "[UD         ]"),
        ]
    );
    assert_eq!(
        explained.claims,
        [
            (ClaimKind::Password, Ok(())),
            (ClaimKind::CramMd5, Err(format!("cramMd5State is {absent}"))),
            (ClaimKind::Ntlm, Ok(())),
        ]
    );
    let bare = open(config(&slapd));
    let explained = bare.explain(&found(&bare, "alice").await).await.unwrap();
    assert_eq!(explained.facts.len(), 3);
    let not_configured = Err("no attribute is configured that keeps a secret for it".to_owned());
    assert_eq!(explained.claims[2], (ClaimKind::Ntlm, not_configured));
}

#[tokio::test]
async fn a_service_account_that_may_not_read_secrets_is_warned_of() {
    let people = || people().person(Person::new("carol").nt_hash(NT_HASH).clear_password("x"));
    let without_states = |slapd: &Slapd| Config {
        cram_md5_attribute: None,
        ..reading_all(slapd)
    };
    let slapd = people().start().unwrap();
    let report = &open(without_states(&slapd)).probe().await[0];
    assert!(report.outcome.is_ok() && report.warnings.is_empty(), "{report:?}");
    let report = &open(reading_all(&slapd)).probe().await[0];
    assert_eq!(
        report.warnings,
        [
            "no entry below dc=example,dc=org shows cramMd5State: either nobody has it, or the service account may not read it"
        ]
    );

    let slapd = people().hiding_secrets().start().unwrap();
    let directory = open(without_states(&slapd));
    let report = &directory.probe().await[0];
    assert!(report.outcome.is_ok(), "{report:?}");
    assert_eq!(report.warnings.len(), 2, "{report:?}");
    assert!(report.warnings[0].starts_with("no entry below dc=example,dc=org shows sambaNTPassword"));
    let carol = found(&directory, "carol").await;
    assert_eq!(
        judge(&directory, &carol, &ntlm("carol", "Password")).await,
        NOT_SUPPORTED
    );

    let slapd = people().hiding_found_secrets().start().unwrap();
    let report = &open(without_states(&slapd)).probe().await[0];
    assert_eq!(
        report.warnings,
        [
            "the service account may search for sambaNTPassword, but not read it",
            "the service account may search for clearPassword, but not read it"
        ]
    );
}
