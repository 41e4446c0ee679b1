//! Whatever a client sends: how it arrives makes no difference, and what it hears is whole.

use gatepost_smtp::Limits;
use gatepost_smtp::server::Transport;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::driver::Server;

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"EHLO x\r\n",
        b"HELO x\r\n",
        b"AUTH PLAIN\r\n",
        b"AUTH LOGIN =\r\n",
        b"AUTH PLAIN AGFsaWNlAHdyb25n\r\n",
        b"AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
        b"auth ",
        b"YWxpY2U=\r\n",
        b"*\r\n",
        b"=\r\n",
        b"MAIL FROM:<a@example.com>\r\n",
        b"RCPT TO:<b@example.org>\r\n",
        b"DATA\r\n",
        b"RSET\r\n",
        b"NOOP",
        b"\r\n",
        b"\r",
        b"\n",
        b"\0",
        b"\xff",
        b" ",
        b"BDAT 10 LAST\r\n",
        b"BDAT 10\r\nQUIT\r\nQUIT\r\n",
        b"BDAT x\r\n",
        b"GET / HTTP/1.1\r\n",
        b"XCLIENT LOGIN=root\r\n",
        b"QUIT\r\n",
        b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];
    vec(prop::sample::select(words), 0..24).prop_map(|words| words.concat())
}

fn outcome(transport: Transport, octets: &[u8], sizes: &[usize]) -> (String, String) {
    let limits = Limits {
        command_line: 100,
        sasl_line: 150,
        ..Limits::BEFORE_LOGIN
    };
    let mut server = Server::new(transport, limits);
    let mut sizes = sizes.iter().cycle();
    let mut rest = octets;
    while !rest.is_empty() {
        let size = sizes.next().map_or(usize::MAX, |&size| size).min(rest.len());
        let (now, later) = rest.split_at(size);
        server.receive(now);
        rest = later;
    }
    let sent = server.sent();
    assert!(sent.ends_with(b"\r\n") && !sent.windows(2).any(|two| two[1] == b'\n' && two[0] != b'\r'));
    (String::from_utf8(sent).unwrap(), server.place())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_chunking_is_the_same(octets in stream(), sizes in vec(1_usize..20, 1..6)) {
        let whole = outcome(Transport::Tls, &octets, &[usize::MAX]);
        prop_assert_eq!(&outcome(Transport::Tls, &octets, &[1]), &whole);
        prop_assert_eq!(&outcome(Transport::Tls, &octets, &sizes), &whole);
        prop_assert_eq!(whole.0.contains("235 "), whole.1.starts_with("authenticated"));
    }

    #[test]
    fn nobody_gets_in_without_tls(octets in stream(), sizes in vec(1_usize..20, 1..6)) {
        let plain = outcome(Transport::Plain, &octets, &sizes);
        prop_assert!(!plain.0.contains("235 ") && !plain.0.contains("334 "));
        prop_assert!(!plain.1.starts_with("authenticated"));
    }
}
