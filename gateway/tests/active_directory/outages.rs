//! Domain controllers that go and come again.

use std::time::Duration;

use gatepost_testkit::servers::{Authority, Samba};
use tokio::sync::watch;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use crate::common::{Gateway, LIMIT};
use crate::site::{Proof, Servers, at_once, log_in};
use crate::talk::Protocol;

/// Who logs in all the time.
const PEOPLE: [&str; 4] = ["alice", "bob", "müller", "straße"];

/// What logins have heard since somebody looked.
type Heard = watch::Sender<Vec<String>>;

/// Logs in again and again with the right password, until nobody listens.
async fn go_on(gateway: &Gateway, user: &str, protocol: Protocol, proof: Proof, heard: &Heard) {
    let password = Samba::password(user);
    loop {
        let answer = log_in(gateway, protocol, proof, (user, &password)).await;
        heard.send_modify(|heard| heard.push(answer));
        // A breath, so that a gateway that refuses at once leaves the machine to others.
        sleep(Duration::from_millis(20)).await;
    }
}

/// All of them at once.
async fn everybody(gateway: &Gateway, heard: &Heard) {
    let proofs = [Proof::Plain, Proof::Plain, Proof::Ntlm, Proof::Ntlm];
    let all = PEOPLE
        .into_iter()
        .zip(Protocol::BOTH.into_iter().cycle())
        .zip(proofs);
    at_once(all.map(|((user, protocol), proof)| go_on(gateway, user, protocol, proof, heard))).await;
}

fn is_in(answer: &str) -> bool {
    answer.starts_with("OK ") || answer.starts_with("235 ")
}

/// Waits until the last `count` answers are all as wanted; returns all answers, and forgets them.
async fn until(heard: &Heard, count: usize, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let last = |heard: &Vec<String>| {
        heard.len() >= count && heard.iter().rev().take(count).all(|answer| wanted(answer))
    };
    let mut listener = heard.subscribe();
    let reached = timeout(LIMIT, listener.wait_for(last)).await;
    drop(
        reached
            .unwrap_or_else(|_| panic!("{:#?}", *heard.borrow()))
            .unwrap(),
    );
    heard.send_replace(Vec::new())
}

fn assert_nobody_is_wrong(heard: &[String]) {
    for answer in heard {
        let is_outage = answer.starts_with("NO [UNAVAILABLE] ") || answer.starts_with("454 4.7.0 ");
        assert!(is_in(answer) || is_outage, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_told_from_a_wrong_password_and_ends_by_itself() {
    let mut servers = Servers::start();
    let gateway = servers.site().start().await;
    let heard = Heard::default();
    let outages = async {
        for end in [Samba::kill, Samba::stop] {
            assert_nobody_is_wrong(&until(&heard, 12, is_in).await);
            block_in_place(|| end(&mut servers.samba));
            assert_nobody_is_wrong(&until(&heard, 12, |answer| !is_in(answer)).await);
            block_in_place(|| servers.samba.start().unwrap());
        }
        assert_nobody_is_wrong(&until(&heard, 12, is_in).await);
    };
    tokio::select! {
        () = outages => {}
        () = everybody(&gateway, &heard) => {}
    }
}

#[tokio::test]
async fn another_controller_is_asked_while_one_is_down() {
    let authority = Authority::new().unwrap();
    let mut servers = Servers::with(|samba| samba.issued_by(&authority).unwrap());
    let mut second = Samba::builder().issued_by(&authority).unwrap().start().unwrap();
    let gateway = servers.site().controller(&second).start().await;
    for (protocol, proof) in [(Protocol::Imap, Proof::Plain), (Protocol::Smtp, Proof::Ntlm)] {
        let alice = Samba::password("alice");
        let login = || log_in(&gateway, protocol, proof, ("alice", &alice));
        assert!(is_in(&login().await));
        servers.samba.kill();
        for _ in 0..3 {
            let heard = login().await;
            assert!(is_in(&heard), "{proof:?}: {heard}");
        }
        servers.samba.start().unwrap();
        second.kill();
        let heard = login().await;
        assert!(is_in(&heard), "{proof:?}: {heard}");
        second.start().unwrap();
    }
}

/// One that hangs is worse than one that is gone: nothing refuses the connection.
#[tokio::test]
async fn a_controller_that_keeps_silent_is_an_outage_too() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let alice = Samba::password("alice");
    for proof in Proof::BOTH {
        let login = || log_in(&gateway, Protocol::Imap, proof, ("alice", &alice));
        assert!(is_in(&login().await));
        servers.samba.freeze();
        let heard = login().await;
        assert!(heard.starts_with("NO [UNAVAILABLE] "), "{proof:?}: {heard}");
        servers.samba.thaw();
        let heard = login().await;
        assert!(is_in(&heard), "{proof:?}: {heard}");
    }
}

/// A password that may have been counted is not told to the next one at once; but soon the silent one is asked no more.
#[tokio::test]
async fn another_controller_is_asked_while_one_keeps_silent() {
    let authority = Authority::new().unwrap();
    let servers = Servers::with(|samba| samba.issued_by(&authority).unwrap());
    let second = Samba::builder().issued_by(&authority).unwrap().start().unwrap();
    let gateway = servers.site().controller(&second).start().await;
    let alice = Samba::password("alice");
    for proof in Proof::BOTH {
        let login = || log_in(&gateway, Protocol::Imap, proof, ("alice", &alice));
        assert!(is_in(&login().await));
        servers.samba.freeze();
        let mut heard = Vec::new();
        for _ in 0..4 {
            heard.push(login().await);
        }
        assert_nobody_is_wrong(&heard);
        assert!(is_in(&heard[3]), "{proof:?}: {heard:#?}");
        servers.samba.thaw();
    }
}

/// The gateway starts whether or not there is a controller.
#[tokio::test]
async fn a_controller_may_come_later() {
    let mut servers = Servers::start();
    servers.samba.kill();
    let gateway = servers.site().start().await;
    let alice = Samba::password("alice");
    for proof in Proof::BOTH {
        let heard = log_in(&gateway, Protocol::Imap, proof, ("alice", &alice)).await;
        assert!(heard.starts_with("NO [UNAVAILABLE] "), "{heard}");
    }
    servers.samba.start().unwrap();
    for proof in Proof::BOTH {
        let heard = log_in(&gateway, Protocol::Imap, proof, ("alice", &alice)).await;
        assert!(is_in(&heard), "{heard}");
    }
}

#[tokio::test]
async fn dns_tells_where_the_controllers_are() {
    let mut servers = Servers::start();
    let gateway = servers.site().by_dns().start().await;
    let alice = Samba::password("alice");
    for _ in 0..2 {
        for proof in Proof::BOTH {
            let heard = log_in(&gateway, Protocol::Imap, proof, ("alice", &alice)).await;
            assert!(is_in(&heard), "{proof:?}: {heard}");
        }
        servers.samba.kill();
        for proof in Proof::BOTH {
            let heard = log_in(&gateway, Protocol::Imap, proof, ("alice", &alice)).await;
            assert!(heard.starts_with("NO [UNAVAILABLE] "), "{proof:?}: {heard}");
        }
        servers.samba.start().unwrap();
    }
}
