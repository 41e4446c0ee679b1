//! Challenge and response, judged by what is in the file.

use gatepost_directory::file::FileDirectory;
use gatepost_directory::file::secret::{Kind, make};
use gatepost_directory::{Claim, ClaimKind, ClaimKinds, Denial, Verdict};
use gatepost_wire::Secret;

use crate::claims::{
    Mic, cram_md5, cram_md5_of_our_client, ntlm, ntlm_of_our_client, ntlm_of_the_specification, ntlm_with,
};
use crate::{entry, file_of, login};

/// The password that MS-NLMP section 4.2.1 uses.
const NT_HASH: &str = "{NTHASH}a4f49c406510bdcab6824ee7c30fd852";
/// What `doveadm pw -s CRAM-MD5` prints for the password of RFC 2195.
const CRAM_MD5: &str = "{CRAM-MD5}d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e7015116b";
const ARGON2: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const TANSTAAF: &str = "tanstaaftanstaaf";

fn parse(secret: &str) -> FileDirectory {
    FileDirectory::parse(&file_of(secret)).unwrap()
}

/// `alice` with several secrets.
fn parse_list(secrets: &[&str]) -> Result<FileDirectory, String> {
    let list: Vec<String> = secrets.iter().map(|secret| format!("{secret:?}")).collect();
    let text = format!(
        "[[user]]\nname = \"alice\"\nsecrets = [\n{}\n]\n",
        list.join(",\n")
    );
    FileDirectory::parse(&text).map_err(|error| error.to_string())
}

fn judge(directory: &FileDirectory, claim: &Claim) -> Result<(), Denial> {
    match directory.verify(&entry(directory, "alice"), claim) {
        Verdict::Granted(account) => {
            assert_eq!(account.name, "alice");
            Ok(())
        }
        Verdict::Denied(denial) => Err(denial),
        Verdict::Unavailable(why) => panic!("{why}"),
    }
}

const WRONG: Result<(), Denial> = Err(Denial::BadCredentials);
const NOT_SUPPORTED: Result<(), Denial> = Err(Denial::NotSupported);

#[test]
fn a_password_in_the_clear_judges_everything() {
    let directory = parse("{PLAIN}Pässword");
    assert_eq!(judge(&directory, &cram_md5("alice", "Pässword")), Ok(()));
    assert_eq!(judge(&directory, &ntlm("alice", "Pässword")), Ok(()));
    assert_eq!(login(&directory, "alice", "Pässword"), Ok(()));
    for wrong in ["pässword", "Passwort", ""] {
        assert_eq!(judge(&directory, &cram_md5("alice", wrong)), WRONG, "{wrong}");
        assert_eq!(judge(&directory, &ntlm("alice", wrong)), WRONG, "{wrong}");
    }
}

#[test]
fn the_values_of_the_specification_are_right() {
    let claim = ntlm_of_the_specification();
    assert_eq!(claim.name(), "User");
    assert_eq!(judge(&parse(NT_HASH), &claim), Ok(()));
    assert_eq!(judge(&parse("{PLAIN}Password"), &claim), Ok(()));
    assert_eq!(judge(&parse("{PLAIN}password"), &claim), WRONG);
}

#[test]
fn our_own_clients_are_judged_too() {
    for claim in [cram_md5_of_our_client, ntlm_of_our_client] {
        let claim = claim("alice", "Pässword");
        assert_eq!(judge(&parse("{PLAIN}Pässword"), &claim), Ok(()));
        assert_eq!(judge(&parse("{PLAIN}Password"), &claim), WRONG);
    }
}

#[test]
fn an_nt_hash_judges_ntlm_and_passwords() {
    for directory in [parse(NT_HASH), parse("{NTHASH}A4F49C406510BDCAB6824EE7C30FD852")] {
        assert_eq!(judge(&directory, &ntlm("alice", "Password")), Ok(()));
        assert_eq!(judge(&directory, &ntlm("alice", "password")), WRONG);
        assert_eq!(login(&directory, "alice", "Password"), Ok(()));
        assert_eq!(login(&directory, "alice", "password"), WRONG);
        assert_eq!(judge(&directory, &cram_md5("alice", "Password")), NOT_SUPPORTED);
    }
}

