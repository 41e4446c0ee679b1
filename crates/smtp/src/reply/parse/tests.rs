use proptest::prelude::*;

use super::*;

fn strict(octets: &[u8]) -> Result<Reply, PeerError> {
    parse(octets.to_vec())
}

fn lenient(octets: &[u8]) -> (Reply, Vec<(Allowance, usize)>) {
    let (reply, forgiven) = parse_with(octets.to_vec(), Leniency::ALL).unwrap();
    (reply, forgiven.iter().collect())
}

/// Where, and what is expected there.
fn broken(octets: &[u8], leniency: Leniency) -> (usize, Rule) {
    match parse_with(octets.to_vec(), leniency) {
        Err(PeerError { offset, rule }) => (offset, rule),
        other => panic!("{}: {other:?}", octets.escape_ascii()),
    }
}

/// What is an error on its own, and with everything else forgiven, but not with `allowance`.
fn only(allowance: Allowance, octets: &[u8], offset: usize, read: &Reply) {
    let error = (offset, rule(allowance));
    assert_eq!(broken(octets, Leniency::STRICT), error);
    assert_eq!(broken(octets, Leniency::ALL.without(allowance)), error);
    let alone = parse_with(octets.to_vec(), Leniency::STRICT.with(allowance)).unwrap();
    assert_eq!(alone.0, *read);
    assert!(alone.1.iter().eq([(allowance, offset)]), "{alone:?}");
}

#[test]
fn the_forms_of_a_reply() {
    for (octets, expected) in [
        ("250 OK\r\n", Reply::new(250, "", "OK")),
        ("250\r\n", Reply::new(250, "", "")),
        ("250 2.1.0 OK\r\n", Reply::new(250, "2.1.0", "OK")),
        ("250 2.1.0\r\n", Reply::new(250, "2.1.0", "")),
        ("250 2.1.0 \r\n", Reply::new(250, "2.1.0", "")),
        ("550 5.7.27 x\r\n", Reply::new(550, "5.7.27", "x")),
        ("550 5.7.270x\r\n", Reply::new(550, "", "5.7.270x")),
        ("334 \r\n", Reply::new(334, "", "")),
        ("334\r\n", Reply::new(334, "", "")),
        ("334 VXNlcm5hbWU6\r\n", Reply::new(334, "", "VXNlcm5hbWU6")),
        ("250-a\r\n250\r\n", Reply::new(250, "", "a\n")),
        (
            "250-\r\n250- SIZE 5\r\n250 X\r\n",
            Reply::new(250, "", "\n SIZE 5\nX"),
        ),
        ("220 a\tb  c \r\n", Reply::new(220, "", "a\tb  c ")),
        ("250 \t\r\n", Reply::new(250, "", "\t")),
        ("550-5.7.1 a\r\n550 5.7.1 b\r\n", Reply::new(550, "5.7.1", "a\nb")),
        ("550-5.7.1 a\r\n550 5.7.1\r\n", Reply::new(550, "5.7.1", "a\n")),
        ("550-a\r\n550 5.7.1 b\r\n", Reply::new(550, "", "a\n5.7.1 b")),
    ] {
        assert_eq!(strict(octets.as_bytes()), Ok(expected), "{octets}");
    }
}

#[test]
fn a_longer_enhanced_code_is_another_one() {
    for octets in [
        &b"550-5.7.11 a\r\n550 5.7.110 b\r\n"[..],
        b"550-5.7.11\r\n550 5.7.110\r\n",
        b"550-5.10.1 a\r\n550 5.10.1b\r\n",
    ] {
        let at = octets.iter().position(|octet| *octet == b'\n').unwrap() + 5;
        assert_eq!(broken(octets, Leniency::STRICT), (at, Rule::MixedEnhancedCodes));
    }
    let same = Reply::new(550, "5.7.11", "\nb");
    assert_eq!(strict(b"550-5.7.11\r\n550 5.7.11 b\r\n"), Ok(same));
}

#[test]
fn the_octets_are_kept() {
    let octets = b"250-caf\xe9\r\n250 x\n";
    let (reply, _) = lenient(octets);
    assert_eq!(reply.octets().unwrap(), &octets[..]);
    assert!(reply.lines().eq(["caf\u{fffd}", "x"]));
    assert!(reply.octet_lines().eq([&b"caf\xe9"[..], b"x"]));
    assert_eq!(Reply::new(250, "", "x").octets(), None);
}

#[test]
fn each_allowance() {
    only(Allowance::EmptyText, b"250 \r\n", 3, &Reply::new(250, "", ""));
    only(
        Allowance::NoSpace,
        b"220****\r\n",
        3,
        &Reply::new(220, "", "****"),
    );
    only(Allowance::Tab, b"250\tok\r\n", 3, &Reply::new(250, "", "ok"));
    only(
        Allowance::Utf8,
        "250 caf\u{e9}\r\n".as_bytes(),
        7,
        &Reply::new(250, "", "caf\u{e9}"),
    );
    only(
        Allowance::BareLf,
        b"250-a\r\n250 b\n",
        12,
        &Reply::new(250, "", "a\nb"),
    );
    only(
        Allowance::MixedCodes,
        b"250-a\r\n550 b\r\n",
        7,
        &Reply::new(550, "", "a\nb"),
    );
    only(
        Allowance::MixedEnhanced,
        b"550-5.7.1 a\r\n550-5.7.10 b\r\n550 c\r\n",
        17,
        &Reply::new(550, "5.7.1", "a\n5.7.10 b\nc"),
    );
    only(
        Allowance::EnhancedClass,
        b"250 5.7.1 b\r\n",
        4,
        &Reply::new(250, "5.7.1", "b"),
    );
    only(
        Allowance::EnhancedClass,
        b"354 2.0.0 go\r\n",
        4,
        &Reply::new(354, "2.0.0", "go"),
    );
    only(Allowance::SecondDigit, b"299 x\r\n", 0, &Reply::new(299, "", "x"));
}

