//! Who is meant.

use gatepost_directory::{Directory as _, EntryId, MAX_NAME_OCTETS, Resolution};
use gatepost_testkit::servers::{DomainUser, Samba};

use crate::company::{config, found, granted, open, unknown};

/// Whose sign-in name is another's mail address, and whose implicit name is another's address.
fn colliding() -> [DomainUser; 4] {
    let user = |name: &str| DomainUser::new(name, "Colliding-Secret1");
    [
        user("first").upn("shared@mail.example.test"),
        user("second").mail("shared@mail.example.test"),
        user("third"),
        user("fourth")
            .mail("third@corp.example.test")
            .proxy_address("SMTP:fourth@example.test"),
    ]
}

#[tokio::test]
async fn a_name_leads_to_one_user_or_to_nobody() {
    let mut samba = Samba::builder().computer("GW9", "Computer-Secret1");
    for user in colliding().iter().chain([
        &DomainUser::new("star", "Odd-Secret1").mail("st*r@example.test"),
        &DomainUser::new("par(en)", "Odd-Secret1"),
    ]) {
        samba = samba.user(user);
    }
    let samba = samba.start().unwrap();
    every_form_leads_to_one_entry(&samba).await;
    names_outside_ascii(&samba).await;
    what_is_no_users_name(&samba).await;
    a_name_is_never_a_filter(&samba).await;
    ids(&samba).await;
    a_narrower_base(&samba).await;
}

async fn every_form_leads_to_one_entry(samba: &Samba) {
    let directory = open(config(samba));
    let alice = found(&directory, "alice").await;
    for name in [
        "ALICE",
        "CORP\\alice",
        "corp\\Alice",
        "corp.example.test\\alice",
        "alice@corp.example.test",
        "Alice@CORP.example.test",
        "alice@CORP",
        "alice@example.test",
        "ALICE.alias@Example.test",
    ] {
        assert_eq!(found(&directory, name).await, alice, "{name}");
    }
    assert_eq!(alice.id.0, samba.object_sid("alice").unwrap());
    assert_eq!(alice.handle, samba.dn("alice").unwrap());
    assert_eq!(
        alice.secret_version,
        samba.attribute("alice", "pwdLastSet").unwrap()
    );
    assert_eq!(
        (alice.account.name.as_str(), alice.account.upstream_login.as_str()),
        ("alice", "alice")
    );
    assert_eq!(
        alice.account.addresses,
        ["alice@example.test", "alice.alias@example.test"]
    );

    // His sign-in name is of another suffix; the implicit one of the domain is his too.
    let bob = found(&directory, "bob").await;
    for name in [
        "b.baker@mail.example.test",
        "bob@corp.example.test",
        "bob@example.test",
    ] {
        assert_eq!(found(&directory, name).await, bob, "{name}");
    }
    assert_eq!(unknown(&directory, "b.baker").await, "no user matches");
    assert_eq!(unknown(&directory, "CORP\\b.baker").await, "no user matches");
}

async fn names_outside_ascii(samba: &Samba) {
    let directory = open(config(samba));
    for (name, mailbox) in [
        ("müller", "mueller"),
        ("straße", "strasse"),
        ("µser", "muser"),
        ("ıdil", "idil"),
        ("ÿves", "yves"),
    ] {
        let entry = found(&directory, name).await;
        assert_eq!(entry.account.name, name);
        assert_eq!(entry.account.addresses[0], format!("{mailbox}@example.test"));
        assert_eq!(
            found(&directory, &format!("{name}@corp.example.test")).await,
            entry
        );
        assert_eq!(
            granted(&directory, &entry, &Samba::password(name)).await,
            entry.account
        );
    }
    let müller = found(&directory, "MÜLLER").await;
    assert_eq!(müller.account.name, "müller");
}

