//! Against Samba as a domain controller.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

mod accounts;
mod changes;
mod controllers;
mod exchange;
mod figures;
mod ntlmv2;

use std::time::Duration;

use gatepost_netlogon::{Account, Answer, Config, Controller, Identity, Logon, Netlogon, NtStatus};
use gatepost_testkit::servers::Samba;
use gatepost_wire::Secret;

use crate::ntlmv2::Proof;

fn config(controllers: &[&Samba], computer: &str) -> Config {
    let controller = |samba: &&Samba| Controller {
        host: samba.address().to_string(),
        port: None,
    };
    Config {
        controllers: controllers.iter().map(controller).collect(),
        domain: "CORP".to_owned(),
        account: Account {
            computer: computer.to_owned(),
            password: Secret::from(Samba::password(computer).as_str()),
        },
        connections: 2,
        connect_time: Duration::from_secs(5),
        call_time: Duration::from_secs(10),
    }
}

fn netlogon(controllers: &[&Samba], computer: &str) -> Netlogon {
    Netlogon::new(config(controllers, computer)).unwrap()
}

/// A user at a client.
#[derive(Clone, Copy)]
struct Person<'a> {
    user: &'a str,
    domain: &'a str,
    workstation: &'a str,
    password: &'a str,
}

const CHALLENGE: [u8; 8] = *b"fresh???";

impl Person<'_> {
    fn proof(&self) -> Proof {
        let temp = ntlmv2::temp(0, [7; 8], &[]);
        ntlmv2::prove(self.user, self.domain, self.password, CHALLENGE, &temp)
    }

    /// Tries to log on; who gets in has the client's session key.
    async fn log_on(&self, netlogon: &Netlogon) -> Result<Identity, NtStatus> {
        match self.try_log_on(netlogon).await {
            Ok(result) => result,
            Err(why) => panic!("{}\\{}: unavailable: {why}", self.domain, self.user),
        }
    }

    async fn try_log_on(&self, netlogon: &Netlogon) -> Result<Result<Identity, NtStatus>, String> {
        let proof = self.proof();
        let logon = Logon {
            user: self.user,
            domain: self.domain,
            workstation: self.workstation,
            challenge: CHALLENGE,
            nt_response: &proof.response,
            lm_response: &[],
        };
        match netlogon.logon(&logon).await {
            Ok(Answer::Granted(identity)) => {
                assert_eq!(identity.session_key, proof.session_key, "{}", self.user);
                Ok(Ok(*identity))
            }
            Ok(Answer::Denied(status)) => Ok(Err(status)),
            Err(why) => Err(why.to_string()),
        }
    }
}

fn person<'a>(user: &'a str, password: &'a str) -> Person<'a> {
    Person {
        user,
        domain: "CORP",
        workstation: "PHONE",
        password,
    }
}

/// An AV_PAIR (MS-NLMP 2.2.2.1).
fn pair(kind: u8, name: &str) -> Vec<u8> {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&[kind, 0, units.len() as u8, 0], &units[..]].concat()
}

/// The helper computes what the specification says (MS-NLMP 4.2.4).
#[test]
fn ntlmv2_of_the_specification() {
    let target_info = [pair(2, "Domain"), pair(1, "Server"), vec![0; 4]].concat();
    let temp = ntlmv2::temp(0, [0xaa; 8], &target_info);
    let challenge = 0x0123456789abcdef_u64.to_be_bytes();
    let proof = ntlmv2::prove("User", "Domain", "Password", challenge, &temp);
    let expected = 0x68cd0ab851e51c96aabc927bebef6a1c_u128.to_be_bytes();
    assert_eq!(proof.response[..16], expected);
    let key = 0x8de40ccadbc14a82f15cb0ad0de95ca3_u128.to_be_bytes();
    assert_eq!(proof.session_key, key);
}
