//! What it costs to judge a login, by kind of claim and directory: a file of users, slapd, and Samba as a domain
//! controller. The servers are real and share the machine with the bench. Root is needed for Samba.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatepost_directory::ad::{self, ActiveDirectory, Controllers};
use gatepost_directory::file::FileDirectory;
use gatepost_directory::file::secret::{Kind, make};
use gatepost_directory::ldap::{self, LdapDirectory, ServerUrl, Service};
use gatepost_directory::{Claim, Directory, Entry, Resolution, Verdict};
use gatepost_sasl::ntlm::{NtHash, Target};
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Mechanism, client, cram_md5};
use gatepost_testkit::servers::{Person, Samba, Slapd};
use gatepost_wire::Secret;
use tokio::runtime::Runtime;

const PASSWORD: &str = "correct horse battery";

fn fresh() -> Fresh {
    Fresh {
        random: [7; 16],
        since_epoch: Duration::from_secs(1_800_000_000),
    }
}

/// What the server's side makes of what a client says.
fn claimed(mechanism: Mechanism, mut client: impl sasl::client::Mechanism, settings: &Settings) -> Claim {
    let initial = client.initial();
    let initial = (!initial.is_empty()).then_some(initial.as_slice());
    let mut exchange = start(mechanism, initial, settings, fresh()).unwrap();
    loop {
        exchange = match exchange {
            Exchange::Verify(claim) => return claim,
            Exchange::Challenge(challenge) => {
                let response = client.response(challenge.octets()).unwrap();
                challenge.respond(&response).unwrap()
            }
        };
    }
}

fn by_password(password: &str) -> Claim {
    Claim::password(b"alice", password.as_bytes()).unwrap()
}

fn by_ntlm(login: &str, password: &str, settings: &Settings) -> Claim {
    let ntlm = client::Ntlm::new(login, &Secret::from(password), fresh()).unwrap();
    claimed(Mechanism::Ntlm, ntlm, settings)
}

fn by_cram_md5() -> Claim {
    let cram_md5 = client::CramMd5::new("alice", &Secret::from(PASSWORD)).unwrap();
    claimed(
        Mechanism::CramMd5,
        cram_md5,
        &Settings::of_host("gate.example.test"),
    )
}

fn file(secret: &str) -> FileDirectory {
    FileDirectory::parse(&format!("[[user]]\nname = \"alice\"\nsecret = \"{secret}\"\n")).unwrap()
}

fn judge_by_file(criterion: &mut Criterion) {
    let password = Secret::from(PASSWORD);
    let made = |kind| make(kind, &password, &[7; 16]).unwrap();
    let nt_hash = NtHash::of_password(&password).unwrap().to_hex();
    let nt_hash = format!("{{NTHASH}}{}", nt_hash.expose_str().unwrap());
    let state = cram_md5::State::of_password(&password).to_text();
    let host = Settings::of_host("gate.example.test");
    let cases = [
        ("password, plaintext", made(Kind::Plain), by_password(PASSWORD)),
        ("password, argon2id", made(Kind::Argon2id), by_password(PASSWORD)),
        ("password, bcrypt", made(Kind::Bcrypt), by_password(PASSWORD)),
        (
            "password, sha512-crypt",
            made(Kind::Sha512Crypt),
            by_password(PASSWORD),
        ),
        ("NTLMv2, NT hash", nt_hash, by_ntlm("alice", PASSWORD, &host)),
        (
            "CRAM-MD5, its state",
            state.expose_str().unwrap().to_owned(),
            by_cram_md5(),
        ),
    ];
    let mut group = criterion.benchmark_group("a file of users");
    group.sample_size(10);
    for (name, secret, claim) in cases {
        let file = file(&secret);
        let Resolution::Found(entry) = file.resolve("alice") else {
            panic!()
        };
        assert!(
            matches!(file.verify(&entry, &claim), Verdict::Granted(_)),
            "{name}"
        );
        group.bench_function(name, |bencher| bencher.iter(|| file.verify(&entry, &claim)));
    }
    group.finish();
}

async fn found(directory: &dyn Directory, name: &str) -> Entry {
    match directory.resolve(name).await {
        Resolution::Found(entry) => entry,
        other => panic!("{other:?}"),
    }
}

async fn grant(directory: &dyn Directory, entry: &Entry, claim: &Claim) {
    match directory.verify(entry, claim).await {
        Verdict::Granted(_) => {}
        other => panic!("{other:?}"),
    }
}

/// One claim after the other.
fn one_by_one(
    criterion: &mut Criterion,
    runtime: &Runtime,
    name: &str,
    directory: &dyn Directory,
    claim: &Claim,
) {
    let entry = runtime.block_on(found(directory, "alice"));
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| runtime.block_on(grant(directory, &entry, claim)));
    });
}

