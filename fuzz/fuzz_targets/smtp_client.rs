//! The client session up to MAIL, with a server that says anything.
//!
//! The first octet chooses: `s` STARTTLS is required, `x` XCLIENT, `h` a trusted server that may know HELO alone, else
//! inside TLS. The rest is a list of pieces with 0xFF between them, each of which arrives by itself.
#![no_main]

use bytes::BytesMut;
use gatepost_smtp::Limits;
use gatepost_smtp::client::{self, Attribute, Method, Security, Step, Xclient};
use gatepost_wire::Input;
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "correct horse battery";

fuzz_target!(|data: &[u8]| {
    let [choice, pieces @ ..] = data else { return };
    let pieces = pieces.split(|octet| *octet == 0xFF);
    let (security, methods) = match choice {
        b's' => (Security::StartTls, vec![sasl("PLAIN"), sasl("LOGIN")]),
        b'x' => (Security::Tls, vec![xclient()]),
        b'h' => (Security::Plain, vec![Method::Trusted]),
        _ => (Security::Tls, vec![sasl("LOGIN"), sasl("PLAIN")]),
    };
    log_in(security, methods, pieces);
});

fn sasl(mechanism: &str) -> Method {
    Method::Sasl {
        mechanism: mechanism.into(),
    }
}

fn xclient() -> Method {
    Method::Xclient(Xclient {
        required: vec![Attribute::login("alice").unwrap()],
        wanted: vec![
            Attribute::helo(Some(&"h".repeat(255))).unwrap(),
            Attribute::host(Some(&"n".repeat(255))).unwrap(),
            Attribute::port(1),
        ],
    })
}

fn log_in<'a>(security: Security, methods: Vec<Method>, mut pieces: impl Iterator<Item = &'a [u8]>) {
    let trusted = methods.contains(&Method::Trusted);
    let config = client::Config {
        name: "fuzz.example.com".into(),
        security,
        methods,
        limits: Limits::BEFORE_LOGIN,
    };
    let (mut input, mut out) = (Input::new(config.limits.reply_capacity()), BytesMut::new());
    let mut state = client::start(config);
    let mut secured = security != Security::StartTls;
    loop {
        let Ok(step) = state.process(&mut input, &mut out) else {
            return check(&out, secured);
        };
        state = match step {
            Step::NeedInput(next) => match pieces.next() {
                None => return,
                Some(octets) => {
                    assert!(input.room() > 0, "a full input, and nothing comes out of it");
                    let room = input.room().min(octets.len());
                    input.feed(&octets[..room]).unwrap();
                    next
                }
            },
            Step::StartTls(step) => {
                assert!(!secured && input.is_empty());
                secured = true;
                step.upgraded(&mut input, &mut out)
            }
            Step::Sasl(sasl) => {
                assert!(secured, "credentials without TLS");
                match (sasl.mechanism(), sasl.challenge()) {
                    ("LOGIN", None) => sasl.initial(None, &mut out),
                    (_, Some(b"*")) => sasl.cancel(&mut out),
                    _ => sasl.respond(PASSWORD.as_bytes(), &mut out),
                }
            }
            Step::Authenticated(_) => {
                let login = ["AUTH ", "XCLIENT "].iter().any(|verb| says(&out, verb));
                return assert!(secured && input.is_empty() && (login || trusted));
            }
            Step::Offered(_) => panic!("there are methods"),
            Step::Refused(refused) => {
                let _ = refused.to_string();
                return check(&out, secured);
            }
        };
        check(&out, secured);
    }
}

fn says(out: &[u8], word: &str) -> bool {
    out.windows(word.len()).any(|text| text == word.as_bytes())
}

/// What was sent is whole commands, XCLIENT but once and with the user, and before TLS nothing that tells who we are.
fn check(out: &[u8], secured: bool) {
    assert!(secured || !says(out, "AUTH"), "a login without TLS");
    let Some(lines) = out.strip_suffix(b"\r\n") else {
        return assert!(out.is_empty(), "half a line");
    };
    let mut introductions = 0;
    for line in lines.split(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(text.len() <= 510 && text.iter().all(|octet| matches!(octet, b' '..=b'~')));
        if text.starts_with(b"XCLIENT ") {
            introductions += 1;
            assert!(introductions == 1 && text.ends_with(b" LOGIN=alice"));
        }
    }
}
