use super::*;

/// What a server says in a session with STARTTLS and LOGIN, answer by answer.
const SAID: [&str; 7] = [
    "220-mail.example.com ESMTP\r\n220 no UCE\r\n",
    "250-mail.example.com\r\n250- SIZE 10\r\n250 STARTTLS\r\n",
    "220 2.0.0 go\r\n",
    "250-mail.example.com\r\n250-AUTH=LOGIN\r\n250-\r\n250 PIPELINING\r\n",
    "334 VXNlcm5hbWU6\r\n",
    "334 UGFzc3dvcmQ6\r\n",
    "235-2.7.0 welcome\r\n235 2.7.0 in\r\n",
];

/// All that was sent and where it ended, with each answer in pieces cut by `cut`.
fn converse(cut: impl Fn(&str) -> Vec<&str>) -> (String, String) {
    let (mut rig, mut all) = (Rig::new(), String::new());
    let mut state = start(config(Security::StartTls, vec![sasl("LOGIN")]));
    for answer in SAID {
        let mut pieces = cut(answer);
        let last = pieces.pop().unwrap();
        for piece in pieces {
            state = rig.waits(state, piece);
            assert!(rig.out.is_empty(), "{answer}");
        }
        state = match rig.receive(state, last).unwrap() {
            Step::NeedInput(state) => state,
            Step::StartTls(tls) => tls.upgraded(&mut rig.input, &mut rig.out),
            Step::Sasl(sasl) => match sasl.challenge() {
                None => sasl.initial(None, &mut rig.out),
                Some(challenge) => {
                    let response = challenge.to_ascii_uppercase();
                    sasl.respond(&response, &mut rig.out)
                }
            },
            end => return (all, format!("{end:?}")),
        };
        all.push_str(&rig.sent());
    }
    panic!("no end")
}

#[test]
fn every_split_is_the_same() {
    let whole = converse(|answer| vec![answer]);
    assert_eq!(
        whole.0,
        "EHLO gate.example.com\r\nSTARTTLS\r\nEHLO gate.example.com\r\nAUTH LOGIN\r\n\
         VVNFUk5BTUU6\r\nUEFTU1dPUkQ6\r\n"
    );
    assert!(whole.1.starts_with("Authenticated"), "{}", whole.1);
    let longest = SAID.iter().map(|answer| answer.len()).max().unwrap();
    for at in 1..longest {
        assert_eq!(
            converse(|answer| {
                let (first, second) = answer.split_at(at.min(answer.len() - 1));
                vec![first, second]
            }),
            whole
        );
    }
    let singly = converse(|answer| (0..answer.len()).map(|at| &answer[at..=at]).collect());
    assert_eq!(singly, whole);
}
