//! Commands that a server answers before they are over.

use super::*;

/// Framers of commands that stream nothing, and all.
fn framers() -> [Framer; 2] {
    let framer = || Framer::commands(SMALL);
    [framer(), framer().streaming(Streaming::EVERYTHING)]
}

/// What comes of `octets`, and the octets of it.
fn drained(framer: &mut Framer, input: &mut Input, octets: &[u8]) -> (Vec<Said>, Vec<u8>) {
    let (mut all, mut together) = (Vec::new(), Vec::new());
    input.feed(octets).unwrap();
    while let Some(frame) = framer.next(input).unwrap() {
        together.extend(frame.octets().concat());
        push(&mut all, heard(frame));
    }
    (all, together)
}

/// The commands among all that is said of `pieces`, with the answer to `tag` in front of the last of them.
fn commands_of(mut framer: Framer, pieces: &[&[u8]], tag: &str) -> Vec<String> {
    let mut input = Input::new(200);
    let (mut said, mut together) = (Vec::new(), Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        if index + 1 == pieces.len() {
            framer.answered(tag.as_bytes(), &input);
        }
        let (all, octets) = drained(&mut framer, &mut input, piece);
        said.extend(all);
        together.extend(octets);
    }
    assert_eq!([&together[..], input.as_slice()].concat(), pieces.concat());
    let command = |said| match said {
        Said::Message(command) | Said::Close(_, command, _) => Some(command),
        _ => None,
    };
    said.into_iter().filter_map(command).collect()
}

#[test]
fn the_literal_that_is_awaited_does_not_come() {
    for framer in framers() {
        let pieces = [&b"a X {2}\r\n"[..], b"zz {3}\r\n", b"b NOOP\r\n"];
        let commands = commands_of(framer, &pieces, "a");
        assert!(commands[0].starts_with("a X {2}\\r\\n") && commands[0].ends_with(" {3}"));
        assert_eq!(commands[1..], ["b NOOP"]);
    }
}

#[test]
fn nor_does_one_that_is_announced_later() {
    for framer in framers() {
        let pieces = [&b"a X {1}\r\n"[..], b"z", b" {3}\r\nb NOOP\r\n"];
        let commands = commands_of(framer, &pieces, "a");
        assert!(commands[0].ends_with(" {3}"), "{commands:?}");
        assert_eq!(commands[1..], ["b NOOP"]);
    }
}

#[test]
fn an_outline_has_no_gap_for_it() {
    let [_, mut framer] = framers();
    let mut input = Input::new(100);
    drained(&mut framer, &mut input, b"a X {1}\r\nz {3}\r\n");
    framer.answered(b"a", &input);
    let (said, _) = drained(&mut framer, &mut input, b"");
    let close = Said::Close(String::new(), "a X {1}\\r\\n {3}".to_owned(), vec![(9, 1)]);
    assert_eq!(said, [close]);
    assert!(framer.is_between_messages(&input));
}

#[test]
fn a_literal_that_comes_anyhow_is_one() {
    for framer in framers() {
        let pieces = [&b"a X {1}\r\n"[..], b"z", b" {3+}\r\nabc\r\nb NOOP\r\n"];
        let commands = commands_of(framer, &pieces, "a");
        assert!(!commands[0].ends_with('}'), "{commands:?}");
        assert_eq!(commands[1..], ["b NOOP"]);
    }
}

#[test]
fn a_literal_of_which_octets_came_is_not_taken_back() {
    for framer in framers() {
        let pieces = [&b"a X {3}\r\n"[..], b"z", b"zz\r\nb NOOP\r\n"];
        assert_eq!(commands_of(framer, &pieces, "a")[1..], ["b NOOP"]);
    }
}

#[test]
fn answers_to_other_commands_change_nothing() {
    for tag in ["a", "aa1", "aa", "*", "", "aa1 X"] {
        for framer in framers() {
            let pieces = [&b"aa12 X {8}\r\n"[..], b"b NOOP\r\n\r\n"];
            assert_eq!(commands_of(framer, &pieces, tag).len(), 1, "{tag}");
        }
    }
}

#[test]
fn the_next_command_is_not_answered() {
    for framer in framers() {
        let pieces = [&b"a NO"[..], b"OP\r\nb X {3}\r\nabc\r\n"];
        assert_eq!(commands_of(framer, &pieces, "a").len(), 2);
    }
}

#[test]
fn an_announcement_over_a_limit_ends_the_command_too() {
    for framer in [
        Framer::commands(SMALL),
        Framer::commands(SMALL).streaming(Streaming::default()),
    ] {
        let pieces = [&b"a X {1}\r\n"[..], b"z", b" {99999999999}\r\nb NOOP\r\n"];
        let commands = commands_of(framer, &pieces, "a");
        assert!(commands[0].ends_with("99}"), "{commands:?}");
        assert_eq!(commands[1..], ["b NOOP"]);
    }
}
