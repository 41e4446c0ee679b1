//! Who gets in, and who does not.

use std::time::Duration;

use gatepost_testkit::servers::{DomainUser, Hindrance, Samba};

use super::{bind, code, log_in};

#[test]
fn each_hindrance_has_its_code() {
    let samba = Samba::corp().unwrap();
    for (name, expected) in [
        ("carol", "533"),
        ("dave", "701"),
        ("erin", "773"),
        ("frank", "530"),
        ("grace", "531"),
        ("heidi", "775"),
        ("ivan", "532"),
        ("nobody", "52e"),
    ] {
        assert_eq!(
            log_in(&samba, name, &Samba::password(name)),
            code(expected),
            "{name}"
        );
    }
    // What hinders somebody is told to those who know the password; but a lock to all.
    for (name, expected) in [
        ("carol", "52e"),
        ("ivan", "52e"),
        ("heidi", "775"),
        ("alice", "52e"),
    ] {
        assert_eq!(log_in(&samba, name, "wrong"), code(expected), "{name}");
    }
}

#[test]
fn the_others_get_in_by_any_of_their_names() {
    let samba = Samba::corp().unwrap();
    for name in [
        "alice", "ALICE", "müller", "straße", "µser", "ıdil", "ÿves", "judy", "bob",
    ] {
        let password = Samba::password(&name.replace("ALICE", "alice"));
        assert_eq!(log_in(&samba, name, &password), Ok(()), "{name}");
    }
    let bob = Samba::password("bob");
    let dn = samba.dn("bob").unwrap();
    for name in ["b.baker@mail.example.test", "bob@corp.example.test", &dn] {
        assert_eq!(bind(&samba, name, &bob), Ok(()), "{name}");
    }
    for name in ["bob", "bob@example.test"] {
        assert_eq!(bind(&samba, name, &bob), code("52e"), "{name}");
    }
    assert_eq!(bind(&samba, &samba.admin_dn(), samba.admin_password()), Ok(()));
}

#[test]
fn wrong_passwords_count_until_they_lock() {
    let samba = Samba::corp().unwrap();
    let password = Samba::password("alice");
    for count in 1..=4 {
        assert_eq!(log_in(&samba, "alice", "wrong"), code("52e"));
        assert_eq!(samba.bad_pwd_count("alice").unwrap(), count);
    }
    assert_eq!(log_in(&samba, "alice", &password), Ok(()));
    assert_eq!(samba.bad_pwd_count("alice").unwrap(), 0);
    for _ in 0..5 {
        assert_eq!(log_in(&samba, "alice", "wrong"), code("52e"));
    }
    assert_eq!(log_in(&samba, "alice", &password), code("775"));
    samba.unlock("alice").unwrap();
    assert_eq!(log_in(&samba, "alice", &password), Ok(()));
}

#[test]
fn a_lock_can_come_sooner_and_end() {
    let builder = Samba::builder().lockout(2, Duration::from_secs(3600));
    let samba = builder.start().unwrap();
    let password = Samba::password("alice");
    for expected in ["52e", "52e", "775"] {
        assert_eq!(log_in(&samba, "alice", "wrong"), code(expected));
    }
    assert_eq!(log_in(&samba, "alice", &password), code("775"));
    samba.set_lockout(2, Duration::from_millis(10)).unwrap();
    // It counts whole seconds.
    assert!((0..200).any(|_| log_in(&samba, "alice", &password) == Ok(())));

    samba.set_lockout(0, Duration::from_secs(3600)).unwrap();
    for _ in 0..3 {
        assert_eq!(log_in(&samba, "alice", "wrong"), code("52e"));
    }
    assert_eq!(samba.bad_pwd_count("alice").unwrap(), 0);
}

#[test]
fn old_passwords_do_not_count() {
    let strict = Samba::corp().unwrap();
    let lenient = Samba::builder().taking_old_passwords().start().unwrap();
    for (samba, last) in [(strict, code("52e")), (lenient, Ok(()))] {
        samba.set_password("alice", "second").unwrap();
        samba.set_password("alice", "third").unwrap();
        assert_eq!(log_in(&samba, "alice", "wrong"), code("52e"));
        assert_eq!(log_in(&samba, "alice", &Samba::password("alice")), code("52e"));
        assert_eq!(samba.bad_pwd_count("alice").unwrap(), 1);
        assert_eq!(log_in(&samba, "alice", "second"), last);
        assert_eq!(log_in(&samba, "alice", "third"), Ok(()));
    }
}

#[test]
fn an_administrator_changes_accounts_while_it_runs() {
    let samba = Samba::corp().unwrap();
    let password = Samba::password("alice");
    samba.disable("alice").unwrap();
    assert_eq!(log_in(&samba, "alice", &password), code("533"));
    samba.enable("alice").unwrap();
    assert_eq!(log_in(&samba, "alice", &password), Ok(()));
    samba.lock_out("alice").unwrap();
    assert_eq!(log_in(&samba, "alice", &password), code("775"));
    samba.unlock("alice").unwrap();
    samba.set_password("alice", "Ünother\"\\ 1").unwrap();
    assert_eq!(log_in(&samba, "alice", &password), code("52e"));
    assert_eq!(log_in(&samba, "alice", "Ünother\"\\ 1"), Ok(()));
    samba.hinder("alice", Hindrance::MustChange).unwrap();
    assert_eq!(log_in(&samba, "alice", "Ünother\"\\ 1"), code("773"));
    samba.delete("alice").unwrap();
    assert_eq!(log_in(&samba, "alice", "Ünother\"\\ 1"), code("52e"));
    let error = samba.bad_pwd_count("alice").unwrap_err();
    assert!(error.to_string().contains("there is no account alice"), "{error}");
}

#[test]
fn accounts_can_be_added() {
    let zoë = DomainUser::new("zoë (z) #1", "pä ss")
        .upn("zoe@mail.example.test")
        .mail("zoe@example.test")
        .proxy_address("SMTP:zoe@example.test")
        .proxy_address("smtp:z@example.test")
        .member_of("mail-inner");
    let builder = Samba::builder()
        .user(&zoë)
        .group("staff", &["zoë (z) #1", "mail-inner"]);
    let samba = builder.computer("GW9", "gw9").start().unwrap();
    assert_eq!(bind(&samba, "zoe@mail.example.test", "pä ss"), Ok(()));
    let aliases = samba.attribute("zoë (z) #1", "proxyAddresses").unwrap();
    assert!(aliases.is_some_and(|alias| alias.ends_with("@example.test")));
    assert_eq!(
        samba.attribute("zoë (z) #1", "mail").unwrap().unwrap(),
        "zoe@example.test"
    );
    assert_eq!(
        samba.attribute("GW9$", "userAccountControl").unwrap().unwrap(),
        "4096"
    );
    samba.leave("staff", "mail-inner").unwrap();
    samba.join("staff", "bob").unwrap();
    samba.set("bob", "mail", "b@example.test").unwrap();
    samba
        .add(&DomainUser::new("late", "late").hindered(Hindrance::Disabled))
        .unwrap();
    assert_eq!(log_in(&samba, "late", "late"), code("533"));
    let sid = samba.object_sid("bob").unwrap();
    assert!(
        sid.starts_with("S-1-5-21-1004336348-1177238915-682003330-1"),
        "{sid}"
    );
}