#[test]
fn a_cram_md5_state_judges_cram_md5_and_passwords() {
    let directory = parse(CRAM_MD5);
    assert_eq!(judge(&directory, &cram_md5("alice", TANSTAAF)), Ok(()));
    assert_eq!(judge(&directory, &cram_md5("alice", "tanstaaf")), WRONG);
    assert_eq!(login(&directory, "alice", TANSTAAF), Ok(()));
    assert_eq!(login(&directory, "alice", "tanstaaf"), WRONG);
    assert_eq!(judge(&directory, &ntlm("alice", TANSTAAF)), NOT_SUPPORTED);
}

/// `doveadm pw -s CRAM-MD5 -p` with 80 times `x`, which HMAC hashes first.
#[test]
fn a_password_longer_than_a_block_has_a_state_too() {
    let state = "ff6454343902c25cfaf14768b382dae3172680a33b4792a34267ff0628fbfe89";
    let directory = parse(&format!("{{CRAM-MD5}}{state}"));
    let password = "x".repeat(80);
    assert_eq!(judge(&directory, &cram_md5("alice", &password)), Ok(()));
    assert_eq!(login(&directory, "alice", &password), Ok(()));
    assert_eq!(login(&directory, "alice", &password[1..]), WRONG);
}

#[test]
fn a_slow_hash_judges_passwords_alone() {
    let directory = parse(ARGON2);
    assert_eq!(login(&directory, "alice", "password"), Ok(()));
    assert_eq!(judge(&directory, &cram_md5("alice", "password")), NOT_SUPPORTED);
    assert_eq!(judge(&directory, &ntlm("alice", "password")), NOT_SUPPORTED);
}

/// Three secrets of three passwords: each use has its own, and a password is judged by the slow hash alone.
#[test]
fn each_claim_has_its_secret() {
    for secrets in [[ARGON2, NT_HASH, CRAM_MD5], [CRAM_MD5, NT_HASH, ARGON2]] {
        let directory = parse_list(&secrets).unwrap();
        assert_eq!(login(&directory, "alice", "password"), Ok(()));
        assert_eq!(judge(&directory, &ntlm("alice", "Password")), Ok(()));
        assert_eq!(judge(&directory, &cram_md5("alice", TANSTAAF)), Ok(()));
        for other in ["Password", TANSTAAF] {
            assert_eq!(login(&directory, "alice", other), WRONG, "{other}");
        }
        assert_eq!(judge(&directory, &ntlm("alice", TANSTAAF)), WRONG);
        assert_eq!(judge(&directory, &cram_md5("alice", "Password")), WRONG);
    }
    let directory = parse_list(&[CRAM_MD5, NT_HASH]).unwrap();
    assert_eq!(login(&directory, "alice", "Password"), Ok(()));
    assert_eq!(login(&directory, "alice", TANSTAAF), WRONG);
}

#[test]
fn what_is_accepted_is_what_every_user_has() {
    let all: ClaimKinds = ClaimKind::ALL.iter().copied().collect();
    let ntlm = ClaimKinds::PASSWORD.with(ClaimKind::Ntlm);
    assert_eq!(parse("{PLAIN}x").accepts(), all);
    assert_eq!(parse(NT_HASH).accepts(), ntlm);
    assert_eq!(
        parse(CRAM_MD5).accepts(),
        ClaimKinds::PASSWORD.with(ClaimKind::CramMd5)
    );
    assert_eq!(parse_list(&[ARGON2, NT_HASH]).unwrap().accepts(), ntlm);
    let two = |other: &str| {
        let text = format!(
            "{}\n[[user]]\nname = \"bob\"\nsecret = \"{other}\"\n",
            file_of("{PLAIN}x")
        );
        FileDirectory::parse(&text).unwrap()
    };
    assert_eq!(two(NT_HASH).accepts(), ntlm);
    assert_eq!(two(ARGON2).accepts(), ClaimKinds::PASSWORD);
}