#[test]
fn eight_bits_and_controls_are_shown_as_they_can_be() {
    let (reply, forgiven) = lenient(b"250 caf\xe9\r\n");
    assert_eq!(
        (reply.text(), &forgiven[..]),
        ("caf\u{fffd}", &[(Allowance::EightBit, 7)][..])
    );
    let (reply, forgiven) = lenient(b"250 \x1b[2J\r\n");
    assert_eq!(
        (reply.text(), &forgiven[..]),
        ("\x1b[2J", &[(Allowance::Controls, 4)][..])
    );
    let rule = Rule::Expected("printable ASCII");
    assert_eq!(
        broken(b"250 caf\xe9\r\n", Leniency::ALL.without(Allowance::EightBit)),
        (7, rule)
    );
    assert_eq!(
        broken(b"250 \x7f\r\n", Leniency::ALL.without(Allowance::Controls)),
        (4, rule)
    );
}

/// Nothing else that is known of servers, and the sessions' tolerance is not more than it was.
#[test]
fn what_sessions_forgive() {
    for octets in [
        &b"250 \r\n"[..],
        b"299 caf\xe9 \x1b\r\n",
        b"250-5.7.1 a\r\n250 b\r\n",
    ] {
        assert!(parse_with(octets.to_vec(), Leniency::SERVERS).is_ok());
    }
    for (octets, offset, rule) in [
        (&b"250 a\n"[..], 5, Rule::BareLf),
        (b"250-a\r\n251 b\r\n", 7, Rule::MixedCodes),
        (b"250_x\r\n", 3, Rule::Expected("a space or a hyphen")),
        (b"250\tx\r\n", 3, Rule::Expected("a space or a hyphen")),
    ] {
        assert_eq!(broken(octets, Leniency::SERVERS), (offset, rule));
    }
}

#[test]
fn what_is_never_forgiven() {
    let code = Rule::Expected("a reply code");
    for (octets, offset, rule) in [
        (&b""[..], 0, code),
        (b"\r\n", 0, code),
        (b"25\r\n", 0, code),
        (b"hello\r\n", 0, code),
        (b"150 x\r\n", 0, code),
        (b"650 x\r\n", 0, code),
        (b"2500 x\r\n", 3, Rule::Expected("a space or a hyphen")),
        (b"250", 3, Rule::Expected("a space or a hyphen")),
        (b"250 a", 5, Rule::Expected("the end of the line")),
        (b"250-a\r\n", 7, code),
        (b"250 a\r\n250 b\r\n", 7, Rule::Expected("the end of the reply")),
        (b"250 a\rb\r\n", 5, Rule::BareCr),
        (b"250 a\r\r\n", 5, Rule::BareCr),
        (b"250 \0\r\n", 4, Rule::Nul),
    ] {
        assert_eq!(
            broken(octets, Leniency::ALL),
            (offset, rule),
            "{}",
            octets.escape_ascii()
        );
    }
}

/// Eight octets are looked at at once: each octet at each place.
#[test]
fn only_printable_octets_are_printable() {
    for length in 0..20 {
        for place in 0..length {
            for octet in 0..=255 {
                let mut octets = vec![b'x'; length];
                octets[place] = octet;
                let expected = if matches!(octet, b' '..=b'~') {
                    length
                } else {
                    place
                };
                assert_eq!(printable(&octets), expected, "{octet} at {place} of {length}");
            }
        }
    }
    assert_eq!(printable(b"~~~~~~~\xff "), 7);
    assert_eq!(printable(b"      \x00\x7f"), 6);
}

proptest! {
    /// There are two ways through the grammar, and both come to the same.
    #[test]
    fn the_short_way_is_the_long_way(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "250", "550", "334", "299", " ", "-", "5.7.1", "2.1.27", "2.0.0 ", "ok", "\r\n", "\r\n250 ", "\r\n250-", "\n",
            "\r", "\t", "\0", "\u{e9}", "a longer text of many words",
        ]), 0..12),
    ) {
        let octets = Bytes::from(pieces.concat());
        let long = odd(octets.clone(), Leniency::STRICT);
        match plain(&octets) {
            Some((code, enhanced)) => {
                let (reply, forgiven) = long.unwrap();
                prop_assert_eq!((reply.code(), reply.enhanced()), (code, enhanced));
                prop_assert!(forgiven.is_empty());
            }
            None => prop_assert_eq!(parse_with(octets, Leniency::STRICT), long),
        }
    }
}
