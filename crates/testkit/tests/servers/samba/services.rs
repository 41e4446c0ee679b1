//! What a domain controller serves.

use std::process::Command;

use gatepost_testkit::servers::{Authority, Samba};

use super::{run, search};

/// Samba's modules and dnspython are there for this interpreter alone.
const PYTHON: &str = "/usr/bin/python3";

/// Makes a secure channel as a computer, which the server's proof is part of.
const SECURE_CHANNEL: &str = "
import sys
from samba.credentials import Credentials
from samba.dcerpc import misc, netlogon
from samba.param import LoadParm
address, computer, password = sys.argv[1:]
credentials = Credentials()
credentials.set_workstation(computer)
credentials.set_username(computer + '$')
credentials.set_password(password)
credentials.set_domain('CORP')
credentials.set_secure_channel_type(misc.SEC_CHAN_WKSTA)
parameters = LoadParm()
parameters.load_default()
netlogon.netlogon(f'ncacn_ip_tcp:{address}[schannel,seal]', parameters, credentials)
";

/// Asks a server for the records of a name.
const RESOLVE: &str = "
import sys, dns.resolver
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers = [sys.argv[1]]
for record in resolver.resolve(sys.argv[2], sys.argv[3], tcp=sys.argv[4] == 'tcp'):
    print(record)
";

fn python(script: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(PYTHON);
    let output = command.arg("-c").arg(script).args(arguments).output().unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

#[test]
fn the_service_account_searches_over_tls() {
    let samba = Samba::corp().unwrap();
    let catalog = format!("ldaps://{}", samba.global_catalog());
    for how in [
        &["-H", &samba.ldaps_url()][..],
        &["-ZZ", "-H", &samba.ldap_url()],
        &["-H", &catalog],
    ] {
        let output = search(&samba, how, "(proxyAddresses=smtp:alice.alias@example.test)");
        let alice = String::from_utf8_lossy(&output.stdout).into_owned();
        for expected in [
            "sAMAccountName: alice\n",
            "mail: alice@example.test\n",
            "objectSid:: ",
        ] {
            assert!(alice.contains(expected), "{how:?}: {alice}");
        }
        assert!(!alice.contains("unicodePwd"), "{alice}");
    }
    let ldaps = ["-H", &samba.ldaps_url()];
    let nested = format!(
        "(memberOf:1.2.840.113556.1.4.1941:={})",
        samba.dn("mail-users").unwrap()
    );
    let found = String::from_utf8_lossy(&search(&samba, &ldaps, &nested).stdout).into_owned();
    for (name, expected) in [("alice", true), ("bob", true), ("carol", true), ("judy", false)] {
        let member = found.contains(&format!("sAMAccountName: {name}\n"));
        assert_eq!(member, expected, "{name}: {found}");
    }
}

#[test]
fn nobody_else_does() {
    let samba = Samba::corp().unwrap();
    let plain = search(&samba, &["-H", &samba.ldap_url()], "(cn=alice)");
    assert_eq!(plain.status.code(), Some(8), "{plain:?}");
    let anonymous = run(
        &samba,
        "ldapsearch",
        &["-H", &samba.ldaps_url(), "-b", samba.base(), "(cn=alice)"],
    );
    assert!(!anonymous.status.success(), "{anonymous:?}");
    assert!(anonymous.stdout.is_empty() || !String::from_utf8_lossy(&anonymous.stdout).contains("alice@"));
}

#[test]
fn dns_tells_where_it_is() {
    let samba = Samba::corp().unwrap();
    let server = samba.address().to_string();
    for protocol in ["udp", "tcp"] {
        let resolve = |name, kind| python(RESOLVE, &[&server, name, kind, protocol]).unwrap();
        let services = resolve("_ldap._tcp.dc._msdcs.corp.example.test", "SRV");
        assert_eq!(services, "0 100 389 dc1.corp.example.test.\n");
        let catalogs = resolve("_gc._tcp.corp.example.test", "SRV");
        assert_eq!(catalogs, "0 100 3268 dc1.corp.example.test.\n");
        for name in [samba.host(), samba.dns_domain(), "gc._msdcs.corp.example.test"] {
            assert_eq!(resolve(name, "A").trim_end(), server, "{name}");
        }
    }
    assert_eq!(samba.dns().port(), 53);
}

#[test]
fn computers_have_a_secure_channel() {
    let samba = Samba::corp().unwrap();
    let server = samba.address().to_string();
    for computer in ["GW1", "GW2"] {
        python(SECURE_CHANNEL, &[&server, computer, &Samba::password(computer)]).unwrap();
    }
    let refusal = python(SECURE_CHANNEL, &[&server, "GW1", "wrong"]).unwrap_err();
    assert!(refusal.contains("NT_STATUS_ACCESS_DENIED"), "{refusal}");
    samba.set_password("GW1$", "other").unwrap();
    python(SECURE_CHANNEL, &[&server, "GW1", "other"]).unwrap();
}

#[test]
fn two_are_twins() {
    let authority = Authority::new().unwrap();
    let start = || Samba::builder().issued_by(&authority).unwrap().start().unwrap();
    let (first, second) = (start(), start());
    assert_eq!(first.ca_file(), second.ca_file());
    assert_ne!(first.address(), second.address());
    assert_eq!(
        first.object_sid("alice").unwrap(),
        second.object_sid("alice").unwrap()
    );
    for samba in [&first, &second] {
        let found = search(samba, &["-H", &samba.ldaps_url()], "(cn=alice)");
        assert!(found.status.success(), "{found:?}");
    }
}
