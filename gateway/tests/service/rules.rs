//! What the relay hides, refuses, repairs and passes on.

use gatepost_testkit::mail::{Announcement, MailServer};

use crate::site::{ALICE, BOB, Setup};

/// A mail server that can do what a gateway must hide.
fn server() -> gatepost_testkit::mail::Builder {
    let extra = [
        "COMPRESS=DEFLATE",
        "LOGIN-REFERRALS",
        "XAPPLEPUSHSERVICE",
        "X-INTERNAL",
        "QRESYNC",
        "AUTH=GSSAPI",
    ];
    extra
        .into_iter()
        .fold(MailServer::builder(), |builder, name| builder.capability(name))
}

const HIDDEN: [&str; 5] = [
    "COMPRESS=",
    "REFERRALS",
    "XAPPLEPUSHSERVICE",
    "AUTH=",
    "X-INTERNAL",
];

fn setup() -> Setup {
    let upstream = "hide_capabilities = [\"x-*\"]\n\
        hide_for = [{ accounts = [\"bob\"], capabilities = [\"QRESYNC\", \"MOVE\"] }]";
    Setup {
        upstream,
        ..Setup::default()
    }
}

#[tokio::test]
async fn the_same_masked_list_with_the_login_and_later() {
    for announcement in [Announcement::Sent, Announcement::Withheld] {
        let site = setup().start_with(server().announcement(announcement)).await;
        let mut client = site.gateway.connect().await;
        let ok = client.authenticate_plain("", ALICE.0, ALICE.1).await.unwrap();
        let told = ok.tagged.text().into_owned();
        let told = told
            .split_once("[CAPABILITY ")
            .unwrap()
            .1
            .split_once(']')
            .unwrap()
            .0
            .to_owned();
        let later = client.command("CAPABILITY").await.unwrap();
        assert_eq!(later.untagged[0].text(), format!("* CAPABILITY {told}"));
        for hidden in HIDDEN {
            assert!(!told.contains(hidden), "{hidden} in {told}");
        }
        assert!(
            told.contains("IDLE") && told.contains("QRESYNC") && told.contains("MOVE"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn more_is_hidden_from_some_accounts() {
    let site = setup().start_with(server()).await;
    let mut client = site.gateway.login(BOB.0, BOB.1).await;
    let told = client.command("CAPABILITY").await.unwrap().untagged[0]
        .text()
        .into_owned();
    assert!(
        !told.contains("QRESYNC") && !told.contains("MOVE") && told.contains("IDLE"),
        "{told}"
    );
}

#[tokio::test]
async fn refused_commands_are_answered_here() {
    let site = setup().start_with(server()).await;
    let mut client = site.gateway.login(ALICE.0, ALICE.1).await;
    for command in [
        "COMPRESS DEFLATE",
        "STARTTLS",
        "LOGIN a b",
        "AUTHENTICATE PLAIN",
        "UNAUTHENTICATE",
    ] {
        let reply = client.ask(command).await.unwrap();
        assert_eq!(reply.status(), "BAD", "{command}");
    }
    client.command("NOOP").await.unwrap();
    assert_eq!(site.mail.control().logins().len(), 1);
}

#[tokio::test]
async fn the_transparent_gear_passes_everything() {
    let setup = Setup {
        upstream: "relay = \"transparent\"",
        ..Setup::default()
    };
    let site = setup.start_with(server()).await;
    let mut client = site.gateway.login(ALICE.0, ALICE.1).await;
    let told = client.command("CAPABILITY").await.unwrap().untagged[0]
        .text()
        .into_owned();
    assert!(told.contains("COMPRESS=DEFLATE"), "{told}");
}

#[tokio::test]
async fn an_empty_literal_is_repaired_unless_it_must_not() {
    for (upstream, heard) in [
        ("", "BODY[TEXT] \"\")"),
        ("repair_empty_literals = false", "BODY[TEXT] {0}\r\n)"),
    ] {
        let site = Setup {
            upstream,
            ..Setup::default()
        }
        .start()
        .await;
        let uid = site
            .mail
            .store()
            .deliver("alice", "Archive", "Subject: nothing\r\n\r\n")
            .unwrap();
        assert_eq!(uid, 1);
        let mut client = site.gateway.login(ALICE.0, ALICE.1).await;
        client.command("SELECT Archive").await.unwrap();
        let reply = client.command("FETCH 1 BODY.PEEK[TEXT]").await.unwrap();
        let fetched = reply.untagged[0].text().into_owned();
        assert!(fetched.ends_with(heard), "{fetched:?}");
    }
}
