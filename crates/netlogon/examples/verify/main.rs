//! Asks a domain controller whether a password is right, by NTLMv2: the password itself stays here.
//!
//! ```text
//! echo -n 'the password' |
//!     cargo run --example verify -- dc1.corp.example CORP GATE1 /etc/gatepost/machine-password alice CORP
//! ```
//!
//! Without a user it says what works and what does not.

mod ntlmv2;

use std::error::Error;
use std::io::Read as _;
use std::time::{Duration, SystemTime};

use gatepost_netlogon::{Account, Answer, Config, Controller, Logon, Netlogon};
use gatepost_wire::Secret;

const USAGE: &str = "usage: verify CONTROLLER DOMAIN COMPUTER PASSWORD_FILE [USER [USER_DOMAIN]] < password";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [controller, domain, computer, password_file, user @ ..] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let netlogon = Netlogon::new(Config {
        controllers: vec![Controller {
            host: controller.clone(),
            port: None,
        }],
        domain: domain.clone(),
        account: Account {
            computer: computer.clone(),
            password: Secret::from(std::fs::read_to_string(password_file)?.trim_end()),
        },
        connections: 1,
        connect_time: Duration::from_secs(5),
        call_time: Duration::from_secs(10),
    })?;
    match user {
        [] => probe(&netlogon).await,
        [user] => verify(&netlogon, user, "").await?,
        [user, domain] => verify(&netlogon, user, domain).await?,
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what the example is for")]
async fn probe(netlogon: &Netlogon) {
    for report in netlogon.probe().await {
        println!("{report}");
    }
}

#[expect(clippy::print_stdout, reason = "it is what the example is for")]
async fn verify(netlogon: &Netlogon, user: &str, domain: &str) -> Result<(), Box<dyn Error>> {
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password)?;
    let challenge = random()?;
    let temp = ntlmv2::temp(now()?, random()?, &[]);
    let proof = ntlmv2::prove(user, domain, &password, challenge, &temp);
    let logon = Logon {
        user,
        domain,
        workstation: "",
        challenge,
        nt_response: &proof.response,
        lm_response: &[],
    };
    match netlogon.logon(&logon).await? {
        Answer::Denied(status) => println!("denied: {status}"),
        Answer::Granted(identity) if identity.session_key == proof.session_key => {
            println!("granted: {}\\{} {}", identity.domain, identity.user, identity.sid);
        }
        Answer::Granted(_) => println!("granted, but with another session key"),
    }
    Ok(())
}

fn random() -> Result<[u8; 8], getrandom::Error> {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets)?;
    Ok(octets)
}

/// In 100 ns since 1601.
#[expect(clippy::disallowed_methods, reason = "a program has to begin somewhere")]
fn now() -> Result<u64, Box<dyn Error>> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok((since_1970.as_secs() + 11_644_473_600) * 10_000_000)
}
