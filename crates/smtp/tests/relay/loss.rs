//! The server is lost, in every state.

use gatepost_smtp::relay::{Loss, Verdict};
use gatepost_smtp::server::Bye;

use crate::message::invited;
use crate::rig::{Choice, Rig, State, config};

/// A conversation as turns, of the client and of the server.
const TURNS: [(&str, &str); 7] = [
    ("EHLO x\r\n", ""),
    ("MAIL FROM:<a@example.com>\r\n", "250 Ok\r\n"),
    ("RCPT TO:<b@example.org>\r\n", "250 Ok\r\n"),
    ("RCPT TO:<c@example.org>\r\n", "550 no\r\n"),
    ("DATA\r\n", "354 go\r\n"),
    ("Date: x\r\n\r\n.\r\n", "250 Ok\r\n"),
    ("NOOP\r\n", ""),
];

/// Whether the server is lost before its answer of the turn, or behind it, each command is answered once.
#[test]
fn every_command_is_answered_wherever_the_server_is_lost() {
    for lost in 0..TURNS.len() {
        for behind in [false, true] {
            let mut rig = Rig::usual();
            let (mut commands, mut replies) = (0, String::new());
            for (turn, (client, server)) in TURNS.iter().enumerate() {
                if *client == TURNS[5].0 && !matches!(rig.state, State::Message(_) | State::Swallow(_)) {
                    continue;
                }
                commands += 1;
                rig.client(client.as_bytes());
                if turn == lost && !behind {
                    rig.lose();
                }
                if rig.place().contains("wanting") {
                    rig.refuse_mail();
                }
                rig.server(server.as_bytes());
                if turn == lost && behind {
                    rig.lose();
                }
                replies.push_str(&rig.heard());
            }
            let finals = replies.lines().filter(|line| line.as_bytes()[3] == b' ').count();
            assert_eq!(finals, commands, "{lost} {behind} {replies}");
            let sent = replies.contains("354") && !replies.contains("451 ");
            assert_eq!(rig.verdicts.contains(&Verdict::Accepted), sent, "{replies}");
            // What may be tried again is never refused for good.
            assert!(
                !replies.contains("503") || replies.contains("451 4.3.0 no server"),
                "{replies}"
            );
            assert!(!rig.relay_ref().has_server() && rig.relay_ref().loss().is_some());
        }
    }
}

#[test]
fn what_waits_is_answered_in_order() {
    let mut rig = Rig::usual();
    rig.client(
        b"MAIL FROM:<a@example.com>\r\nNOOP\r\nRCPT TO:<b@example.org>\r\nRSET\r\nMAIL FROM:<c@example.com>\r\nDATA\r\n",
    );
    rig.lose();
    let codes: Vec<String> = rig.heard().lines().map(|line| line[..9].to_owned()).collect();
    assert_eq!(
        codes,
        [
            "451 4.3.0",
            "250 2.0.0",
            "451 4.3.0",
            "250 2.0.0",
            "451 4.3.0",
            "451 4.3.0"
        ]
    );
}

#[test]
fn nothing_is_written_to_a_lost_server() {
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    rig.passed();
    rig.lose();
    rig.client(b"RSET\r\nEHLO x\r\nMAIL FROM:<b@example.com>\r\nRCPT TO:<b@example.org>\r\n");
    assert_eq!(rig.passed(), "");
    assert!(rig.relay_ref().needs_server());
    rig.refuse_mail();
    rig.client(b"QUIT\r\n");
    assert_eq!((rig.passed().as_str(), rig.place().as_str()), ("", "closed"));
}

#[test]
fn a_new_server_knows_nothing_of_the_old_transaction() {
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<old@example.org>\r\n");
    rig.server(b"250 Ok\r\n250 Ok\r\n");
    rig.lose();
    rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<new@example.org>\r\nDATA\r\n");
    rig.passed();
    rig.choice = Choice::Wait;
    rig.replace("PIPELINING");
    assert_eq!(
        rig.passed(),
        "MAIL FROM:<a@example.com>\r\nRCPT TO:<new@example.org>\r\n"
    );
    rig.server(b"250 Ok\r\n250 Ok\r\n");
    let State::Data(data) = &rig.state else { panic!() };
    assert_eq!(data.recipients().len(), 1);
}

/// The verdict and the close come together: the verdict counts.
#[test]
fn the_verdict_before_the_close_counts() {
    let mut rig = invited(config());
    rig.client(b"\r\n.\r\n");
    rig.server(b"250 Ok\r\n");
    rig.lose();
    assert_eq!(rig.verdicts, [Verdict::Accepted]);
    assert_eq!(rig.heard(), "250 2.0.0 Ok\r\n");
}

#[test]
fn half_a_verdict_is_none() {
    let mut rig = invited(config());
    rig.client(b"\r\n.\r\nQUIT\r\n");
    rig.server(b"250-Ok\r\n250 O");
    assert!(rig.verdicts.is_empty());
    rig.lose();
    assert_eq!(rig.verdicts, [Verdict::Doubt]);
    assert_eq!(
        rig.heard(),
        "451 4.3.0 the mail server is not available, try again later\r\n221 2.0.0 closing\r\n"
    );
}

#[test]
fn lost_while_the_caller_decides() {
    let mut rig = Rig::usual();
    rig.choice = Choice::Wait;
    rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n");
    rig.server(b"250 Ok\r\n250 Ok\r\n");
    rig.heard();
    rig.lose();
    assert_eq!(rig.heard(), "451 4.3.0 lost\r\n");
    let mut rig = invited(config());
    rig.choice = Choice::Wait;
    rig.client(b"\r\n.\r\n");
    rig.passed();
    rig.lose();
    assert_eq!(
        (rig.heard().as_str(), rig.passed().as_str()),
        ("451 4.4.2 lost\r\n", "")
    );
    assert!(rig.verdicts.is_empty());
}

#[test]
fn the_reason_is_known() {
    for (said, loss) in [
        ("421 bye\r\n", "server closes"),
        ("250 x\r\n", "reply 250 that nothing asked for"),
        ("x\r\n", "expected a reply code at octet 0"),
    ] {
        let mut rig = Rig::usual();
        rig.server(said.as_bytes());
        assert_eq!(rig.relay_ref().loss().unwrap().to_string(), loss);
    }
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    rig.server(b"235 hello\r\n");
    assert_eq!(
        rig.relay_ref().loss().unwrap().to_string(),
        "reply 235 makes no sense"
    );
    rig.replace("SIZE");
    assert_eq!(rig.relay_ref().loss(), None);
    rig.lose();
    assert_eq!(rig.relay_ref().loss(), Some(&Loss::Gone));
}

#[test]
fn we_can_close_at_any_time() {
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    let State::Relay(relay) = std::mem::replace(&mut rig.state, State::Moved) else {
        panic!()
    };
    assert!(relay.close(Bye::Shutdown, &mut rig.to_client).why().is_none());
    assert_eq!(rig.heard(), "421 4.3.2 shutting down\r\n");
}
