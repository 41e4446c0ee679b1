//! slapd as OpenLDAP's own tools see it.

use std::process::{Command, Output};

use gatepost_testkit::servers::{Person, Slapd};

fn start() -> Slapd {
    let alice = Person::new("alice").password("secret").mail("alice@example.org");
    let odd = Person::new("o,d\"d\\ü")
        .password("pä\"ss")
        .alias("odd@example.org")
        .mail_host("mail2");
    let builder = Slapd::builder().person(alice).person(odd);
    builder.group("staff", &["alice"]).start().unwrap()
}

/// Runs a tool of OpenLDAP that trusts the server's authority.
fn run(slapd: &Slapd, tool: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(tool);
    command
        .env("LDAPTLS_CACERT", slapd.ca_file())
        .arg("-x")
        .args(arguments);
    command.output().expect("ldap-utils has to be installed")
}

fn search(slapd: &Slapd, how: &[&str], filter: &str) -> Output {
    let who = [
        "-D",
        slapd.service_dn(),
        "-w",
        slapd.service_password(),
        "-LLL",
        "-b",
        slapd.base(),
    ];
    run(slapd, "ldapsearch", &[how, &who, &[filter, "*", "+"]].concat())
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Binds, and returns what the tool says, with the password policy's control.
fn bind(slapd: &Slapd, uid: &str, password: &str) -> String {
    let dn = &format!("uid={uid},ou=people,dc=example,dc=org");
    let output = run(
        slapd,
        "ldapwhoami",
        &[
            "-H",
            &slapd.ldaps_url(),
            "-D",
            dn,
            "-w",
            password,
            "-e",
            "ppolicy",
        ],
    );
    stdout(&output) + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_service_account_searches_over_tls() {
    let slapd = start();
    for how in [&["-H", &slapd.ldaps_url()][..], &["-ZZ", "-H", &slapd.ldap_url()]] {
        let alice = stdout(&search(&slapd, how, "(mail=alice@example.org)"));
        for expected in [
            "uid: alice",
            "memberOf: cn=staff,ou=groups,",
            "pwdChangedTime: 2",
            "entryUUID: ",
        ] {
            assert!(alice.contains(expected), "{alice}");
        }
        assert!(!alice.contains("userPassword"), "{alice}");
        let odd = stdout(&search(&slapd, how, "(mailLocalAddress=odd@example.org)"));
        assert!(odd.contains("mailHost: mail2"), "{odd}");
    }
}

#[test]
fn nobody_else_does() {
    let slapd = start();
    let anonymous = run(
        &slapd,
        "ldapsearch",
        &["-H", &slapd.ldaps_url(), "-b", slapd.base()],
    );
    assert_eq!(anonymous.status.code(), Some(50), "{anonymous:?}");
    let plain = search(&slapd, &["-H", &slapd.ldap_url()], "(uid=alice)");
    assert_eq!(plain.status.code(), Some(13), "{plain:?}");
}

#[test]
fn the_password_policy_says_why() {
    let slapd = start();
    assert!(bind(&slapd, "alice", "secret").contains("dn:uid=alice"));
    assert!(bind(&slapd, "alice", "wrong").contains("Invalid credentials (49)"));
    slapd.add(&Person::new("bob").password("b")).unwrap();
    slapd.require_new_password("bob").unwrap();
    assert!(bind(&slapd, "bob", "b").contains("Password must be changed"));
    slapd.expire_password("alice").unwrap();
    assert!(bind(&slapd, "alice", "secret").contains("Password expired"));
    slapd.lock("alice").unwrap();
    assert!(bind(&slapd, "alice", "secret").contains("Account locked"));
    assert!(slapd.lock("nobody").is_err());
}

#[test]
fn entries_survive_a_restart() {
    let mut slapd = start();
    slapd.add(&Person::new("bob").password("b")).unwrap();
    slapd.set_password("alice", "new").unwrap();
    slapd.stop();
    assert!(bind(&slapd, "alice", "new").contains("Can't contact LDAP server"));
    slapd.restart().unwrap();
    assert!(bind(&slapd, "alice", "new").contains("dn:uid=alice"));
    let bob = search(&slapd, &["-H", &slapd.ldaps_url()], "(uid=bob)");
    assert!(stdout(&bob).contains("dn: uid=bob,"), "{bob:?}");
}
