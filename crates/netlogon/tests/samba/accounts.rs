//! Whom a controller lets in, and what it says to others.

use super::*;

#[tokio::test]
async fn all_sorts_of_users() {
    let samba = Samba::corp().unwrap();
    let netlogon = netlogon(&[&samba], "GW1");
    those_who_may(&samba, &netlogon).await;
    those_who_may_not(&netlogon).await;
    names(&samba, &netlogon).await;
    wrong_proofs(&netlogon).await;
    names_in_the_challenge(&samba, &netlogon).await;
    computers(&netlogon).await;
    fragments(&samba, &netlogon).await;
}

async fn those_who_may(samba: &Samba, netlogon: &Netlogon) {
    for user in ["alice", "müller", "straße", "µser", "ıdil", "ÿves", "bob", "judy"] {
        let password = Samba::password(user);
        let identity = person(user, &password).log_on(netlogon).await;
        let identity = identity.unwrap_or_else(|status| panic!("{user}: {status}"));
        assert_eq!(identity.user, user);
        assert_eq!(identity.domain, "CORP");
        assert_eq!(identity.dns_domain, samba.dns_domain(), "{user}");
        assert_eq!(identity.sid.to_string(), samba.object_sid(user).unwrap());
        assert!(identity.groups.contains(&513), "{user}: {:?}", identity.groups);
    }
    let alice = Samba::password("alice");
    let alice = person("alice", &alice).log_on(netlogon).await.unwrap();
    for group in ["mail-inner", "mail-users"] {
        let sid = samba.object_sid(group).unwrap();
        let relative = sid.rsplit('-').next().unwrap().parse().unwrap();
        assert!(alice.groups.contains(&relative), "{group}: {:?}", alice.groups);
    }
}

async fn those_who_may_not(netlogon: &Netlogon) {
    for (user, status) in [
        ("carol", NtStatus::ACCOUNT_DISABLED),
        ("dave", NtStatus::ACCOUNT_EXPIRED),
        ("erin", NtStatus::PASSWORD_MUST_CHANGE),
        ("frank", NtStatus::INVALID_LOGON_HOURS),
        ("grace", NtStatus::INVALID_WORKSTATION),
        ("heidi", NtStatus::ACCOUNT_LOCKED_OUT),
        ("ivan", NtStatus::PASSWORD_EXPIRED),
        ("nobody", NtStatus::NO_SUCH_USER),
    ] {
        let password = Samba::password(user);
        let denied = person(user, &password).log_on(netlogon).await;
        assert_eq!(denied, Err(status), "{user}");
    }
    let password = Samba::password("grace");
    let at_work = Person {
        workstation: "WS1",
        ..person("grace", &password)
    };
    assert_eq!(at_work.log_on(netlogon).await.unwrap().user, "grace");
    // Whoever does not know the password learns nothing.
    let guess = person("carol", "wrong").log_on(netlogon).await;
    assert_eq!(guess, Err(NtStatus::WRONG_PASSWORD));
}

/// How a name may be written.
async fn names(samba: &Samba, netlogon: &Netlogon) {
    let sid = samba.object_sid("bob").unwrap();
    let password = Samba::password("bob");
    for (user, domain) in [
        ("bob", "CORP"),
        ("bob", ""),
        ("BOB", "corp"),
        ("bob", "corp.example.test"),
        ("b.baker@mail.example.test", ""),
        ("B.Baker@Mail.Example.Test", ""),
        ("bob@corp.example.test", ""),
    ] {
        let bob = Person {
            user,
            domain,
            ..person("bob", &password)
        };
        let identity = bob.log_on(netlogon).await;
        let identity = identity.unwrap_or_else(|status| panic!("{domain}\\{user}: {status}"));
        assert_eq!(identity.sid.to_string(), sid, "{domain}\\{user}");
        assert_eq!(identity.user, "bob");
        assert_eq!(identity.upn, "b.baker@mail.example.test");
    }
    // A wrong one counts, whatever the form; right before, it has begun anew.
    for (user, domain) in [("bob", "CORP"), ("b.baker@mail.example.test", "")] {
        let before = samba.bad_pwd_count("bob").unwrap();
        let wrong = Person {
            user,
            domain,
            ..person("bob", "wrong")
        };
        assert_eq!(
            wrong.log_on(netlogon).await,
            Err(NtStatus::WRONG_PASSWORD),
            "{user}"
        );
        assert_eq!(samba.bad_pwd_count("bob").unwrap(), before + 1, "{user}");
    }
    // Other domains are winbind's business in Samba, which does not run here; this is not the user's fault.
    for domain in ["ELSEWHERE", "GW1"] {
        let elsewhere = Person {
            domain,
            ..person("bob", &password)
        };
        let why = elsewhere.try_log_on(netlogon).await.unwrap_err();
        assert!(why.contains("no logon servers"), "{domain}: {why}");
    }
}

