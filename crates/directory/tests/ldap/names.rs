//! Who is meant.

use gatepost_directory::ldap::{Config, LdapDirectory};
use gatepost_directory::{Directory as _, EntryId, MAX_NAME_OCTETS, Resolution};
use gatepost_testkit::servers::{Person, Slapd, SlapdBuilder, address};
use tokio::net::TcpListener;
use tokio::time::{Duration, timeout};

use crate::company::{config, denied, found, granted, open, people, unavailable, unknown};

#[tokio::test]
async fn every_name_of_a_user_leads_to_one_entry() {
    let slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    let entry = found(&directory, "alice").await;
    for name in [
        "ALICE",
        "alice@example.org",
        "Alice@EXAMPLE.org",
        "a.smith@example.org",
    ] {
        assert_eq!(found(&directory, name).await, entry, "{name}");
    }
    assert_eq!(entry.handle, "uid=alice,ou=people,dc=example,dc=org");
    assert_eq!(entry.id.0.len(), 36, "an entryUUID: {}", entry.id);
    assert_eq!(
        (entry.account.name.as_str(), entry.account.upstream_login.as_str()),
        ("alice", "alice")
    );
    assert_eq!(entry.account.attribute("mailHost"), Some("mail1.example.org"));
    assert_eq!(
        entry.account.attribute("MEMBEROF"),
        Some(slapd.group_dn("staff").as_str())
    );
    assert_eq!(entry.account.attribute("userPassword"), None);
}

#[tokio::test]
async fn the_version_of_the_secret_is_known() {
    let slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    let before = found(&directory, "alice").await.secret_version.unwrap();
    slapd.expire_password("alice").unwrap();
    let after = found(&directory, "alice").await.secret_version.unwrap();
    assert_eq!(after, "20000101000000Z");
    assert_ne!(before, after);
}

#[tokio::test]
async fn a_name_is_never_a_filter() {
    let star = Person::new("st*r").password("s");
    let odd = Person::new("(x)\\2a*)(uid=*").password("o");
    let slapd = people().person(star).person(odd).start().unwrap();
    let directory = open(config(&slapd));
    for name in [
        "*",
        "a*",
        "al*ce",
        "alice)(uid=*",
        "*)(objectClass=*",
        "\\61lice",
        "st\\2ar",
        "{name}",
        "(",
        "\\",
    ] {
        assert_eq!(unknown(&directory, name).await, "no entry matches", "{name}");
    }
    for name in ["st*r", "(x)\\2a*)(uid=*"] {
        assert_eq!(found(&directory, name).await.account.name, name);
    }
}

#[tokio::test]
async fn unknown_names_are_unknown() {
    let slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    for name in [
        "nobody",
        "alice@example.com",
        "älice",
        &"a".repeat(MAX_NAME_OCTETS),
    ] {
        assert_eq!(unknown(&directory, name).await, "no entry matches", "{name}");
    }
    let searches = |log: &str| log.matches(" SRCH base=").count();
    let before = searches(&slapd.log());
    for name in ["", "\0", "alice\0", &"a".repeat(MAX_NAME_OCTETS + 1)] {
        let why = unknown(&directory, name).await;
        assert_eq!(why, "the name is empty, too long or holds NUL", "{name:?}");
    }
    // A look-up behind them is the next in the server's log, so there was none for them.
    found(&directory, "bob").await;
    slapd.logged("(uid=bob)").unwrap();
    assert_eq!(searches(&slapd.log()), before + 1);
}

#[tokio::test]
async fn more_than_one_entry_is_nobody() {
    let mut crowd = people();
    for number in 0..5 {
        crowd = crowd.person(Person::new(&format!("p{number}")).mail("crowd@example.org"));
    }
    let slapd = crowd.start().unwrap();
    let directory = open(config(&slapd));
    for name in ["both@example.org", "crowd@example.org"] {
        assert_eq!(
            unknown(&directory, name).await,
            "more than one entry matches",
            "{name}"
        );
    }
    found(&directory, "alice").await;
}

#[tokio::test]
async fn what_the_configuration_names_has_to_be_there() {
    let slapd = people().start().unwrap();
    let directory = open(Config {
        login_attribute: "mailHost".to_owned(),
        ..config(&slapd)
    });
    assert_eq!(
        found(&directory, "alice").await.account.upstream_login,
        "mail1.example.org"
    );
    let why = unknown(&directory, "bob").await;
    assert_eq!(why, "the entry has no value in the login attribute");

    let directory = open(Config {
        id_attribute: "employeeNumber".to_owned(),
        ..config(&slapd)
    });
    assert_eq!(
        found(&directory, "bob").await.id.0,
        "uid=bob,ou=people,dc=example,dc=org"
    );

    let directory = open(Config {
        base: "ou=nowhere,dc=example,dc=org".to_owned(),
        ..config(&slapd)
    });
    let why = unavailable(&directory, "alice").await;
    assert!(why.contains("does not exist"), "{why}");
}

async fn with_id(directory: &LdapDirectory, id: &str) -> Resolution {
    directory.resolve_id(&EntryId(id.to_owned())).await
}

