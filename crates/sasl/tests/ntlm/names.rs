//! Who is meant, by whatever names a client sends.

use gatepost_sasl::client;
use gatepost_sasl::ntlm::Target;
use gatepost_sasl::{Claim, Ntlm};
use gatepost_wire::Secret;
use sasl::client::Mechanism as _;

use crate::{challenge, fresh, hash, respond, settings};

fn claim(login: &str, password: &str) -> Ntlm {
    let mut client = client::Ntlm::new(login, &Secret::from(password), fresh()).unwrap();
    let challenge = challenge(&client.initial(), &settings());
    let message = client.response(challenge.octets()).unwrap();
    respond(challenge, &message).unwrap()
}

#[test]
fn a_domain_of_our_own_is_no_part_of_the_name() {
    for (login, name) in [
        ("alice", "alice"),
        ("CORP\\alice", "alice"),
        ("corp\\Alice", "Alice"),
        ("corp.example.TEST\\alice", "alice"),
        ("alice@corp.example.test", "alice@corp.example.test"),
        ("OTHER\\alice@corp.example.test", "alice@corp.example.test"),
        ("OTHER\\alice", "OTHER\\alice"),
        ("GW1\\alice", "GW1\\alice"),
        ("CORPORATION\\alice", "CORPORATION\\alice"),
    ] {
        let claim = claim(login, "secret");
        assert!(claim.is_of(&hash("secret")), "{login}");
        assert_eq!(Claim::Ntlm(Box::new(claim)).name(), name);
    }
}

/// Each of these was let in by a domain controller.
#[test]
fn names_beyond_ascii() {
    for login in [
        "CORP\\straße",
        "müller",
        "\u{b5}ser",
        "ıdil",
        "ÿves",
        "CORP\\Ωmega",
    ] {
        let claim = claim(login, "pässwörd ☃ 𝄞");
        assert!(claim.is_of(&hash("pässwörd ☃ 𝄞")), "{login}");
        assert!(!claim.is_of(&hash("passwörd ☃ 𝄞")), "{login}");
    }
}

#[test]
fn the_names_of_a_server() {
    let target = Target::of_host("mail-gateway-of-berlin.corp.example.test");
    assert_eq!(target.netbios_domain, "CORP");
    assert_eq!(target.netbios_computer, "MAIL-GATEWAY-OF");
    assert_eq!(target.dns_domain, "corp.example.test");
    assert_eq!(target.dns_computer, "mail-gateway-of-berlin.corp.example.test");
    let target = Target::of_host("localhost");
    assert_eq!(
        (&*target.netbios_domain, &*target.dns_domain),
        ("LOCALHOST", "localhost")
    );
}

/// Names that no DNS has are cut, not refused: they come from a configuration, and clients hardly look.
#[test]
fn over_long_names_of_a_server_are_cut() {
    let mut settings = settings();
    settings.ntlm = Target::new(&"𝄞".repeat(40_000), &"d".repeat(70_000), &"h".repeat(70_000));
    let recorded = crate::recorded::pyspnego();
    let challenge = challenge(&recorded.negotiate, &settings);
    let message = gatepost_sasl::ntlm::ChallengeMessage::parse(challenge.octets()).unwrap();
    assert_eq!(message.target_name.len(), 2 * 254);
    assert!(challenge.octets().len() < 3_000);
}
