//! Logs a user on by NTLM, both sides of it here, and has a domain controller judge it. The password itself stays here.
//!
//! ```text
//! echo -n 'the password' |
//!     cargo run --example verify -- dc1.corp.example CORP GATE1 /etc/gatepost/machine-password 'CORP\alice'
//! ```
//!
//! Without a user it says what works and what does not.
#![expect(clippy::print_stdout, reason = "it is what the example is for")]

use std::error::Error;
use std::io::Read as _;
use std::time::{Duration, SystemTime};

use gatepost_netlogon::{Account, Answer, Config, Controller, Logon, Netlogon};
use gatepost_sasl::ntlm::{SessionKey, Target};
use gatepost_sasl::server::{self, Exchange, Settings};
use gatepost_sasl::{Claim, Mechanism, Ntlm, client};
use gatepost_wire::Secret;
use sasl::client::Mechanism as _;

const USAGE: &str = "usage: verify CONTROLLER DOMAIN COMPUTER PASSWORD_FILE ['DOMAIN\\USER' < password]";

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
        [user] => {
            // A controller judges only what was made for this very account.
            let target = Target {
                netbios_computer: computer.clone(),
                ..Target::new(domain, "", "localhost")
            };
            verify(&netlogon, user, target).await?;
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

async fn probe(netlogon: &Netlogon) {
    for report in netlogon.probe().await {
        println!("{report}");
    }
}

async fn verify(netlogon: &Netlogon, user: &str, target: Target) -> Result<(), Box<dyn Error>> {
    let mut password = Vec::new();
    std::io::stdin().read_to_end(&mut password)?;
    let claim = exchange(user, &Secret::new(password), target)?;
    let logon = Logon {
        user: claim.user(),
        domain: claim.domain(),
        workstation: claim.workstation(),
        challenge: claim.server_challenge(),
        nt_response: claim.nt_response(),
        lm_response: &[],
    };
    match netlogon.logon(&logon).await? {
        Answer::Denied(status) => println!("denied: {status}"),
        Answer::Granted(identity) => {
            // A server must not leave this out: the messages may have been changed on their way.
            claim.finish(&SessionKey::from(identity.session_key))?;
            println!("granted: {}\\{} {}", identity.domain, identity.user, identity.sid);
        }
    }
    Ok(())
}

/// What passes between a client and a server, up to the claim.
fn exchange(user: &str, password: &Secret, target: Target) -> Result<Ntlm, Box<dyn Error>> {
    let mut client = client::Ntlm::new(user, password, fresh()?)?;
    let settings = Settings {
        ntlm: target,
        ..Settings::of_host("localhost")
    };
    let begun = server::start(Mechanism::Ntlm, Some(&client.initial()), &settings, fresh()?)?;
    let Exchange::Challenge(challenge) = begun else {
        return Err("the server did not challenge".into());
    };
    let response = client.response(challenge.octets())?;
    match challenge.respond(&response)? {
        Exchange::Verify(Claim::Ntlm(claim)) => Ok(*claim),
        _ => Err("the exchange did not end in a claim".into()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program has to read the clock somewhere"
)]
fn fresh() -> Result<server::Fresh, Box<dyn Error>> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(server::Fresh {
        random,
        since_epoch: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?,
    })
}
