//! Challenge and response, judged by secrets that the service account reads.

use gatepost_directory::ldap::{Config, LdapDirectory};
use gatepost_directory::{
    Claim, ClaimKind, ClaimKinds, Denial, Directory, Entry, Standing, Unavailable, Verdict,
};
use gatepost_testkit::servers::{Person, Slapd};

use crate::claims::{
    Mic, cram_md5, cram_md5_of_our_client, ntlm, ntlm_of_our_client, ntlm_of_the_specification, ntlm_with,
};
use crate::company::{config, denied, found, granted, open, people};

/// The hash of `Password` (MS-NLMP section 4.2.2.1.2), as Samba writes it.
pub(crate) const NT_HASH: &str = "A4F49C406510BDCAB6824EE7C30FD852";
/// What `doveadm pw -s CRAM-MD5` prints for `tanstaaftanstaaf`.
const STATE: &str = "{CRAM-MD5}d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e7015116b";
const TANSTAAF: &str = "tanstaaftanstaaf";

/// Reads every secret that there can be.
pub(crate) fn reading_all(slapd: &Slapd) -> Config {
    Config {
        nt_hash_attribute: Some("sambaNTPassword".to_owned()),
        cram_md5_attribute: Some("cramMd5State".to_owned()),
        plaintext_attribute: Some("clearPassword".to_owned()),
        ..config(slapd)
    }
}

pub(crate) async fn judge(directory: &LdapDirectory, entry: &Entry, claim: &Claim) -> Result<(), Denial> {
    match directory.verify(entry, claim).await {
        Verdict::Granted(account) => {
            assert_eq!(account, entry.account);
            Ok(())
        }
        Verdict::Denied(denial) => Err(denial),
        Verdict::Unavailable(why) => panic!("{}: {why}", entry.handle),
    }
}

/// Why nobody can judge a claim.
async fn unjudged(directory: &LdapDirectory, entry: &Entry, claim: &Claim) -> String {
    match directory.verify(entry, claim).await {
        Verdict::Unavailable(Unavailable(why)) => why,
        other => panic!("{}: {other:?}", entry.handle),
    }
}

/// What the right proof by NTLM comes to; a wrong one is wrong and no more.
async fn right_and_wrong(directory: &LdapDirectory, name: &str, expected: Result<(), Denial>) {
    let entry = found(directory, name).await;
    let right = judge(directory, &entry, &ntlm(name, "Password")).await;
    assert_eq!(right, expected, "{name}");
    let wrong = judge(directory, &entry, &ntlm(name, "password")).await;
    assert_eq!(wrong, WRONG, "{name}");
}

const WRONG: Result<(), Denial> = Err(Denial::BadCredentials);
pub(crate) const NOT_SUPPORTED: Result<(), Denial> = Err(Denial::NotSupported);

#[tokio::test]
async fn each_secret_judges_its_claim() {
    let carol = Person::new("carol")
        .password("bind")
        .nt_hash(NT_HASH)
        .cram_md5_state(STATE);
    let bare = STATE.trim_start_matches("{CRAM-MD5}");
    let dave = Person::new("dave").cram_md5_state(bare).clear_password("clear");
    let slapd = people().person(carol).person(dave).start().unwrap();
    let directory = open(reading_all(&slapd));
    let (carol, dave) = (found(&directory, "carol").await, found(&directory, "dave").await);

    assert_eq!(
        judge(&directory, &carol, &ntlm("carol", "Password")).await,
        Ok(())
    );
    assert_eq!(
        judge(&directory, &carol, &cram_md5("carol", TANSTAAF)).await,
        Ok(())
    );
    granted(&directory, &carol, "bind").await;
    assert_eq!(
        denied(&directory, &carol, "Password").await,
        Denial::BadCredentials
    );
    for wrong in ["password", TANSTAAF, "bind", ""] {
        assert_eq!(
            judge(&directory, &carol, &ntlm("carol", wrong)).await,
            WRONG,
            "{wrong}"
        );
    }
    for wrong in ["Password", "bind", ""] {
        assert_eq!(
            judge(&directory, &carol, &cram_md5("carol", wrong)).await,
            WRONG,
            "{wrong}"
        );
    }

    // The password in the clear is for what the other attributes have nothing for.
    assert_eq!(judge(&directory, &dave, &ntlm("dave", "clear")).await, Ok(()));
    assert_eq!(judge(&directory, &dave, &ntlm("dave", "Clear")).await, WRONG);
    assert_eq!(
        judge(&directory, &dave, &cram_md5("dave", TANSTAAF)).await,
        Ok(())
    );
    assert_eq!(judge(&directory, &dave, &cram_md5("dave", "clear")).await, WRONG);
}