async fn wrong_proofs(netlogon: &Netlogon) {
    let wrong = person("judy", "wrong").log_on(netlogon).await;
    assert_eq!(wrong, Err(NtStatus::WRONG_PASSWORD));

    let password = Samba::password("judy");
    let right = person("judy", &password).proof().response;
    let ask = async |challenge, nt_response: &[u8]| {
        let logon = Logon {
            user: "judy",
            domain: "CORP",
            workstation: "",
            challenge,
            nt_response,
            lm_response: &[],
        };
        netlogon.logon(&logon).await
    };
    let replayed = ask(*b"another!", &right).await;
    assert_eq!(replayed, Ok(Answer::Denied(NtStatus::WRONG_PASSWORD)));
    for length in [1, 16, 24, 43] {
        let cut = ask(CHALLENGE, &right[..length]).await;
        assert!(!matches!(cut, Ok(Answer::Granted(_))), "{length} octets: {cut:?}");
    }
}

/// What a challenge calls the server and its domain, the response repeats.
async fn names_in_the_challenge(samba: &Samba, netlogon: &Netlogon) {
    let password = Samba::password("alice");
    for (computer, domain, is_ours) in [
        ("GW1", "CORP", true),
        ("gw1", "corp", true),
        ("GW2", "CORP", false),
        ("GW1", "OTHER", false),
    ] {
        let target_info = [pair(2, domain), pair(1, computer), vec![0; 4]].concat();
        let temp = ntlmv2::temp(0, [7; 8], &target_info);
        let proof = ntlmv2::prove("alice", "CORP", &password, CHALLENGE, &temp);
        let logon = Logon {
            user: "alice",
            domain: "CORP",
            workstation: "",
            challenge: CHALLENGE,
            nt_response: &proof.response,
            lm_response: &[],
        };
        let answer = netlogon.logon(&logon).await;
        assert_eq!(
            matches!(answer, Ok(Answer::Granted(_))),
            is_ours,
            "{computer} {domain}: {answer:?}"
        );
        assert_eq!(answer.is_err(), !is_ours, "{computer} {domain}: {answer:?}");
    }
    assert_eq!(samba.bad_pwd_count("alice").unwrap(), 0);
}

/// ParameterControl lets no computer log on.
async fn computers(netlogon: &Netlogon) {
    let password = Samba::password("GW2");
    let denied = person("GW2$", &password).log_on(netlogon).await;
    assert_eq!(denied, Err(NtStatus::NOLOGON_WORKSTATION_TRUST_ACCOUNT));
}

/// Questions and answers that are longer than a fragment.
async fn fragments(samba: &Samba, netlogon: &Netlogon) {
    let path = format!("\\\\server\\{}", "profile".repeat(1000));
    samba.set("alice", "profilePath", &path).unwrap();
    let password = Samba::password("alice");
    let alice = person("alice", &password);
    assert_eq!(alice.log_on(netlogon).await.unwrap().user, "alice");

    // An AV pair of a kind that nobody knows (MS-NLMP 2.2.2.1), and the end.
    let mut target_info = vec![0x77, 0, 0, 0x2e];
    target_info.resize(4 + 0x2e00, 0);
    target_info.extend([0; 4]);
    let temp = ntlmv2::temp(0, [7; 8], &target_info);
    let proof = ntlmv2::prove("alice", "CORP", &password, CHALLENGE, &temp);
    let mut logon = Logon {
        user: "alice",
        domain: "CORP",
        workstation: "",
        challenge: CHALLENGE,
        nt_response: &proof.response,
        lm_response: &[],
    };
    let answer = netlogon.logon(&logon).await;
    let Ok(Answer::Granted(identity)) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(identity.session_key, proof.session_key);
    logon.challenge = *b"another!";
    let answer = netlogon.logon(&logon).await;
    assert_eq!(answer, Ok(Answer::Denied(NtStatus::WRONG_PASSWORD)));
}
