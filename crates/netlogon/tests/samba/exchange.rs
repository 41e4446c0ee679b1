//! NTLM's messages by `gatepost-sasl`, judged by the controller.

use gatepost_sasl::ntlm::{SessionKey, Target};
use gatepost_sasl::server::{self, Exchange, Fresh, Settings};
use gatepost_sasl::{Claim, Mechanism, Ntlm, client};
use sasl::client::Mechanism as _;

use super::*;

fn fresh(octet: u8) -> Fresh {
    Fresh {
        random: [octet; 16],
        since_epoch: Duration::from_secs(1_800_000_000),
    }
}

fn client(login: &str, password: &str) -> client::Ntlm {
    client::Ntlm::new(login, &Secret::from(password), fresh(1))
        .unwrap()
        .with_workstation("PHONE")
}

fn claim(mut client: client::Ntlm) -> Ntlm {
    let mut settings = Settings::of_host("mail.corp.example.test");
    settings.ntlm = Target {
        netbios_computer: "GW1".to_owned(),
        ..Target::new("CORP", "corp.example.test", &settings.host)
    };
    let begun = server::start(Mechanism::Ntlm, Some(&client.initial()), &settings, fresh(2)).unwrap();
    let Exchange::Challenge(challenge) = begun else {
        panic!()
    };
    let response = client.response(challenge.octets()).unwrap();
    match challenge.respond(&response).unwrap() {
        Exchange::Verify(Claim::Ntlm(claim)) => *claim,
        _ => panic!("no claim"),
    }
}

async fn judge(netlogon: &Netlogon, claim: &Ntlm) -> Answer {
    let logon = Logon {
        user: claim.user(),
        domain: claim.domain(),
        workstation: claim.workstation(),
        challenge: claim.server_challenge(),
        nt_response: claim.nt_response(),
        lm_response: &[],
    };
    netlogon.logon(&logon).await.unwrap()
}

/// With a MIC, which the controller's session key proves right.
#[tokio::test]
async fn the_controller_has_the_clients_session_key() {
    let samba = Samba::corp().unwrap();
    let netlogon = netlogon(&[&samba], "GW1");
    for login in [
        "CORP\\alice",
        "alice",
        "CORP\\müller",
        "b.baker@mail.example.test",
    ] {
        let name = match login {
            "b.baker@mail.example.test" => "bob",
            other => other.rsplit('\\').next().unwrap(),
        };
        let password = Samba::password(name);
        for client in [
            client(login, &password),
            client(login, &password).with_key_exchange([5; 16]),
        ] {
            let claim = claim(client);
            let answer = judge(&netlogon, &claim).await;
            let Answer::Granted(identity) = answer else {
                panic!("{login}: {answer:?}")
            };
            assert_eq!(identity.user, name);
            let finished = claim.finish(&SessionKey::from(identity.session_key));
            assert!(finished.is_ok(), "{login}");
            assert!(
                claim.finish(&SessionKey::from([0; 16])).is_err(),
                "{login}: no MIC"
            );
        }
    }
    let wrong = judge(&netlogon, &claim(client("CORP\\alice", "wrong"))).await;
    assert_eq!(wrong, Answer::Denied(NtStatus::WRONG_PASSWORD));
}