#[tokio::test]
async fn other_clients_are_judged_too() {
    let carol = Person::new("carol").nt_hash(NT_HASH).cram_md5_state(STATE);
    let slapd = people().person(carol).start().unwrap();
    let directory = open(reading_all(&slapd));
    let carol = found(&directory, "carol").await;
    for (claim, expected) in [
        (ntlm_of_the_specification(), Ok(())),
        (ntlm_of_our_client("carol", "Password"), Ok(())),
        (ntlm_of_our_client("carol", "password"), WRONG),
        (cram_md5_of_our_client("carol", TANSTAAF), Ok(())),
        (cram_md5_of_our_client("carol", "Password"), WRONG),
    ] {
        assert_eq!(judge(&directory, &carol, &claim).await, expected, "{claim:?}");
    }
}

#[tokio::test]
async fn the_message_integrity_code_is_checked() {
    let slapd = people()
        .person(Person::new("carol").nt_hash(NT_HASH))
        .start()
        .unwrap();
    let directory = open(reading_all(&slapd));
    let carol = found(&directory, "carol").await;
    for (password, mic, expected) in [
        ("Password", Mic::Right, Ok(())),
        ("Password", Mic::Wrong, WRONG),
        ("password", Mic::Right, WRONG),
        ("password", Mic::Wrong, WRONG),
    ] {
        let claim = ntlm_with("carol", password, mic);
        assert_eq!(
            judge(&directory, &carol, &claim).await,
            expected,
            "{password} {mic:?}"
        );
    }
}

#[tokio::test]
async fn what_is_accepted_is_what_is_configured() {
    let slapd = people()
        .person(Person::new("carol").nt_hash(NT_HASH))
        .start()
        .unwrap();
    let ntlm_alone = Config {
        nt_hash_attribute: Some("sambaNTPassword".to_owned()),
        ..config(&slapd)
    };
    let plaintext = Config {
        plaintext_attribute: Some("clearPassword".to_owned()),
        ..config(&slapd)
    };
    let all: ClaimKinds = ClaimKind::ALL.iter().copied().collect();
    assert_eq!(open(config(&slapd)).accepts(), ClaimKinds::PASSWORD);
    assert_eq!(open(plaintext).accepts(), all);
    let directory = open(ntlm_alone);
    assert_eq!(directory.accepts(), ClaimKinds::PASSWORD.with(ClaimKind::Ntlm));
    let carol = found(&directory, "carol").await;
    let claim = cram_md5("carol", "Password");
    assert_eq!(judge(&directory, &carol, &claim).await, NOT_SUPPORTED);
}

#[tokio::test]
async fn who_has_no_secret_is_not_supported() {
    let unset = Person::new("unset").nt_hash("NO PASSWORDXXXXXXXXXXXXXXXXXXXXX");
    let crossed = Person::new("crossed").nt_hash(&"X".repeat(32));
    let empty = Person::new("empty")
        .nt_hash("31D6CFE0D16AE931B73C59D7E0C089C0")
        .cram_md5_state("00747cf2ffaf11c5ea4a64979c3901fc1d20dee13f480bb598f7d8575b23e61b");
    let hashed = Person::new("hashed")
        .clear_password("{SSHA}x")
        .clear_password("$6$salt$hash");
    let blank = Person::new("blank").clear_password("{PLAIN}");
    let names = ["unset", "crossed", "empty", "hashed", "blank", "alice"];
    let people = [unset, crossed, empty, hashed, blank];
    let slapd = people
        .into_iter()
        .fold(crate::company::people(), |slapd, person| slapd.person(person));
    let slapd = slapd.start().unwrap();
    let directory = open(reading_all(&slapd));
    for name in names {
        let entry = found(&directory, name).await;
        for password in [
            "",
            "secret",
            "{SSHA}x",
            "$6$salt$hash",
            "{PLAIN}",
            "NO PASSWORDXXXXXXXXXXXXXXXXXXXXX",
        ] {
            for claim in [ntlm(name, password), cram_md5(name, password)] {
                assert_eq!(
                    judge(&directory, &entry, &claim).await,
                    NOT_SUPPORTED,
                    "{name} {claim:?}"
                );
            }
        }
    }
}