#[test]
fn who_lacks_what_is_required_is_named() {
    let user = |name: &str, secret: &str| format!("[[user]]\nname = \"{name}\"\nsecret = \"{secret}\"\n");
    let text = user("alice", NT_HASH) + &user("Bob", ARGON2) + &user("carol", CRAM_MD5);
    let require = |kind| {
        let directory = FileDirectory::parse(&text).unwrap();
        directory
            .require(ClaimKinds::PASSWORD.with(kind))
            .map(|directory| directory.len())
            .map_err(|error| error.to_string())
    };
    assert_eq!(require(ClaimKind::Password), Ok(3));
    assert_eq!(
        require(ClaimKind::Ntlm).unwrap_err(),
        "NTLM cannot be judged for the user `Bob` (and 1 more), who would need a secret that begins with {NTHASH} \
         or {PLAIN}"
    );
    assert_eq!(
        require(ClaimKind::CramMd5).unwrap_err(),
        "CRAM-MD5 cannot be judged for the user `alice` (and 1 more), who would need a secret that begins with \
         {CRAM-MD5} or {PLAIN}"
    );
}

#[test]
fn the_message_integrity_code_is_checked() {
    for directory in [parse("{PLAIN}Password"), parse(NT_HASH)] {
        let with = |password, mic| judge(&directory, &ntlm_with("alice", password, mic));
        assert_eq!(with("Password", Mic::Right), Ok(()));
        assert_eq!(with("Password", Mic::Absent), Ok(()));
        assert_eq!(with("Password", Mic::Wrong), WRONG);
        for mic in [Mic::Right, Mic::Absent, Mic::Wrong] {
            assert_eq!(with("password", mic), WRONG, "{mic:?}");
        }
    }
}

#[test]
fn names_of_any_alphabet_log_in_by_ntlm() {
    for name in ["müller", "ÇELIK"] {
        let text = format!("[[user]]\nname = \"{name}\"\nsecret = \"{{PLAIN}}p\"\n");
        let directory = FileDirectory::parse(&text).unwrap();
        let verdict = directory.verify(&entry(&directory, name), &ntlm(name, "p"));
        assert!(matches!(verdict, Verdict::Granted(_)), "{name}: {verdict:?}");
    }
}

#[test]
fn only_the_right_proof_learns_that_a_user_is_disabled() {
    let text = file_of("{PLAIN}x") + "disabled = true\n";
    let directory = FileDirectory::parse(&text).unwrap();
    for claim in [cram_md5, ntlm] {
        assert_eq!(judge(&directory, &claim("alice", "x")), Err(Denial::Disabled));
        assert_eq!(judge(&directory, &claim("alice", "y")), WRONG);
    }
}

/// The file was read again between the two questions.
#[test]
fn an_entry_of_the_past_is_nobody() {
    let alice = entry(&parse("{PLAIN}x"), "alice");
    let text = "[[user]]\nname = \"bob\"\naliases = [\"alice\"]\nsecret = \"{PLAIN}x\"\n";
    let later = FileDirectory::parse(text).unwrap();
    for claim in [cram_md5("alice", "x"), ntlm("alice", "x")] {
        let verdict = later.verify(&alice, &claim);
        assert!(
            matches!(verdict, Verdict::Denied(Denial::BadCredentials)),
            "{verdict:?}"
        );
    }
    let judged = later.explain(&alice).claims;
    assert!(judged.iter().all(|(_, judged)| judged.is_err()), "{judged:?}");
}

#[test]
fn an_explanation_says_what_could_be_judged_and_no_secret() {
    let directory = parse_list(&[ARGON2, NT_HASH]).unwrap();
    let explanation = directory.explain(&entry(&directory, "alice"));
    assert_eq!(
        explanation.facts,
        [("secrets".to_owned(), "argon2id hash, NT hash".to_owned())]
    );
    let no_cram = "the user would need a secret that begins with {CRAM-MD5} or {PLAIN}".to_owned();
    assert_eq!(
        explanation.claims,
        [
            (ClaimKind::Password, Ok(())),
            (ClaimKind::CramMd5, Err(no_cram)),
            (ClaimKind::Ntlm, Ok(())),
        ]
    );
    let plain = parse("{PLAIN}hunter2");
    let printed = format!("{:?}", plain.explain(&entry(&plain, "alice")));
    assert!(
        printed.contains("in the clear") && !printed.contains("hunter2"),
        "{printed}"
    );
}

