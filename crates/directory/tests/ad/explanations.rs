//! What an administrator is told of a user.

use gatepost_directory::ad::ActiveDirectory;
use gatepost_directory::{ClaimKind, Directory as _, Explanation};
use gatepost_testkit::servers::Samba;

use crate::company::{config, found, open};

async fn explained(directory: &ActiveDirectory, name: &str) -> Explanation {
    let entry = found(directory, name).await;
    directory.explain(&entry).await.unwrap()
}

fn fact<'a>(explanation: &'a Explanation, name: &str) -> &'a str {
    let fact = explanation.facts.iter().find(|fact| fact.0 == name);
    fact.map(|fact| fact.1.as_str()).unwrap()
}

#[tokio::test]
async fn what_is_known_of_a_user_is_shown() {
    let samba = Samba::corp().unwrap();
    let mut config = config(&samba);
    let group = samba.dn("mail-users").unwrap();
    config.required_group = Some(group.clone());
    let directory = open(config);
    let alice = explained(&directory, "alice@example.test").await;
    for (name, value) in [
        ("dn", samba.dn("alice").unwrap()),
        ("objectSid", samba.object_sid("alice").unwrap()),
        ("sAMAccountName", "alice".to_owned()),
        ("userPrincipalName", "alice@corp.example.test".to_owned()),
        ("accountExpires", "never".to_owned()),
        ("may use mail", "yes".to_owned()),
        ("groups", "mail-inner, mail-users".to_owned()),
        (
            "addresses",
            "alice@example.test, alice.alias@example.test".to_owned(),
        ),
        ("required group", format!("a member of {group}")),
    ] {
        assert_eq!(fact(&alice, name), value, "{name}");
    }
    assert!(fact(&alice, "filter").contains("(sAMAccountName=alice)"));
    assert!(fact(&alice, "userAccountControl").contains("normal account"));

    let judy = explained(&directory, "judy").await;
    assert_eq!(
        (fact(&judy, "groups"), fact(&judy, "required group")),
        ("none", format!("no member of {group}").as_str())
    );
    let heidi = explained(&directory, "heidi").await;
    assert!(fact(&heidi, "userAccountControl").contains("locked out"));
    let carol = explained(&directory, "carol").await;
    assert!(fact(&carol, "userAccountControl").contains("disabled"));
    assert_eq!(fact(&carol, "may use mail"), "no: disabled");

    // Nothing that could be a secret is among it.
    let all = format!("{alice:?}");
    assert!(!all.contains("Secret1") && !all.to_lowercase().contains("unicodepwd"));
    assert_eq!(alice.claims[0], (ClaimKind::Password, Ok(())));
}
