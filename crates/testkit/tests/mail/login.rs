//! Logging in.

use gatepost_testkit::client::ErrorKind;
use gatepost_testkit::mail::{Announcement, LoginAttempt, LoginCommand, LoginOutcome, RefusalCode};

use crate::pair::{LIMIT, builder, greeted, lines};

fn summary(attempts: &[LoginAttempt]) -> Vec<String> {
    let text = |attempt: &LoginAttempt| {
        let LoginAttempt {
            mechanism,
            authzid,
            authcid,
            outcome,
            ..
        } = attempt;
        format!(
            "{mechanism} {} {authcid} {outcome:?}",
            authzid.as_deref().unwrap_or("-")
        )
    };
    attempts.iter().map(text).collect()
}

#[tokio::test]
async fn users_and_masters_log_in_and_are_remembered() {
    let server = builder().build();
    greeted(&server).await.login("alice", "secret").await.unwrap();
    greeted(&server)
        .await
        .login("alice*gateway", "master")
        .await
        .unwrap();
    greeted(&server)
        .await
        .authenticate_plain("", "alice", "secret")
        .await
        .unwrap();
    greeted(&server)
        .await
        .authenticate_plain("bob", "gateway", "master")
        .await
        .unwrap();
    let wrong = greeted(&server)
        .await
        .authenticate_plain("bob", "alice", "secret")
        .await
        .unwrap_err();
    assert!(matches!(wrong.kind(), ErrorKind::Refused));
    assert!(
        wrong
            .heard()
            .last()
            .unwrap()
            .contains("NO [AUTHENTICATIONFAILED]"),
        "{wrong}"
    );
    let expected = [
        "LOGIN - alice Granted",
        "LOGIN alice gateway Granted",
        "PLAIN - alice Granted",
        "PLAIN bob gateway Granted",
        "PLAIN bob alice Wrong",
    ];
    assert_eq!(summary(&server.control().logins()), expected);
}

#[tokio::test]
async fn plain_without_an_initial_response_is_asked_for() {
    let server = builder().build();
    let mut client = greeted(&server).await;
    client.send(b"a AUTHENTICATE PLAIN\r\n").await.unwrap();
    assert_eq!(client.response().await.unwrap().text(), "+ ");
    client.send(b"AGFsaWNlAHNlY3JldA==\r\n").await.unwrap();
    assert!(
        client
            .response()
            .await
            .unwrap()
            .starts_with("a OK [CAPABILITY IMAP4rev1 ")
    );
}

#[tokio::test]
async fn names_and_passwords_may_hold_anything() {
    let server = builder().user("jürgen \"{5}*()", "pä\\ss\"w{3+}").build();
    greeted(&server)
        .await
        .login("jürgen \"{5}*()", "pä\\ss\"w{3+}")
        .await
        .unwrap();
    greeted(&server)
        .await
        .authenticate_plain("", "jürgen \"{5}*()", "pä\\ss\"w{3+}")
        .await
        .unwrap();
    assert_eq!(server.control().logins().len(), 2);
}

#[tokio::test]
async fn capabilities_can_be_added_and_withheld() {
    let server = builder().capability("COMPRESS=DEFLATE").build();
    let reply = greeted(&server).await.login("alice", "secret").await.unwrap();
    assert!(
        reply.tagged.text().contains(" COMPRESS=DEFLATE]"),
        "{:?}",
        reply.tagged
    );

    let server = builder()
        .capability("X-ONE")
        .announcement(Announcement::Withheld)
        .build();
    let mut client = greeted(&server).await;
    let reply = client.login("alice", "secret").await.unwrap();
    assert_eq!(reply.tagged.text(), "t1 OK Logged in");
    let listed = lines(&mut client, "CAPABILITY").await;
    assert!(
        listed[0].starts_with("* CAPABILITY IMAP4rev1 ") && listed[0].ends_with(" X-ONE"),
        "{listed:?}"
    );
}

#[tokio::test]
async fn right_passwords_can_be_refused_with_a_code() {
    let server = builder().build();
    server
        .control()
        .refuse_logins(RefusalCode::Unavailable, "the disk is full");
    let mut client = greeted(&server).await;
    let refused = client.login("alice", "secret").await.unwrap_err();
    assert!(
        refused
            .heard()
            .last()
            .unwrap()
            .contains("NO [UNAVAILABLE] the disk is full"),
        "{refused}"
    );
    server.control().grant_logins();
    client.login("alice", "secret").await.unwrap();
    let outcomes: Vec<_> = server
        .control()
        .logins()
        .iter()
        .map(|attempt| attempt.outcome)
        .collect();
    assert_eq!(outcomes, [LoginOutcome::Refused, LoginOutcome::Granted]);
}

#[tokio::test]
async fn login_can_be_disabled_and_mechanisms_changed() {
    let server = builder()
        .login_command(LoginCommand::Disabled)
        .mechanisms(&["LOGIN", "PLAIN"])
        .build();
    let mut client = greeted(&server).await;
    let capabilities = lines(&mut client, "CAPABILITY").await;
    assert!(
        capabilities[0].contains("LOGINDISABLED AUTH=LOGIN AUTH=PLAIN"),
        "{capabilities:?}"
    );
    client.login("alice", "secret").await.unwrap_err();
    assert_eq!(client.ask("AUTHENTICATE LOGIN").await.unwrap().status(), "NO");
    client.authenticate_plain("", "alice", "secret").await.unwrap();
}

#[tokio::test]
async fn clients_that_identify_themselves_are_remembered() {
    let server = builder().build();
    let mut client = greeted(&server).await;
    let before = [&b"ID (\"name\" \"phone\" "[..], b"version", b" NIL)"];
    assert!(client.ask_parts(&before).await.unwrap().is_ok());
    client.login("alice", "secret").await.unwrap();
    client
        .command("ID (\"x-originating-ip\" \"192.0.2.1\")")
        .await
        .unwrap();
    client.command("ID NIL").await.unwrap();
    let identities = server.control().identities();
    let names = |index: usize| -> Vec<_> { identities[index].iter().map(|(name, _)| &name[..]).collect() };
    assert_eq!(names(0), [&b"name"[..], b"version"]);
    assert_eq!(identities[0].value("name").unwrap(), "phone");
    assert_eq!(identities[0].value("version"), None);
    assert_eq!(names(1), [b"x-originating-ip"]);
    assert_eq!(identities[1].value("x-originating-ip").unwrap(), "192.0.2.1");
    assert!(identities[2].is_empty());
}

#[tokio::test]
async fn commands_behind_the_login_are_answered_in_order() {
    let server = builder().build();
    let mut client = greeted(&server).await;
    client
        .send(b"a LOGIN alice secret\r\nb SELECT INBOX\r\n\r\nc FETCH 1:* FLAGS\r\nd LOGOUT\r\n")
        .await
        .unwrap();
    let mut tagged = Vec::new();
    while let Ok(response) = client.response().await {
        if !response.starts_with("*") {
            tagged.push(response.text().chars().take(4).collect::<String>());
        }
    }
    assert_eq!(tagged, ["a OK", "b OK", "c OK", "d OK"]);
    tokio::time::timeout(LIMIT, server.control().wait_for_connections(0))
        .await
        .unwrap();
}