/// A hash of another scheme beside the password is passed over, with `userPassword` in mind.
#[tokio::test]
async fn values_of_other_schemes_are_passed_over() {
    let carol = Person::new("carol")
        .clear_password("{SSHA}abc")
        .clear_password("{cleartext}{x}y");
    let carol = carol.cram_md5_state("{SSHA}abc").cram_md5_state(STATE);
    let slapd = people().person(carol).start().unwrap();
    let directory = open(reading_all(&slapd));
    let carol = found(&directory, "carol").await;
    assert_eq!(judge(&directory, &carol, &ntlm("carol", "{x}y")).await, Ok(()));
    assert_eq!(
        judge(&directory, &carol, &cram_md5("carol", TANSTAAF)).await,
        Ok(())
    );
}

/// It is no fault of the user, and a phone must not ask for another password.
#[tokio::test]
async fn what_nobody_can_make_sense_of_is_no_wrong_password() {
    let slapd = people()
        .person(
            Person::new("short")
                .nt_hash("a4f49c406510bdcab6824ee7c30fd85")
                .clear_password("x"),
        )
        .person(Person::new("state").cram_md5_state("hunter2"))
        .person(
            Person::new("two")
                .clear_password("hunter2")
                .clear_password("hunter3"),
        )
        .person(Person::new("nul").clear_password("hunter2\0"))
        .start()
        .unwrap();
    let directory = open(reading_all(&slapd));
    for (name, claim, expected) in [
        (
            "short",
            ntlm("short", "x"),
            "sambaNTPassword of \"uid=short,ou=people,dc=example,dc=org\": expected an NT hash",
        ),
        (
            "state",
            cram_md5("state", "hunter2"),
            "cramMd5State of \"uid=state,ou=people,dc=example,dc=org\": expected a CRAM",
        ),
        (
            "two",
            ntlm("two", "hunter2"),
            "clearPassword of \"uid=two,ou=people,dc=example,dc=org\": there is more than",
        ),
        (
            "nul",
            ntlm("nul", "hunter2"),
            "clearPassword of \"uid=nul,ou=people,dc=example,dc=org\": expected a password",
        ),
    ] {
        let entry = found(&directory, name).await;
        let why = unjudged(&directory, &entry, &claim).await;
        assert!(why.starts_with(expected), "{why}");
        assert!(!why.contains("hunter"), "{why}");
    }
}

#[tokio::test]
async fn a_new_secret_counts_at_once() {
    let slapd = people()
        .person(Person::new("carol").clear_password("old"))
        .start()
        .unwrap();
    let directory = open(reading_all(&slapd));
    let carol = found(&directory, "carol").await;
    assert_eq!(judge(&directory, &carol, &ntlm("carol", "old")).await, Ok(()));
    slapd.set("carol", "clearPassword", "new").unwrap();
    assert_eq!(judge(&directory, &carol, &ntlm("carol", "old")).await, WRONG);
    assert_eq!(judge(&directory, &carol, &ntlm("carol", "new")).await, Ok(()));
}

/// No server that binds has looked at these accounts.
#[tokio::test]
async fn the_state_of_the_account_counts_after_the_right_proof() {
    let person = |name: &str| Person::new(name).password("Password").nt_hash(NT_HASH);
    let flagged = |name: &str, flags| person(name).attribute("sambaAcctFlags", flags);
    let slapd = people()
        .person(flagged("fine", "[U          ]"))
        .person(flagged("off", "[UD         ]"))
        .person(flagged("auto", "[UL         ]"))
        .person(person("locked"))
        .person(person("reset"));
    let slapd = slapd.start().unwrap();
    slapd.lock("locked").unwrap();
    slapd.require_new_password("reset").unwrap();
    let directory = open(reading_all(&slapd));
    for (name, expected) in [
        ("fine", Ok(())),
        ("off", Err(Denial::Disabled)),
        ("auto", Err(Denial::Locked)),
        ("locked", Err(Denial::Locked)),
        ("reset", Err(Denial::PasswordExpired)),
    ] {
        right_and_wrong(&directory, name, expected).await;
    }
}