#[test]
fn every_use_has_one_secret_at_most() {
    let expected = "another secret of this user has that use already; allowed are one hash of the password, one {NTHASH} \
         and one {CRAM-MD5}, or {PLAIN} alone";
    for secrets in [
        [NT_HASH, NT_HASH],
        [CRAM_MD5, CRAM_MD5],
        [
            ARGON2,
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ],
        [ARGON2, "{PLAIN}password"],
        [NT_HASH, "{PLAIN}Password"],
        ["{PLAIN}x", CRAM_MD5],
        ["{PLAIN}x", "{PLAIN}x"],
    ] {
        let error = parse_list(&secrets).unwrap_err();
        assert_eq!(error, format!("line 5: user[0].secrets: {expected}"));
    }
}

#[test]
fn secret_or_secrets_but_not_both() {
    let error = |lines: &str| {
        let text = format!("[[user]]\nname = \"alice\"\n{lines}");
        FileDirectory::parse(&text).unwrap_err().to_string()
    };
    assert_eq!(
        error("secrets = [\"{PLAIN}x\"]\nsecret = \"{PLAIN}x\""),
        "line 4: user[0].secret: give `secret` or `secrets`, not both"
    );
    assert_eq!(
        error("secrets = []"),
        "line 1: user[0]: the key `secret` is missing"
    );
    assert_eq!(
        error("secrets = \"{PLAIN}x\""),
        "line 3: user[0].secrets: expected a list of strings"
    );
}

#[test]
fn forms_are_checked() {
    let complaint = |secret: &str| {
        let error = FileDirectory::parse(&file_of(secret)).unwrap_err().to_string();
        error.strip_prefix("line 3: user[0].secret: ").unwrap().to_owned()
    };
    let digits = "a4f49c406510bdcab6824ee7c30fd85";
    for wrong in [
        "",
        digits,
        &format!("{digits}22"),
        &format!("{digits}g"),
        "ä4f49c406510bdcab6824ee7c30fd85",
    ] {
        let expected = "expected an NT hash: 32 hexadecimal digits";
        assert_eq!(complaint(&format!("{{NTHASH}}{wrong}")), expected, "{wrong}");
        let expected = "expected a CRAM-MD5 state: 64 hexadecimal digits";
        assert_eq!(complaint(&format!("{{CRAM-MD5}}{wrong}")), expected, "{wrong}");
    }
}

/// They would let in everybody who proves to have no password.
#[test]
fn secrets_of_the_empty_password_are_refused() {
    for secret in [
        "{NTHASH}31d6cfe0d16ae931b73c59d7e0c089c0",
        "{NTHASH}31D6CFE0D16AE931B73C59D7E0C089C0",
        "{CRAM-MD5}00747cf2ffaf11c5ea4a64979c3901fc1d20dee13f480bb598f7d8575b23e61b",
    ] {
        let error = FileDirectory::parse(&file_of(secret)).unwrap_err().to_string();
        assert_eq!(
            error,
            "line 3: user[0].secret: the secret is that of the empty password"
        );
    }
}

#[test]
fn what_is_made_judges() {
    let made = |kind| make(kind, &Secret::from("Password"), &[7; 16]).unwrap();
    assert_eq!(made(Kind::NtHash), NT_HASH);
    let state = make(Kind::CramMd5, &Secret::from(TANSTAAF), &[7; 16]).unwrap();
    assert_eq!(state, CRAM_MD5);
}

#[test]
fn the_version_follows_all_secrets() {
    let version = |secrets: &[&str]| {
        let directory = parse_list(secrets).unwrap();
        entry(&directory, "alice").secret_version.unwrap()
    };
    let both = version(&[ARGON2, NT_HASH]);
    assert_eq!(both, version(&[ARGON2, NT_HASH]));
    assert_ne!(both, version(&[ARGON2]));
    assert_ne!(both, version(&[ARGON2, CRAM_MD5]));
}