#[tokio::test]
async fn an_id_is_found_whatever_the_filter_asks_of_names() {
    let slapd = people().start().unwrap();
    let directory = open(Config {
        filter: "(mail={name})".to_owned(),
        ..config(&slapd)
    });
    let alice = found(&directory, "alice@example.org").await;
    // The canonical name is for logs: this filter does not know it.
    assert_eq!(unknown(&directory, &alice.account.name).await, "no entry matches");
    assert_eq!(
        directory.resolve_id(&alice.id).await,
        Resolution::Found(alice.clone())
    );
    for id in [
        "alice",
        "alice@example.org",
        "*",
        "0000",
        "uid=alice",
        "a=b=c",
        "",
    ] {
        assert!(
            matches!(with_id(&directory, id).await, Resolution::Unknown { .. }),
            "{id}"
        );
    }
    // It has the attribute, so its distinguished name is not its id.
    assert_eq!(
        with_id(&directory, &alice.handle).await,
        Resolution::Unknown {
            why: "the entry that matches has another id"
        }
    );
}

#[tokio::test]
async fn an_id_that_is_a_distinguished_name_is_found() {
    let slapd = people().person(Person::new("Comma, +Plus")).start().unwrap();
    let directory = open(Config {
        id_attribute: "employeeNumber".to_owned(),
        name_attribute: "employeeNumber".to_owned(),
        ..config(&slapd)
    });
    for name in ["bob", "comma, +plus"] {
        let entry = found(&directory, name).await;
        assert_eq!(
            (&entry.account.name, &entry.id.0),
            (&entry.handle, &entry.handle.to_lowercase())
        );
        assert_eq!(directory.resolve_id(&entry.id).await, Resolution::Found(entry));
    }
    let gone = with_id(&directory, "uid=gone,ou=people,dc=example,dc=org").await;
    assert!(matches!(gone, Resolution::Unknown { .. }), "{gone:?}");
}

#[tokio::test]
async fn an_id_is_the_first_value_of_its_attribute() {
    let person = Person::new("carol")
        .mail("c@example.org")
        .mail("both@example.org");
    let slapd = people().person(person).start().unwrap();
    let directory = open(Config {
        id_attribute: "mail".to_owned(),
        ..config(&slapd)
    });
    let carol = found(&directory, "carol").await;
    assert_eq!(
        with_id(&directory, "c@example.org").await,
        Resolution::Found(carol)
    );
    assert!(matches!(
        with_id(&directory, "both@example.org").await,
        Resolution::Unknown { .. }
    ));
}

#[tokio::test]
async fn an_outage_is_not_an_unknown_id() {
    let mut slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    let alice = found(&directory, "alice").await;
    slapd.stop();
    let down = directory.resolve_id(&alice.id).await;
    assert!(matches!(down, Resolution::Unavailable(_)), "{down:?}");
}

#[tokio::test]
async fn odd_names_and_passwords_go_through() {
    let odd = [
        ("jörg", "pässwörd"),
        ("Ωmega@example.org", "пароль 密码 🔑"),
        ("quo\"te", "\"\""),
        ("back\\slash", "\\\\"),
        ("bra{c}e", "x{SSHA}{3+}"),
        ("comma,plus+less<more>#;=", "%s%n$(id)"),
        ("per%cent", " blanks "),
        ("par(en)s*", "*"),
    ];
    let everybody = odd.map(|(name, password)| Person::new(name).password(password));
    let slapd = everybody.into_iter().fold(Slapd::builder(), SlapdBuilder::person);
    let slapd = slapd.start().unwrap();
    let directory = open(config(&slapd));
    for (name, password) in odd {
        let entry = found(&directory, name).await;
        assert_eq!(entry.account.name, name);
        let account = granted(&directory, &entry, password).await;
        assert_eq!(account, entry.account);
        denied(&directory, &entry, &format!("{password} ")).await;
    }
}

#[tokio::test]
async fn referrals_are_not_followed() {
    let trap = TcpListener::bind((address(), 0)).await.unwrap();
    let referral = format!(
        "dn: ou=elsewhere,ou=people,dc=example,dc=org\nobjectClass: referral\nobjectClass: extensibleObject\n\
         ou: elsewhere\nref: ldap://{}/ou=people,dc=example,dc=com",
        trap.local_addr().unwrap()
    );
    let slapd = people().ldif(&referral).start().unwrap();
    // One that comes with the entries, as the roots of Active Directory have three of them.
    let directory = open(config(&slapd));
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    assert_eq!(unknown(&directory, "nobody").await, "no entry matches");
    // And one that is the whole answer.
    let directory = open(Config {
        base: "ou=elsewhere,ou=people,dc=example,dc=org".to_owned(),
        ..config(&slapd)
    });
    let why = unavailable(&directory, "alice").await;
    assert!(
        why.contains("refers to another one, which is not followed"),
        "{why}"
    );
    assert!(timeout(Duration::ZERO, trap.accept()).await.is_err(), "followed");
}
