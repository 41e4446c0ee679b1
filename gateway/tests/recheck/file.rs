//! Users in a file.

use crate::common::Gateway;
use crate::site::{CHANGED, NOT_ALLOWED, Site, goes_on, is_sent_away, user};

/// The line of a session that was ended, once it is there.
async fn line(gateway: &Gateway) -> String {
    gateway.logged("event=recheck ").await
}

#[tokio::test]
async fn a_disabled_users_sessions_end_and_another_users_goes_on() {
    let site = Site::of_file().await;
    let mut phone = site.idle("alice", "wonderland").await;
    let mut tablet = site.idle("alice", "wonderland").await;
    let mut bob = site.idle("bob", "builder").await;
    site.edit(&(user("alice", "wonderland", "disabled = true") + &user("bob", "builder", "")));
    is_sent_away(&mut phone, NOT_ALLOWED).await;
    is_sent_away(&mut tablet, NOT_ALLOWED).await;
    let line = line(&site.gateway).await;
    assert!(
        line.contains(" account=alice id=alice reason=disabled") && line.contains("level=info"),
        "{line}"
    );
    site.gateway.logged(&format!("reason=\"{NOT_ALLOWED}\"")).await;
    // Bob was looked at too, and was asked nothing.
    goes_on(&mut bob).await;
    site.gateway.logged_times("event=recheck ", 2).await;
    let heard = site.gateway.refused("alice", "wonderland").await;
    assert!(heard.starts_with("NO [CONTACTADMIN]"), "{heard}");
}

#[tokio::test]
async fn a_removed_users_session_ends() {
    let site = Site::of_file().await;
    let mut alice = site.idle("alice", "wonderland").await;
    let mut bob = site.idle("bob", "builder").await;
    site.edit(&user("bob", "builder", ""));
    is_sent_away(&mut alice, NOT_ALLOWED).await;
    let line = line(&site.gateway).await;
    assert!(line.contains("reason=\"not in the file\""), "{line}");
    goes_on(&mut bob).await;
}

#[tokio::test]
async fn only_sessions_with_the_old_password_end() {
    let site = Site::of_file().await;
    let mut old = site.idle("alice", "wonderland").await;
    let mut bob = site.idle("bob", "builder").await;
    site.edit(&(user("alice", "looking-glass", "") + &user("bob", "builder", "")));
    is_sent_away(&mut old, CHANGED).await;
    let line = line(&site.gateway).await;
    assert!(line.contains(&format!("reason=\"{CHANGED}\"")), "{line}");
    let mut new = site.idle("alice", "looking-glass").await;
    // It takes the file longer to be read again than a look: the new session is looked at, and stays until then.
    goes_on(&mut bob).await;
    site.edit(&(user("alice", "wonderland", "") + &user("bob", "builder", "")));
    is_sent_away(&mut new, CHANGED).await;
    site.gateway.logged_times("event=recheck ", 2).await;
}

/// What is not about the account's right to be here ends nothing, and neither does a broken file.
#[tokio::test]
async fn other_edits_are_no_reason() {
    let site = Site::of_file().await;
    let mut alice = site.idle("alice", "wonderland").await;
    site.edit("[[user]]\nname = \"alice\"\n");
    site.gateway.logged("event=directory-kept").await;
    // Bob is removed with the next edit, which says that a look has been taken.
    let mut bob = site.idle("bob", "builder").await;
    site.edit(&user(
        "alice",
        "wonderland",
        "aliases = [\"al\"]\nmail_host = \"main\"",
    ));
    is_sent_away(&mut bob, NOT_ALLOWED).await;
    goes_on(&mut alice).await;
}

#[tokio::test]
async fn nobody_is_looked_at_where_that_is_switched_off() {
    let site = Site::with_limits("recheck = \"0s\"").await;
    let mut alice = site.idle("alice", "wonderland").await;
    site.edit(&user("bob", "builder", ""));
    site.gateway.logged("event=directory-reloaded").await;
    let heard = site.gateway.refused("alice", "wonderland").await;
    assert!(heard.starts_with("NO [AUTHENTICATIONFAILED]"), "{heard}");
    goes_on(&mut alice).await;
}
