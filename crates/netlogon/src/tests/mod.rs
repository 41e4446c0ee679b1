//! The client against fake controllers. Time is paused: a limit that is awaited has passed at once.

mod failover;
mod logons;
mod misbehaviour;
mod pool;
mod probe;
mod recovery;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gatepost_wire::Secret;

use crate::answer::{Answer, Identity, Logon};
use crate::client::Client;
use crate::config::{Account, Config, Controller};
use crate::fake::{Asked, Fake, Net, granted, refused, sid};
use crate::status::NtStatus;

const PASSWORD: &str = "Mach1ne.Secret.Ü";
const RIGHT: &[u8] = &[1; 60];
const CALL_TIME: Duration = Duration::from_secs(10);
const CONNECT_TIME: Duration = Duration::from_secs(5);

fn controllers(hosts: &[&str]) -> Vec<Controller> {
    let controller = |host: &&str| Controller {
        host: (*host).to_owned(),
        port: None,
    };
    hosts.iter().map(controller).collect()
}

fn config(hosts: &[&str]) -> Config {
    Config {
        controllers: controllers(hosts),
        domain: "CORP".to_owned(),
        account: Account {
            computer: "GATE1".to_owned(),
            password: Secret::from(PASSWORD),
        },
        connections: 2,
        connect_time: CONNECT_TIME,
        call_time: CALL_TIME,
    }
}

fn alice() -> Identity {
    Identity {
        user: "Alice".to_owned(),
        domain: "CORP".to_owned(),
        dns_domain: "corp.example.test".to_owned(),
        upn: "alice@corp.example.test".to_owned(),
        sid: sid(1103),
        groups: vec![513, 1110],
        session_key: [0xa5; 16],
    }
}

/// Lets in whoever has the right response.
fn judge(asked: &Asked) -> Vec<u8> {
    match asked.nt_response == RIGHT {
        true => granted(&alice(), 0x20),
        false => refused(NtStatus::WRONG_PASSWORD),
    }
}

/// Controllers `dc1`, `dc2`, .., and a client of all of them.
fn scene<const N: usize>() -> (Client<Net>, [Arc<Fake>; N]) {
    let net = Net::default();
    let hosts = ["dc1", "dc2", "dc3"];
    let fakes = std::array::from_fn(|at| {
        let fake = Fake::new(PASSWORD, judge);
        net.add(hosts[at], &fake);
        fake
    });
    (Client::new(net, config(&hosts[..N])).unwrap(), fakes)
}

fn logon(nt_response: &[u8]) -> Logon<'_> {
    Logon {
        user: "alice",
        domain: "CORP",
        workstation: "PHONE",
        challenge: *b"8 octets",
        nt_response,
        lm_response: &[2; 24],
    }
}

async fn ask(client: &Client<Net>) -> Result<Answer, String> {
    client.logon(&logon(RIGHT)).await.map_err(|why| why.to_string())
}

fn in_as_alice() -> Result<Answer, String> {
    Ok(Answer::Granted(Box::new(alice())))
}

fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::Relaxed)
}
