//! How octets arrive makes no difference, whatever they are.

use gatepost_imap::relay::{EmptyLiteral, Pattern, Relay, Rules};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::rig::{Rig, Turn};

fn client() -> impl Strategy<Value = Turn> {
    let words: Vec<&[u8]> = vec![
        b"a",
        b" ",
        b"a NOOP",
        b"b APPEND x",
        b"a APPEND Sent {18+}\r\nMessage-ID: <a@b>\n\r\n",
        b" (\\Draft)",
        b"{18}\r\n",
        b"Message-ID: <a@b>\n",
        b"\r\n",
        b"\r\n",
        b"\r",
        b"\n",
        b"\0",
        b"IDLE",
        b"a IDLE\r\n",
        b"DONE\r\n",
        b"d",
        b"STARTTLS",
        b"c COMPRESS DEFLATE\r\n",
        b"a LOGIN",
        b" {3}\r\n",
        b" {3+}\r\n",
        b" {0+}\r\n",
        b"~{4097+}\r\n",
        b"{99999999999999999999}",
        b"{",
        b"+}",
        b"0000000000000000000000000",
        b"\"",
        b"\\",
        b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];
    vec(prop::sample::select(words), 0..16).prop_map(|words| Turn::Client(words.concat()))
}

fn server() -> impl Strategy<Value = Turn> {
    let words: Vec<&[u8]> = vec![
        b"* 1 FETCH (",
        b"* OK ",
        b"a NO ",
        b"a OK\r\n",
        b"+ go\r\n",
        b"+",
        b"* CAPABILITY",
        b"[CAPABILITY",
        b" STARTTLS",
        b" IDLE",
        b" X-LONG",
        b"]",
        b"* 5 EXISTS\r\n",
        b"*",
        b" ",
        b"{0}\r\n",
        b"{0}",
        b"{0",
        b"~",
        b"{3}\r\n",
        b"{30}\r\n",
        b"\"",
        b"\\",
        b"\r\n",
        b"\r\n",
        b"\r",
        b"\n",
        b"\0",
        b"0000000000000000000000000",
        b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];
    vec(prop::sample::select(words), 0..16).prop_map(|words| Turn::Server(words.concat()))
}

fn outcome(turns: &[Turn], upstream: &str, sizes: &[usize]) -> String {
    let rules = Rules::new([Pattern::new("x-*")], EmptyLiteral::Quote);
    let watched = told(turns, upstream, sizes, rules.clone().watching_appends());
    let appended = watched.split(" | ").last().unwrap_or_default();
    let told = told(turns, upstream, sizes, rules);
    assert_eq!(
        told.strip_suffix("[]").unwrap(),
        watched.strip_suffix(appended).unwrap()
    );
    watched
}

fn told(turns: &[Turn], upstream: &str, sizes: &[usize], rules: Rules) -> String {
    let mut rig = Rig::new(upstream, rules);
    for turn in turns {
        rig.take(turn, sizes);
    }
    let text = |octets: &[u8]| octets.escape_ascii().to_string();
    format!(
        "{} | {} | {:?} | {} | {:?} | {} | {:?}",
        text(&rig.out.server),
        text(&rig.out.client),
        rig.out.identities,
        text(&rig.held),
        rig.error,
        rig.relay.at_response_boundary(),
        rig.out.appended,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_chunking_is_the_same(
        turns in vec(prop_oneof![client(), server()], 0..8),
        upstream in prop::sample::select(vec!["IMAP4rev1", "LITERAL-", "LITERAL+"]),
        sizes in vec(1_usize..20, 1..6),
    ) {
        let whole = outcome(&turns, upstream, &[usize::MAX]);
        prop_assert_eq!(&outcome(&turns, upstream, &[1]), &whole);
        prop_assert_eq!(&outcome(&turns, upstream, &sizes), &whole);
    }
}

#[test]
fn a_relay_is_small() {
    assert!(size_of::<Relay>() <= 256, "{}", size_of::<Relay>());
}
