//! It comes, goes, comes again, and leaves nothing.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use gatepost_testkit::servers::{DomainUser, Samba};

use super::{code, log_in};

#[test]
fn accounts_outlive_an_outage() {
    let mut samba = Samba::corp().unwrap();
    samba.add(&DomainUser::new("late", "late")).unwrap();
    samba.disable("alice").unwrap();
    let address = samba.address();
    for end in [Samba::stop, Samba::kill] {
        end(&mut samba);
        assert!(TcpStream::connect(samba.ldaps()).is_err());
        samba.set_password("late", "later").unwrap();
        samba.start().unwrap();
        assert_eq!(samba.address(), address);
        assert_eq!(log_in(&samba, "late", "later"), Ok(()));
        assert_eq!(log_in(&samba, "alice", &Samba::password("alice")), code("533"));
    }
    samba.start().unwrap();
    assert_eq!(log_in(&samba, "late", "later"), Ok(()));
}

#[test]
fn it_can_keep_silent() {
    let samba = Samba::corp().unwrap();
    samba.freeze();
    let mut stream = TcpStream::connect(samba.ldap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    // An unbind (RFC 4511 section 4.3), at which a server hangs up.
    stream.write_all(b"\x30\x05\x02\x01\x01\x42\x00").unwrap();
    let silence = stream.read(&mut [0]).unwrap_err();
    assert_eq!(silence.kind(), ErrorKind::WouldBlock);
    samba.thaw();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_eq!(log_in(&samba, "alice", &Samba::password("alice")), Ok(()));
}

#[test]
fn what_it_judges_is_logged() {
    let samba = Samba::corp().unwrap();
    log_in(&samba, "alice", &Samba::password("alice")).unwrap();
    log_in(&samba, "bob", "wrong").unwrap_err();
    let good = samba.logged("became [CORP]\\[alice]").unwrap();
    assert!(good.contains("Auth: [LDAP,simple bind/TLS]"), "{good}");
    assert!(good.contains("status [NT_STATUS_OK]"), "{good}");
    let bad = samba.logged("mapped to [CORP]\\[bob]").unwrap();
    assert!(bad.contains("status [NT_STATUS_WRONG_PASSWORD]"), "{bad}");
    assert!(!samba.log().contains("Secret1"));
}

/// Field 5 of a process's status, `pgrp`, is the third after the name, which may hold anything (proc(5)).
fn group(process: &std::path::Path) -> Option<u32> {
    let status = std::fs::read_to_string(process.join("stat")).ok()?;
    status.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

fn processes() -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path())
}

/// The process group that listens on port 389 of an address.
fn group_of(address: Ipv4Addr) -> Option<u32> {
    let local = format!("{:08X}:0185", u32::from_le_bytes(address.octets()));
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let line = table
        .lines()
        .find(|line| line.split_whitespace().nth(1) == Some(&local))?;
    let socket = PathBuf::from(format!("socket:[{}]", line.split_whitespace().nth(9)?));
    let has_it = |process: &PathBuf| {
        let files = std::fs::read_dir(process.join("fd")).ok();
        files.is_some_and(|mut files| {
            files.any(|file| {
                file.is_ok_and(|file| std::fs::read_link(file.path()).ok() == Some(socket.clone()))
            })
        })
    };
    processes().find(has_it).and_then(|process| group(&process))
}

fn members(wanted: u32) -> usize {
    processes()
        .filter(|process| group(process) == Some(wanted))
        .count()
}

/// Waits until nobody of a group is left. Whoever has been killed may be waited for only a moment later.
fn is_gone(group: u32) -> bool {
    (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        members(group) == 0
    })
}

#[test]
fn nothing_is_left_of_it() {
    let samba = Samba::corp().unwrap();
    let group = group_of(samba.address()).unwrap();
    assert!(members(group) > 10);
    drop(samba);
    assert!(is_gone(group));
}

#[test]
#[ignore = "the next test runs it, and kills it"]
fn waits_to_be_killed() {
    let samba = Samba::corp().unwrap();
    println!("\naddress {}", samba.address());
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// A process that is killed drops nothing.
#[test]
fn nothing_is_left_of_one_whose_process_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "samba::lifetime::waits_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| line.unwrap().strip_prefix("address ")?.parse().ok());
    let group = group_of(address.unwrap()).unwrap();
    assert!(members(group) > 10);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_gone(group));
}

#[test]
fn nothing_is_left_of_one_that_was_stopped() {
    let mut samba = Samba::corp().unwrap();
    let group = group_of(samba.address()).unwrap();
    samba.stop();
    assert_eq!(members(group), 0);
}