/// Many at once: as fast as the connections and the server can.
fn at_once(
    criterion: &mut Criterion,
    runtime: &Runtime,
    name: &str,
    directory: &'static dyn Directory,
    claim: &Claim,
) {
    const CALLERS: u64 = 16;
    let entry = runtime.block_on(found(directory, "alice"));
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1)).sample_size(20);
    group.bench_function("16 callers", |bencher| {
        bencher.iter_custom(|rounds| {
            let started = Instant::now();
            let each = rounds.div_ceil(CALLERS);
            let callers = (0..CALLERS).map(|_| {
                let (entry, claim) = (entry.clone(), claim.clone());
                runtime.spawn(async move {
                    for _ in 0..each {
                        grant(directory, &entry, &claim).await;
                    }
                })
            });
            let callers: Vec<_> = callers.collect();
            for caller in callers {
                runtime.block_on(caller).unwrap();
            }
            // Rounds were rounded up to the callers.
            started.elapsed().mul_f64(rounds as f64 / (each * CALLERS) as f64)
        });
    });
    group.finish();
}

fn judge_by_ldap(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let hash = NtHash::of_password(&Secret::from(PASSWORD)).unwrap().to_hex();
    let alice = Person::new("alice")
        .password(PASSWORD)
        .nt_hash(hash.expose_str().unwrap());
    let slapd = Slapd::builder().person(alice).start().unwrap();
    let config = || ldap::Config {
        ca_file: Some(slapd.ca_file()),
        service: Some(Service {
            dn: slapd.service_dn().to_owned(),
            password: slapd.service_password().into(),
        }),
        nt_hash_attribute: Some("sambaNTPassword".to_owned()),
        ..ldap::Config::new(vec![ServerUrl::parse(&slapd.ldaps_url()).unwrap()], slapd.base())
    };
    let _entered = runtime.enter();
    let directory = LdapDirectory::new(config()).unwrap();
    let password = by_password(PASSWORD);
    one_by_one(
        criterion,
        &runtime,
        "slapd: password, pooled connection",
        &directory,
        &password,
    );
    let ntlm = by_ntlm("alice", PASSWORD, &Settings::of_host("gate.example.test"));
    one_by_one(
        criterion,
        &runtime,
        "slapd: NTLMv2 by sambaNTPassword",
        &directory,
        &ntlm,
    );
    let entry = runtime.block_on(found(&directory, "alice"));
    criterion.bench_function("slapd: password, new connection", |bencher| {
        bencher.iter(|| {
            let new = LdapDirectory::new(config()).unwrap();
            runtime.block_on(grant(&new, &entry, &password));
        });
    });
}

fn judge_by_active_directory(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let samba = Samba::corp().unwrap();
    let service = Service {
        dn: samba.service_dn(),
        password: samba.service_password().as_str().into(),
    };
    let controllers = || Controllers::Urls(vec![ServerUrl::parse(&samba.ldaps_url()).unwrap()]);
    let config = |connections| ad::Config {
        ca_file: Some(samba.ca_file()),
        netlogon: Some(ad::Netlogon {
            computer: "GW1".to_owned(),
            password: Samba::password("GW1").as_str().into(),
            port: None,
            connections,
        }),
        ..ad::Config::new(controllers(), samba.dns_domain(), samba.domain(), service.clone())
    };
    let settings = Settings {
        ntlm: config(1).ntlm_target().unwrap_or_else(|| Target::of_host("gate")),
        ..Settings::of_host("gate.example.test")
    };
    let alice = Samba::password("alice");
    let (password, ntlm) = (by_password(&alice), by_ntlm("CORP\\alice", &alice, &settings));
    let _entered = runtime.enter();
    let directory = ActiveDirectory::new(config(1)).unwrap();
    one_by_one(
        criterion,
        &runtime,
        "domain controller: password, pooled connection",
        &directory,
        &password,
    );
    one_by_one(
        criterion,
        &runtime,
        "domain controller: NTLMv2 by Netlogon",
        &directory,
        &ntlm,
    );
    for connections in [1, 2, 4] {
        // They live as long as the process, as a gateway's do.
        let directory: &'static ActiveDirectory =
            Box::leak(Box::new(ActiveDirectory::new(config(connections)).unwrap()));
        let name = format!("domain controller: NTLMv2, {connections} connections");
        at_once(criterion, &runtime, &name, directory, &ntlm);
    }
}

criterion_group!(benches, judge_by_file, judge_by_ldap, judge_by_active_directory);
criterion_main!(benches);