async fn what_is_no_users_name(samba: &Samba) {
    let directory = open(config(samba));
    for (name, why) in [
        ("nobody", "no user matches"),
        ("nobody@example.test", "no user matches"),
        ("alice@example.com", "no user matches"),
        // Computers and groups are no users.
        ("GW9$", "no user matches"),
        ("CORP\\GW9$", "no user matches"),
        ("DC1$", "no user matches"),
        ("mail-users", "no user matches"),
        ("OTHER\\alice", "the name is of another domain"),
        ("\\alice", "the name is of another domain"),
        ("CORP\\", "there is no name behind the backslash"),
        ("", "the name is empty, too long or holds NUL"),
        ("alice\0", "the name is empty, too long or holds NUL"),
        // One's sign-in name is another's address; so is one's implicit name.
        (
            "shared@mail.example.test",
            "more than one user has this name or address",
        ),
        (
            "third@corp.example.test",
            "more than one user has this name or address",
        ),
    ] {
        assert_eq!(unknown(&directory, name).await, why, "{name:?}");
    }
    let longest = "a".repeat(MAX_NAME_OCTETS + 1);
    assert_eq!(
        unknown(&directory, &longest).await,
        "the name is empty, too long or holds NUL"
    );
    for name in ["first", "second", "third", "fourth", "fourth@example.test"] {
        let account = found(&directory, name).await.account.name;
        assert!(name.starts_with(&account), "{name}: {account}");
    }
}

async fn a_name_is_never_a_filter(samba: &Samba) {
    let directory = open(config(samba));
    for name in [
        "*",
        "a*",
        "CORP\\a*",
        "alice)(cn=*",
        "*)(objectClass=*",
        "\\61lice",
        "*@corp.example.test",
        "alice@*",
    ] {
        let why = unknown(&directory, name).await;
        assert!(
            why == "no user matches" || why == "the name is of another domain",
            "{name}: {why}"
        );
    }
    for (name, account) in [
        ("st*r@example.test", "star"),
        ("par(en)", "par(en)"),
        ("CORP\\par(en)", "par(en)"),
    ] {
        assert_eq!(found(&directory, name).await.account.name, account);
    }
}

async fn ids(samba: &Samba) {
    let directory = open(config(samba));
    for name in ["alice", "müller", "judy"] {
        let entry = found(&directory, name).await;
        assert_eq!(
            directory.resolve_id(&entry.id).await,
            Resolution::Found(entry.clone())
        );
        // A user who is renamed keeps the id.
        samba
            .set(
                name,
                "userPrincipalName",
                &format!("renamed-{name}@mail.example.test"),
            )
            .unwrap();
        let Resolution::Found(renamed) = directory.resolve_id(&entry.id).await else {
            panic!("{name} is gone");
        };
        assert_eq!((renamed.id, renamed.handle), (entry.id, entry.handle));
    }
    let domain = samba.object_sid("alice").unwrap();
    let (domain, _) = domain.rsplit_once('-').unwrap();
    for other in [
        "",
        "alice",
        "*",
        "S-1-5-32-544",
        domain,
        &format!("{domain}-99999"),
        &format!("{domain}-*"),
    ] {
        let answer = directory.resolve_id(&EntryId(other.to_owned())).await;
        assert!(
            matches!(answer, Resolution::Unknown { .. }),
            "{other}: {answer:?}"
        );
    }
    let computer = samba.object_sid("GW9$").unwrap();
    let answer = directory.resolve_id(&EntryId(computer)).await;
    assert!(matches!(answer, Resolution::Unknown { .. }), "{answer:?}");
}

async fn a_narrower_base(samba: &Samba) {
    let mut narrow = config(samba);
    narrow.base = format!("OU=Domain Controllers,{}", samba.base());
    assert_eq!(unknown(&open(narrow), "alice").await, "no user matches");
    let mut users = config(samba);
    users.base = format!("CN=Users,{}", samba.base());
    found(&open(users), "alice").await;
}
