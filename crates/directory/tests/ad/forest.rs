//! Users found by the global catalog.

use gatepost_directory::ad::GlobalCatalog;
use gatepost_directory::{Denial, Directory as _, Resolution, Standing};
use gatepost_testkit::servers::{DomainUser, Samba};

use crate::company::{config, denied, found, granted, open, unknown, url_of};

#[tokio::test]
async fn the_catalog_finds_and_the_domain_judges() {
    let clash = DomainUser::new("clash", "Clashing-Secret1").mail("alice@corp.example.test");
    let samba = Samba::builder().user(&clash).start().unwrap();
    let plain = open(config(&samba));
    for base in ["", samba.base()] {
        let mut config = config(&samba);
        config.required_group = Some(samba.dn("mail-users").unwrap());
        config.global_catalog = Some(GlobalCatalog {
            urls: vec![url_of(&format!("ldaps://{}", samba.global_catalog()))],
            base: base.to_owned(),
        });
        let directory = open(config.clone());
        for name in [
            "alice",
            "CORP\\alice",
            "müller@corp.example.test",
            "alice.alias@example.test",
            "b.baker@mail.example.test",
        ] {
            let entry = found(&directory, name).await;
            assert_eq!(entry, found(&plain, name).await, "{name}");
            assert_eq!(
                directory.resolve_id(&entry.id).await,
                Resolution::Found(entry.clone())
            );
            granted(&directory, &entry, &Samba::password(&entry.account.name)).await;
            assert_eq!(directory.standing(&entry).await, Standing::Usable);
        }
        assert_eq!(
            unknown(&directory, "nobody@example.test").await,
            "no user matches"
        );
        let why = unknown(&directory, "alice@corp.example.test").await;
        assert_eq!(why, "more than one user has this name or address");
        // What is not below the domain's own base is nobody, whatever the catalog lists.
        config.base = format!("OU=Domain Controllers,{}", samba.base());
        let narrow = open(config);
        for name in ["alice", "alice.alias@example.test", "b.baker@mail.example.test"] {
            assert_eq!(unknown(&narrow, name).await, "no user matches", "{base} {name}");
        }
        let by_id = narrow.resolve_id(&found(&plain, "alice").await.id).await;
        assert!(matches!(by_id, Resolution::Unknown { .. }), "{by_id:?}");
        let judy = found(&directory, "judy").await;
        assert_eq!(
            denied(&directory, &judy, &Samba::password("judy")).await,
            Denial::NotPermitted
        );
        let reports = directory.probe().await;
        assert_eq!(reports.len(), 2);
        assert!(reports.iter().all(|report| report.outcome.is_ok()), "{reports:?}");
    }
}