/// An account that is disabled is so for a password too, and for sessions that go on.
#[tokio::test]
async fn a_disabled_account_is_so_whatever_it_proves() {
    let off = Person::new("off").password("p").nt_hash(NT_HASH);
    let off = off.attribute("sambaAcctFlags", "[UD         ]");
    let slapd = people().person(off).start().unwrap();
    let directory = open(reading_all(&slapd));
    let (alice, off) = (found(&directory, "alice").await, found(&directory, "off").await);
    assert_eq!(denied(&directory, &off, "p").await, Denial::Disabled);
    assert_eq!(denied(&directory, &off, "q").await, Denial::BadCredentials);
    assert_eq!(directory.standing(&off).await, Standing::Denied(Denial::Disabled));
    assert_eq!(directory.standing(&alice).await, Standing::Usable);
    // Where no secrets are read, these flags mean nothing.
    let directory = open(config(&slapd));
    granted(&directory, &off, "p").await;
    assert_eq!(directory.standing(&off).await, Standing::Usable);
}

#[tokio::test]
async fn permission_is_asked_after_the_right_proof() {
    let person = |name| Person::new(name).nt_hash(NT_HASH);
    let carol = person("carol").attribute("employeeType", "disabled");
    let people = people()
        .person(carol)
        .person(person("dave"))
        .person(person("erin"));
    let slapd = people.group("mail", &["carol", "dave"]).start().unwrap();
    let directory = open(Config {
        disabled_filter: Some("(employeeType=disabled)".to_owned()),
        required_group: Some(slapd.group_dn("mail")),
        ..reading_all(&slapd)
    });
    for (name, expected) in [
        ("carol", Err(Denial::Disabled)),
        ("dave", Ok(())),
        ("erin", Err(Denial::NotPermitted)),
    ] {
        right_and_wrong(&directory, name, expected).await;
    }
}

#[tokio::test]
async fn an_entry_that_has_gone_is_nobody() {
    let slapd = people().start().unwrap();
    let directory = open(reading_all(&slapd));
    let mut gone = found(&directory, "alice").await;
    // An empty name is the root of the server, which everybody may read.
    for handle in ["uid=gone,ou=people,dc=example,dc=org", ""] {
        gone.handle = handle.to_owned();
        assert_eq!(
            judge(&directory, &gone, &ntlm("alice", "x")).await,
            WRONG,
            "{handle}"
        );
        assert_eq!(
            judge(&directory, &gone, &cram_md5("alice", "x")).await,
            WRONG,
            "{handle}"
        );
    }
}

#[tokio::test]
async fn a_directory_that_is_away_says_nothing_of_the_claim() {
    let mut slapd = people()
        .person(Person::new("carol").nt_hash(NT_HASH))
        .start()
        .unwrap();
    let directory = open(reading_all(&slapd));
    let carol = found(&directory, "carol").await;
    slapd.stop();
    for password in ["Password", "password"] {
        unjudged(&directory, &carol, &ntlm("carol", password)).await;
    }
    slapd.restart().unwrap();
    let directory = open(reading_all(&slapd));
    assert_eq!(
        judge(&directory, &carol, &ntlm("carol", "Password")).await,
        Ok(())
    );
}

/// One search for a name that is nobody's, as for one whose claim is wrong; none for a password.
#[tokio::test]
async fn nobody_costs_what_a_wrong_claim_costs() {
    let slapd = people()
        .person(Person::new("carol").nt_hash(NT_HASH))
        .start()
        .unwrap();
    let directory = open(reading_all(&slapd));
    let carol = found(&directory, "carol").await;
    let searches = || slapd.log().matches(" SRCH base=").count();
    let before = searches();
    assert_eq!(judge(&directory, &carol, &ntlm("carol", "x")).await, WRONG);
    let somebody = searches() - before;
    assert_eq!(somebody, 1);
    for claim in [ntlm("nobody", "x"), cram_md5("nobody", "x")] {
        let before = searches();
        directory.verify_unknown(&claim).await.unwrap();
        assert_eq!(searches() - before, somebody, "{claim:?}");
    }
    let before = searches();
    directory
        .verify_unknown(&Claim::password(b"nobody", b"x").unwrap())
        .await
        .unwrap();
    assert_eq!(searches(), before);
}
