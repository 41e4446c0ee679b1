use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost_directory::{
    Account, BoxFuture, Claim, ClaimKinds, Directory, Entry, EntryId, Resolution, Standing, Unavailable,
    Verdict,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::accounts::Failures;
use super::*;
use crate::directory::Directories;
use crate::guard::{Listed, ListedNetwork, Network};

/// Failures as a test has them, and how often those of networks were cleared; what is cleared is gone.
#[derive(Default)]
struct Known(Mutex<Vec<Listed>>, Mutex<usize>);

impl Failures for Known {
    fn list(&self) -> Vec<Listed> {
        self.0.lock().unwrap().clone()
    }

    fn clear(&self, directory: &str, id: &EntryId) -> bool {
        let mut known = self.0.lock().unwrap();
        let before = known.len();
        known.retain(|listed| listed.directory != directory || listed.id != *id);
        known.len() < before
    }

    fn clear_networks(&self) {
        *self.1.lock().unwrap() += 1;
    }
}

/// A gateway of which not much is to be said.
struct Quiet;

impl Status for Quiet {
    fn status(&self) -> Vec<(String, String)> {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        vec![pair("version", "1"), pair("connections.logged_in", "5\u{1b}")]
    }
}

fn listed(directory: &str, id: &str, name: &str, failures: usize) -> Listed {
    Listed {
        directory: directory.to_owned(),
        id: EntryId(id.to_owned()),
        name: name.to_owned(),
        failures,
        spent_for: None,
        known_wrong: 0,
        networks: Vec::new(),
    }
}

/// A directory with one user, by an id and a name; without one it is down.
struct One(Option<(&'static str, &'static str)>);

impl Directory for One {
    fn accepts(&self) -> ClaimKinds {
        ClaimKinds::PASSWORD
    }

    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Resolution> {
        let resolution = match self.0 {
            None => Resolution::Unavailable(Unavailable("no\nroute".to_owned())),
            Some((id, own)) if own == name => Resolution::Found(Entry {
                id: EntryId(id.to_owned()),
                secret_version: None,
                handle: own.to_owned(),
                account: Account {
                    id: EntryId(id.to_owned()),
                    name: own.to_owned(),
                    upstream_login: own.to_owned(),
                    addresses: Vec::new(),
                    attributes: BTreeMap::new(),
                },
            }),
            Some(_) => Resolution::Unknown { why: "somebody else" },
        };
        Box::pin(std::future::ready(resolution))
    }

    fn resolve_id<'a>(&'a self, _: &'a EntryId) -> BoxFuture<'a, Resolution> {
        unreachable!("names are resolved")
    }

    fn verify<'a>(&'a self, _: &'a Entry, _: &'a Claim) -> BoxFuture<'a, Verdict> {
        unreachable!("nobody proves anything")
    }

    fn standing<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Standing> {
        unreachable!("nobody is let in")
    }
}

/// A gateway's socket, and what it knows.
struct Rig {
    folder: tempfile::TempDir,
    known: Arc<Known>,
}

