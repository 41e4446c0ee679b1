//! Commands: both take what is generated, and to them what we have read and written again is what it was.

use bytes::BytesMut;
use gatepost_smtp::command;
use proptest::collection::vec;
use proptest::prelude::*;
use smtp_proto::Request;

fn theirs(line: &[u8]) -> Request<String> {
    let mut rest = line.iter();
    let request = Request::parse(&mut rest);
    let request = request.unwrap_or_else(|error| panic!("{}: {error:?}", line.escape_ascii()));
    assert!(
        rest.as_slice().is_empty(),
        "{} is not read whole",
        line.escape_ascii()
    );
    request.into_owned()
}

/// The same line, read and written by us.
fn written(line: &str) -> BytesMut {
    let command = command::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
    let mut octets = BytesMut::new();
    command.encode(&mut octets);
    octets
}

fn check(line: &str) {
    assert_eq!(
        theirs(&written(line)),
        theirs(format!("{line}\r\n").as_bytes()),
        "{line}"
    );
}

fn mailbox() -> impl Strategy<Value = String> {
    let local = "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,8}(\\.[a-z0-9]{1,5}){0,2}";
    let domain = "[a-z0-9]{1,8}(\\.[a-z]{2,6}){0,2}";
    (local, domain).prop_map(|(local, domain)| format!("{local}@{domain}"))
}

fn mail_parameters() -> impl Strategy<Value = String> {
    let parameters = [
        "SIZE=12345",
        "BODY=7BIT",
        "BODY=8BITMIME",
        "BODY=BINARYMIME",
        "SMTPUTF8",
        "REQUIRETLS",
        "RET=FULL",
        "RET=HDRS",
        "ENVID=QQ314159",
        "HOLDFOR=90",
        "MT-PRIORITY=3",
        "BY=120;R",
    ];
    parameter_list(&parameters)
}

fn rcpt_parameters() -> impl Strategy<Value = String> {
    parameter_list(&[
        "NOTIFY=NEVER",
        "NOTIFY=SUCCESS,DELAY",
        "NOTIFY=FAILURE",
        "ORCPT=rfc822;Bob@example.com",
    ])
}

/// Some of them, each keyword once.
fn parameter_list(all: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    vec(prop::sample::select(all.to_vec()), 0..4).prop_map(|list| {
        let mut keywords = Vec::new();
        list.iter().fold(String::new(), |line, parameter| {
            let keyword = parameter.split('=').next();
            if keywords.contains(&keyword) {
                return line;
            }
            keywords.push(keyword);
            format!("{line} {parameter}")
        })
    })
}

proptest! {
    #[test]
    fn mail_and_rcpt(mailbox in mailbox(), mail in mail_parameters(), rcpt in rcpt_parameters()) {
        check(&format!("MAIL FROM:<{mailbox}>{mail}"));
        check(&format!("MAIL FROM:<>{mail}"));
        check(&format!("RCPT TO:<{mailbox}>{rcpt}"));
    }

    #[test]
    fn chunks(size in any::<u32>()) {
        check(&format!("BDAT {size}"));
        check(&format!("BDAT {size} LAST"));
    }

    #[test]
    fn names(name in "[a-z0-9]{1,8}(\\.[a-z0-9]{1,6}){0,3}") {
        check(&format!("EHLO {name}"));
        check(&format!("HELO {name}"));
        check(&format!("LHLO {name}"));
    }

    #[test]
    fn logins(initial in "[A-Za-z0-9+/]{4,40}") {
        let initial = &initial[..initial.len() / 4 * 4];
        check(&format!("AUTH PLAIN {initial}"));
        check("AUTH LOGIN");
        check("AUTH PLAIN =");
    }
}

#[test]
fn address_literals() {
    let line = "RCPT TO:<bob@[192.0.2.1]>";
    assert_eq!(&written(line)[..], format!("{line}\r\n").as_bytes());
    assert!(Request::parse(&mut format!("{line}\r\n").as_bytes().iter()).is_err());
}

#[test]
fn commands_without_arguments() {
    for line in ["DATA", "RSET", "NOOP", "QUIT", "STARTTLS", "HELP"] {
        check(line);
    }
    check("VRFY bob");
}
