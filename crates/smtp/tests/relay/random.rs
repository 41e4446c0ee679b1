//! Whatever happens, what has to hold does.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::model::{Op, run};
use crate::rig::Choice;

fn client() -> impl Strategy<Value = Op> {
    let words: Vec<&[u8]> = vec![
        b"MAIL FROM:<a1@example.com>\r\n",
        b"MAIL FROM:<a2@example.com> SIZE=10\r\n",
        b"MAIL FROM:<evil@example.com>\r\n",
        b"RCPT TO:<b1@example.org>\r\n",
        b"RCPT TO:<b2@example.org>\r\n",
        b"RCPT TO:<b3@example.org>\r\n",
        b"RCPT TO:<b4@example.org>\r\n",
        b"RCPT TO:<nobody@example.org>\r\n",
        b"DATA\r\n",
        b"MAIL FROM:<a3@example.com>\r\nRCPT TO:<b5@example.org>\r\nRCPT TO:<b6@example.org>\r\nDATA\r\n",
        b"MAIL FROM:<a4@example.com>\r\nRCPT TO:<b7@example.org>\r\nDATA\r\nDate: x\r\n\r\nbody\r\n.\r\n",
        b"Subject: x\r\n\r\nbody\r\n",
        b"..\r\n",
        b".\r\n",
        b"\r\n.\r\n",
        b".",
        b"\r\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"EHLO x\r\n",
        b"QUIT\r\n",
        b"BDAT 12 LAST\r\n",
        b"FOO\r\n",
        b"\n.\r\n",
        b"\0",
        b"VRFY x\r\n",
        b"AUTH PLAIN =\r\n",
    ];
    vec(prop::sample::select(words), 0..8).prop_map(|words| Op::Client(words.concat()))
}

fn raw() -> impl Strategy<Value = Op> {
    let words: Vec<&[u8]> = vec![
        b"250 Ok\r\n",
        b"250-Ok\r\n",
        b"354 go\r\n",
        b"421 bye\r\n",
        b"550 no\r\n",
        b"503 no\r\n",
        b"x\r\n",
        b"25",
        b"\r\n",
    ];
    vec(prop::sample::select(words), 1..4).prop_map(|words| Op::Raw(words.concat()))
}

fn event() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0_u8..6).prop_map(Op::Say),
        1 => Just(Op::Lose),
        2 => any::<bool>().prop_map(Op::Replace),
        1 => Just(Op::NoServer),
        1 => Just(Op::Fail),
        1 => prop::sample::select(vec![Choice::Send, Choice::Refuse, Choice::Abandon]).prop_map(Op::Choose),
        3 => Just(Op::Choose(Choice::Send)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn with_a_server_that_means_what_it_says(
        ops in vec(prop_oneof![client(), event()], 0..24),
        pipelining in any::<bool>(),
        choices in vec(any::<u8>(), 1..20),
    ) {
        run(&ops, pipelining, &choices);
    }

    #[test]
    fn with_a_server_that_agrees_to_everything(
        ops in vec(prop_oneof![2 => client(), 1 => (1_u8..6).prop_map(Op::Say)], 0..24),
        pipelining in any::<bool>(),
    ) {
        run(&ops, pipelining, &[0]);
    }

    #[test]
    fn with_a_server_that_says_anything(
        ops in vec(prop_oneof![client(), raw(), event()], 0..24),
        choices in vec(any::<u8>(), 1..20),
    ) {
        run(&ops, true, &choices);
    }
}
