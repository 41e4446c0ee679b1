//! Attempts to get a command past the relay, or to make it lose count.

use proptest::collection::vec;
use proptest::prelude::*;

use gatepost_imap::relay::{EmptyLiteral, Rules};

use crate::rig::{Case, Rig, Turn, c, s};
use crate::server::Server;

#[test]
fn literals_that_look_like_commands_are_literals() {
    let evil = "\r\nb COMPRESS DEFLATE\r\nc IDLE\r\n\r\nd STARTTLS\r\n";
    let n = evil.len();
    Case::new([c(&format!("a APPEND x {{{n}+}}\r\n{evil}\r\ne NOOP\r\n"))]).passes();
    Case::new([
        c(&format!("a APPEND x {{{n}}}\r\n")),
        s("+ go\r\n"),
        c(&format!("{evil}\r\ne NOOP\r\n")),
    ])
    .passes();
}

#[test]
fn what_looks_like_an_announcement_is_text() {
    for line in [
        "a SEARCH TEXT \"{20+}\"",
        "a SEARCH TEXT {20+} ",
        "a SEARCH TEXT {+}",
        "a SEARCH TEXT {2 0+}",
        "a SEARCH TEXT 20+}",
    ] {
        Case::new([c(&format!("{line}\r\nb COMPRESS DEFLATE\r\n"))])
            .gives(&format!("{line}\r\n"), "b BAD COMPRESS is not offered\r\n");
    }
}

/// Servers that read no arguments, or report a broken string, take the next line for a command.
#[test]
fn literals_where_there_can_be_none_end_the_relay() {
    for line in [
        "a NOOP {20+}",
        "a capability {20}",
        "a IDLE {20}",
        "a LOGOUT ~{20+}",
        "a SEARCH TEXT \"x {20+}",
        "a SEARCH TEXT \"\\\" {20+}",
    ] {
        let error = format!("literal where there can be none at octet {}", line.len());
        Case::new([c(&format!("{line}\r\nb COMPRESS DEFLATE\r\n"))]).fails(
            line,
            &format!("* BYE {error}\r\n"),
            &error,
        );
    }
    Case::new([c("a SEARCH TEXT \"\\\\\" {3+}\r\nabc\r\n")]).passes();
}

/// What the server has to say about it decides, so an open quoted string does no harm here.
#[test]
fn a_synchronizing_literal_in_an_open_string_is_up_to_the_server() {
    Case::new([
        c("a SEARCH TEXT \"x {20}\r\nb COMPRESS DEFLATE\r\n"),
        s("a BAD missing quote\r\n"),
    ])
    .gives(
        "a SEARCH TEXT \"x {20}\r\n",
        "a BAD missing quote\r\nb BAD COMPRESS is not offered\r\n",
    );
}

#[test]
fn texts_of_the_server_neither_announce_nor_invite() {
    Case::new([
        c("a APPEND x {5}\r\n"),
        s("* OK + go {5}\r\n* 1 EXISTS\r\nx+ y\r\n"),
        c("b NOOP\r\n"),
    ])
    .gives("a APPEND x {5}\r\n", "* OK + go {5}\r\n* 1 EXISTS\r\nx+ y\r\n");
}

#[test]
fn a_plus_in_a_literal_of_the_server_invites_nothing() {
    let response = "* 1 FETCH (BODY[] {13}\r\n\r\n+ go\r\na NO\r\n)\r\n";
    Case::new([c("a APPEND x {5}\r\n"), s(response), c("b NOOP\r\n")]).gives("a APPEND x {5}\r\n", response);
}

fn client_words() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"a ",
        b"b ",
        b"NOOP",
        b"SELECT x",
        b"APPEND x",
        b"IDLE",
        b"DONE\r\n",
        b"COMPRESS DEFLATE",
        b"LOGIN x y",
        b"STARTTLS",
        b"XASK",
        b" {3}\r\n",
        b" {14}\r\n",
        b" {30}\r\n",
        b" {3+}\r\n",
        b" {14+}\r\n",
        b" {30+}\r\n",
        b"\"",
        b"\r\n",
        b"\r\n",
        b"\r\n",
        b"a COMPRESS x\r\n",
        b"b UNAUTHENTICATE\r\n",
        b"a APPEND x {20}\r\n",
        b"b APPEND x {20+}\r\n",
        b"a IDLE\r\n",
        b"a NOOP\r\n",
        b" ",
    ];
    vec(prop::sample::select(words), 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// A server that counts as the RFC says never sees a refused command, whatever it accepts and refuses, and the
    /// same holds for a client that uses its tags twice.
    #[test]
    fn no_refused_command_is_ever_run(
        octets in client_words(),
        choices in vec(any::<u8>(), 1..20),
        sizes in vec(1_usize..40, 1..6),
    ) {
        let mut rig = Rig::new("IMAP4rev1 LITERAL+", Rules::new([], EmptyLiteral::Quote));
        let mut server = Server::new(choices);
        let mut sizes = sizes.iter().cycle();
        let mut rest = octets.as_slice();
        loop {
            let size = sizes.next().unwrap().min(&rest.len()).to_owned();
            let (now, later) = rest.split_at(size);
            rest = later;
            rig.take(&Turn::Client(now.to_vec()), &[usize::MAX]);
            server.hear(&std::mem::take(&mut rig.out.server));
            let said = server.say();
            if said.is_empty() && rest.is_empty() {
                break;
            }
            rig.take(&Turn::Server(said), &[3]);
            server.hear(&std::mem::take(&mut rig.out.server));
        }
        prop_assert_eq!(&server.refused, &Vec::<String>::new());
        // Whoever waits for the server waits for something that the server waits for as well.
        prop_assert!(rig.error.is_some() || !rig.relay.holds_client() || server.asked());
    }
}
