//! Whatever a controller does, it is an outage or made good by asking again; nobody is let in, nothing hangs.

use tokio::time::Instant;

use super::*;
use crate::fake::Mischief::{self, *};
use crate::fake::Stage::{self, *};

/// What can be done to any reply.
const ANYWHERE: [Mischief; 17] = [
    Stall,
    Eof,
    Short(0),
    Short(1),
    Short(15),
    Short(16),
    Short(23),
    ShortStub(0),
    ShortStub(3),
    ShortStub(7),
    Oversize,
    Undersize,
    WrongCall,
    WrongVersion,
    BigEndian,
    WrongKind,
    Fault(0x0000_0005),
];

const BEFORE: [Stage; 6] = [MapperBind, Map, Bind, Challenge, Authenticate, SealedBind];

/// What goes wrong for ever: in words, with how often the logon was asked.
async fn always(stage: Stage, mischief: Mischief) -> String {
    let (client, [dc1]) = scene();
    dc1.misbehave(stage, mischief, usize::MAX);
    let began = Instant::now();
    let answer = ask(&client).await;
    let took = began.elapsed();
    assert!(
        took <= 2 * (CONNECT_TIME + CALL_TIME),
        "{stage:?} {mischief:?}: {took:?}"
    );
    let Err(why) = answer else {
        panic!("{stage:?} {mischief:?}: {answer:?}")
    };
    assert!(count(&dc1.logons) <= 2, "{stage:?} {mischief:?}");
    dc1.behave();
    assert_eq!(ask(&client).await, in_as_alice(), "after {stage:?} {mischief:?}");
    why
}

#[tokio::test(start_paused = true)]
async fn any_reply_can_be_wrong() {
    for stage in BEFORE.into_iter().chain([Logon]) {
        for mischief in ANYWHERE {
            let why = always(stage, mischief).await;
            assert!(why.starts_with("dc1: "), "{stage:?} {mischief:?}: {why}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_said_in_words() {
    let said = [
        (
            MapperBind,
            Nak,
            "malformed RPC: the bind is refused with reason 4",
        ),
        (MapperBind, Stall, "connecting took longer than 5 s"),
        (
            Map,
            NotMapped,
            "the endpoint mapper knows no Netlogon over TCP: is this a domain controller?",
        ),
        (Bind, WrongVersion, "malformed RPC: not RPC version 5"),
        (Bind, BigEndian, "malformed RPC: not little-endian ASCII"),
        (Bind, Oversize, "malformed RPC: a fragment of 65535 octets"),
        (Bind, Undersize, "malformed RPC: a fragment of 15 octets"),
        (
            Challenge,
            Status(0xc000_0022),
            "the computer account's password is wrong, or the account is disabled: 0xc0000022 (access denied)",
        ),
        (
            Challenge,
            Echo(8),
            "the controller gives our challenge back, or nearly so: it is not what it says it is",
        ),
        (
            Challenge,
            Echo(7),
            "the controller gives our challenge back, or nearly so: it is not what it says it is",
        ),
        (
            Challenge,
            Echo(4),
            "the controller gives our challenge back, or nearly so: it is not what it says it is",
        ),
        (
            Challenge,
            ShortStub(7),
            "malformed answer: the data ends early at octet 0",
        ),
        (
            Authenticate,
            WrongCredential,
            "the controller does not know the computer account's password: it is not what it says it is",
        ),
        (
            Authenticate,
            NoAes,
            "the controller offers no AES for the secure channel",
        ),
        (
            Authenticate,
            Status(0xc000_018b),
            "there is no such computer account: 0xc000018b (no such computer account)",
        ),
        (
            Authenticate,
            Status(0xc000_0388),
            "the secure channel is refused: 0xc0000388 (a downgrade was detected)",
        ),
        (
            SealedBind,
            NotSealed,
            "malformed RPC: an answer that is not sealed",
        ),
        (
            SealedBind,
            Fault(0x1c01_0003),
            "RPC fault 0x1c010003 (the interface is not known there)",
        ),
        (
            Logon,
            Fault(0x721),
            "RPC fault 0x00000721 (the secure channel is not known there any more)",
        ),
        (Logon, Eof, "the controller closed the connection"),
        (Logon, WrongCall, "malformed RPC: the answer to another call"),
        (Logon, WrongKind, "malformed RPC: an unexpected PDU of type 17"),
        (Logon, NotFirst, "malformed RPC: fragments out of order"),
        (
            Logon,
            Endless,
            "malformed RPC: an answer of more than 262144 octets",
        ),
        (Logon, NotSealed, "malformed RPC: an answer that is not sealed"),
        (
            Logon,
            LongToken,
            "malformed RPC: an authentication token that does not fit into its fragment",
        ),
        (
            Logon,
            Checksum,
            "malformed RPC: a message out of sequence, or sealed with another key",
        ),
        (
            Logon,
            Data,
            "malformed RPC: a message that was changed on its way, or sealed with another key",
        ),
        (
            Logon,
            Confounder,
            "malformed RPC: a message that was changed on its way, or sealed with another key",
        ),
        (
            Logon,
            Sequence,
            "malformed RPC: a message out of sequence, or sealed with another key",
        ),
        (
            Logon,
            OtherKey,
            "malformed RPC: a message out of sequence, or sealed with another key",
        ),
        (Logon, Padding, "malformed answer: the data ends early at octet"),
        (
            Logon,
            Status(0xc000_0022),
            "SamLogonEx refused: 0xc0000022 (access denied): the secure channel is refused",
        ),
        (Logon, Stall, "no answer within 10 s"),
    ];
    for (stage, mischief, words) in said {
        let why = always(stage, mischief).await;
        assert!(
            why.starts_with(&format!("dc1: {words}")),
            "{stage:?} {mischief:?}: {why}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_cut_off_anywhere_lets_nobody_in() {
    let whole = granted(&alice(), 0x20).len();
    for length in (0..whole).step_by(29).chain([whole - 1]) {
        let (client, [dc1]) = scene();
        dc1.misbehave(Logon, ShortStub(length), usize::MAX);
        let answer = ask(&client).await;
        assert!(answer.is_err(), "{length} of {whole}: {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_in_many_fragments_are_whole() {
    for length in [1, 2, 16, 100] {
        let (client, [dc1]) = scene();
        dc1.misbehave(Logon, Fragments(length), 1);
        assert_eq!(ask(&client).await, in_as_alice(), "{length}");
        assert_eq!(count(&dc1.logons), 1);
    }
}

/// Sequence numbers begin anew with each connection, so each has its own key.
#[tokio::test(start_paused = true)]
async fn an_answer_recorded_on_another_connection_lets_nobody_in() {
    let (client, [dc1]) = scene();
    assert_eq!(ask(&client).await, in_as_alice());
    // The first is in use meanwhile.
    dc1.misbehave(Logon, Stall, 1);
    dc1.misbehave(Logon, Recorded, usize::MAX);
    let wrong = logon(&[9; 60]);
    let (_, answer) = tokio::join!(ask(&client), client.logon(&wrong));
    let why = answer.unwrap_err();
    assert_eq!(
        why.to_string(),
        "dc1: malformed RPC: a message out of sequence, or sealed with another key"
    );
}
