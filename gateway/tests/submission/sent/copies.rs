//! What a copy is, and who gets none.

use gatepost_testkit::servers::Message;
use time::{Date, Month, OffsetDateTime, UtcOffset};

use super::{ALICE, BOB, CAROL, Person, filed, left, site, spool};
use crate::setup::Servers;

/// When a message came.
fn moment(internal_date: &str) -> OffsetDateTime {
    let mut words = internal_date.split_whitespace();
    let mut next = |separator: char| words.next().unwrap().split(separator);
    let date: Vec<&str> = next('-').collect();
    let time: Vec<u8> = next(':').map(|part| part.parse().unwrap()).collect();
    let zone: i32 = next(' ').next().unwrap().parse().unwrap();
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = months.find(date[1]).unwrap() as u8 / 3 + 1;
    let month = Month::try_from(month).unwrap();
    let date = Date::from_calendar_date(date[2].parse().unwrap(), month, date[0].parse().unwrap());
    let moment = date.unwrap().with_hms(time[0], time[1], time[2]).unwrap();
    let offset = (zone / 100 * 60 + zone % 100) * 60;
    moment.assume_offset(UtcOffset::from_whole_seconds(offset).unwrap())
}

/// The one message of a mailbox.
fn only(messages: Vec<Message>) -> Message {
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.into_iter().next().unwrap()
}

/// Each octet that there may be, and dots where they matter.
fn message(from: Person, to: Person) -> Vec<u8> {
    let mut message = from.message(to, "<1@example.org>");
    message.extend_from_slice(b".\r\n..\r\n.a\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n\t \r\n");
    for _ in 0..2000 {
        message
            .extend_from_slice(b"a line of many, so that there is more than one piece of this message\r\n");
    }
    message.extend_from_slice(b"\r\n\r\n.");
    message.extend_from_slice(b"\r\n");
    message
}

#[tokio::test]
async fn the_copy_is_what_was_sent_and_what_the_recipient_got() {
    let servers = Servers::start();
    let gateway = site(&servers, "mode = \"always\"").start().await;
    for (from, to) in [(ALICE, BOB), (BOB, ALICE)] {
        let before = OffsetDateTime::now_utc();
        let sent = message(from, to);
        let mut client = from.log_in(&gateway).await;
        client
            .send_mail(from.address, &[to.address], &sent)
            .await
            .unwrap();
        let accepted = OffsetDateTime::now_utc();
        filed(&gateway).await;
        let copy = only(from.sent(&servers).await);
        assert_eq!(copy.flags, ["\\Seen"]);
        assert!(copy.raw == sent, "{}", copy.raw.escape_ascii());
        let came = moment(&copy.internal_date).unix_timestamp();
        let about_now = before.unix_timestamp()..=accepted.unix_timestamp();
        assert!(about_now.contains(&came), "{came}, not within {about_now:?}");
        servers.postfix.drained().unwrap();
        let received = only(to.inbox(&servers).await);
        assert!(received.raw.ends_with(&copy.raw));
        let added = received.raw.len() - copy.raw.len();
        let added = String::from_utf8_lossy(&received.raw[..added]).into_owned();
        for server in [
            "by localhost with ESMTPSA",
            "by mta.example.org (Postfix)",
            "LMTP",
        ] {
            assert!(added.contains(server), "{added}");
        }
    }
    let lines = gateway.lines("event=sent-filed");
    assert!(
        lines[0].contains("mailbox=Sent ") && lines[0].contains(" uid=1 "),
        "{lines:?}"
    );
    assert!(lines[1].contains("INBOX.Gesendete Entw&APw-rfe"), "{lines:?}");
}

#[tokio::test]
async fn what_we_add_is_in_both_and_what_the_client_says_of_bcc_stays() {
    let servers = Servers::start();
    let gateway = site(&servers, "mode = \"always\"").start().await;
    let message =
        b"From: bob@example.org\r\nTo: alice@example.org\r\nBcc: carol@example.org\r\n\r\nHello!\r\n";
    let mut client = BOB.log_in(&gateway).await;
    let to = [ALICE.address, CAROL.address];
    client.send_mail(BOB.address, &to, message).await.unwrap();
    filed(&gateway).await;
    servers.postfix.drained().unwrap();
    let copy = only(BOB.sent(&servers).await);
    assert_eq!(copy.field("Bcc").as_deref(), Some("carol@example.org"));
    assert_eq!(copy.field("Received"), None);
    for person in [ALICE, CAROL] {
        let received = only(person.inbox(&servers).await);
        // Postfix does not tell the others.
        assert_eq!(received.field("Bcc"), None);
        for field in ["Message-ID", "Date"] {
            let value = copy.field(field).unwrap();
            assert!(!value.is_empty());
            assert_eq!(received.field(field), Some(value), "{field}");
        }
    }
}

/// Sends from all three, and counts their copies.
async fn copies(keys: &str, upstream_one: &'static str) -> [usize; 3] {
    let servers = Servers::start();
    let site = site(&servers, keys).upstream("one", upstream_one);
    let gateway = site.start().await;
    for person in [ALICE, BOB, CAROL] {
        person
            .send(&gateway, person, format!("<{}@example.org>", person.name))
            .await;
    }
    if spool(&gateway).exists() {
        filed(&gateway).await;
    }
    servers.postfix.drained().unwrap();
    let mut copies = Vec::new();
    for person in [ALICE, BOB, CAROL] {
        assert_eq!(person.inbox(&servers).await.len(), 1);
        copies.push(person.sent(&servers).await.len());
    }
    copies.try_into().unwrap()
}

#[tokio::test]
async fn who_wants_no_copies_gets_none() {
    let always = "mode = \"always\"\n";
    // Nobody, and there is not even a spool.
    assert_eq!(copies("mode = \"off\"", "").await, [0, 0, 0]);
    // Nobody of an upstream, but for one account.
    let carol = format!("{always}accounts = [{{ accounts = [\"carol\"], mode = \"always\" }}]");
    assert_eq!(copies(&carol, "sent_copy = \"off\"").await, [0, 1, 1]);
    // All but one account.
    let alice = format!("{always}accounts = [{{ accounts = [\"alice\"], mode = \"off\" }}]");
    assert_eq!(copies(&alice, "").await, [0, 1, 1]);
}

#[tokio::test]
async fn an_upstream_has_a_mode_of_its_own() {
    let servers = Servers::start();
    let site = site(&servers, "mode = \"always\"").upstream("one", "sent_copy = \"if-missing\"");
    let gateway = site.with("wait = \"1h\"").start().await;
    for person in [ALICE, BOB] {
        person
            .send(&gateway, CAROL, format!("<{}@example.org>", person.name))
            .await;
    }
    let line = gateway.logged("event=sent-filed").await;
    assert!(line.contains("account=bob"), "{line}");
    left(&gateway, "queue", 1).await;
    assert!(ALICE.sent(&servers).await.is_empty());
}
