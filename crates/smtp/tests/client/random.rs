//! Servers that say anything at any moment.

use bytes::BytesMut;
use gatepost_smtp::{Limits, client};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;

const PASSWORD: &str = "correct horse battery";

/// What servers say, right or wrong, with what may be decided if somebody asks.
fn words() -> impl Strategy<Value = Vec<&'static str>> {
    let words = vec![
        "220 mail.example.com\r\n",
        "220-a\r\n220 b\r\n",
        "250-mail\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n",
        "250-mail\r\n250-AUTH=LOGIN\r\n250 XCLIENT ADDR LOGIN\r\n",
        "250-mail\r\n250 SIZE 5\r\n",
        "250 mail\r\n",
        "250-x\r\n",
        "334 \r\n",
        "334 VXNlcm5hbWU6\r\n",
        "334 !\r\n",
        "235 in\r\n",
        "221 bye\r\n",
        "354 go\r\n",
        "421 bye\r\n",
        "502 what\r\n",
        "535 wrong\r\n",
        "220",
        "\r\n",
        "\r",
        "\n",
        "\0",
        "2",
        "* OK\r\n",
        "",
    ];
    vec(prop::sample::select(words), 0..14)
}

fn methods() -> impl Strategy<Value = Vec<client::Method>> {
    let sasl = |name: &str| client::Method::Sasl {
        mechanism: name.to_owned(),
    };
    let xclient = client::Method::Xclient(client::Xclient {
        required: vec![
            client::Attribute::login(PASSWORD).unwrap(),
            client::Attribute::address("192.0.2.1".parse().unwrap()),
        ],
        wanted: Vec::new(),
    });
    let methods = vec![sasl("PLAIN"), sasl("LOGIN"), xclient, client::Method::Trusted];
    prop::sample::subsequence(methods, 0..=4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn nothing_is_given_away_and_nobody_gets_in_for_nothing(
        security in prop::sample::select(vec![client::Security::Tls, client::Security::StartTls, client::Security::Plain]),
        methods in methods(),
        words in words(),
        cancels in any::<bool>(),
    ) {
        let trusted = methods.contains(&client::Method::Trusted);
        let config = client::Config {
            name: "gate.example.com".to_owned(),
            security,
            methods,
            limits: Limits::BEFORE_LOGIN,
        };
        let (mut input, mut out) = (Input::new(Limits::BEFORE_LOGIN.reply_capacity()), BytesMut::new());
        let mut secured = security != client::Security::StartTls;
        let mut state = client::start(config);
        let mut heard = String::new();
        let mut words = words.into_iter();
        loop {
            let Ok(step) = state.process(&mut input, &mut out) else { break };
            state = match step {
                client::Step::NeedInput(next) => match words.next() {
                    None => break,
                    Some(word) => {
                        heard.push_str(word);
                        input.feed(word.as_bytes()).unwrap();
                        next
                    }
                },
                client::Step::StartTls(step) => {
                    prop_assert!(!secured && input.is_empty());
                    secured = true;
                    step.upgraded(&mut input, &mut out)
                }
                client::Step::Sasl(sasl) => {
                    prop_assert!(secured);
                    match (sasl.challenge(), cancels) {
                        (_, true) => sasl.cancel(&mut out),
                        (None, false) if sasl.mechanism() == "LOGIN" => sasl.initial(None, &mut out),
                        (None, false) => sasl.initial(Some(PASSWORD.as_bytes()), &mut out),
                        (Some(_), false) => sasl.respond(PASSWORD.as_bytes(), &mut out),
                    }
                }
                client::Step::Authenticated(_) => {
                    let said = String::from_utf8_lossy(&out).into_owned();
                    let logged_in = heard.ends_with("235 in\r\n") || said.contains("XCLIENT ");
                    prop_assert!(secured && input.is_empty());
                    prop_assert!(trusted || logged_in, "{}", said);
                    break;
                }
                client::Step::Offered(_) => {
                    prop_assert!(secured);
                    break;
                }
                client::Step::Refused(refused) => {
                    prop_assert!(refused.reply.code().class() >= 4 || refused.stage == client::Stage::Cancelled);
                    break;
                }
            };
            let said = String::from_utf8_lossy(&out).into_owned();
            prop_assert!(secured || !(said.contains("AUTH") || said.contains("XCLIENT")), "{}", said);
            prop_assert!(said.is_empty() || said.ends_with("\r\n"));
            prop_assert!(said.split("\r\n").all(|line| line.len() <= 510 && !line.contains(['\r', '\n', '\0'])));
        }
    }
}