impl Rig {
    fn new(accounts: Vec<Listed>, directories: &[(&str, Option<(&'static str, &'static str)>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let known = Arc::new(Known(Mutex::new(accounts), Mutex::default()));
        let directories: Directories = directories
            .iter()
            .map(|(name, one)| ((*name).to_owned(), Arc::new(One(*one)) as Arc<dyn Directory>))
            .collect();
        let socket = Socket::open(&folder.path().join("socket")).unwrap();
        let control = Control::new(Arc::new(Quiet), Some(Arc::clone(&known) as _), directories);
        tokio::spawn(control.serve(socket));
        Self { folder, known }
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.folder.path().join("socket"))
            .await
            .unwrap()
    }

    async fn ask(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    fn left(&self) -> Vec<String> {
        let names = self.known.list().into_iter().map(|listed| listed.name);
        names.collect()
    }
}

#[tokio::test]
async fn the_list_is_a_table_with_the_worst_first() {
    let mut alice = listed("company", "S-1-5-21-1", "alice", 3);
    alice.spent_for = Some(Duration::from_secs(900));
    alice.known_wrong = 1;
    let network = |address: &str, failures, spent| ListedNetwork {
        network: Network::of(address.parse().unwrap()),
        failures,
        spent,
    };
    alice.networks = vec![network("192.0.2.1", 2, true), network("2001:db8::1", 1, false)];
    let rig = Rig::new(vec![listed("x", "1", "b\u{1b}\nob", 0), alice], &[]);
    assert_eq!(
        rig.ask(b"guard list\n").await,
        "ACCOUNT      DIRECTORY  FAILURES  REFUSED FOR  WRONG PASSWORDS  ID          FROM\n\
         alice        company    3         15m          1                S-1-5-21-1  192.0.2.0/24 (2, refused) 2001:db8::/64 (1)\n\
         b\\u{1b}\\nob  x          0         -            0                1           -\n\
         ok\n"
    );
}

#[tokio::test]
async fn many_networks_are_counted() {
    let mut alice = listed("company", "1", "alice", 9);
    let network = |number| ListedNetwork {
        network: Network::of([10, 0, number, 1].into()),
        failures: 1,
        spent: false,
    };
    alice.networks = (0..9).map(network).collect();
    let said = Rig::new(vec![alice], &[]).ask(b"guard list\n").await;
    assert!(said.contains("10.0.4.0/24 (1) and 4 more\n"), "{said}");
}

#[tokio::test]
async fn an_account_is_cleared_by_name_in_every_directory_and_by_id() {
    let accounts = || {
        vec![
            listed("company", "1", "alice", 3),
            listed("externals", "alice", "alice", 2),
            listed("externals", "carol", "carol", 1),
        ]
    };
    let directories = [
        ("company", Some(("1", "alice"))),
        ("externals", Some(("alice", "alice"))),
    ];
    let rig = Rig::new(accounts(), &directories);
    assert_eq!(
        rig.ask(b"guard clear account alice\n").await,
        "alice (company, 1): cleared\nalice (externals, alice): cleared\nok\n"
    );
    assert_eq!(rig.left(), ["carol"]);
    assert_eq!(
        rig.ask(b"guard clear account alice\n").await,
        "alice (company, 1): nothing was known\nalice (externals, alice): nothing was known\nok\n"
    );
    let rig = Rig::new(accounts(), &[]);
    assert_eq!(
        rig.ask(b"guard clear account 1\n").await,
        "alice (company, 1): cleared\nok\n"
    );
    assert_eq!(rig.left(), ["alice", "carol"]);
    assert_eq!(*rig.known.1.lock().unwrap(), 0);
    let said = rig.ask(b"guard clear all\n").await;
    assert_eq!(*rig.known.1.lock().unwrap(), 1);
    assert_eq!(
        said,
        "alice (externals, alice): cleared\ncarol (externals, carol): cleared\nok\n"
    );
    assert_eq!(
        rig.ask(b"guard clear all\n").await,
        "nothing was known of anybody\nok\n"
    );
}

#[tokio::test]
async fn who_is_not_found_is_an_error_and_an_outage_is_told() {
    let rig = Rig::new(vec![listed("company", "7", "alice", 3)], &[("company", None)]);
    assert_eq!(
        rig.ask(b"guard clear account alice\n").await,
        "error the directory company does not answer: no\\nroute; nobody is known by the name or id alice\n"
    );
    assert_eq!(rig.left(), ["alice"]);
    assert_eq!(
        rig.ask(b"guard clear account 7\n").await,
        "alice (company, 7): cleared\nthe directory company does not answer: no\\nroute\nok\n"
    );
    let rig = Rig::new(Vec::new(), &[("company", Some(("1", "alice")))]);
    let said = rig.ask("guard clear account m\u{fc}ller\n".as_bytes()).await;
    assert_eq!(said, "error nobody is known by the name or id m\u{fc}ller\n");
}

#[tokio::test]
async fn what_is_no_request_is_told_so_and_does_nothing() {
    let rig = Rig::new(vec![listed("company", "1", "alice", 3)], &[]);
    let long = [b"guard clear account ".as_slice(), &[b'a'; REQUEST_OCTETS], b"\n"].concat();
    for request in [
        b"".as_slice(),
        b"\n",
        b"guard\n",
        b"guard list",
        b"guard clear account \xff\n",
        b"GET / HTTP/1.1\r\n\r\n",
        &long[..REQUEST_OCTETS],
    ] {
        let mut stream = rig.connect().await;
        stream.write_all(request).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "error no such request\n", "{request:?}");
    }
    assert_eq!(rig.left(), ["alice"]);
}

#[tokio::test]
async fn a_guard_that_is_switched_off_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let socket = Socket::open(&folder.path().join("socket")).unwrap();
    let control = Control::new(Arc::new(Quiet), None, Directories::new());
    tokio::spawn(control.serve(socket));
    let known = Arc::new(Known::default());
    let rig = Rig { folder, known };
    let said = rig.ask(b"guard list\n").await;
    assert_eq!(
        said,
        "error the guard is switched off ([guard] enabled = false)\n"
    );
    let said = rig.ask(b"status\n").await;
    assert_eq!(
        said,
        "version                1\nconnections.logged_in  5\\u{1b}\nok\n"
    );
}

/// Who says nothing keeps nobody else from asking, and is left after a while.
#[tokio::test(start_paused = true)]
async fn the_silent_are_left() {
    let rig = Rig::new(Vec::new(), &[]);
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(rig.connect().await);
    }
    let said = rig.ask(b"guard list\n").await;
    assert!(said.ends_with("ok\n"), "{said}");
    for mut stream in silent {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "");
    }
}
